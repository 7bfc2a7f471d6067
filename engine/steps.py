"""One step of an instance, from reading it to writing everything the step did. The verbs in `instances`, `work_items`, `messages` and
`timers` all go through here.

Read without a lock; run; then lock, compare the version, write, version + 1. A version that moved raises StaleInstanceError and the edge
runs the step again. A step that fails leaves the instance where it stood and an incident that keeps what was submitted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

import orjson
from sqlalchemy import Row, bindparam, delete, insert, select, update

from engine import chains, correlations, definitions, history, limits, notifications, openings
from engine.clock import Clock, MovableClock
from engine.content import InstanceContent
from engine.errors import DataNotStorableError, NotFoundError, StaleInstanceError, StepFailedError
from engine.history import Batch, Head, NewEvent
from engine.limit_rules import Happening, Moment
from engine.limit_verdicts import Plan
from engine.model import Actor, Channel, InstanceState, OpenItem, Passed, Waiting, WorkItemState
from engine.notifications import Kind
from engine.paths import fill
from engine.persistence.prepared import Prepared
from engine.persistence.tables import due, event_subscription, incident, instance, instance_variable, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.signature_rules import PartState
from engine.spiff.runner import Change, Run

T = TypeVar("T")

# The statements of the hot path are built once: building one costs more than sending it.
_LOAD = Prepared(select(instance).where(instance.c.id == bindparam("instance_id")))
_MOVE = Prepared(
    update(instance)
    .where(
        instance.c.id == bindparam("at_id"), instance.c.version == bindparam("at_version"), instance.c.history_seq == bindparam("at_seq")
    )
    .values(
        {
            name: bindparam(f"new_{name}")
            for name in ("version", "data", "moved_at", "history_seq", "history_digest", "title", "state", "ended_at")
        }
    )
)
_COMPLETE = Prepared(
    update(work_item)
    .where(work_item.c.instance_id == bindparam("at_instance"), work_item.c.token == bindparam("at_token"))
    .values(
        state=WorkItemState.COMPLETED, is_live=False, completed_at=bindparam("new_completed_at"), completed_by=bindparam("new_completed_by")
    )
)
_OPEN = Prepared(insert(work_item).returning(work_item.c.id), *openings.COLUMNS)
_ARM = Prepared(insert(due), "kind", "due_at", "instance_id", "subject")
_DISARM = Prepared(delete(due).where(due.c.instance_id == bindparam("at_instance"), due.c.subject == bindparam("at_subject")))
_DISARM_TIMER = Prepared(delete(due).where(due.c.instance_id == bindparam("at_instance"), due.c.kind == "timer"))
_FORGET = Prepared(
    delete(instance_variable)
    .where(instance_variable.c.instance_id == bindparam("at_instance"), instance_variable.c.name == bindparam("at_name"))
)
_REMEMBER = Prepared(insert(instance_variable), "instance_id", "name", "text", "number", "at")


@dataclass(frozen=True, slots=True)
class StepResult:
    """Where an instance stands after a step."""

    instance_id: int
    state: InstanceState
    #: ids of the work items that the step opened
    new_work_items: tuple[int, ...] = ()
    #: the incident that the step ended in; None when it went well
    incident_id: int | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """What is said to have happened to a case before it came into the system."""

    started_at: datetime
    #: since when it stands where it stands now
    since: datetime
    #: earlier steps with their times, in order
    done: tuple[tuple[datetime, Happening], ...] = ()

    def told(self, happened: list[Happening]) -> list[tuple[datetime | None, list[Happening]]]:
        """The happenings of the step that opens the case, with the earlier ones, each at its claimed time and in order."""
        begun = [each for each in happened if each.moment is Moment.STARTED]
        now_open = [each for each in happened if each.moment is not Moment.STARTED]
        return [(self.started_at, begun), *((at, [each]) for at, each in self.done), (self.since, now_open)]


@dataclass(slots=True)
class Command:
    """What is asked of a step, also kept by its incident so that a retry asks nobody to type again."""

    #: `start`, `complete`, `refresh`, `catch`, `return`, `move`
    name: str
    #: what is done to the live workflow; raises a user's error before it changes anything
    act: Callable[[Run], None]
    #: the history event of the command itself; None for one that only lets time pass
    event: Callable[[], NewEvent | None]
    #: JSON for the incident
    submitted: dict[str, Any] = field(default_factory=dict)
    #: the item that the step completes
    completes: str | None = None
    #: whether that item has due rows
    was_timed: bool = True
    #: variables for lists: name → (text, number, moment)
    indexed: dict[str, tuple[str | None, Any, datetime | None]] = field(default_factory=dict)
    #: further writes in the same transaction, after everything else: signatures, files
    then: list[Callable[[UnitOfWork, int], None]] = field(default_factory=list)
    #: of a case that began on paper
    story: Story | None = None
    #: whether a step that fails is only refused: an incident would stop a case that went well before
    is_refusable: bool = False


def run_step(runtime: Runtime, act: Callable[[UnitOfWork], T], attempts: int = 5) -> T:
    """Do something in a unit of work of its own and commit; again when somebody else's step came between."""
    while True:
        attempts -= 1
        with UnitOfWork(runtime.database) as uow:
            try:
                result = act(uow)
                uow.commit()
                return result
            except StaleInstanceError:
                if not attempts:
                    raise


