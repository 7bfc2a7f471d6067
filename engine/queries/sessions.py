"""Who is signed in right now, as the administrator sees it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select

from engine.errors import NotFoundError
from engine.model import Actor
from engine.permissions import require
from engine.persistence.tables import user, user_session
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.matching import any_like, containing
from engine.queries.paging import Page, clamp, decode, encode

#: longer than any cookie of ours lives: what was not used for so long is over
LONGEST = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class SessionRow:
    """An open session and whose it is."""

    id: int
    user_id: int
    user_name: str
    username: str
    #: `password`, `oidc` or `link`
    method: str
    device: str
    address: str
    created_at: datetime
    #: to five minutes
    last_seen_at: datetime


_SELECT = select(
    user_session.c.id, user_session.c.user_id, user.c.display_name.label("user_name"), user.c.username, user_session.c.method,
    user_session.c.device, user_session.c.address, user_session.c.created_at, user_session.c.last_seen_at,
).join(user, user.c.id == user_session.c.user_id)


def page(
    uow: UnitOfWork, actor: Actor, now: datetime, *, words: str = "", after: str | None = None, limit: int = 50
) -> Page[SessionRow]:
    """Open sessions, the one signed in last first. `words`: of a person's name, sign-in, or an address. ForbiddenError."""
    require(actor, "user:administer")
    limit, held = clamp(limit), user_session.c
    statement = _SELECT.where(held.ended_at.is_(None), held.last_seen_at > now - LONGEST, user.c.deactivated_at.is_(None))
    if words.strip():
        statement = statement.where(any_like(containing(words), user.c.display_name, user.c.username, held.address))
    if after:
        begun, last = decode("sessions", after, (datetime, int))
        statement = statement.where(or_(held.created_at < begun, and_(held.created_at == begun, held.id < last)))
    rows = uow.reading.execute(statement.order_by(held.created_at.desc(), held.id.desc()).limit(limit + 1)).all()
    shown = tuple(SessionRow(**row._mapping) for row in rows[:limit])
    return Page(shown, encode("sessions", (shown[-1].created_at, shown[-1].id)) if len(rows) > limit else None)


def one(uow: UnitOfWork, actor: Actor, session_id: int) -> SessionRow:
    """An open one by its id. NotFoundError, ForbiddenError."""
    require(actor, "user:administer")
    row = uow.reading.execute(_SELECT.where(user_session.c.id == session_id, user_session.c.ended_at.is_(None))).one_or_none()
    if row is None:
        raise NotFoundError(kind="登入狀態", id=session_id)
    return SessionRow(**row._mapping)
