"""One-time links by which a person chooses a password: for somebody new, or who has forgotten it. Known as digests only."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert, select, update

from engine import permissions
from engine.company import changes, users
from engine.company.account_rows import Account
from engine.errors import ConflictError, NotFoundError
from engine.model import Actor, Channel
from engine.persistence.tables import password_link
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime

#: how long a link opens
LIFETIME = timedelta(days=3)


class LinkUnusableError(NotFoundError):
    """Expected a link that is neither used, replaced nor expired."""

    code = "password_link_unusable"
    sentence = "這個連結已失效或已使用過。請向系統管理員索取新的連結。"


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link just made."""

    #: shown once
    secret: str
    expires_at: datetime


def create(runtime: Runtime, uow: UnitOfWork, actor: Actor, user_id: int) -> NewLink:
    """A new link for a person; any earlier one of theirs ends. ConflictError for a deactivated account."""
    permissions.require(actor, "user:administer")
    if users.get(uow, user_id).deactivated_at is not None:
        raise ConflictError()
    now, secret = runtime.clock.now(), secrets.token_urlsafe(32)
    uow.writing.execute(update(password_link).where(
        password_link.c.user_id == user_id, password_link.c.used_at.is_(None), password_link.c.expires_at > now).values(expires_at=now))
    uow.writing.execute(insert(password_link).values(
        user_id=user_id, digest=_digest(secret), created_at=now, created_by=actor.user_id, expires_at=now + LIFETIME))
    changes.record(uow, actor, "person", user_id, "link", now)
    return NewLink(secret, now + LIFETIME)


def open_link(runtime: Runtime, uow: UnitOfWork, secret: str) -> Account:
    """Whose password it sets. LinkUnusableError."""
    return _find(runtime, uow, secret)[1]


def use(runtime: Runtime, uow: UnitOfWork, secret: str, new: str) -> Account:
    """Set the password, once; every session of the person ends. LinkUnusableError, PasswordRefusedError (the link stays usable)."""
    link_id, account = _find(runtime, uow, secret)
    owner = Actor(user_id=account.id, name=account.display_name, channel=Channel.DESK)
    users.set_password(runtime, uow, owner, account, new)
    used = uow.writing.execute(update(password_link).where(password_link.c.id == link_id, password_link.c.used_at.is_(None)).values(
        used_at=runtime.clock.now()))
    if used.rowcount != 1:
        raise LinkUnusableError()
    return account


def _find(runtime: Runtime, uow: UnitOfWork, secret: str) -> tuple[int, Account]:
    row = uow.reading.execute(select(password_link.c.id, password_link.c.user_id).where(
        password_link.c.digest == _digest(secret), password_link.c.used_at.is_(None), password_link.c.expires_at > runtime.clock.now(),
    )).one_or_none()
    account = users.find(uow, row.user_id) if row is not None else None
    if row is None or account is None or account.deactivated_at is not None:
        raise LinkUnusableError()
    return row.id, account


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