def load(uow: UnitOfWork, instance_id: int) -> Row[Any]:
    """The instance's row; NotFoundError if there is none."""
    row: Row[Any] | None = _LOAD.one_or_none(uow.reading, {"instance_id": instance_id})
    if row is None:
        raise NotFoundError(kind="案件", id=instance_id)
    return row


def bound(row: Row[Any]) -> dict[str, int]:
    """What the instance's call activities are bound to."""
    found: dict[str, int] = orjson.loads(row.bindings) if row.bindings else {}
    return found


def open_run(runtime: Runtime, uow: UnitOfWork, row: Row[Any], clock: Clock | None = None) -> Run:
    """The live workflow of an instance: from the cache, or from its saved state."""
    live = runtime.live.take(row.id, row.version)
    if live is not None:
        return Run.resume(live, runtime.sandbox, clock or runtime.clock, runtime.settings)
    compiled = definitions.compiled(runtime, uow, row.definition_id, bound(row))
    return Run.load(bytes(row.data), compiled, runtime.sandbox, clock or runtime.clock, runtime.settings)


def done_at(actor: Actor, now: datetime) -> datetime:
    """When a step took place: when the paper says for what was done on paper, else now."""
    return actor.claimed_at if actor.channel is Channel.PAPER and actor.claimed_at is not None else now


def clock_of(runtime: Runtime, actor: Actor) -> Clock:
    """What the step's own timers and expressions take for now."""
    return runtime.clock if actor.channel is not Channel.PAPER else MovableClock(done_at(actor, runtime.clock.now()))


@dataclass(frozen=True, slots=True)
class _Ready:
    """A command carried out in memory: everything that costs time is done, nothing is written yet."""

    run: Run
    change: Change
    planned: list[openings.Opening]
    data: dict[str, Any]
    #: what happened for the limits: claimed time where it is not the actor's, happenings, plan
    happened: list[tuple[datetime | None, list[Happening], Plan | None]]
    waiting_before: set[tuple[str, str | None]]
    now: datetime


def step(runtime: Runtime, uow: UnitOfWork, actor: Actor, row: Row[Any], command: Command, *, fresh: Run | None = None) -> StepResult:
    """Carry out a command on an instance whose row was just read. `fresh`: its workflow, where that was never saved yet."""
    content = definitions.instance_content(runtime, uow, row.definition_id, bound(row))
    now = runtime.clock.now()
    try:
        opened = fresh or open_run(runtime, uow, row, clock_of(runtime, actor))
        ready = _carry_out(runtime, uow, content, command, opened, now, done_at(actor, now), is_first=row.version == 0)
        state = ready.run.save()
    except (StepFailedError, DataNotStorableError) as error:
        if command.is_refusable:
            raise
        return _fail(runtime, uow, actor, row, command, error, now)
    return _write(runtime, uow, actor, row, content, command, ready, state)


def first_step(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, content: InstanceContent, command: Command, fresh: Run, create: Callable[[], Row[Any]]
) -> StepResult:
    """Carry out the first step of an instance that is not written yet; `create` writes its row, under the lock, and draws its number."""
    now = runtime.clock.now()
    row: Row[Any] | None = None
    try:
        ready = _carry_out(runtime, uow, content, command, fresh, now, done_at(actor, now), is_first=True)
        row = create()
        ready.run.book(business_key=row.business_key, instance_id=row.id)
        state = ready.run.save()
    except (StepFailedError, DataNotStorableError) as error:
        if command.story is not None:
            # whoever takes a case over from paper can mend what is known of it; an incident would be a case nobody asked for
            raise
        return _fail(runtime, uow, actor, row or create(), command, error, now)
    return _write(runtime, uow, actor, row, content, command, ready, state)


