"""Every role at every site that is a person's: what lists of work and of news are gathered from, each by its index."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import CompoundSelect, Select, select

from engine.model import RoleGrant
from engine.persistence.tables import site
from engine.persistence.unit_of_work import UnitOfWork

#: selects that go into one UNION: SQLite takes no more than 500
_HEAP = 250


def in_heaps(parts: Sequence[Select[Any]], combine: Callable[..., CompoundSelect[Any]]) -> Select[Any]:
    """All of one or more selects as one, however many they are; `combine`: `union` or `union_all`."""
    heaped = list(parts)
    while len(heaped) > 1:
        heaps = [heaped[first:first + _HEAP] for first in range(0, len(heaped), _HEAP)]
        heaped = [select(combine(*heap).subquery()) if len(heap) > 1 else heap[0] for heap in heaps]
    return heaped[0]


def pairs_of(uow: UnitOfWork, grants: frozenset[RoleGrant], role: str | None) -> list[tuple[str, int | None]]:
    """Every (role, site) of the person; a role at all sites stands for each site and for items of no site."""
    wanted = [grant for grant in grants if role is None or grant.role == role]
    everywhere = {grant.role for grant in wanted if grant.site_id is None}
    pairs: set[tuple[str, int | None]] = {(grant.role, grant.site_id) for grant in wanted}
    if everywhere:
        sites = uow.reading.execute(select(site.c.id)).scalars().all()
        pairs.update((name, site_id) for name in everywhere for site_id in sites)
    return sorted(pairs, key=lambda pair: (pair[0], pair[1] is not None, pair[1] or 0))


def sited(pairs: Sequence[tuple[str, int | None]]) -> tuple[bool, ...]:
    """For each pair whether it names a site: what decides a statement's text."""
    return tuple(site_id is not None for _, site_id in pairs)


def pair_values(pairs: Sequence[tuple[str, int | None]]) -> dict[str, Any]:
    """The pairs as parameters `role_0`, `site_0`, …"""
    values: dict[str, Any] = {}
    for number, (role, site_id) in enumerate(pairs):
        values[f"role_{number}"], values[f"site_{number}"] = role, site_id
    return values
