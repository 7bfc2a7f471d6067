"""At which sites a person may look at cases, and which places there are to choose from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select

from engine.model import Actor
from engine.persistence.tables import building, instance, site
from engine.persistence.unit_of_work import UnitOfWork


def visible_sites(actor: Actor) -> frozenset[int] | None:
    """Ids of the sites where the person holds any role; None means every site."""
    grants = actor.reach() if actor.stand_ins else actor.grants
    if any(grant.site_id is None for grant in grants):
        return None
    return frozenset(grant.site_id for grant in grants if grant.site_id is not None)


def may_see(actor: Actor, site_id: int | None) -> bool:
    """Whether a case of that site (None: of the whole company) is shown to the person."""
    sites = visible_sites(actor)
    return bool(actor.grants or actor.stand_ins) and (site_id is None or sites is None or site_id in sites)


def seen_cases(actor: Actor, site_id: ColumnElement[Any] = instance.c.site_id) -> list[ColumnElement[bool]]:
    """What keeps a list of cases, or of what has the site of its case, to the person's sites; empty for who sees every site."""
    sites = visible_sites(actor)
    return [] if sites is None else [or_(site_id.is_(None), site_id.in_(sorted(sites)))]


def last_procedure(uow: UnitOfWork, actor: Actor) -> str | None:
    """The procedure of the case that moved last among those a person sees: where to begin when none was chosen. None without any."""
    query = select(instance.c.definition_key).where(*seen_cases(actor)).order_by(instance.c.moved_at.desc(), instance.c.id.desc())
    key: str | None = uow.reading.execute(query.limit(1)).scalar()
    return key


@dataclass(frozen=True, slots=True)
class Place:
    """A building, or with None as its building a whole site."""

    site_id: int
    site_name: str
    building_id: int | None
    building_name: str


def places(uow: UnitOfWork, actor: Actor) -> tuple[Place, ...]:
    """The person's sites with their buildings, to choose from."""
    statement = (
        select(site.c.id, site.c.name, building.c.id.label("building_id"), building.c.name.label("building_name"))
        .select_from(site.outerjoin(building, and_(building.c.site_id == site.c.id, building.c.deactivated_at.is_(None))))
        .where(site.c.deactivated_at.is_(None)).order_by(site.c.code, building.c.code).limit(500)
    )  # fmt: skip
    sites = visible_sites(actor)
    if sites is not None:
        statement = statement.where(site.c.id.in_(sorted(sites)))
    return tuple(Place(row.id, row.name, row.building_id, row.building_name or "") for row in uow.reading.execute(statement))
