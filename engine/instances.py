"""The verbs of a process instance: start, suspend, resume, cancel, retry, return, inspect. Each one is one step of one unit of work."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import orjson
from sqlalchemy import Row, delete, insert, select, update

from engine import (
    case_references,
    chains,
    definitions,
    history,
    limits,
    notifications,
    numbering,
    permissions,
    signer_form,
    steps,
    submissions,
)
from engine.content import InstanceContent
from engine.diagram import Element
from engine.errors import (
    ForbiddenError,
    InstanceNotActiveError,
    InvalidError,
    MayNotStartError,
    NotFoundError,
    ReturnNotPossibleError,
    StaleInstanceError,
)
from engine.history import NewEvent
from engine.incidents import retry
from engine.limit_rules import Happening, Moment
from engine.model import DROPPED_STATES, LIVE_WORK_ITEM_STATES, Actor, InstanceState, JsonObject, TokenView, WorkItemState
from engine.persistence.tables import due, event_subscription, history_event, instance, site, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.spiff import codec
from engine.spiff.runner import Run
from engine.steps import Command, StepResult, run_step

__all__ = [
    "StartedInstance",
    "StepResult",
    "View",
    "cancel",
    "end_early",
    "inspect",
    "resume",
    "retry",
    "return_target",
    "return_to",
    "returnable_elements",
    "revoke",
    "run_step",
    "start",
    "suspend",
]

_OPEN_STATES = {InstanceState.ACTIVE, InstanceState.SUSPENDED, InstanceState.INCIDENT}


class NotYourCaseError(ForbiddenError):
    """Expected a case that the person started."""

    code = "not_your_case"
    sentence = "只能撤銷自己發起的案件。"


# built once: every start sends them
_CREATE = insert(instance).returning(instance)
_FIRST_SITE = select(site.c.id).where(site.c.deactivated_at.is_(None)).order_by(site.c.id).limit(1)


@dataclass(frozen=True, slots=True)
class StartedInstance:
    """A new instance."""

    id: int
    business_key: str | None
    state: InstanceState
    work_item_ids: tuple[int, ...]
    incident_id: int | None = None


@dataclass(frozen=True, slots=True)
class View:
    """What an instance holds now, for pages and the API."""

    variables: JsonObject
    tokens: tuple[TokenView, ...]
    #: ids of the instance's own and called elements that were completed, in order, once each
    completed_elements: tuple[str, ...]
    end_events: tuple[str, ...]


def start(
    runtime: Runtime,
    uow: UnitOfWork,
    actor: Actor,
    key: str,
    variables: JsonObject,
    *,
    business_key: str | None = None,
    site_id: int | None = None,
    version: int | None = None,
    parent_id: int | None = None,
    start_element: str | None = None,
    payload: JsonObject | None = None,
    context: JsonObject | None = None,
    then: Sequence[Callable[[UnitOfWork, int], None]] = (),
) -> StartedInstance:
    """Start a process at its current version, or a named one.

    With a form on the start event the variables are the form's fields; FormInvalidError names what is wrong with them. The site is that
    of a unit in the form, else the one given, else one of the actor's. Numbers are drawn last, in the same transaction. `context`: data of
    another case that the start form reads. `then`: further writes of the step. What was done on paper began when the paper says.
    """
    permissions.require(actor, "process-instance:start")
    info = definitions.latest(runtime, uow, key) if version is None else definitions.version(runtime, uow, key, version)
    bound = definitions.bindings(runtime, uow, info.id)
    content = definitions.instance_content(runtime, uow, info.id, bound)
    entry = content.own.diagram.start_by_hand if start_element is None else content.own.diagram.elements.get(start_element)
    _check_may_start(actor, content, start_element)
    form = content.form(key, entry.form if entry is not None else None)
    submitted = submissions.check(runtime, uow, form, variables, context or {}, actor)
    site_id = submitted.site_id or site_id or _site_of(uow, actor)
    now = runtime.clock.now()
    began = steps.done_at(actor, now)
    compiled = definitions.compiled(runtime, uow, info.id, bound)
    data = {**submitted.data, "_": {"site_id": site_id, "started_at": began.isoformat(), "started_by": actor.user_id}}

    def begin(run: Run) -> None:
        run.begin(data, start_element, payload)

    created: list[Row[Any]] = []

    def create() -> Row[Any]:
        number = content.own.diagram.number
        values = {
            "definition_id": info.id,
            "definition_key": key,
            "version": 0,
            "state": InstanceState.ACTIVE,
            "site_id": site_id,
            # drawn last, so that the series' row is held for as short as can be
            "business_key": business_key or (numbering.draw(uow, runtime.organisation, number, now) if number else None),
            "started_at": began,
            "started_by": actor.user_id,
            "moved_at": now,
            "parent_id": parent_id,
            "bindings": orjson.dumps(bound).decode() if bound else None,
            "data": b"",
        }
        created.append(uow.writing.execute(_CREATE, values).one())
        return created[0]

    command = Command(
        "start",
        begin,
        lambda: NewEvent("instance.started", entry.id if entry else None, values=submitted.changes),
        submitted={"variables": data, "start_element": start_element, "payload": payload},
        indexed=submitted.indexed,
        then=[
            *then, *submitted.then(actor, None, entry), *([partial(case_references.inherit, parent_id=parent_id)] if parent_id else []),
        ],
    )
    fresh = Run.new(compiled, runtime.sandbox, steps.clock_of(runtime, actor), runtime.settings)
    result = steps.first_step(runtime, uow, actor, content, command, fresh, create)
    return StartedInstance(result.instance_id, created[0].business_key, result.state, result.new_work_items, result.incident_id)


def suspend(runtime: Runtime, uow: UnitOfWork, actor: Actor, instance_id: int, reason: str) -> None:
    """Put an active instance to rest: its items leave the lists, its limits run on unless they say otherwise."""
    row, actor = _managed(uow, actor, instance_id, "process-instance:suspend", {InstanceState.ACTIVE})
    _turn(runtime, uow, actor, row, InstanceState.SUSPENDED, "instance.suspended", reason)
    _show_items(uow, instance_id, is_live=False)
    _tell_limits(runtime, uow, row, Moment.SUSPENDED)


def resume(runtime: Runtime, uow: UnitOfWork, actor: Actor, instance_id: int, reason: str) -> None:
    """Wake a suspended instance; timers that fell due meanwhile fire at once."""
    row, actor = _managed(uow, actor, instance_id, "process-instance:suspend", {InstanceState.SUSPENDED})
    _turn(runtime, uow, actor, row, InstanceState.ACTIVE, "instance.resumed", reason)
    _show_items(uow, instance_id, is_live=True)
    _tell_limits(runtime, uow, row, Moment.RESUMED)
    _arm_timers(runtime, uow, row)


def cancel(runtime: Runtime, uow: UnitOfWork, actor: Actor, instance_id: int, reason: str) -> None:
    """End an instance before its end; its data and history stay."""
    row, actor = _managed(uow, actor, instance_id, "process-instance:cancel", _OPEN_STATES)
    end_early(runtime, uow, actor, row, "instance.cancelled", reason)


def revoke(runtime: Runtime, uow: UnitOfWork, actor: Actor, instance_id: int, reason: str) -> None:
    """撤銷: who started a case ends it before its end, with a reason."""
    row, actor = _managed(uow, actor, instance_id, "process-instance:revoke", _OPEN_STATES)
    if row.started_by is None or row.started_by != actor.user_id:
        raise NotYourCaseError
    if not reason.strip():
        raise InvalidError(reason="請填寫原因。")
    end_early(runtime, uow, actor, row, "instance.revoked", reason.strip())


def end_early(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, row: Row[Any], event: str, reason: str, state: InstanceState = InstanceState.CANCELLED
) -> None:
    """End a case that the caller has made sure may be ended: nothing of it waits for anybody or anything any more."""
    now = runtime.clock.now()
    _turn(runtime, uow, actor, row, state, event, reason, ended_at=now)
    connection = uow.writing
    live = (work_item.c.instance_id == row.id) & work_item.c.state.in_([*LIVE_WORK_ITEM_STATES, WorkItemState.SIGNING])
    notifications.tell_withdrawn(runtime, uow, work_item.c.instance_id == row.id, actor)
    connection.execute(update(work_item).where(live).values(state=WorkItemState.WITHDRAWN, is_live=False, completed_at=now))
    chains.close_all(uow, row.id)
    connection.execute(delete(event_subscription).where(event_subscription.c.instance_id == row.id))
    _tell_limits(runtime, uow, row, Moment.ENDED)
    connection.execute(delete(due).where(due.c.instance_id == row.id))


def return_to(runtime: Runtime, uow: UnitOfWork, actor: Actor, work_item_id: int, element_id: str, reason: str) -> StepResult:
    """Send an open item back to an earlier element of the same process, with a reason."""
    item, row = submissions.actionable(uow, actor, work_item_id)
    if chains.is_signer(item.token):
        raise submissions.SignersDecideError(work_item_id=work_item_id)
    allowed = {element.id for element in returnable_elements(runtime, uow, work_item_id)}
    if element_id not in allowed:
        raise ReturnNotPossibleError(element=element_id, reason="此步驟尚未辦理過，或不能由此退回。", element_id=element_id)

    def act(run: Run) -> None:
        run.return_to(item.token, element_id)

    event = NewEvent("work_item.returned", item.element_id, item.token, {"to": element_id}, {"reason": reason})
    command = Command("return", act, lambda: event, submitted={"token": item.token, "element_id": element_id})
    return steps.step(runtime, uow, actor, row, command)


def returnable_elements(runtime: Runtime, uow: UnitOfWork, work_item_id: int) -> list[Element]:
    """The people's elements that an open item can be sent back to: done in this instance before, and leading here."""
    item = uow.reading.execute(select(work_item).where(work_item.c.id == work_item_id)).one_or_none()
    if item is None:
        raise NotFoundError(kind="待辦事項", id=work_item_id)
    if not item.is_live:
        return []
    row = steps.load(uow, item.instance_id)
    query = select(work_item.c.element_id).where(
        work_item.c.instance_id == item.instance_id,
        work_item.c.definition_key == item.definition_key,
        work_item.c.state == WorkItemState.COMPLETED,
    )
    done = set(uow.reading.execute(query).scalars())
    with steps.open_run(runtime, uow, row) as run:
        try:
            leading = run.returnable(chains.element_token(item.token))
        except KeyError:
            return []
        runtime.live.put(row.id, row.version, run.workflow)
    elements = definitions.content(runtime, uow, item.definition_id).diagram.elements
    return [elements[each] for each in leading if each in done and each in elements]


