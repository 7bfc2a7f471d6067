"""The front desk from one shift to the next: notes, handing over and taking over with names and times, the duty roster."""

from __future__ import annotations

import hashlib
from datetime import datetime

import orjson
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from engine import permissions
from engine.errors import ConflictError, InvalidError, NotFoundError
from engine.model import Actor, JsonObject
from engine.persistence.tables import duty, instance, shift, shift_note, site, user
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.sites import may_see
from engine.runtime import Runtime

#: kinds of duty, as pages offer them
DUTIES = {"day": "白班", "night": "夜班", "standby": "備勤"}


class DeskTakenError(ConflictError):
    """Expected a desk that nobody has taken over meanwhile."""

    code = "desk_taken"
    sentence = "前台已由「{name}」接班，請重新整理頁面。"


class ShiftNotYoursError(ConflictError):
    """Expected one's own shift."""

    code = "shift_not_yours"
    sentence = "現在當班的是「{name}」；只有當班人可以交班。"


def take_over(runtime: Runtime, uow: UnitOfWork, actor: Actor, site_id: int, *, missing_reason: str = "") -> int:
    """Sign for the desk; returns the shift's id. Where the one before hasn't handed it over, it takes a reason, which stays on record.

    InvalidError without one, DeskTakenError when somebody else was faster.
    """
    _must_serve(uow, actor, site_id)
    now, connection = runtime.clock.now(), uow.writing
    current = connection.execute(select(shift).where(shift.c.site_id == site_id, shift.c.handed_at.is_(None)).with_for_update()).first()
    if current is not None:
        if current.opened_by == actor.user_id:
            raise DeskTakenError(name=actor.name)
        if not missing_reason.strip():
            raise InvalidError(reason="上一班還沒有交班，請寫明未交班的原因。")
        ended = {"handed_at": now, "missing_reason": missing_reason.strip()[:300]}
        connection.execute(update(shift).where(shift.c.id == current.id).values(**ended))
    statement = insert(shift).values(site_id=site_id, opened_at=now, opened_by=actor.user_id).returning(shift.c.id)
    try:
        shift_id: int = connection.execute(statement).scalar_one()
    except IntegrityError as error:
        raise DeskTakenError(name="—") from error
    return shift_id


def hand_over(runtime: Runtime, uow: UnitOfWork, actor: Actor, site_id: int, summary: JsonObject) -> int:
    """Sign the desk away, with what is open at that moment; returns the shift's id. ShiftNotYoursError, NotFoundError."""
    _must_serve(uow, actor, site_id)
    now, connection = runtime.clock.now(), uow.writing
    current = connection.execute(select(shift).where(shift.c.site_id == site_id, shift.c.handed_at.is_(None)).with_for_update()).first()
    if current is None:
        raise NotFoundError(kind="當班", id=site_id)
    if current.opened_by != actor.user_id:
        name = connection.execute(select(user.c.display_name).where(user.c.id == current.opened_by)).scalar()
        raise ShiftNotYoursError(name=name or "—")
    content = orjson.dumps(summary, option=orjson.OPT_SORT_KEYS).decode()
    digest = content_digest(content, current.opened_by, current.opened_at, actor.user_id, now)
    signed = {"handed_at": now, "handed_by": actor.user_id, "summary": content, "digest": digest}
    connection.execute(update(shift).where(shift.c.id == current.id).values(**signed))
    return int(current.id)


def content_digest(summary: str, opened_by: int, opened_at: datetime, handed_by: int | None, handed_at: datetime) -> bytes:
    """What was signed: any later change of it gives another digest."""
    parts = [summary, opened_by, opened_at.timestamp(), handed_by, handed_at.timestamp()]
    return hashlib.sha256(orjson.dumps(parts)).digest()


def write_note(runtime: Runtime, uow: UnitOfWork, actor: Actor, site_id: int, text: str, instance_id: int | None = None) -> int:
    """Leave word for the shifts to come; it stays in view until somebody ticks it off. Returns its id."""
    _must_serve(uow, actor, site_id)
    if not text.strip() or len(text) > 1_000:
        raise InvalidError(reason="請寫下要交代的事，最多一千字。")
    if instance_id is not None:
        row = uow.reading.execute(select(instance.c.site_id).where(instance.c.id == instance_id)).first()
        if row is None or not may_see(actor, row.site_id):
            raise NotFoundError(kind="案件", id=instance_id)
    values = {"site_id": site_id, "text": text.strip(), "instance_id": instance_id, "at": runtime.clock.now(), "written_by": actor.user_id}
    note_id: int = uow.writing.execute(insert(shift_note).values(**values).returning(shift_note.c.id)).scalar_one()
    return note_id


def tick_note(runtime: Runtime, uow: UnitOfWork, actor: Actor, note_id: int) -> None:
    """Say that a note has been seen to. It stays on record, with who did."""
    row = uow.reading.execute(select(shift_note.c.site_id).where(shift_note.c.id == note_id)).first()
    if row is None or not may_see(actor, row.site_id):
        raise NotFoundError(kind="交代事項", id=note_id)
    _must_serve(uow, actor, row.site_id)
    ticked = update(shift_note).where(shift_note.c.id == note_id, shift_note.c.done_at.is_(None))
    uow.writing.execute(ticked.values(done_at=runtime.clock.now(), done_by=actor.user_id))


def put_on_duty(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, *, site_id: int, user_id: int, kind: str, starts_at: datetime, ends_at: datetime
) -> int:
    """Put somebody on the roster of a site; returns the duty's id. InvalidError for times that make no sense."""
    permissions.require(actor, "duty:write", site_id)
    if kind not in DUTIES:
        raise InvalidError(reason="請選擇班別。")
    if not starts_at < ends_at or (ends_at - starts_at).days >= 8:
        raise InvalidError(reason="結束時間須在開始之後，而且不超過一週。")
    if uow.reading.execute(select(user.c.id).where(user.c.id == user_id, user.c.deactivated_at.is_(None))).first() is None:
        raise NotFoundError(kind="使用者", id=user_id)
    values = {"site_id": site_id, "user_id": user_id, "kind": kind, "starts_at": starts_at, "ends_at": ends_at}
    made = insert(duty).values(**values, created_at=runtime.clock.now(), created_by=actor.user_id).returning(duty.c.id)
    duty_id: int = uow.writing.execute(made).scalar_one()
    return duty_id


def take_off_duty(runtime: Runtime, uow: UnitOfWork, actor: Actor, duty_id: int) -> None:
    """Take an entry off the roster; who took it off stays on record."""
    site_id = uow.reading.execute(select(duty.c.site_id).where(duty.c.id == duty_id)).scalar()
    if site_id is None:
        raise NotFoundError(kind="值班", id=duty_id)
    permissions.require(actor, "duty:write", site_id)
    standing = update(duty).where(duty.c.id == duty_id, duty.c.withdrawn_at.is_(None))
    uow.writing.execute(standing.values(withdrawn_at=runtime.clock.now(), withdrawn_by=actor.user_id))


def _must_serve(uow: UnitOfWork, actor: Actor, site_id: int) -> None:
    permissions.require(actor, "desk:use", site_id)
    if uow.reading.execute(select(site.c.id).where(site.c.id == site_id, site.c.deactivated_at.is_(None))).first() is None:
        raise NotFoundError(kind="園區", id=site_id)
