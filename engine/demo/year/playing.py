"""Plays the year: lets people begin cases and do what opens, each at its own time, and what falls due in between.

Knows no process: what begins, what is filled in and how long it takes comes from `bpmn/demo/year`, everything else from the procedures.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection, Row, select

from engine import definitions, instances, linked_cases, steps, timers, work_items
from engine.clock import MovableClock
from engine.demo.year.answers import Act, Writer, choose, length
from engine.demo.year.places import Place, Places
from engine.demo.year.plan import Arrival, Plan
from engine.demo.year.staff import Staff
from engine.errors import FormInvalidError, GuichengError
from engine.i18n import describe, describe_field_error
from engine.jobs import handlers, inline
from engine.model import JsonObject
from engine.paths import lookup
from engine.persistence.tables import instance, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.steps import run_step

#: of what is told to those who mend the files
_LOCALE = "zh-Hant"
#: of a step about which nothing is told: minutes
_UNTOLD: Mapping[str, Any] = {"after": 90}
#: values of a start form by which somebody comes to an empty unit, or leaves one
_IS_OFFER, _IS_LEAVING = "{first_fee}", "{moving_at}"
#: how often an act that was refused is tried again, and when
_ATTEMPTS, _LATER = 14, timedelta(hours=19)
#: of what takes longer than this, many are taken some time before they are done
_TAKEN_BEFORE, _TAKING = timedelta(minutes=25), 0.35


class Effects:
    """Fills the `Outbox` port while the year is played: messages between cases are delivered, nothing leaves the company."""

    def __init__(self) -> None:
        self.waiting: list[tuple[str, JsonObject]] = []

    def enqueue(self, connection: Connection, name: str, key: str, payload: JsonObject) -> None:
        """Remember a message of a diagram; mails, links and background runs of the past go nowhere."""
        if name == "deliver_event":
            self.waiting.append((key, payload))

    def wake(self) -> None:
        """Nothing sleeps here."""


@dataclass(slots=True)
class Case:
    """What is known of a running case."""

    key: str
    process: str
    story: dict[str, Any]
    #: how often each element was done
    done: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refused:
    """An act that the engine refused to the end: a mistake in the example's files."""

    process: str
    element: str
    at: datetime
    reason: str