def return_target(runtime: Runtime, uow: UnitOfWork, work_item_id: int, to: str) -> str:
    """The element that `to` means: its id, or `previous` (done last) or `applicant` (done first). ReturnNotPossibleError if none."""
    allowed = [element.id for element in returnable_elements(runtime, uow, work_item_id)]
    if to in allowed:
        return to
    found = None
    if allowed and to in (signer_form.PREVIOUS, signer_form.APPLICANT):
        item = submissions.find_item(uow, work_item_id)
        order = [work_item.c.completed_at, work_item.c.id]
        query = select(work_item.c.element_id).where(
            work_item.c.instance_id == item.instance_id,
            work_item.c.definition_key == item.definition_key,
            work_item.c.element_id.in_(allowed),
            work_item.c.state == WorkItemState.COMPLETED,
        )
        wanted = order if to == signer_form.APPLICANT else [column.desc() for column in order]
        found = uow.reading.execute(query.order_by(*wanted).limit(1)).scalar()
    if found is None:
        raise ReturnNotPossibleError(element=to, reason="此步驟尚未辦理過，或不能由此退回。", element_id=to)
    return str(found)


def inspect(runtime: Runtime, uow: UnitOfWork, instance_id: int) -> View:
    """Variables, tokens and the elements passed so far."""
    row = steps.load(uow, instance_id)
    tokens: tuple[TokenView, ...] = ()
    if row.version == 0 or not row.data:
        variables: JsonObject = {}
    elif row.state == InstanceState.COMPLETED:
        variables = codec.data_only(bytes(row.data))
    else:
        with steps.open_run(runtime, uow, row) as run:
            variables = run.data()
            tokens = tuple(run.tokens()) if row.state not in DROPPED_STATES else ()
            runtime.live.put(row.id, row.version, run.workflow)
    query = select(history_event.c.type, history_event.c.detail).where(
        history_event.c.instance_id == instance_id, history_event.c.detail.is_not(None)
    )
    passed: dict[str, None] = {}
    ends: list[str] = []
    for kind, detail in uow.reading.execute(query.order_by(history_event.c.seq)):
        body = orjson.loads(detail)
        passed.update(dict.fromkeys(mark for mark in body.get("passed", ()) if not mark.startswith("-")))
        if kind == "instance.completed":
            ends = body.get("ends", [])
    return View({key: value for key, value in variables.items() if key != "_"}, tokens, tuple(passed), tuple(ends))


