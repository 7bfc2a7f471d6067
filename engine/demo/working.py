"""Lets the example company work: drives its cases through the engine, each act at its own time on a clock in the past.

Knows no process: elements, answers and times come from `bpmn/demo/cases.toml`, everything else from the deployed forms.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import isodate
from sqlalchemy import Row, select

from engine import definitions, files, instances, work_items
from engine.clock import MovableClock
from engine.company import users
from engine.company.account_rows import Account
from engine.demo import pictures
from engine.demo.company import Example
from engine.forms import Form, initial
from engine.forms.model import FieldKind
from engine.jobs.inline import advance
from engine.model import Actor, JsonObject
from engine.persistence.tables import work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Reference, Runtime
from engine.steps import run_step

#: answers that tell about the act, not about the form
_AFTER = "after"


class CaseStuckError(Exception):
    """A case of the example doesn't go as it is told: our own mistake in `bpmn/demo`, never the user's."""


@dataclass(slots=True)
class _Case:
    told: Mapping[str, Any]
    begins: datetime
    instance_id: int | None = None
    #: how often each element was done
    done: dict[str, int] = field(default_factory=dict)


class Company:
    """The people at work."""

    def __init__(
        self, runtime: Runtime, clock: MovableClock, example: Example,
        schedule: Callable[[datetime, Callable[[], None]], None] | None = None,
    ) -> None:
        """`schedule`: puts an act on somebody else's agenda, for who doesn't `work`."""
        self._runtime = runtime
        self._clock = clock
        self._example = example
        self._answers: Mapping[str, Mapping[str, Any]] = example.cases["answers"]
        self._process = str(example.cases["process"])
        self._zone = ZoneInfo(example.company["site"]["time_zone"])
        self._people = self._accounts()
        self._agenda: list[tuple[datetime, int, Callable[[], None]]] = []
        self._turn = itertools.count()
        self._plan = schedule or self._put
        #: cases that have begun
        self.instances: set[int] = set()

    @staticmethod
    def earliest(example: Example, now: datetime) -> datetime:
        """When the first case begins."""
        return min(_ago(now, told) for told in example.cases["case"])

    def work(self, until: datetime) -> Iterator[int]:
        """Act after act in the order of time, up to `until`; gives how many cases have begun."""
        self.plan(until)
        while self._agenda and self._agenda[0][0] <= until:
            at, _, act = heapq.heappop(self._agenda)
            if at > self._clock.now():
                # whatever falls due on the way falls due in its order: reminders, escalations, timers
                advance(self._runtime, self._clock, at - self._clock.now())
            act()
            yield len(self.instances)
        advance(self._runtime, self._clock, until - self._clock.now())

    def plan(self, until: datetime) -> None:
        """Put every case on the agenda, at its time before `until`."""
        for told in self._example.cases["case"]:
            case = _Case(told, _ago(until, told))
            self._plan(case.begins, partial(self._start, case))

    # -- acts

    def _put(self, at: datetime, act: Callable[[], None]) -> None:
        heapq.heappush(self._agenda, (at, next(self._turn), act))

    def _start(self, case: _Case) -> None:
        told = case.told
        caller = self._example.tenant_of(told["unit"])
        info, form = self._start_form()
        actor = self._starter(info, told["by"])
        values = {"unit": told["unit"], "tenant": caller.code, "caller": caller.contact, "phone": caller.phone, **told["start"]}

        def begin(uow: UnitOfWork) -> int:
            variables = self._filled(uow, actor, form, {}, values, told["by"])
            return instances.start(self._runtime, uow, actor, self._process, variables).id

        case.instance_id = run_step(self._runtime, begin)
        self.instances.add(case.instance_id)
        self._plan_open_items(case)

    def _do(self, case: _Case, item_id: int) -> None:
        item = self._item(item_id)
        if not item.is_live:
            # a timer took it away in the meantime
            return
        actor = self._actor_for(item, case.told["by"])
        answer = self._answer(case, item.element_id)

        def complete(uow: UnitOfWork) -> Any:
            content = definitions.content(self._runtime, uow, item.definition_id)
            element = content.diagram.elements[item.element_id]
            form = content.forms[element.form] if element.form else None
            data = instances.inspect(self._runtime, uow, item.instance_id).variables
            values = {name: value for name, value in answer.items() if name != _AFTER}
            variables = self._filled(uow, actor, form, data, values, case.told["by"]) if form else {}
            if item.assignee_id is None:
                work_items.claim(self._runtime, uow, actor, item_id)
            return work_items.complete(self._runtime, uow, actor, item_id, variables)

        result = run_step(self._runtime, complete)
        if result.incident_id is not None:
            raise CaseStuckError(f"{case.told['unit']}: {item.element_id} ended in an incident")
        case.done[item.element_id] = case.done.get(item.element_id, 0) + 1
        self._plan_open_items(case)

    def _plan_open_items(self, case: _Case) -> None:
        with UnitOfWork(self._runtime.database) as uow:
            query = select(work_item.c.id, work_item.c.element_id, work_item.c.created_at).where(
                work_item.c.instance_id == case.instance_id, work_item.c.is_live)
            open_items = list(uow.reading.execute(query))
        for item in open_items:
            if item.element_id == case.told.get("until") and not self._has_rounds_left(case, item.element_id):
                self._leave_open(case, item.id)
                continue
            after = timedelta(minutes=self._answer(case, item.element_id)[_AFTER])
            self._plan(max(item.created_at + after, self._clock.now()), partial(self._do, case, item.id))

    def _leave_open(self, case: _Case, item_id: int) -> None:
        if case.told.get("claim"):
            actor = self._actor_for(self._item(item_id), case.told["by"])
            run_step(self._runtime, lambda uow: work_items.claim(self._runtime, uow, actor, item_id))

    # -- what is filled in, and by whom

    def _rounds(self, case: _Case, element_id: str) -> list[Mapping[str, Any]]:
        told = case.told.get("rounds", {}).get(element_id, [])
        return told if isinstance(told, list) else [told]

    def _has_rounds_left(self, case: _Case, element_id: str) -> bool:
        # a list of answers at the element where the case stops: those rounds are gone through first
        told = case.told.get("rounds", {}).get(element_id)
        return isinstance(told, list) and case.done.get(element_id, 0) < len(told)

    def _answer(self, case: _Case, element_id: str) -> Mapping[str, Any]:
        rounds = self._rounds(case, element_id)
        own = rounds[min(case.done.get(element_id, 0), len(rounds) - 1)] if rounds else {}
        usual = self._answers.get(element_id)
        if usual is None:
            raise CaseStuckError(f"no answers for {element_id}")
        return {**usual, **own}

    def _filled(self, uow: UnitOfWork, actor: Actor, form: Form | None, data: JsonObject, values: Mapping[str, Any], by: int) -> JsonObject:
        if form is None:
            return dict(values)
        me = Reference(actor.user_id or 0, actor.name)
        filled = initial(form, data, now=self._clock.now(), zone=self._zone, me=me)
        filled.update({name: self._value(uow, actor, value, by) for name, value in values.items() if form.field(name) is not None})
        for each in form.fields:
            signed = filled.get(each.name)
            if each.kind is FieldKind.SIGNATURE and isinstance(signed, dict) and signed.get("signer"):
                drawn = files.store(self._runtime, uow, actor, pictures.signature(signed["signer"]), "signature.png", "signature")
                filled[each.name] = {"file": drawn.id, "signer": signed["signer"]}
        return filled

    def _value(self, uow: UnitOfWork, actor: Actor, value: Any, by: int) -> Any:
        if isinstance(value, list):
            return [self._value(uow, actor, each, by) for each in value]
        if not isinstance(value, str) or not value.startswith("@"):
            return value
        kind, _, detail = value[1:].partition(":")
        if kind == "role":
            return self._holder(detail, by).username
        if kind == "photo":
            stored = files.store(self._runtime, uow, actor, pictures.photo(detail), detail, "photo")
            return {"id": stored.id, "name": stored.name}
        moment = self._clock.now() + isodate.parse_duration(value.removeprefix("@now+"))
        return moment.astimezone(self._zone).replace(microsecond=0).isoformat()

    def _start_form(self) -> tuple[definitions.DefinitionInfo, Form | None]:
        with UnitOfWork(self._runtime.database) as uow:
            info = definitions.latest(self._runtime, uow, self._process)
            content = definitions.content(self._runtime, uow, info.id)
        entry = content.diagram.start_by_hand
        return info, content.forms[entry.form] if entry is not None and entry.form else None

    def _starter(self, info: definitions.DefinitionInfo, by: int) -> Actor:
        with UnitOfWork(self._runtime.database) as uow:
            roles = definitions.content(self._runtime, uow, info.id).diagram.start_roles
        return self._holder(next(iter(roles)), by).actor()

    def _actor_for(self, item: Row[Any], by: int) -> Actor:
        if item.assignee_id is not None:
            return next(account for account in self._people if account.id == item.assignee_id).actor()
        return self._holder(item.role, by).actor()

    def _holder(self, role: str, by: int) -> Account:
        holders = [account for account in self._people if any(grant.role == role for grant in account.grants)]
        return holders[by % len(holders)]

    def _item(self, item_id: int) -> Row[Any]:
        with UnitOfWork(self._runtime.database) as uow:
            return uow.reading.execute(select(work_item).where(work_item.c.id == item_id)).one()

    def _accounts(self) -> list[Account]:
        with UnitOfWork(self._runtime.database) as uow:
            found = [users.find_by_name(uow, person["username"]) for person in self._example.people]
        return [account for account in found if account is not None]


def _ago(now: datetime, told: Mapping[str, Any]) -> datetime:
    return now - timedelta(seconds=isodate.parse_duration(told["ago"]).total_seconds())
