"""What the desk's shifts left behind: who has it, who handed it to whom, what is still to be seen to, who is on duty."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Select, func, or_, select

from engine.persistence.tables import duty, instance, shift, shift_note, user
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.paging import Page, clamp, decode, encode


@dataclass(frozen=True, slots=True)
class ShiftRow:
    """One person's time at the desk."""

    id: int
    opened_at: datetime
    opened_by: int
    opened_by_name: str
    handed_at: datetime | None
    handed_by_name: str | None
    #: what was handed over, as it was then
    summary: dict[str, Any]
    digest: bytes | None
    missing_reason: str | None


@dataclass(frozen=True, slots=True)
class NoteRow:
    """Word left for the shifts to come."""

    id: int
    text: str
    instance_id: int | None
    business_key: str | None
    at: datetime
    written_by_name: str
    done_at: datetime | None
    done_by_name: str | None


@dataclass(frozen=True, slots=True)
class DutyRow:
    """Somebody on the roster."""

    id: int
    user_id: int
    name: str
    phone: str | None
    kind: str
    starts_at: datetime
    ends_at: datetime


def current(uow: UnitOfWork, site_id: int) -> ShiftRow | None:
    """The shift that is on; None where nobody has taken the desk over."""
    row = uow.reading.execute(_shifts().where(shift.c.site_id == site_id, shift.c.handed_at.is_(None))).first()
    return _shift(row) if row is not None else None


def past(uow: UnitOfWork, site_id: int, *, after: str | None = None, limit: int = 20) -> Page[ShiftRow]:
    """Shifts that are over, latest first."""
    limit = clamp(limit)
    statement = _shifts().where(shift.c.site_id == site_id, shift.c.handed_at.is_not(None))
    if after:
        moment, last = decode("shifts", after, (datetime, int))
        statement = statement.where(or_(shift.c.opened_at < moment, (shift.c.opened_at == moment) & (shift.c.id < last)))
    rows = uow.reading.execute(statement.order_by(shift.c.opened_at.desc(), shift.c.id.desc()).limit(limit + 1)).all()
    shown = tuple(_shift(row) for row in rows[:limit])
    return Page(shown, encode("shifts", (shown[-1].opened_at, shown[-1].id)) if len(rows) > limit else None)


def notes(uow: UnitOfWork, site_id: int, *, since: datetime | None = None, limit: int = 100) -> tuple[NoteRow, ...]:
    """What is still to be seen to, newest first; with `since` also what was ticked off after it."""
    ticker = user.alias("ticker")
    wanted = shift_note.c.done_at.is_(None) if since is None else or_(shift_note.c.done_at.is_(None), shift_note.c.done_at >= since)
    statement = (
        select(
            shift_note.c.id, shift_note.c.text, shift_note.c.instance_id, instance.c.business_key, shift_note.c.at,
            user.c.display_name.label("written_by_name"), shift_note.c.done_at, ticker.c.display_name.label("done_by_name"),
        )
        .select_from(
            shift_note.join(user, user.c.id == shift_note.c.written_by)
            .outerjoin(ticker, ticker.c.id == shift_note.c.done_by)
            .outerjoin(instance, instance.c.id == shift_note.c.instance_id)
        )
        .where(shift_note.c.site_id == site_id, wanted)
        .order_by(shift_note.c.done_at.is_not(None), shift_note.c.at.desc(), shift_note.c.id.desc())
        .limit(clamp(limit))
    )
    return tuple(NoteRow(**row._mapping) for row in uow.reading.execute(statement))


def open_notes(uow: UnitOfWork, site_ids: list[int], cap: int) -> int:
    """How many notes nobody has ticked off, counted up to `cap`."""
    waiting = select(shift_note.c.id).where(shift_note.c.site_id.in_(site_ids), shift_note.c.done_at.is_(None)).limit(cap)
    return int(uow.reading.execute(select(func.count()).select_from(waiting.subquery())).scalar_one())


def roster(uow: UnitOfWork, site_id: int, *, since: datetime, until: datetime) -> tuple[DutyRow, ...]:
    """Who is on duty at any time between the two moments, by when it begins."""
    statement = (
        select(duty.c.id, duty.c.user_id, user.c.display_name.label("name"), user.c.phone, duty.c.kind, duty.c.starts_at, duty.c.ends_at)
        .join(user, user.c.id == duty.c.user_id)
        .where(duty.c.site_id == site_id, duty.c.withdrawn_at.is_(None), duty.c.ends_at > since, duty.c.starts_at < until)
        .order_by(duty.c.starts_at, duty.c.id).limit(200)
    )
    return tuple(DutyRow(**row._mapping) for row in uow.reading.execute(statement))


def _shifts() -> Select[Any]:
    hander = user.alias("hander")
    return select(
        shift.c.id, shift.c.opened_at, shift.c.opened_by, user.c.display_name.label("opened_by_name"), shift.c.handed_at,
        hander.c.display_name.label("handed_by_name"), shift.c.summary, shift.c.digest, shift.c.missing_reason,
    ).select_from(shift.join(user, user.c.id == shift.c.opened_by).outerjoin(hander, hander.c.id == shift.c.handed_by))


def _shift(row: Any) -> ShiftRow:
    return ShiftRow(**{**row._mapping, "summary": orjson.loads(row.summary) if row.summary else {}})