def _check_may_start(actor: Actor, content: InstanceContent, start_element: str | None) -> None:
    allowed = content.own.diagram.start_roles
    if start_element is None and allowed and actor.user_id is not None and actor.roles().isdisjoint({*allowed, "administrator", "manager"}):
        raise MayNotStartError(process=content.own.name)


def _site_of(uow: UnitOfWork, actor: Actor) -> int | None:
    sites = sorted({grant.site_id for grant in actor.grants if grant.site_id is not None})
    if sites:
        return sites[0]
    return uow.reading.execute(_FIRST_SITE).scalar()


def _managed(uow: UnitOfWork, actor: Actor, instance_id: int, permission: str, states: set[InstanceState]) -> tuple[Row[Any], Actor]:
    """The instance, and who acts: for a colleague who is away, where only that colleague may."""
    row = steps.load(uow, instance_id)
    acting = permissions.require(actor, permission, row.site_id)
    if row.state not in states:
        raise InstanceNotActiveError(instance_id=instance_id, state=row.state)
    return row, acting


def _turn(
    runtime: Runtime,
    uow: UnitOfWork,
    actor: Actor,
    row: Row[Any],
    state: InstanceState,
    event: str,
    reason: str,
    ended_at: datetime | None = None,
) -> None:
    """Set the instance's state, with its reason on record."""
    now = runtime.clock.now()
    batch = history.compose(
        actor,
        row.id,
        row.definition_id,
        history.Head(row.history_seq, row.history_digest),
        [NewEvent(event, values={"reason": reason})],
        now,
    )
    moved = uow.writing.execute(
        update(instance)
        .where(instance.c.id == row.id, instance.c.version == row.version, instance.c.history_seq == row.history_seq)
        .values(state=state, moved_at=now, ended_at=ended_at, history_seq=batch.head.seq, history_digest=batch.head.digest)
    )
    if moved.rowcount != 1:
        raise StaleInstanceError(instance_id=row.id)
    batch.insert(uow)


