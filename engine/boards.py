"""Boards of the deployed procedures: which there are for a person, and giving work to somebody from a card, with a way back.

Giving work is what the procedure draws: the element that names the person is completed with its form. What is on the way already goes
back to it, or is handed over. Everything is on record in the history like any other step.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, select

from engine import board_rules, definitions, forms, instances, permissions, steps, submissions, work_items
from engine.board_rules import Board, BoardInvalidError
from engine.content import DefinitionContent
from engine.errors import ConflictError, InvalidError, NotFoundError, WorkItemAlreadyClaimedError
from engine.forms import Field
from engine.history import NewEvent
from engine.i18n import read_catalogue
from engine.model import Actor, JsonObject
from engine.persistence.tables import history_event, role_grant, user, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.board import Card
from engine.queries.sites import may_see
from engine.register_rules import own_process
from engine.runtime import Reference, Runtime
from engine.spiff.runner import Run
from engine.steps import Command

#: how long what was given can be taken back by whoever gave it
UNDO_WITHIN = timedelta(seconds=30)


class NotOnBoardError(InvalidError):
    """Expected a card from which work can be given to somebody."""

    code = "not_assignable_here"
    sentence = "「{work_item}」這一步不能在看板上派單，請打開事項辦理。"


class TooLateToUndoError(ConflictError):
    """Expected an assignment of a moment ago that nothing has happened after."""

    code = "too_late_to_undo"
    sentence = "已不能撤銷：{reason}"


@dataclass(frozen=True, slots=True)
class OpenBoard:
    """A board with the deployment that it comes from."""

    board: Board
    content: DefinitionContent
    #: English of its texts
    english: dict[str, str]

    @property
    def class_field(self) -> Field | None:
        """The field by which cards are told apart."""
        return self._field(self.board.card_class)

    def _field(self, path: str) -> Field | None:
        key, _, name = path.partition(".")
        form = self.content.forms.get(key)
        return form.field(name) if form is not None else None


@dataclass(frozen=True, slots=True)
class Assigned:
    """What was done, and what `undo` needs to take it back."""

    work_item_id: int
    instance_id: int
    worker_id: int
    worker_name: str
    #: who had it before
    before_id: int | None
    #: `step`, `again` or `handed`
    way: str
    #: the history's end after it
    history_seq: int
    at: datetime


def listed(runtime: Runtime, uow: UnitOfWork, actor: Actor) -> list[OpenBoard]:
    """The boards of the current procedures that this person may open, by procedure."""
    processes: dict[int, dict[str, int]] = {}
    for info in definitions.list_latest(runtime, uow):
        processes.setdefault(info.deployment_id, {})[info.key] = info.id
    found = []
    for each in processes.values():
        key = own_process(each)
        content = definitions.content(runtime, uow, each[key])
        raw = content.files.get(board_rules.FILE)
        board = _read(raw, key) if raw is not None else None
        if board is not None and not board.roles.isdisjoint(actor.roles()):
            found.append(OpenBoard(board, content, _catalogue(content.files.get("locale/en.po", b""))))
    return sorted(found, key=lambda entry: entry.board.process_key)


def open_board(runtime: Runtime, uow: UnitOfWork, actor: Actor, process: str = "") -> OpenBoard:
    """One board, the first where none is named. NotFoundError where there is none for this person."""
    for each in listed(runtime, uow, actor):
        if process in ("", each.board.process_key):
            return each
    raise NotFoundError(kind="看板", id=process or "—")


def is_assignable(board: Board, process_key: str, element_id: str, role: str) -> bool:
    """Whether work can be given to somebody from a card of that step."""
    own = process_key == board.process_key
    return (own and element_id == board.assigning.element) or role == board.worker_role


def may_give(actor: Actor, opened: OpenBoard, card: Card) -> bool:
    """Whether this person may give the card's work to somebody: nobody is offered what `assign` would refuse."""
    board = opened.board
    if not is_assignable(board, card.definition_key, card.element_id, card.role):
        return False
    if card.element_id == board.assigning.element:
        return submissions.is_candidate(actor, card) or permissions.may(actor, "work-item:complete-any", card.site_id)
    if not permissions.may(actor, "work-item:assign", card.site_id):
        return False
    naming = opened.content.diagram.elements.get(board.assigning.element)
    # going back to the step that names the person is doing that step anew
    return card.element_id not in board.assigning.again or naming is None or actor.holds_any((naming.role,), card.site_id) or (
        permissions.may(actor, "work-item:complete-any", card.site_id))