class Player:
    """Everybody at work."""

    def __init__(self, runtime: Runtime, clock: MovableClock, effects: Effects, plan: Plan, staff: Staff, places: Places) -> None:
        self._runtime = runtime
        self._clock = clock
        self._effects = effects
        self._plan = plan
        self._staff = staff
        self._places = places
        self._writer = Writer(runtime, staff)
        self._agenda: list[tuple[datetime, int, Callable[[], object]]] = []
        self._turn = itertools.count()
        self._cases: dict[int, Case] = {}
        self._last_item = 0
        #: whatever fell due until then was fired
        self._fired_until = clock.now()
        #: cases that somebody else drives
        self.left_alone: set[int] = set()
        #: cases that people began
        self.begun = 0
        self.refused: list[Refused] = []

    def plan_arrivals(self) -> None:
        """Put everything that comes in on the agenda."""
        for each in (*self._plan.one_of_each(), *self._plan.arrivals()):
            self.at(each.at, partial(self.begin, each))

    def at(self, moment: datetime, act: Callable[[], object]) -> None:
        """Do something at its time."""
        heapq.heappush(self._agenda, (moment, next(self._turn), act))

    def play(self, until: datetime) -> Iterator[datetime]:
        """Act after act in the order of time, and whatever falls due in between; gives the moment of each."""
        self._plan_new_items()
        while True:
            act_at = self._agenda[0][0] if self._agenda and self._agenda[0][0] <= until else None
            goal = until if act_at is None else max(act_at, self._clock.now())
            with UnitOfWork(self._runtime.database) as uow:
                due = timers.next_due_at(uow, after=self._fired_until)
            if due is not None and due <= goal:
                self._clock.set(max(due, self._clock.now()))
                self._fired_until = self._clock.now()
                inline.run_due(self._runtime)
            else:
                self._clock.set(goal)
                if act_at is None:
                    return
                heapq.heappop(self._agenda)[2]()
            self.settle()
            yield self._clock.now()

    def settle(self) -> None:
        """Deliver what diagrams threw, and put what opened on somebody's list."""
        while self._effects.waiting:
            key, payload = self._effects.waiting.pop(0)
            handlers.deliver_event(self._runtime, key, payload)
        self._plan_new_items()

    # -- cases begin

    def begin(self, arrival: Arrival) -> int | None:
        """Somebody begins a case; its id, None where nobody can or the engine refused it."""
        told = self._plan.cases[arrival.process]
        chance = self._plan.draw("case", arrival.key)
        place = self._place(arrival, told, chance)
        if place is None:
            return None
        offer = self._places.offer(place) if _IS_OFFER in told["start"].values() else {}
        story: dict[str, Any] = {**arrival.before, **place.words(), **offer, **arrival.story}
        with UnitOfWork(self._runtime.database) as uow:
            content = definitions.content(self._runtime, uow, definitions.latest(self._runtime, uow, arrival.process).id)
            parent = linked_cases.context(self._runtime, uow, self._staff.holders("manager")[0].actor(), arrival.parent_id) \
                if arrival.parent_id else {}
        entry = content.diagram.start_by_hand
        form = content.forms[entry.form] if entry is not None and entry.form else None
        now = self._clock.now()
        account = self._staff.holder(content.diagram.start_roles[0], chance, now)
        actor = self._staff.actor(account, now)

        def start(uow: UnitOfWork) -> Any:
            act = Act(actor, self._plan.draw("start", arrival.key), story, {name: value for name, value in parent.items()
                      if form is None or name != form.key}, signer=story.get("contact", ""))
            # what the other case says already isn't told anew
            known = {each.name for each in form.fields if each.prefill and lookup(act.data, each.prefill)} if form is not None else set()
            values = {name: value for name, value in told["start"].items() if name not in known}
            variables = self._writer.write(uow, form, values, act)
            if arrival.parent_id:
                return linked_cases.start(self._runtime, uow, actor, arrival.process, variables, parent_id=arrival.parent_id)
            return instances.start(self._runtime, uow, actor, arrival.process, variables)

        try:
            started = run_step(self._runtime, start)
        except GuichengError as error:
            self.refused.append(Refused(arrival.process, "start", now, told_of(error)))
            return None
        self.begun += 1
        number = started.business_key or str(started.id)
        story["case"] = _plain(number)
        # of numbers that are given out, those of the case that it follows from are brought back
        story["series"] = story.get("series") or story["case"]
        self._cases[started.id] = Case(arrival.key, arrival.process, story)
        begun: int = started.id
        return begun

    def _place(self, arrival: Arrival, told: Mapping[str, Any], chance: Any) -> Place | None:
        if arrival.unit:
            return self._places.at(arrival.unit)
        if _IS_OFFER in told["start"].values():
            return self._places.vacant(chance)
        return self._places.leaving(chance) if _IS_LEAVING in told["start"].values() else self._places.settled(chance)

    # -- what opens is done

    def _plan_new_items(self) -> None:
        query = select(work_item.c.id, work_item.c.instance_id, work_item.c.element_id, work_item.c.definition_key, work_item.c.role,
                       work_item.c.created_at).where(work_item.c.id > self._last_item).order_by(work_item.c.id)
        with UnitOfWork(self._runtime.database) as uow:
            found = uow.reading.execute(query).all()
        for row in found:
            self._last_item = row.id
            if row.instance_id not in self.left_alone:
                self._plan_item(row)

    def plan_again(self, instance_id: int) -> None:
        """After a case rested: whoever has its items comes to them again."""
        query = select(work_item).where(work_item.c.instance_id == instance_id, work_item.c.is_live)
        with UnitOfWork(self._runtime.database) as uow:
            found = uow.reading.execute(query).all()
        for row in found:
            self._plan_item(row, since=self._clock.now())

    def _plan_item(self, row: Any, since: datetime | None = None) -> None:
        case = self._case(row.instance_id)
        told = self._told(case, row)
        turn = case.done.get(row.element_id, 0)
        chance = self._plan.draw("item", case.key, row.element_id, turn, row.role)
        act = Act(self._staff.holders("manager")[0].actor(), chance, case.story, {}, turn)
        # drawn once for how long it takes and once, when it comes to it, for what is filled in: both draws come out the same
        answer = choose(told, act, self._marks(case, row.instance_id))
        after = answer.get("after", 60)
        if isinstance(after, str) and after.startswith("{"):
            after = case.story.get(after[1:-1], 60)
        since = since or row.created_at
        moment = self._staff.comes_to_it(row.role, since, answer, length(after), chance)
        if moment - since > _TAKEN_BEFORE and chance.random() < _TAKING:
            self.at(since + (moment - since) * (0.3 + 0.5 * chance.random()), lambda: self._take(row))
        self.at(max(moment, self._clock.now()), lambda: self._do(row, 0))

    def _take(self, row: Any) -> None:
        item = self._item(row.id)
        if not item.is_live or item.assignee_id is not None:
            return
        account = self._staff.holder(item.role, self._plan.draw("who", self._case(row.instance_id).key, row.element_id), self._clock.now())
        actor = self._staff.actor(account, self._clock.now())
        try:
            run_step(self._runtime, lambda uow: work_items.claim(self._runtime, uow, actor, row.id))
        except GuichengError as error:
            self.refused.append(Refused(row.definition_key, f"{row.element_id}:claim", self._clock.now(), told_of(error)))

    def _do(self, row: Any, attempt: int) -> None:
        item = self._item(row.id)
        if not item.is_live:
            # a timer or somebody else took it away in the meantime
            return
        case = self._case(row.instance_id)
        turn = case.done.get(row.element_id, 0)
        now = self._clock.now()
        who = self._plan.draw("who", case.key, row.element_id)
        account = self._staff.by_id(item.assignee_id) if item.assignee_id is not None else self._staff.holder(item.role, who, now)
        if item.assignee_id is not None and self._staff.is_away(account.username, now.astimezone(self._plan.zone).date()):
            account = self._staff.holder(item.role, who, now)
        actor = self._staff.actor(account, now)
        told = self._told(case, row)
        marks = self._marks(case, row.instance_id)

        def complete(uow: UnitOfWork) -> Any:
            chance = self._plan.draw("item", case.key, row.element_id, turn, row.role)
            content = definitions.content(self._runtime, uow, item.definition_id)
            form = content.forms[item.form_key] if item.form_key else None
            act = Act(actor, chance, case.story, self._data(uow, item), turn, case.story.get("contact", "") if item.outside else "")
            answer = choose(told, act, marks)
            variables = self._writer.write(uow, form, answer, act)
            if item.assignee_id is None:
                work_items.claim(self._runtime, uow, actor, item.id)
            elif item.assignee_id != actor.user_id and item.assignee_id not in {each.user_id for each in actor.stand_ins}:
                manager = self._staff.holders("manager")[0].actor()
                work_items.assign(self._runtime, uow, manager, item.id, actor.user_id or 0)
            return work_items.complete(self._runtime, uow, actor, item.id, variables)

        try:
            run_step(self._runtime, complete)
        except GuichengError as error:
            if attempt + 1 < _ATTEMPTS:
                self.at(now + _LATER, lambda: self._do(row, attempt + 1))
            else:
                self.refused.append(Refused(row.definition_key, row.element_id, now, told_of(error)))
            return
        case.done[row.element_id] = turn + 1
        self._follow(case, row, marks)

    def _follow(self, case: Case, row: Row[Any], marks: frozenset[str]) -> None:
        for told in self._plan.told.get("follows", ()):
            if told["on"] != f"{case.process}/{row.element_id}" or case.done[row.element_id] > 1:
                continue
            chance = self._plan.draw("follows", case.key, told["start"])
            if chance.random() >= told["chance"] or (told.get("when") and told["when"] not in marks):
                continue
            low, high = map(length, told["after"])
            moment = self._clock.now() + low + (high - low) * chance.random()
            local = moment.astimezone(self._plan.zone)
            moment = local.replace(hour=9 + chance.randrange(8), minute=chance.randrange(60))
            key = f"{told['start']}-after-{case.key}"
            story = self._plan.story(told["start"], key, moment.date(), told.get("story", ""))
            arrival = Arrival(moment, told["start"], key, story, case.story["unit"], case.story, self._parent(told, row.instance_id))
            self.at(max(moment, self._clock.now()), partial(self.begin, arrival))

    def _parent(self, told: Mapping[str, Any], instance_id: int) -> int | None:
        if told.get("linked") != "parent":
            return instance_id if told.get("linked") else None
        with UnitOfWork(self._runtime.database) as uow:
            found: int | None = uow.reading.execute(select(instance.c.parent_id).where(instance.c.id == instance_id)).scalar()
        return found

    # -- what is known

    def _told(self, case: Case, row: Row[Any]) -> Mapping[str, Any]:
        own = self._plan.answers_of(case.process)
        called = self._plan.answers_of(row.definition_key)
        return own.get(row.element_id) or called.get(row.element_id) or self._plan.shared.get(row.element_id) or _UNTOLD

    def _marks(self, case: Case, instance_id: int) -> frozenset[str]:
        marks = {value for value in case.story.values() if isinstance(value, str) and value}
        payers = self._plan.told.get("payers", {})
        marks |= {f"{kind}_payer" for kind in payers if case.story.get("unit") in payers[kind]}
        with UnitOfWork(self._runtime.database) as uow:
            if uow.reading.execute(select(instance.c.late_since).where(instance.c.id == instance_id)).scalar() is not None:
                marks.add("late")
        return frozenset(marks)

    def _case(self, instance_id: int) -> Case:
        case = self._cases.get(instance_id)
        if case is None:
            case = self._cases[instance_id] = self._found(instance_id)
        return case

    def _found(self, instance_id: int) -> Case:
        """A case that a timer or another case began."""
        with UnitOfWork(self._runtime.database) as uow:
            row = steps.load(uow, instance_id)
            data = instances.inspect(self._runtime, uow, instance_id).variables
        parent = self._cases.get(row.parent_id or 0)
        number = row.business_key or str(instance_id)
        key = f"{row.definition_key}-{number}"
        forms = (each for each in data.values() if isinstance(each, dict))
        about = next((each["unit"].get("label") for each in forms if isinstance(each.get("unit"), dict)), "")
        place = self._places.at(str(about).split(" ")[0])
        if place is None:
            place = self._places.settled(self._plan.draw("place", key))
        words: dict[str, Any] = {**(parent.story if parent else {}), **place.words(), "case": _plain(number)}
        words["series"] = words["case"]
        words |= {f"any_{name}": words[name] for name in ("unit", "tenant", "contact", "phone")}
        return Case(key, row.definition_key, words)

    def _data(self, uow: UnitOfWork, item: Row[Any]) -> JsonObject:
        with steps.open_run(self._runtime, uow, steps.load(uow, item.instance_id)) as run:
            wanted = item.token.partition(".")[0]
            return next((dict(each.data) for each in run.open_items() if each.token == wanted), {})

    def _item(self, item_id: int) -> Row[Any]:
        with UnitOfWork(self._runtime.database) as uow:
            return uow.reading.execute(select(work_item).where(work_item.c.id == item_id)).one()


def told_of(error: GuichengError) -> str:
    """What was wrong, with the fields of a form, for whoever mends the example's files."""
    wrong = error.errors if isinstance(error, FormInvalidError) else ()
    return " ".join([describe(error, _LOCALE), *(f"{each.field}: {describe_field_error(each, _LOCALE)}" for each in wrong)])


def _plain(number: str) -> str:
    """A number without its signs, for receipts and passes."""
    return "".join(letter for letter in number if letter.isalnum())
