"""Sessions of signed-in browsers, one row each: begun at a sign-in, seen, and ended by their person, an administrator or time."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert, select, update

from engine import house_rules, permissions
from engine.company import account_rows
from engine.company.account_rows import Account
from engine.errors import NotFoundError
from engine.model import Actor
from engine.persistence.tables import user_session
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.sessions import LONGEST
from engine.runtime import Runtime

#: a session's use is noted at most this often, so that reading a page seldom writes
NOTED_EVERY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Session:
    """A session that is open."""

    id: int
    #: `password`, `oidc` or `link`
    method: str
    #: what the browser says of itself
    device: str
    address: str
    created_at: datetime
    last_seen_at: datetime


def begin(runtime: Runtime, uow: UnitOfWork, user_id: int, *, method: str, device: str = "", address: str = "") -> str:
    """Begin one; returns the secret for the browser's cookie, which is not kept."""
    secret, now = secrets.token_urlsafe(32), runtime.clock.now()
    connection = uow.writing
    connection.execute(insert(user_session).values(
        user_id=user_id, digest=_digest(secret), method=method, device=device[:300], address=address[:60],
        created_at=now, last_seen_at=now))
    return secret


def account_of(runtime: Runtime, uow: UnitOfWork, secret: str) -> Account | None:
    """Whose session it is, in one statement; None when it was ended or its person deactivated."""
    account = account_rows.by_session(uow, _digest(secret), runtime.clock.now())
    if account is None or account.deactivated_at is not None:
        return None
    house_rules.catch_up(runtime, uow, account.rules_stamp)
    return account


def note_use(runtime: Runtime, uow: UnitOfWork, account: Account) -> bool:
    """Note that the session is used, where that was noted long ago; whether something was written."""
    now = runtime.clock.now()
    if account.session_id is None or account.last_seen_at is None or now - account.last_seen_at < NOTED_EVERY:
        return False
    uow.writing.execute(update(user_session).where(user_session.c.id == account.session_id).values(last_seen_at=now))
    return True


def of_person(runtime: Runtime, uow: UnitOfWork, actor: Actor, user_id: int) -> tuple[Session, ...]:
    """A person's open sessions, the one used last first: one's own, or anybody's as an administrator."""
    if actor.user_id != user_id:
        permissions.require(actor, "user:administer")
    columns = (user_session.c.id, user_session.c.method, user_session.c.device, user_session.c.address, user_session.c.created_at,
               user_session.c.last_seen_at)
    found = uow.reading.execute(select(*columns).where(
        user_session.c.user_id == user_id, user_session.c.ended_at.is_(None), user_session.c.last_seen_at > runtime.clock.now() - LONGEST,
    ).order_by(user_session.c.last_seen_at.desc(), user_session.c.id.desc()).limit(100))
    return tuple(Session(*row) for row in found)


def end(runtime: Runtime, uow: UnitOfWork, actor: Actor, session_id: int) -> None:
    """End one: one's own, or anybody's as an administrator. NotFoundError for another's."""
    owner = uow.reading.execute(select(user_session.c.user_id).where(user_session.c.id == session_id)).scalar()
    if owner is None or (owner != actor.user_id and not permissions.may(actor, "user:administer")):
        raise NotFoundError(kind="登入狀態", id=session_id)
    uow.writing.execute(update(user_session).where(user_session.c.id == session_id, user_session.c.ended_at.is_(None)).values(
        ended_at=runtime.clock.now(), ended_by=actor.user_id))


def end_all(runtime: Runtime, uow: UnitOfWork, actor: Actor, user_id: int, *, but: int | None = None) -> int:
    """End every session of a person, but for one where it is named; returns how many were open."""
    if actor.user_id != user_id:
        permissions.require(actor, "user:administer")
    open_ones = (user_session.c.user_id == user_id) & user_session.c.ended_at.is_(None)
    if but is not None:
        open_ones &= user_session.c.id != but
    return uow.writing.execute(update(user_session).where(open_ones).values(
        ended_at=runtime.clock.now(), ended_by=actor.user_id)).rowcount


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
