"""Asking people to hurry (催辦) and letting people know (抄送): nothing here changes who does what.

Both are on record in the history, and both tell the people concerned.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, insert, select, update

from engine import history, notifications, permissions, steps, submissions
from engine.errors import ConflictError, InvalidError, NotFoundError
from engine.history import NewEvent
from engine.model import Actor
from engine.notifications import Kind
from engine.persistence.tables import carbon_copy, role_grant, user, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime

#: an item's people are asked to hurry at most once in this time
NUDGE_EVERY = timedelta(hours=1)
#: people that one case can be copied to at a time
MOST_COPIES = 50


class NudgedAlreadyError(ConflictError):
    """Expected an item whose people were not asked to hurry just now."""

    code = "nudged_already"
    sentence = "剛才已經催辦過，請於 {again_at} 後再催。"


class ReaderUnsuitableError(InvalidError):
    """Expected active people who work at the case's site."""

    code = "reader_unsuitable"
    sentence = "只能抄送給在此工作的同事。"


@dataclass(frozen=True, slots=True)
class Nudged:
    """When an item's people were asked to hurry, and when they can be asked again."""

    work_item_id: int
    at: datetime
    again_at: datetime


def nudge(runtime: Runtime, uow: UnitOfWork, actor: Actor, work_item_id: int) -> Nudged:
    """催辦: ask whoever has an open item, or its role, to hurry. NudgedAlreadyError within `NUDGE_EVERY`."""
    item = submissions.find_item(uow, work_item_id)
    _require_seen(actor, "work-item:nudge", item.site_id, "待辦事項", work_item_id)
    submissions.require_live(uow, item)
    now = runtime.clock.now()
    _check_rest(item, now)
    before = now - NUDGE_EVERY
    rested = work_item.c.nudged_at.is_(None) | (work_item.c.nudged_at <= before)
    moved = uow.writing.execute(
        update(work_item).where(work_item.c.id == item.id, work_item.c.is_live, rested).values(nudged_at=now)
    )
    if moved.rowcount != 1:
        # somebody did it, or did the work, between the two statements
        fresh = uow.writing.execute(select(work_item).where(work_item.c.id == item.id)).one()
        submissions.require_live(uow, fresh)
        _check_rest(fresh, now)
    event = NewEvent("work_item.nudged", item.element_id, item.token, {"work_item": item.id, "role": item.role})
    history.append(uow, actor, item.instance_id, [event], now)
    people = [] if item.assignee_id is None else [item.assignee_id]
    notifications.tell(
        runtime, uow, Kind.NUDGED, people=people, role=None if people else item.role, site_id=item.site_id, instance_id=item.instance_id,
        work_item_id=item.id, by=actor,
    )
    return Nudged(item.id, now, now + NUDGE_EVERY)


def copy(runtime: Runtime, uow: UnitOfWork, actor: Actor, instance_id: int, user_ids: Iterable[int]) -> list[int]:
    """抄送: let colleagues of the site read along. Whoever has a copy already is passed over; the ids of those who got one."""
    row = steps.load(uow, instance_id)
    _require_seen(actor, "process-instance:copy", row.site_id, "案件", instance_id)
    wanted = sorted(set(user_ids))
    if not wanted or len(wanted) > MOST_COPIES:
        raise ReaderUnsuitableError
    at_site = role_grant.c.site_id.is_(None) | (role_grant.c.site_id == row.site_id)
    suitable = (
        select(user.c.id).distinct().join(role_grant, role_grant.c.user_id == user.c.id)
        .where(user.c.id.in_(wanted), user.c.deactivated_at.is_(None), at_site)
    )
    if set(uow.reading.execute(suitable).scalars()) != set(wanted):
        raise ReaderUnsuitableError
    now = runtime.clock.now()
    # the history's head is locked first: two people who copy to the same colleague do so one after the other
    note = NewEvent("instance.copied", detail={"people": wanted})
    history.append(uow, actor, instance_id, [note], now)
    connection = uow.writing
    there = set(connection.execute(select(carbon_copy.c.user_id).where(carbon_copy.c.instance_id == instance_id)).scalars())
    fresh = [each for each in wanted if each not in there]
    if fresh:
        rows = [{"instance_id": instance_id, "user_id": each, "by_id": actor.user_id, "at": now} for each in fresh]
        connection.execute(insert(carbon_copy), rows)
    notifications.tell(runtime, uow, Kind.COPIED, people=fresh, site_id=row.site_id, instance_id=instance_id, by=actor)
    return fresh


def mark_read(runtime: Runtime, uow: UnitOfWork, actor: Actor, instance_id: int) -> bool:
    """Remember that the person has looked at a case copied to them; False when there was nothing unread."""
    unread = (carbon_copy.c.instance_id == instance_id) & (carbon_copy.c.user_id == actor.user_id) & carbon_copy.c.read_at.is_(None)
    if uow.reading.execute(select(carbon_copy.c.id).where(unread)).scalar() is None:
        return False
    return uow.writing.execute(update(carbon_copy).where(unread).values(read_at=runtime.clock.now())).rowcount == 1


def _check_rest(item: Row[Any], now: datetime) -> None:
    if item.nudged_at is not None and item.nudged_at > now - NUDGE_EVERY:
        raise NudgedAlreadyError(again_at=(item.nudged_at + NUDGE_EVERY).isoformat(timespec="minutes"))


def _require_seen(actor: Actor, permission: str, site_id: int | None, kind: str, each: int) -> None:
    """Whoever may not see it is not told that it is there."""
    if not permissions.may(actor, permission, site_id):
        raise NotFoundError(kind=kind, id=each)
