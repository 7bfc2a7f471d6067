"""One play of the weeks ahead: the deployed procedures run by the engine's own runner on a clock of its own; cases come in and people work
as they were learned to. In memory: the store is read, never written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from engine import correlations, definitions, limits, openings
from engine.errors import GuichengError, NotFoundError, StoreUnavailableError
from engine.limit_rules import Moment
from engine.model import Effect, InstanceState, JsonObject, OutgoingEvent, Waiting
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.spiff.runner import Change, Run
from engine.spiff.workflow import LiveWorkflow
from engine.start_timers import StartTimer
from engine.what_if import guesses
from engine.what_if.agenda import Agenda
from engine.what_if.cases import Case, Item, Shelf
from engine.what_if.clocks import Measured, MemoryBook, outcome
from engine.what_if.figures import Tally
from engine.what_if.floor import Floor
from engine.what_if.learning import Learned, OpenCase
from engine.what_if.money import Money, remembered
from engine.what_if.order import Order
from engine.what_if.people import Office, staffed
from engine.what_if.ways import Model, moved


class World:
    """Use once: build it, `play`."""

    def __init__(self, runtime: Runtime, uow: UnitOfWork, learned: Learned, order: Order, number: int) -> None:
        """`number`: which play of several; each meets other chances."""
        self._runtime, self._uow, self._learned, self._order = runtime, uow, learned, order
        self._luck = f"{order.seed}/{number}"
        self._agenda = Agenda(learned.now)
        self._end = learned.now + timedelta(weeks=order.weeks)
        self._office = Office(staffed(learned.people, order.staff), learned.hours, learned.always, learned.clockless)
        self.tally = Tally(learned.now.timestamp(), order.weeks)
        self._floor = Floor(runtime, learned, self._office, self.tally, self._agenda, self._luck, self._complete)
        #: cases that the play has begun
        self._numbered = 0
        self._cases: dict[int, Case] = {}
        self._shelf = Shelf()
        self._finished: dict[tuple[int, str, str], int] = {}
        #: steps at which nothing is known to have been submitted
        self.unknown: set[tuple[str, str]] = set()
        self._money = Money()
        self._readers = self._answering()

    def play(self, tell: Callable[[float], None]) -> JsonObject:
        """Play the weeks to their end; what they came to. `tell` hears how much of them is over, and may raise to end it."""
        begin = self._agenda.now
        if self._order.with_open:
            for each in self._learned.open_cases:
                self._take_over(each)
        self._let_in()
        for opening in self._learned.hours.openings:
            if begin.timestamp() < opening < self._end.timestamp():
                self._agenda.at_seconds(opening, self._floor.begin_work)
        self._floor.begin_work()
        self._agenda.run(self._end, tell)
        self._close()
        return self.tally.summed(self._office)

    # ------------------------------------------------------------ what comes

    def _let_in(self) -> None:
        """Cases that people bring, and those that time brings."""
        now = self._agenda.now
        for key, factor in sorted(self._order.arrivals.items()):
            chance = Random(f"{self._luck}/{key}")  # noqa: S311 - figures, not secrets
            for number, moment in enumerate(self._learned.arrivals.ahead(key, now, self._end, factor, chance)):
                self._agenda.at(moment, partial(self._bring, key, f"{key}#{number}"))
        for timer, key, due_at in self._learned.timers:
            # what was missed before is not made up for here
            first = due_at if due_at >= now else timer.next_after(now, self._runtime.organisation.calendar)
            if key in self._order.arrivals and first is not None:
                self._agenda.at(first, partial(self._timed, timer, key, first))

    def _bring(self, key: str, name: str) -> None:
        model = self._model(key, name)
        data: JsonObject = {}
        if model.start is not None and model.start.data is not None:
            data = moved(model.start.data, self._agenda.now - model.start.at)
        held = definitions.content(self._runtime, self._uow, definitions.latest(self._runtime, self._uow, key).id)
        entry = held.diagram.start_by_hand
        form = held.forms.get(entry.form) if entry is not None and entry.form else None
        if data:
            data = guesses.whole(form, data)
        self._start(key, name, data, model=model)

    def _timed(self, timer: StartTimer, key: str, due_at: datetime) -> None:
        held = definitions.content(self._runtime, self._uow, timer.definition_id)
        collection = held.diagram.properties.get("for_each", "").strip()
        calendar = self._runtime.organisation.calendar
        period = f"{calendar.local(due_at):%Y-%m}"
        if collection:
            for item in self._items(collection, due_at):
                variables = {"_period": {"item": item.data, "period": period}}
                self._start(key, f"{key}@{due_at.isoformat()}#{item.id}", variables, element=timer.element_id, site_id=item.site_id)
        else:
            self._start(key, f"{key}@{due_at.isoformat()}", {}, element=timer.element_id)
        following = timer.next_after(due_at, calendar)
        if following is not None:
            self._agenda.at(following, partial(self._timed, timer, key, following))

    def _start(
        self, key: str, name: str, data: JsonObject, *, element: str | None = None, payload: JsonObject | None = None,
        model: Model | None = None, site_id: int | None = None, parent: Case | None = None,
    ) -> None:
        info = definitions.latest(self._runtime, self._uow, key)
        bound = definitions.bindings(self._runtime, self._uow, info.id)
        model = model or self._model(key, name)
        self._numbered += 1
        case = Case(
            -self._numbered, key, name, definitions.instance_content(self._runtime, self._uow, info.id, bound),
            definitions.compiled(self._runtime, self._uow, info.id, bound), model,
            Measured(-self._numbered, site_id if site_id is not None else model.site_id), parent_id=parent.id if parent else None,
        )
        self._cases[case.id] = case
        self.tally.began[key] += 1
        own = {"site_id": case.site_id, "started_at": self._agenda.now.isoformat(), "started_by": None}

        def begin(run: Run) -> None:
            run.begin({**data, "_": own}, element, payload)

        run = Run.new(case.compiled, self._runtime.sandbox, self._agenda.clock, self._runtime.settings)
        self._step(case, run, begin, is_first=True)

    # ------------------------------------------------------------ steps

    def _go_on(self, case: Case, act: Callable[[Run], None]) -> None:
        held = self._shelf.take(case)
        sandbox, settings = self._runtime.sandbox, self._runtime.settings
        if isinstance(held, LiveWorkflow):
            run = Run.resume(held, sandbox, self._agenda.clock, settings)
        else:
            run = Run.load(held, case.compiled, sandbox, self._agenda.clock, settings)
        self._step(case, run, act)

    def _step(self, case: Case, opened: Run, act: Callable[[Run], None], *, is_first: bool = False) -> None:
        """As `engine.steps` takes one, with everything that it writes kept here."""
        now = self._agenda.now
        try:
            with opened as run:
                run.answer_with(self._readers)
                act(run)
                change = run.settle()
                if is_first:
                    run.book(business_key=f"~{-case.id}", instance_id=case.id)
                self._wait(case, [correlations.declared(case.content, run, each) for each in change.waiting])
                planned = [
                    openings.at_site(self._runtime, openings.plan(self._runtime, case.content, run, each, now), case.site_id)
                    for each in change.opened
                ]
                self._measure(case, run, change, is_first=is_first)
        except StoreUnavailableError:
            raise
        except GuichengError as error:
            self._give_up(case, str(error.data.get("element_id") or ""))
            return
        for token in change.withdrawn:
            self._floor.withdraw(case, token)
        if change.is_completed:
            self._end_case(case)
        else:
            self._shelf.put(case.id, run.workflow)
            before, case.next_due = case.next_due, change.next_due
            # one that stays as it was is foreseen already, or was looked at and waits for something else to happen
            if change.next_due is not None and change.next_due != before:
                self._agenda.at(change.next_due, partial(self._timer, case, change.next_due))
        for opening in planned:
            self._floor.open(case, opening)
        for effect in change.effects:
            self._effect(case, effect)
        for event in change.outgoing:
            self._deliver(event)

    def _wait(self, case: Case, waiting: list[Waiting]) -> None:
        """What the case waits for; what came from outside to the past case comes to this one as well."""
        before = {(each.token, each.name) for each in case.waiting}
        case.waiting = waiting
        for each in waiting:
            heard = case.model.messages.get(each.name or "", [])
            turn = case.heard[each.name or ""]
            if (each.token, each.name) not in before and turn < len(heard):
                case.heard[each.name or ""] += 1
                delay, body = heard[turn]
                event = OutgoingEvent(each.kind, each.name or "", body)
                self._agenda.at(self._agenda.now + delay, partial(self._receive, case, event, body))

    def _measure(self, case: Case, run: Run, change: Change, *, is_first: bool) -> None:
        moments = [*([Moment.STARTED] if is_first else []), *([Moment.ENDED] if change.is_completed else [])]
        events = limits.happenings(case.key, opened=change.opened, passed=change.passed, moments=moments)
        data: JsonObject = {}

        def evaluate(expression: str) -> Any:
            if not data:
                data.update(run.data())
            return run.evaluate(expression, data)

        now = self._agenda.now
        plan = limits.foresee(self._runtime, case.content, events, now, evaluate)
        if plan is not None:
            # what a limit asks the ledger within the transaction isn't measured here
            known = tuple(limit for limit in plan.limits if limit.full_id in plan.verdicts)
            plan = type(plan)(plan.happenings, known, plan.verdicts, (), plan.is_cut_short)
            MemoryBook(self._runtime, self._uow, case.measured, now).keep(plan)

    def _timer(self, case: Case, due: datetime) -> None:
        if case.id in self._cases and case.next_due == due:
            self._go_on(case, lambda run: run.refresh())

    def _give_up(self, case: Case, element_id: str) -> None:
        """The diagram could not go on with these data: the case stands still, as with an incident."""
        self.tally.stuck[f"{case.key}/{element_id}"] += 1
        for token in list(case.items):
            self._floor.withdraw(case, token)
        self._forget(case)

    def _end_case(self, case: Case) -> None:
        self.tally.ended[case.key] += 1
        key = (case.parent_id or 0, case.key, InstanceState.COMPLETED)
        self._finished[key] = self._finished.get(key, 0) + 1
        for token in list(case.items):
            self._floor.withdraw(case, token)
        self._forget(case)

    def _forget(self, case: Case) -> None:
        """Count what was measured; the rest is over."""
        case.measured.pass_time(self._agenda.now)
        for clock in case.measured.clocks:
            missed = outcome(clock, self._learned.now, self._end)
            if missed is not None:
                self.tally.measure("limit", clock.limit_id, is_missed=missed)
        self._cases.pop(case.id, None)

    # ------------------------------------------------------------ what people do

    def _complete(self, case: Case, item: Item, found: JsonObject | None = None) -> None:
        """Submit what a past case submitted there, or send the case back as it was sent back. `found`: of a signature chain."""
        case.items.pop(item.token, None)
        self._floor.judge(item, self._agenda.now)
        step = (item.process, item.element.id)
        visit = case.visits[step]
        case.visits[step] += 1
        chance = partial(self._floor.chance, case, item, visit)
        act = self._learned.ways(case.key).act(case.model, step, visit, chance("act")) if found is None else None
        form = case.content.form(item.process, item.element.form)
        back_to = act.back_to if act is not None else None

        def submitted(run: Run) -> JsonObject:
            if found is not None:
                return found
            if act is not None and act.data is not None:
                return guesses.whole(form, moved(act.data, self._agenda.now - act.at))
            self.unknown.add(step)
            known = next((each.data for each in run.open_items() if each.token == item.token), {})
            zone = ZoneInfo(self._runtime.organisation.calendar.zone)
            return guesses.guess(form, known, chance("guess"), self._agenda.now, zone)

        def do(run: Run) -> None:
            if back_to and back_to in run.returnable(item.token):
                run.return_to(item.token, back_to)
            else:
                run.complete(item.token, submitted(run))

        self._go_on(case, do)

    # ------------------------------------------------------------ what the diagrams ask for

    def _effect(self, case: Case, effect: Effect) -> None:
        if effect.operator == "ledger.post":
            self._money.post(case.id, effect.parameters)
        elif effect.operator == "instance.start_linked":
            try:
                self._link(case, effect.parameters)
            except NotFoundError:
                self.tally.stuck[f"{case.key}/{effect.element_id}"] += 1

    def _items(self, collection: str, at: datetime) -> list[Any]:
        """Of a list of the company; none of one that it doesn't keep."""
        collect = self._runtime.collections.get(collection)
        return [] if collect is None else list(collect(self._uow, at))

    def _link(self, case: Case, parameters: Mapping[str, Any]) -> None:
        key = str(parameters["process"])
        held = definitions.content(self._runtime, self._uow, definitions.latest(self._runtime, self._uow, key).id)
        entry = held.diagram.start_by_hand
        variables = dict(parameters.get("variables") or {})
        collection = parameters.get("for_each")
        items = self._items(str(collection), self._agenda.now) if collection else [None]
        for item in items:
            case.children += 1
            name = f"{case.name}/{case.children}"
            if item is not None:
                period = f"{self._runtime.organisation.calendar.local(self._agenda.now):%Y-%m}"
                self._start(key, name, {"_period": {"item": item.data, "period": period}}, site_id=item.site_id, parent=case)
            else:
                wrapped = {entry.form: variables} if entry is not None and entry.form and set(variables) != {entry.form} else variables
                form = held.forms.get(entry.form) if entry is not None and entry.form else None
                self._start(key, name, guesses.whole(form, wrapped), site_id=case.site_id, parent=case)

    def _deliver(self, event: OutgoingEvent) -> None:
        body = event.payload if isinstance(event.payload, dict) else {}
        found = [case for case in self._cases.values() if any(
            each.kind == event.kind and each.name == event.name
            and correlations.matches(dict(each.correlation) or correlations.of_data(each.data), dict(event.correlation))
            for each in case.waiting)]
        # a message has one receiver; where it isn't clear which, it is lost as in the store
        if event.kind == "signal" or len(found) == 1:
            for case in found:
                self._agenda.at(self._agenda.now, partial(self._receive, case, event, body))
        if event.kind == "signal" or not found:
            for info_key, element_id in self._learned.started_by(event.kind, event.name):
                self._numbered += 1
                self._start(info_key, f"{event.name}#{self._numbered}", dict(body), element=element_id, payload=dict(body))

    def _receive(self, case: Case, event: OutgoingEvent, body: JsonObject) -> None:
        if case.id in self._cases and any(each.name == event.name and each.kind == event.kind for each in case.waiting):
            self._go_on(case, lambda run: run.catch(event.kind, event.name, body))

    def _answering(self) -> dict[str, Callable[[Mapping[str, Any]], Any]]:
        """What service tasks that only look something up are told: the store as it is, with what was played laid over it."""
        asked = {name: remembered(partial(reader, self._runtime, self._uow)) for name, reader in self._runtime.readers.items()}
        if "ledger.balance" in asked:
            asked["ledger.balance"] = partial(self._money.balance, asked["ledger.balance"])
        if "instances.count" in asked:
            asked["instances.count"] = partial(self._count, asked["instances.count"])
        return asked

    def _count(self, known: Callable[[Mapping[str, Any]], Any], parameters: Mapping[str, Any]) -> int:
        key, state, parent = parameters.get("process"), parameters.get("state") or None, parameters.get("parent") or None
        alive = sum(
            case.id < 0 and case.key == key and parent in (None, case.parent_id) for case in self._cases.values()
        ) if state in (None, InstanceState.ACTIVE) else 0
        over = sum(
            count for (of, of_key, of_state), count in self._finished.items()
            if of_key == key and state in (None, of_state) and parent in (None, of)
        )
        return int(alive + over + (known(parameters) if parent is None or parent > 0 else 0))

    # ------------------------------------------------------------ beginning and end

    def _take_over(self, found: OpenCase) -> None:
        """A case that is open now goes on from where it stands."""
        row = found.row
        content = definitions.instance_content(self._runtime, self._uow, row.definition_id, found.bound)
        compiled = definitions.compiled(self._runtime, self._uow, row.definition_id, found.bound)
        name = f"={row.id}"
        case = Case(row.id, row.definition_key, name, content, compiled, self._model(row.definition_key, name),
                    Measured(row.id, row.site_id, clocks=found.clocks()), parent_id=row.parent_id)  # fmt: skip
        case.visits.update(found.visits)
        try:
            with Run.load(found.state, compiled, self._runtime.sandbox, self._agenda.clock, self._runtime.settings) as run:
                items = [openings.plan(self._runtime, content, run, each, self._agenda.now) for each in run.open_items()]
                case.waiting = [correlations.declared(content, run, each) for each in run.waiting()]
                case.next_due = run.due_before
        except StoreUnavailableError:
            raise
        except GuichengError as error:
            self.tally.stuck[f"{case.key}/{error.data.get('element_id') or ''}"] += 1
            return
        self._cases[case.id] = case
        self._shelf.put(case.id, run.workflow)
        if case.next_due is not None:
            self._agenda.at(case.next_due, partial(self._timer, case, case.next_due))
        for opening in items:
            known = found.items.get(opening.item.token)
            if known is None:
                self._floor.open(case, opening)
            else:
                self._floor.open(case, opening, created=known.created_at, due=known.due_at, holder=known.assignee_id)

    def _close(self) -> None:
        """The weeks are over: count what is still open."""
        self._floor.close()
        for case in list(self._cases.values()):
            for item in case.items.values():
                if item.due is not None and item.due < self._end:
                    self._floor.judge(item, self._end)
            self._forget(case)

    # ------------------------------------------------------------ chances

    def _model(self, key: str, name: str) -> Model:
        return self._learned.ways(key).pick(Random(f"{self._luck}/{name}"))  # noqa: S311 - figures, not secrets