def _carry_out(
    runtime: Runtime, uow: UnitOfWork, content: InstanceContent, command: Command, opened: Run, now: datetime, done: datetime, *,
    is_first: bool,
) -> _Ready:
    with opened as run:
        run.answer_with({name: partial(reader, runtime, uow) for name, reader in runtime.readers.items()})
        waiting_before = {(each.token, each.name) for each in run.waiting()}
        command.act(run)
        change = run.settle()
        change.waiting = [correlations.declared(content, run, each) for each in change.waiting]
        story = command.story
        planned = [openings.plan(runtime, content, run, item, story.since if story else done) for item in change.opened]
        data = run.data()
        events = _happenings(content, change, is_first=is_first)
        happened = [
            (at, each, limits.foresee(runtime, content, each, now, lambda expression: run.evaluate(expression, data)))
            for at, each in (story.told(events) if story else [(None, events)])
        ]
        return _Ready(run, change, planned, data, happened, waiting_before, now)


def _write(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, row: Row[Any], content: InstanceContent, command: Command, ready: _Ready, state: bytes
) -> StepResult:
    change, now = ready.change, ready.now
    writer = _Writer(runtime, uow, actor, content, command, change, ready.planned, now)
    events = writer.events(row)
    title = title_of(content, ready.data) or row.title
    moved = _MOVE.run(
        uow.writing,
        {
            "at_id": row.id,
            "at_version": row.version,
            "at_seq": row.history_seq,
            "new_version": row.version + 1,
            "new_data": state,
            "new_moved_at": now,
            "new_history_seq": events.head.seq,
            "new_history_digest": events.head.digest,
            "new_title": title,
            "new_state": InstanceState.COMPLETED if change.is_completed else row.state,
            "new_ended_at": done_at(actor, now) if change.is_completed else None,
        },
    )
    if moved != 1:
        raise StaleInstanceError(instance_id=row.id)
    events.insert(uow)
    new_items = writer.items(openings.Subject(row.id, title, row.business_key, row.site_id))
    writer.rest(row, ready.run.due_before, ready.waiting_before)
    for at, happened, plan in ready.happened:
        limits.on_step(
            runtime,
            uow,
            instance_row=row,
            content=content,
            events=happened,
            data=ready.data,
            now=now,
            claimed_at=at or actor.claimed_at,
            plan=plan,
            person_id=actor.user_id,
        )
    if not change.is_completed:
        workflow = ready.run.workflow
        uow.after_commit(lambda: runtime.live.put(row.id, row.version + 1, workflow))
    return StepResult(row.id, InstanceState.COMPLETED if change.is_completed else InstanceState.ACTIVE, new_items)


