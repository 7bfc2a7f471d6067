"""Gives an open item another due time by hand: a manager's intervention, with its reason on record."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, insert, update

from engine import history, permissions, submissions
from engine.errors import ConflictError, InvalidError
from engine.history import NewEvent
from engine.model import Actor
from engine.persistence.tables import due, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime

PERMISSION = "work-item:reschedule"


class DueMovedError(ConflictError):
    """Expected the due time that was seen, but somebody has changed it since."""

    code = "due_moved"
    sentence = "「{step}」的期限剛才已被他人更改，請重新整理後再看。"


def change(runtime: Runtime, uow: UnitOfWork, actor: Actor, work_item_id: int, due_at: datetime | None, reason: str) -> datetime | None:
    """Let an open item be due at another moment, or at none; returns what it was. A reminder keeps its distance. The manual's limits stay.

    InvalidError for a moment that is past or the same; WorkItemNotOpenError, DueMovedError for whoever comes second.
    """
    item = submissions.find_item(uow, work_item_id)
    submissions.require_live(uow, item)
    actor = permissions.require(actor, PERMISSION, item.site_id)
    now = runtime.clock.now()
    if not reason.strip():
        raise InvalidError(reason="請填寫原因。")
    if due_at is not None and due_at <= now:
        raise InvalidError(reason="新的期限必須在現在之後。")
    before: datetime | None = item.due_at
    if due_at == before:
        raise InvalidError(reason="這就是現在的期限。")
    warn_at = None
    if due_at is not None and before is not None and item.warn_at is not None:
        warn_at = max(now, due_at - (before - item.warn_at))
    same = work_item.c.due_at.is_(None) if before is None else work_item.c.due_at == before
    moved = uow.writing.execute(
        update(work_item).where(work_item.c.id == item.id, work_item.c.is_live, same).values(due_at=due_at, warn_at=warn_at))
    if moved.rowcount != 1:
        raise DueMovedError(step=item.name)
    mine = (due.c.instance_id == item.instance_id) & (due.c.subject == item.token) & due.c.kind.in_(("item_due", "item_warn"))
    uow.writing.execute(delete(due).where(mine))
    moments = {"item_due": due_at, "item_warn": warn_at}
    rows = [{"kind": kind, "due_at": at, "instance_id": item.instance_id, "subject": item.token}
            for kind, at in moments.items() if at is not None]
    if rows:
        uow.writing.execute(insert(due), rows)
        uow.after_commit(runtime.outbox.wake)
    detail = {"work_item": item.id, "from": before, "due_at": due_at}
    event = NewEvent("work_item.due_changed", item.element_id, item.token, detail, {"reason": reason.strip()})
    history.append(uow, actor, item.instance_id, [event], now)
    return before