def assign(runtime: Runtime, uow: UnitOfWork, actor: Actor, board: Board, work_item_id: int, worker_id: int) -> Assigned:
    """Give a card's work to somebody. The conflicts name who was first; nothing is half done."""
    item = submissions.find_item(uow, work_item_id)
    if not may_see(actor, item.site_id):
        raise NotFoundError(kind="待辦事項", id=work_item_id)
    submissions.require_live(uow, item)
    if not is_assignable(board, item.definition_key, item.element_id, item.role):
        raise NotOnBoardError(work_item=item.name)
    worker = _worker(uow, board, item.site_id, worker_id)
    if item.element_id == board.assigning.element:
        way = "step"
        _complete(runtime, uow, actor, board, item, worker)
    elif item.element_id in board.assigning.again:
        way = "again"
        if item.assignee_id == worker_id:
            raise WorkItemAlreadyClaimedError(work_item_id=item.id, assignee=worker.label)
        permissions.require(actor, "work-item:assign", item.site_id)
        back = _return(runtime, uow, actor, item, board.assigning.element, f"改派{worker.label}")
        _complete(runtime, uow, actor, board, back, worker)
    else:
        way = "handed"
        work_items.assign(runtime, uow, actor, work_item_id, worker_id)
    seq = steps.load(uow, item.instance_id).history_seq
    return Assigned(work_item_id, item.instance_id, worker_id, worker.label, item.assignee_id, way, seq, runtime.clock.now())


def undo(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, board: Board, instance_id: int, history_seq: int, way: str, before_id: int | None
) -> None:
    """Take back what the same person gave a moment ago. TooLateToUndoError once anything has happened after it."""
    row = steps.load(uow, instance_id)
    if not may_see(actor, row.site_id):
        raise NotFoundError(kind="案件", id=instance_id)
    last = uow.reading.execute(
        select(history_event.c.actor_id, history_event.c.at)
        .where(history_event.c.instance_id == instance_id, history_event.c.seq == history_seq)
    ).one_or_none()  # fmt: skip
    if row.history_seq != history_seq or last is None:
        raise TooLateToUndoError(reason="此後案件已有新的進展。")
    if last.actor_id != actor.user_id or runtime.clock.now() - last.at > UNDO_WITHIN:
        raise TooLateToUndoError(reason="只能在片刻之內由派單人本人撤銷。")
    item = uow.reading.execute(
        select(work_item).where(work_item.c.instance_id == instance_id, work_item.c.is_live).order_by(work_item.c.id.desc()).limit(1)
    ).one_or_none()
    if item is None:
        raise TooLateToUndoError(reason="此後案件已有新的進展。")
    if way == "handed":
        if before_id is None:
            work_items.unclaim(runtime, uow, actor, item.id)
        else:
            work_items.assign(runtime, uow, actor, item.id, before_id)
        return
    back = _return(runtime, uow, actor, item, board.assigning.element, "撤銷派單")
    if way == "again" and before_id is not None:
        _complete(runtime, uow, actor, board, back, _worker(uow, board, item.site_id, before_id))


def _complete(runtime: Runtime, uow: UnitOfWork, actor: Actor, board: Board, item: Row[Any], worker: Reference) -> None:
    content = definitions.content(runtime, uow, item.definition_id)
    form = content.forms[item.form_key]
    data = instances.inspect(runtime, uow, item.instance_id).variables
    me = Reference(actor.user_id or 0, actor.name)
    zone = ZoneInfo(runtime.organisation.calendar.zone)
    values: JsonObject = forms.initial(form, data, now=runtime.clock.now(), zone=zone, me=me)
    values[board.assigning.field] = {"id": worker.id, "label": worker.label}
    work_items.complete(runtime, uow, actor, item.id, {name: value for name, value in values.items() if value not in (None, "", [])})


def _return(runtime: Runtime, uow: UnitOfWork, actor: Actor, item: Row[Any], element_id: str, reason: str) -> Row[Any]:
    """Send the case back to the element that names the person; the item that this opens."""
    row = steps.load(uow, item.instance_id)

    def act(run: Run) -> None:
        run.return_to(item.token, element_id)

    event = NewEvent("work_item.returned", item.element_id, item.token, {"to": element_id}, {"reason": reason})
    command = Command("return", act, lambda: event, submitted={"token": item.token, "element_id": element_id})
    result = steps.step(runtime, uow, actor, row, command)
    opened = select(work_item).where(work_item.c.id.in_(result.new_work_items), work_item.c.element_id == element_id)
    found = uow.reading.execute(opened).one_or_none()
    if found is None:
        raise TooLateToUndoError(reason="流程不能由此退回派單。")
    return found


def _worker(uow: UnitOfWork, board: Board, site_id: int | None, user_id: int) -> Reference:
    at_site = role_grant.c.site_id.is_(None) | (role_grant.c.site_id == site_id)
    query = (
        select(user.c.display_name).join(role_grant, role_grant.c.user_id == user.c.id)
        .where(user.c.id == user_id, user.c.deactivated_at.is_(None), role_grant.c.role == board.worker_role, at_site).limit(1)
    )
    name = uow.reading.execute(query).scalar()
    if name is None:
        raise work_items.AssigneeUnsuitableError(assignee=submissions.name_of(uow, user_id))
    return Reference(user_id, name)


@lru_cache(maxsize=64)
def _read(raw: bytes, process_key: str) -> Board | None:
    try:
        return board_rules.read_board(raw, process_key)
    except BoardInvalidError:
        # deployed before boards were checked
        return None


@lru_cache(maxsize=64)
def _catalogue(raw: bytes) -> dict[str, str]:
    return read_catalogue(raw)