class _Writer:
    """Everything that a step writes besides the instance's own row."""

    def __init__(
        self,
        runtime: Runtime,
        uow: UnitOfWork,
        actor: Actor,
        content: InstanceContent,
        command: Command,
        change: Change,
        planned: list[openings.Opening],
        now: datetime,
    ) -> None:
        self._runtime, self._uow, self._actor, self._content = runtime, uow, actor, content
        self._command, self._change, self._planned, self._now = command, change, planned, now

    def events(self, row: Row[Any]) -> Batch:
        """The command's event with everything the step passed and opened; the end of the instance as one of its own."""
        change = self._change
        event = self._command.event()
        moves: dict[str, Any] = {}
        if change.passed:
            moves["passed"] = [_mark(self._content, each) for each in change.passed]
        if change.opened:
            moves["opened"] = [_mark(self._content, each) for each in change.opened]
        events = []
        if event is not None or moves:
            event = event or NewEvent("timer.fired")
            events.append(NewEvent(event.type, event.element_id, event.token, {**event.detail, **moves}, event.values))
        if change.is_completed:
            events.append(NewEvent("instance.completed", detail={"ends": _ends(self._content, change.passed)}))
        return history.compose(self._actor, row.id, row.definition_id, Head(row.history_seq, row.history_digest), events, self._now)

    def items(self, subject: openings.Subject) -> tuple[int, ...]:
        """Close the item that was completed and those that vanished, open the new ones; their ids in order."""
        connection, change = self._uow.writing, self._change
        done = self._command.completes
        if done is not None:
            _COMPLETE.run(
                connection,
                {
                    "at_instance": subject.instance_id,
                    "at_token": done,
                    "new_completed_at": done_at(self._actor, self._now),
                    "new_completed_by": self._actor.user_id,
                },
            )
        if change.withdrawn:
            gone = (work_item.c.instance_id == subject.instance_id) & work_item.c.token.in_(change.withdrawn)
            notifications.tell_withdrawn(self._runtime, self._uow, gone, self._actor)
            connection.execute(
                update(work_item)
                .where(work_item.c.instance_id == subject.instance_id, work_item.c.token.in_(change.withdrawn))
                .values(state=WorkItemState.WITHDRAWN, is_live=False, completed_at=self._now)
            )
            chains.close(self._uow, subject.instance_id, change.withdrawn, PartState.SUPERSEDED, self._now)
        if not self._planned:
            return ()
        self._planned = [openings.at_site(self._runtime, opening, subject.site_id) for opening in self._planned]
        rows = [opening.row(subject) for opening in self._planned]
        inserted = [_OPEN.one_or_none(connection, row).id for row in rows]
        found: list[int] = []
        kind = Kind.RETURNED if self._command.name == "return" else Kind.OPENED
        told = [
            notifications.opened_row(row, item_id, kind, self._actor.user_id)
            for row, item_id, opening in zip(rows, inserted, self._planned, strict=True) if not opening.signers
        ]
        notifications.write(self._runtime, self._uow, told)
        for opening, item_id in zip(self._planned, inserted, strict=True):
            # a chain's own item is nobody's: its signers' are what there is to do
            found += chains.open_chain(self._runtime, self._uow, subject, opening) if opening.signers else [item_id]
            if opening.outside and (opening.element.hand_over == "link" or self._runtime.settings.outside_link_always):
                self._runtime.outbox.enqueue(connection, "hand_over", f"hand-over-{item_id}", {"work_item_id": item_id})
                self._uow.after_commit(self._runtime.outbox.wake)
        return tuple(found)

    def rest(self, row: Row[Any], due_before: datetime | None, waiting_before: set[tuple[str, str | None]]) -> None:
        """Due times, subscriptions, variables, effects: nothing where there is nothing."""
        self._due(row.id, due_before)
        self._subscriptions(row.id, waiting_before)
        write_variables(self._uow, row.id, self._command.indexed)
        for act in self._command.then:
            act(self._uow, row.id)
        self._effects(row.id)

    def _due(self, instance_id: int, due_before: datetime | None) -> None:
        connection, change = self._uow.writing, self._change
        closed = [*change.withdrawn, *([self._command.completes] if self._command.completes and self._command.was_timed else [])]
        for token in closed:
            _DISARM.run(connection, {"at_instance": instance_id, "at_subject": token})
        timer_moved = change.next_due != due_before
        if timer_moved and due_before is not None:
            _DISARM_TIMER.run(connection, {"at_instance": instance_id})
        rows = [row for opening in self._planned for row in opening.due_rows(instance_id)]
        if timer_moved and change.next_due is not None:
            rows.append({"kind": "timer", "due_at": change.next_due, "instance_id": instance_id, "subject": ""})
        if rows:
            _ARM.run_each(connection, rows)
            self._uow.after_commit(self._runtime.outbox.wake)

    def _subscriptions(self, instance_id: int, before: set[tuple[str, str | None]]) -> None:
        now = {(each.token, each.name) for each in self._change.waiting}
        is_first = self._command.name == "start"
        if now == (set() if is_first else before):
            return
        write_subscriptions(self._uow, instance_id, self._change.waiting, is_first=is_first)

    def _effects(self, instance_id: int) -> None:
        for effect in self._change.effects:
            self._runtime.operators[effect.operator](self._runtime, self._uow, self._actor, instance_id, effect.parameters)
        for number, event in enumerate(self._change.outgoing):
            payload = {"kind": event.kind, "name": event.name, "payload": event.payload or {}, "correlation": dict(event.correlation)}
            key = f"event-{instance_id}-{self._now.timestamp()}-{number}"
            self._runtime.outbox.enqueue(self._uow.writing, "deliver_event", key, payload)
            self._uow.after_commit(self._runtime.outbox.wake)


