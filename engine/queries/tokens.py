"""Bearer tokens as the administrator sees them: whose they are, what they open, when they were last used. Never the tokens themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import or_, select

from engine.errors import NotFoundError
from engine.model import Actor
from engine.permissions import require
from engine.persistence.tables import api_token, role_grant, site, user
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.paging import Page, clamp, decode, encode


@dataclass(frozen=True, slots=True)
class TokenRow:
    """One token."""

    id: int
    name: str
    user_id: int
    user_name: str
    created_at: datetime
    #: None: not before it is revoked
    expires_at: datetime | None
    #: to the hour
    last_used_at: datetime | None
    revoked_at: datetime | None
    #: what its person holds, and with it whoever has the token, but for the limits
    roles: tuple[str, ...] = ()
    #: what it is limited to: roles, sites' names, scopes (empty: reading only); None where it is as good as its person
    only_roles: tuple[str, ...] | None = None
    only_sites: tuple[str, ...] | None = None
    only_scopes: tuple[str, ...] | None = None


def page(
    uow: UnitOfWork, actor: Actor, now: datetime, *, ended: bool = False, after: str | None = None, limit: int = 50
) -> Page[TokenRow]:
    """Tokens in force, or those that were revoked or have run out, newest first. ForbiddenError."""
    require(actor, "user:administer")
    limit, token = clamp(limit), api_token.c
    statement = select(
        token.id, token.name, token.user_id, user.c.display_name.label("user_name"), token.created_at, token.expires_at,
        token.last_used_at, token.revoked_at, token.limits,
    ).join(user, user.c.id == token.user_id)
    if ended:
        statement = statement.where(or_(token.revoked_at.is_not(None), token.expires_at <= now))
    else:
        statement = statement.where(token.revoked_at.is_(None), or_(token.expires_at.is_(None), token.expires_at > now))
    if after:
        (last,) = decode("tokens", after, (int,))
        statement = statement.where(token.id < last)
    rows = uow.reading.execute(statement.order_by(token.id.desc()).limit(limit + 1)).all()
    roles = _roles(uow, {row.user_id for row in rows[:limit]})
    names = _site_names(uow, {each for row in rows for each in _said(row.limits).get("sites", ())})
    shown = tuple(_row(row, roles.get(row.user_id, ()), names) for row in rows[:limit])
    return Page(shown, encode("tokens", (shown[-1].id,)) if len(rows) > limit else None)


def name_of(uow: UnitOfWork, actor: Actor, token_id: int) -> str:
    """What a token is called. NotFoundError, ForbiddenError."""
    require(actor, "user:administer")
    name: str | None = uow.reading.execute(select(api_token.c.name).where(api_token.c.id == token_id)).scalar()
    if name is None:
        raise NotFoundError(kind="權杖", id=token_id)
    return name


def holders(uow: UnitOfWork, actor: Actor) -> list[tuple[int, str]]:
    """Accounts in use, by name: whom a token can be made for."""
    require(actor, "user:administer")
    query = select(user.c.id, user.c.display_name).where(user.c.deactivated_at.is_(None)).order_by(user.c.display_name, user.c.id)
    return [(row.id, row.display_name) for row in uow.reading.execute(query.limit(1_000))]


def _row(row: Any, roles: tuple[str, ...], names: dict[int, str]) -> TokenRow:
    said, given = _said(row.limits), dict(row._mapping)
    del given["limits"]
    only = {name: tuple(said[name]) if name in said else None for name in ("roles", "scopes")}
    sites = tuple(names.get(each, str(each)) for each in said["sites"]) if "sites" in said else None
    return TokenRow(**given, roles=roles, only_roles=only["roles"], only_sites=sites, only_scopes=only["scopes"])


def _said(limits: str | None) -> dict[str, list[Any]]:
    said: dict[str, list[Any]] = orjson.loads(limits) if limits else {}
    return said


def _site_names(uow: UnitOfWork, ids: set[int]) -> dict[int, str]:
    return {row.id: row.name for row in uow.reading.execute(select(site.c.id, site.c.name).where(site.c.id.in_(ids)))} if ids else {}


def _roles(uow: UnitOfWork, user_ids: set[int]) -> dict[int, tuple[str, ...]]:
    found: dict[int, list[str]] = {}
    query = select(role_grant.c.user_id, role_grant.c.role).where(role_grant.c.user_id.in_(sorted(user_ids))).distinct()
    for row in uow.reading.execute(query.order_by(role_grant.c.role)):
        found.setdefault(row.user_id, []).append(row.role)
    return {user_id: tuple(roles) for user_id, roles in found.items()}
