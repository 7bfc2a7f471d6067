"""What a bearer token may do less than its person: some of the roles, at some of the sites, some of what the interface can do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import orjson
from sqlalchemy import select

from engine.errors import FieldError
from engine.model import Actor, RoleGrant
from engine.permissions import SCOPES
from engine.persistence.tables import site
from engine.persistence.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class TokenLimits:
    """Of each None: as much as the person. An empty set of scopes: reading only."""

    roles: frozenset[str] | None = None
    site_ids: frozenset[int] | None = None
    scopes: frozenset[str] | None = None

    @property
    def is_nothing(self) -> bool:
        """Whether the token may do what its person may."""
        return self.roles is None and self.site_ids is None and self.scopes is None


UNLIMITED = TokenLimits()


def packed(limits: TokenLimits) -> str | None:
    """As the token's row keeps it."""
    if limits.is_nothing:
        return None
    parts = {"roles": limits.roles, "sites": limits.site_ids, "scopes": limits.scopes}
    return orjson.dumps({name: sorted(part) for name, part in parts.items() if part is not None}).decode()


def unpacked(text: str | None) -> TokenLimits:
    """From the token's row."""
    said = orjson.loads(text) if text else {}
    return TokenLimits(*(frozenset(said[name]) if name in said else None for name in ("roles", "sites", "scopes")))


def problems(uow: UnitOfWork, grants: Iterable[RoleGrant], limits: TokenLimits) -> list[FieldError]:
    """What is wrong with limits for a person who holds these roles: a limit to nothing that there is would be a token for nothing."""
    held = {grant.role for grant in grants}
    found = []
    if limits.roles is not None and (not limits.roles or not limits.roles <= held):
        found.append(FieldError("roles", "unknown", "請從這位同事擔任的角色中選擇。", {}))
    if limits.site_ids is not None:
        known = set(uow.reading.execute(select(site.c.id).where(site.c.id.in_(limits.site_ids))).scalars())
        if not limits.site_ids or known != set(limits.site_ids):
            found.append(FieldError("sites", "unknown", "請選擇現有的園區。", {}))
    if limits.scopes is not None and not limits.scopes <= set(SCOPES):
        found.append(FieldError("scopes", "unknown", "請從列出的權限中選擇。", {}))
    return found


def narrowed(actor: Actor, limits: TokenLimits) -> Actor:
    """The person as the token lets them be. A limited token stands in for nobody."""
    if limits.is_nothing:
        return actor
    grants = frozenset(
        each for grant in actor.grants if limits.roles is None or grant.role in limits.roles for each in _at(grant, limits.site_ids))
    return replace(actor, grants=grants, stand_ins=(), scopes=limits.scopes,
                   is_narrowed=limits.roles is not None or limits.site_ids is not None)


def _at(grant: RoleGrant, site_ids: frozenset[int] | None) -> Iterable[RoleGrant]:
    if site_ids is None:
        return (grant,)
    if grant.site_id is None:
        return (RoleGrant(grant.role, each) for each in site_ids)
    return (grant,) if grant.site_id in site_ids else ()