def _happenings(content: InstanceContent, change: Change, *, is_first: bool) -> list[Happening]:
    """What a step did, for the limits."""
    moments = [*([Moment.STARTED] if is_first else []), *([Moment.ENDED] if change.is_completed else [])]
    return limits.happenings(content.own.key, opened=change.opened, passed=change.passed, moments=moments)


def write_subscriptions(uow: UnitOfWork, instance_id: int, waiting: Sequence[Waiting], *, is_first: bool = False) -> None:
    """What an instance waits for, instead of what it waited for before."""
    connection = uow.writing
    if not is_first:
        connection.execute(delete(event_subscription).where(event_subscription.c.instance_id == instance_id))
    rows = [
        {
            "instance_id": instance_id,
            "token": each.token,
            "element_id": each.element_id,
            "kind": each.kind,
            "name": each.name,
            "correlation": orjson.dumps(each.correlation or correlations.of_data(each.data), option=orjson.OPT_SORT_KEYS).decode(),
        }
        for each in waiting
    ]
    if rows:
        connection.execute(insert(event_subscription), rows)


def write_variables(uow: UnitOfWork, instance_id: int, indexed: Mapping[str, tuple[str | None, Any, datetime | None]]) -> None:
    """Project variables that lists and registers need into their typed table."""
    if not indexed:
        return
    _FORGET.run_each(uow.writing, [{"at_instance": instance_id, "at_name": name} for name in indexed])
    rows = [
        {"instance_id": instance_id, "name": name, "text": None if text is None else text[:300], "number": number, "at": moment}
        for name, (text, number, moment) in indexed.items()
    ]
    _REMEMBER.run_each(uow.writing, rows)


def _fail(runtime: Runtime, uow: UnitOfWork, actor: Actor, row: Row[Any], command: Command, error: Any, now: datetime) -> StepResult:
    """Keep the instance where it stood, and what was submitted beside the reason."""
    event = NewEvent("incident.created", error.element_id, detail={"code": error.code, "command": command.name})
    events = history.compose(actor, row.id, row.definition_id, Head(row.history_seq, row.history_digest), [event], now)
    moved = uow.writing.execute(
        update(instance)
        .where(instance.c.id == row.id, instance.c.version == row.version, instance.c.history_seq == row.history_seq)
        .values(
            version=row.version + 1,
            state=InstanceState.INCIDENT,
            moved_at=now,
            history_seq=events.head.seq,
            history_digest=events.head.digest,
            incident_count=row.incident_count + 1,
        )
    )
    if moved.rowcount != 1:
        raise StaleInstanceError(instance_id=row.id)
    events.insert(uow)
    incident_id = write_incident(uow, actor, row.id, command, error, now)
    notifications.tell(runtime, uow, Kind.INCIDENT, role="manager", site_id=row.site_id, instance_id=row.id)
    return StepResult(row.id, InstanceState.INCIDENT, (), incident_id)


def write_incident(uow: UnitOfWork, actor: Actor, instance_id: int, command: Command, error: Any, now: datetime) -> int:
    """The incident's row; its id."""
    incident_id: int = uow.writing.execute(
        insert(incident)
        .values(
            instance_id=instance_id,
            element_id=error.element_id,
            token=command.completes,
            code=error.code,
            message=orjson.dumps({"sentence": error.sentence, "data": {key: str(value) for key, value in error.data.items()}}).decode(),
            submitted=orjson.dumps({"command": command.name, **command.submitted}),
            actor_id=actor.user_id,
            created_at=now,
        )
        .returning(incident.c.id)
    ).scalar_one()
    return incident_id


def _mark(content: InstanceContent, each: Passed | OpenItem) -> str:
    """`element`, or `process/element` inside a called process; `-` before an element that was cancelled."""
    mark = each.element_id if each.process_key in ("", content.own.key) else f"{each.process_key}/{each.element_id}"
    return f"-{mark}" if isinstance(each, Passed) and each.outcome == "cancelled" else mark


def _ends(content: InstanceContent, passed: list[Passed]) -> list[str]:
    ends = []
    for each in passed:
        element = content.own.diagram.elements.get(each.element_id)
        if each.process_key == content.own.key and element is not None and element.kind == "endEvent":
            ends.append(each.element_id)
    return ends


def title_of(content: InstanceContent, data: Mapping[str, Any]) -> str:
    """What people call a case with these data; empty where the procedure has no template."""
    template = content.own.diagram.title
    return fill(template, data) if template else ""
