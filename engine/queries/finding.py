"""Finds places by whatever a caller says: any part of a unit's number or a tenant's name, contact, telephone number or initials.

The rarest word is looked up by its beginning among the pieces of all names (one range of an index), the others are compared with what
that finds; so the answer takes as long with a hundred thousand tenants as with a hundred.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, select
from sqlalchemy.sql.expression import tuple_

from engine.folding import PIECE, fold, matches, terms
from engine.model import Actor
from engine.persistence.tables import building, search_piece, site, tenancy, tenant, unit
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.sites import may_see

#: pieces looked at first, then in one go, and goes at most: one digit finds half of everything, and nobody reads on that far
_FIRST = 60
_BATCH = 240
_BATCHES = 12
#: sorts behind every sign that can follow
_LAST = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Place:
    """A unit with who lives there, or a unit that stands empty, or a tenant who lives nowhere."""

    unit_id: int | None
    unit: str
    building: str
    floor: int | None
    site_id: int | None
    site: str
    tenant_id: int | None
    tenant: str
    tenant_code: str
    contact: str
    phone: str
    #: folded text of both, that terms are compared with
    search: str

    @property
    def key(self) -> tuple[int, int]:
        """What tells it from others."""
        return (self.unit_id or 0, self.tenant_id or 0)


def find(uow: UnitOfWork, actor: Actor, query: str, *, limit: int = 12, kind: str | None = None) -> tuple[Place, ...]:
    """The places that hold every word of the query, best first: the number itself, then what begins with it, then the rest.

    `kind` (`unit`, `tenant`) looks at their own names only. Places of sites that the person doesn't see are left out.
    """
    asked = terms(query)
    if not asked:
        return ()
    found: dict[tuple[int, int], Place] = {}
    for batch in _candidates(uow, asked, kind):
        for place in _places(uow, batch):
            if may_see(actor, place.site_id) and matches(place.search, asked):
                found.setdefault(place.key, place)
        if len(found) >= limit:
            break
    whole = fold(query)
    return tuple(sorted(found.values(), key=lambda place: _rank(place, whole))[:limit])


def place_of(uow: UnitOfWork, actor: Actor, *, unit_id: int | None = None, tenant_id: int | None = None) -> Place | None:
    """A unit with who lives there now (the tenant named, where several do), or a tenant with the unit moved into last; None if unseen."""
    conditions = [unit.c.id == unit_id] if unit_id is not None else [tenant.c.id == tenant_id]
    statement = _of_units() if unit_id is not None else _of_tenants()
    rows = uow.reading.execute(statement.where(*conditions).order_by(tenancy.c.id.desc()).limit(50)).all()
    places = [place for place in map(_place, rows) if may_see(actor, place.site_id)]
    named = [place for place in places if tenant_id is None or place.tenant_id == tenant_id]
    return next(iter(named or places), None)


def _candidates(uow: UnitOfWork, asked: tuple[str, ...], kind: str | None) -> Iterator[list[tuple[str, int]]]:
    """What holds the rarest of the terms, shortest pieces first, in slices."""
    # of common terms none is rarer than another as far as this looks: the longest, then
    rows, term = min(((_pieces(uow, term, kind, None, _FIRST), term) for term in asked), key=lambda probe: len(probe[0]))
    asked_for = _FIRST
    for _ in range(_BATCHES):
        if rows:
            yield list(dict.fromkeys((row.kind, row.target_id) for row in rows))
        if len(rows) < asked_for:
            return
        asked_for = _BATCH
        rows = _pieces(uow, term, kind, rows[-1], _BATCH)


def _pieces(uow: UnitOfWork, term: str, kind: str | None, last: Any, limit: int) -> Sequence[Any]:
    table, beginning = search_piece.c, term[:PIECE]
    columns = (table.piece, table.kind, table.target_id)
    conditions: list[ColumnElement[bool]] = [table.piece >= beginning, table.piece < beginning + _LAST]
    if kind is not None:
        conditions.append(table.kind == kind)
    if last is not None:
        conditions.append(tuple_(*columns) > tuple_(*last))
    return uow.reading.execute(select(*columns).where(*conditions).order_by(*columns).limit(limit)).all()


def _places(uow: UnitOfWork, candidates: Sequence[tuple[str, int]]) -> Iterator[Place]:
    by_kind = {kind: [target for each, target in candidates if each == kind] for kind in ("unit", "tenant")}
    if by_kind["unit"]:
        yield from map(_place, uow.reading.execute(_of_units().where(unit.c.id.in_(by_kind["unit"]))))
    if by_kind["tenant"]:
        yield from map(_place, uow.reading.execute(_of_tenants().where(tenant.c.id.in_(by_kind["tenant"]))))


def _columns() -> Iterable[ColumnElement[Any]]:
    return (
        unit.c.id.label("unit_id"), unit.c.code.label("unit"), unit.c.floor, unit.c.site_id, building.c.name.label("building"),
        site.c.name.label("site"), tenant.c.id.label("tenant_id"), tenant.c.name.label("tenant"), tenant.c.code.label("tenant_code"),
        tenant.c.contact, tenant.c.phone, unit.c.search.label("unit_search"), tenant.c.search.label("tenant_search"),
    )


def _of_units() -> Select[Any]:
    now = and_(tenancy.c.unit_id == unit.c.id, tenancy.c.ended_at.is_(None))
    joined = unit.join(building, building.c.id == unit.c.building_id).join(site, site.c.id == unit.c.site_id)
    joined = joined.outerjoin(tenancy, now).outerjoin(tenant, and_(tenant.c.id == tenancy.c.tenant_id, tenant.c.deactivated_at.is_(None)))
    return select(*_columns()).select_from(joined).where(unit.c.deactivated_at.is_(None))


def _of_tenants() -> Select[Any]:
    now = and_(tenancy.c.tenant_id == tenant.c.id, tenancy.c.ended_at.is_(None))
    joined = tenant.outerjoin(tenancy, now).outerjoin(unit, and_(unit.c.id == tenancy.c.unit_id, unit.c.deactivated_at.is_(None)))
    joined = joined.outerjoin(building, building.c.id == unit.c.building_id).outerjoin(site, site.c.id == unit.c.site_id)
    return select(*_columns()).select_from(joined).where(tenant.c.deactivated_at.is_(None))


def _place(row: Any) -> Place:
    search = "|".join(part for part in (row.unit_search, row.tenant_search) if part)
    return Place(
        row.unit_id, row.unit or "", row.building or "", row.floor, row.site_id, row.site or "", row.tenant_id, row.tenant or "",
        row.tenant_code or "", row.contact or "", row.phone or "", search,
    )


def _rank(place: Place, whole: str) -> tuple[int, str, str]:
    own = fold(place.unit)
    names = place.search.split("|")
    order = 0 if whole == own else 1 if whole in names else 2 if own.startswith(whole) else 3
    if order == 3 and not own.endswith(whole):
        order = 4 if any(name.startswith(whole) for name in names) else 5
    return (order, place.unit or _LAST, place.tenant)