def _show_items(uow: UnitOfWork, instance_id: int, *, is_live: bool) -> None:
    concerned = (work_item.c.instance_id == instance_id, work_item.c.state.in_(LIVE_WORK_ITEM_STATES))
    uow.writing.execute(update(work_item).where(*concerned).values(is_live=is_live))


def _tell_limits(runtime: Runtime, uow: UnitOfWork, row: Row[Any], moment: Moment) -> None:
    content = definitions.instance_content(runtime, uow, row.definition_id, steps.bound(row))
    limits.on_step(
        runtime,
        uow,
        instance_row=row,
        content=content,
        events=[Happening(row.definition_key, None, moment)],
        data=inspect(runtime, uow, row.id).variables,
        now=runtime.clock.now(),
    )


def _arm_timers(runtime: Runtime, uow: UnitOfWork, row: Row[Any]) -> None:
    """A timer that fell due while the instance slept was dropped by the scheduler; put it back."""
    with steps.open_run(runtime, uow, row) as run:
        moment = run.due_before
    connection = uow.writing
    connection.execute(delete(due).where(due.c.instance_id == row.id, due.c.kind == "timer"))
    if moment is not None:
        connection.execute(insert(due).values(kind="timer", due_at=moment, instance_id=row.id, subject=""))
        uow.after_commit(runtime.outbox.wake)
