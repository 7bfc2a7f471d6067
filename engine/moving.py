"""Moves the token of an open item to another step by hand: a manager's intervention, looked at before and undone while nobody has acted.

Everything that is open at the token is withdrawn and the case stands anew at the step, with what it knows; nothing in between is run.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Row, select, update

from engine import chains, definitions, instances, openings, permissions, places, steps, submissions
from engine.content import InstanceContent
from engine.errors import (
    ConflictError,
    DataNotStorableError,
    InstanceNotActiveError,
    InvalidError,
    NotFoundError,
    StaleInstanceError,
    StepFailedError,
)
from engine.history import NewEvent
from engine.limit_rules import Kind
from engine.model import LIVE_WORK_ITEM_STATES, Actor, InstanceState, WorkItemState
from engine.paper_cases import refused
from engine.persistence.tables import history_event, limit_clock, user, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.places import Place
from engine.runtime import Runtime
from engine.spiff.runner import Run
from engine.steps import Command, StepResult

PERMISSION = "process-instance:move"
MOVED = "work_item.moved"
#: what happens by itself and is nobody's answer to a move
_BY_ITSELF = ("limit.", "work_item.warned", "work_item.overdue", "work_item.escalated")


class NotAloneError(ConflictError):
    """Expected a case that stands at one step only."""

    code = "case_not_alone"
    sentence = "「{step}」不能單獨移動：「{others}」同時進行，會留在原處等它。請先辦結或退回同時進行的步驟。"


class RepeatedError(ConflictError):
    """Expected a step that is not one of several rounds."""

    code = "case_in_repetition"
    sentence = "「{step}」是重複辦理的其中一次，不能單獨移動。可以先退回或辦結。"


class ItemGoneError(ConflictError):
    """Expected an item that is still open."""

    code = "item_gone"
    sentence = "「{step}」剛才已經不在待辦中：案件被移動、退回或取消了。請重新整理後再看。"


class SamePlaceError(InvalidError):
    """Expected another step than the present one."""

    code = "same_place"
    sentence = "案件已經停在「{step}」，請選擇別的步驟。"


class UndoTooLateError(ConflictError):
    """Expected a move that nothing was done after."""

    code = "move_answered"
    sentence = "移動之後已有人辦理，或移動前的步驟不能單獨停留，不能撤銷。需要時請再移動一次。"


@dataclass(frozen=True, slots=True)
class Opened:
    """An item that would open."""

    name: str
    definition_id: int
    role: str
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Preview:
    """What a move would do."""

    work_item_id: int
    #: the step that is withdrawn, and who has it
    step: str
    definition_id: int
    holder: str | None
    #: where the case would stand
    place: Place
    opened: tuple[Opened, ...]
    #: limits of the manual whose clocks go on as they are
    clocks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Ready:
    item: Row[Any]
    row: Row[Any]
    content: InstanceContent
    place: Place


def targets(runtime: Runtime, uow: UnitOfWork, actor: Actor, instance_id: int) -> tuple[Place, ...]:
    """The steps that a case of this kind can be put to."""
    row = steps.load(uow, instance_id)
    permissions.require(actor, PERMISSION, row.site_id)
    return tuple(places.usable(definitions.instance_content(runtime, uow, row.definition_id, steps.bound(row))))


def preview(runtime: Runtime, uow: UnitOfWork, actor: Actor, instance_id: int, work_item_id: int, step: str) -> Preview:
    """What `move` would do, tried in memory; raises what it would be refused for."""
    ready = _prepare(runtime, uow, actor, instance_id, work_item_id, step)
    row, item = ready.row, ready.item
    try:
        # its workflow is thrown away afterwards: it must not get into the cache
        with steps.open_run(runtime, uow, row) as run:
            _put(ready, run)
            change = run.settle()
            planned = [openings.plan(runtime, ready.content, run, each, runtime.clock.now()) for each in change.opened]
            run.save()
    except (StepFailedError, DataNotStorableError) as error:
        raise refused(ready.content, ready.place, error, instances.inspect(runtime, uow, row.id).variables) from error
    running = select(limit_clock.c.limit_id).where(
        limit_clock.c.instance_id == instance_id, limit_clock.c.kind == Kind.CLOCK, limit_clock.c.stopped_at.is_(None)
    )
    return Preview(
        work_item_id, item.name, item.definition_id, submissions.name_of(uow, item.assignee_id) if item.assignee_id else None, ready.place,
        tuple(Opened(each.name, each.definition_id, each.role, each.due_at) for each in planned),
        tuple(dict.fromkeys(uow.reading.execute(running.order_by(limit_clock.c.id)).scalars())),
    )


def move(runtime: Runtime, uow: UnitOfWork, actor: Actor, instance_id: int, work_item_id: int, step: str, reason: str) -> StepResult:
    """Withdraw an open item and let its token stand at another step, which opens anew for its role. The reason stays on record.

    PlaceNotUsableError names the steps that can be used; NotAloneError, RepeatedError where the token is one of several;
    CaseDoesNotStandError where the step cannot open with what the case knows. Nothing is changed then. ItemGoneError and
    WorkItemNotOpenError for whoever comes second.
    """
    if not reason.strip():
        raise InvalidError(reason="請填寫原因。")
    ready = _prepare(runtime, uow, actor, instance_id, work_item_id, step)
    return _carry_out(runtime, uow, actor, ready, reason.strip(), {})


def undoable(uow: UnitOfWork, instance_id: int) -> int | None:
    """Sequence number of the move that can be undone now; None where the last thing that somebody did is none, or was an undoing."""
    mine = history_event.c.instance_id == instance_id
    latest = select(history_event.c.seq, history_event.c.type, history_event.c.detail).where(mine).order_by(history_event.c.seq.desc())
    for event in uow.reading.execute(latest.limit(50)):
        if event.type == MOVED:
            detail = orjson.loads(event.detail)
            return None if detail.get("undoes") or not detail.get("from") else int(event.seq)
        if not event.type.startswith(_BY_ITSELF):
            return None
    return None


def undo(runtime: Runtime, uow: UnitOfWork, actor: Actor, instance_id: int, seq: int) -> StepResult:
    """Move the case back to where it stood, with whoever had it. UndoTooLateError once anybody has acted, NotFoundError without a move."""
    row = steps.load(uow, instance_id)
    permissions.require(actor, PERMISSION, row.site_id)
    query = select(history_event.c.detail).where(history_event.c.instance_id == instance_id, history_event.c.seq == seq)
    text = uow.reading.execute(query.where(history_event.c.type == MOVED)).scalar()
    if text is None:
        raise NotFoundError(kind="移動", id=seq)
    live = (work_item.c.instance_id == instance_id) & work_item.c.state.in_([*LIVE_WORK_ITEM_STATES, WorkItemState.SIGNING])
    items = uow.reading.execute(select(work_item.c.id).where(live, ~work_item.c.token.contains("."))).scalars().all()
    if undoable(uow, instance_id) != seq or len(items) != 1:
        raise UndoTooLateError
    detail = orjson.loads(text)
    ready = _prepare(runtime, uow, actor, instance_id, items[0], detail["from"])
    result = _carry_out(runtime, uow, actor, ready, "撤銷移動", {"undoes": seq})
    _give_back(runtime, uow, result, detail.get("holder"))
    return result


def _prepare(runtime: Runtime, uow: UnitOfWork, actor: Actor, instance_id: int, work_item_id: int, step: str) -> _Ready:
    row = steps.load(uow, instance_id)
    permissions.require(actor, PERMISSION, row.site_id)
    item = submissions.find_item(uow, work_item_id)
    if item.instance_id != instance_id:
        raise NotFoundError(kind="待辦事項", id=work_item_id)
    if item.state == WorkItemState.WITHDRAWN:
        raise ItemGoneError(step=item.name)
    if item.state != WorkItemState.SIGNING:
        submissions.require_live(uow, item)
    if row.state != InstanceState.ACTIVE:
        raise InstanceNotActiveError(instance_id=instance_id, state=row.state)
    content = definitions.instance_content(runtime, uow, row.definition_id, steps.bound(row))
    return _Ready(item, row, content, places.find(content, step))


def _put(ready: _Ready, run: Run) -> tuple[str, ...]:
    """Move the token in the live workflow; the path of where it stood."""
    item = ready.item
    try:
        path = run.path_of(chains.element_token(item.token))
        others, is_repeated = run.beside(chains.element_token(item.token))
    except KeyError as error:
        # somebody's step came between
        raise StaleInstanceError(instance_id=item.instance_id) from error
    if is_repeated:
        raise RepeatedError(step=item.name)
    if others:
        names = [_name(ready.content, process_key, element_id) for process_key, element_id in others]
        raise NotAloneError(step=item.name, others="、".join(dict.fromkeys(names)))
    if path == ready.place.path:
        raise SamePlaceError(step=item.name)
    run.stand_at(ready.place.entry)
    return path


def _carry_out(runtime: Runtime, uow: UnitOfWork, actor: Actor, ready: _Ready, reason: str, detail: dict[str, Any]) -> StepResult:
    item, place = ready.item, ready.place
    usable = {each.path: each.id for each in places.usable(ready.content)}
    told: dict[str, Any] = {"to": place.element.id, "place": place.id, "holder": item.assignee_id, **detail}

    def act(run: Run) -> None:
        told["from"] = usable.get(_put(ready, run))

    event = NewEvent(MOVED, item.element_id, item.token, told, {"reason": reason})
    command = Command("move", act, lambda: event, is_refusable=True)
    try:
        return steps.step(runtime, uow, actor, ready.row, command)
    except (StepFailedError, DataNotStorableError) as error:
        raise refused(ready.content, place, error, instances.inspect(runtime, uow, ready.row.id).variables) from error


def _give_back(runtime: Runtime, uow: UnitOfWork, result: StepResult, holder_id: int | None) -> None:
    """The item that an undoing opened goes to whoever had it, if the person still works here."""
    active = select(user.c.id).where(user.c.id == holder_id, user.c.deactivated_at.is_(None))
    if holder_id is None or len(result.new_work_items) != 1 or uow.reading.execute(active).scalar() is None:
        return
    mine = (work_item.c.id == result.new_work_items[0]) & work_item.c.assignee_id.is_(None) & work_item.c.is_live
    uow.writing.execute(
        update(work_item).where(mine).values(state=WorkItemState.CLAIMED, assignee_id=holder_id, claimed_at=runtime.clock.now())
    )


def _name(content: InstanceContent, process_key: str, element_id: str) -> str:
    element = content.of(process_key).diagram.elements.get(element_id)
    return (element.name if element is not None else "") or element_id
