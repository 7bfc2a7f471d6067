"""Everything about one unit or tenant: who lives and lived there, what the forms of its cases say, papers, signatures, files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import Select, select

from engine.errors import NotFoundError
from engine.model import DROPPED_STATES, Actor
from engine.persistence.tables import (
    building,
    dossier_entry,
    file,
    instance,
    instance_reference,
    record,
    signature,
    site,
    tenancy,
    tenant,
    tenant_file,
    unit,
    user,
)
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.paging import Page, clamp, decode, encode
from engine.queries.sites import may_see, seen_cases, visible_sites


@dataclass(frozen=True, slots=True)
class UnitHead:
    """A unit."""

    id: int
    code: str
    floor: int | None
    #: square metres
    area: Decimal | None
    building: str
    site_id: int
    site: str
    deactivated_at: datetime | None


@dataclass(frozen=True, slots=True)
class TenantHead:
    """A tenant."""

    id: int
    code: str
    name: str
    #: `company` or `person`
    kind: str
    contact: str | None
    phone: str | None
    locale: str
    deactivated_at: datetime | None


@dataclass(frozen=True, slots=True)
class TenancyRow:
    """Somebody living, or having lived, in a unit."""

    unit_id: int
    unit: str
    tenant_id: int
    tenant: str
    tenant_code: str
    contact: str | None
    phone: str | None
    started_at: datetime
    ended_at: datetime | None
    fee_rate: Decimal | None


@dataclass(frozen=True, slots=True)
class Entry:
    """What a form of a case says under one of the dossier's headings."""

    instance_id: int
    definition_id: int
    business_key: str | None
    form: str
    field: str
    topic: str
    value: Any
    at: datetime


@dataclass(frozen=True, slots=True)
class Paper:
    """A file, a printed record or a filed folder; `kind` tells which."""

    #: `file`, `record`, `folder`
    kind: str
    id: int
    instance_id: int
    definition_id: int
    #: file name, record key or the folder's place
    name: str
    number: str
    at: datetime
    by: str | None
    #: a paper of identity
    is_personal: bool = False


@dataclass(frozen=True, slots=True)
class Signed:
    """A drawn signature."""

    id: int
    instance_id: int
    definition_id: int
    business_key: str | None
    title: str
    element_id: str
    signer: str
    channel: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """A unit or tenant that a case concerns."""

    #: `unit` or `tenant`
    kind: str
    id: int
    name: str


def places_of(uow: UnitOfWork, actor: Actor, instance_id: int) -> tuple[Place, ...]:
    """What a case concerns, of what the person may see: units first."""
    reference = instance_reference.c
    query = select(reference.kind, reference.target_id, unit.c.code, unit.c.site_id, tenant.c.name).select_from(
        instance_reference.outerjoin(unit, (reference.kind == "unit") & (unit.c.id == reference.target_id))
        .outerjoin(tenant, (reference.kind == "tenant") & (tenant.c.id == reference.target_id))
    ).where(reference.instance_id == instance_id)
    rows = uow.reading.execute(query.order_by(reference.kind.desc(), reference.target_id).limit(20)).all()
    seen = (row for row in rows if may_see(actor, row.site_id) and (row.code or row.name))
    return tuple(Place(row.kind, row.target_id, row.code or row.name) for row in seen)


def unit_head(uow: UnitOfWork, actor: Actor, unit_id: int) -> UnitHead:
    """A unit, deactivated ones too. NotFoundError where there is none or its site isn't the person's."""
    query = (
        select(unit.c.id, unit.c.code, unit.c.floor, unit.c.area, building.c.name.label("building"), unit.c.site_id,
               site.c.name.label("site"), unit.c.deactivated_at)
        .join(building, building.c.id == unit.c.building_id).join(site, site.c.id == unit.c.site_id).where(unit.c.id == unit_id)
    )  # fmt: skip
    row = uow.reading.execute(query).one_or_none()
    if row is None or not may_see(actor, row.site_id):
        raise NotFoundError(kind="單元", id=unit_id)
    return UnitHead(**row._mapping)


def tenant_head(uow: UnitOfWork, actor: Actor, tenant_id: int) -> TenantHead:
    """A tenant. NotFoundError where there is none, or one who lives and lived at other people's sites only."""
    columns = [tenant.c[name] for name in TenantHead.__dataclass_fields__]
    row = uow.reading.execute(select(*columns).where(tenant.c.id == tenant_id)).one_or_none()
    homes = select(unit.c.site_id).join(tenancy, tenancy.c.unit_id == unit.c.id).where(tenancy.c.tenant_id == tenant_id).distinct()
    sites = set(uow.reading.execute(homes).scalars())
    if row is None or not actor.grants or (sites and not any(may_see(actor, each) for each in sites)):
        raise NotFoundError(kind="業戶", id=tenant_id)
    return TenantHead(**row._mapping)


def tenancies(uow: UnitOfWork, actor: Actor, kind: str, target_id: int) -> tuple[TenancyRow, ...]:
    """Who lives and lived in a unit, or where a tenant lives and lived; who is there now first, then the latest."""
    query = (
        select(unit.c.id.label("unit_id"), unit.c.code.label("unit"), tenant.c.id.label("tenant_id"), tenant.c.name.label("tenant"),
               tenant.c.code.label("tenant_code"), tenant.c.contact, tenant.c.phone, tenancy.c.started_at, tenancy.c.ended_at,
               tenancy.c.fee_rate)
        .select_from(tenancy.join(unit, unit.c.id == tenancy.c.unit_id).join(tenant, tenant.c.id == tenancy.c.tenant_id))
        .where(tenancy.c.unit_id == target_id if kind == "unit" else tenancy.c.tenant_id == target_id)
    )  # fmt: skip
    sites = visible_sites(actor)
    if sites is not None:
        query = query.where(unit.c.site_id.in_(sorted(sites)))
    order = (tenancy.c.ended_at.is_not(None), tenancy.c.started_at.desc(), tenancy.c.id.desc())
    return tuple(TenancyRow(**row._mapping) for row in uow.reading.execute(query.order_by(*order).limit(200)))


def entries(uow: UnitOfWork, actor: Actor, kind: str, target_id: int) -> tuple[Entry, ...]:
    """What the forms of its cases say, latest first; of cases that were dropped nothing counts."""
    query: Select[Any] = select(
        dossier_entry.c.instance_id, instance.c.definition_id, instance.c.business_key, dossier_entry.c.form, dossier_entry.c.field,
        dossier_entry.c.topic, dossier_entry.c.value, dossier_entry.c.at,
    ).join(instance, instance.c.id == dossier_entry.c.instance_id)
    query = _of_place(query, actor, kind, target_id).where(instance.c.state.not_in(DROPPED_STATES))
    rows = uow.reading.execute(query.order_by(dossier_entry.c.at.desc(), dossier_entry.c.instance_id.desc()).limit(200))
    return tuple(Entry(**{**row._mapping, "value": orjson.loads(row.value)}) for row in rows)


def files(uow: UnitOfWork, actor: Actor, kind: str, target_id: int, *, after: str | None = None, limit: int = 20) -> Page[Paper]:
    """Files of its cases, latest first, without signatures."""
    limit = clamp(limit)
    query: Select[Any] = select(
        file.c.id, file.c.instance_id, instance.c.definition_id, file.c.name, file.c.uploaded_at.label("at"),
        user.c.display_name.label("by"), file.c.personal,
    ).join(instance, instance.c.id == file.c.instance_id).outerjoin(user, user.c.id == file.c.uploaded_by)
    query = _of_place(query, actor, kind, target_id).where(file.c.kind != "signature")
    if after:
        (last,) = decode("files", after, (int,))
        query = query.where(file.c.id < last)
    rows = uow.reading.execute(query.order_by(file.c.id.desc()).limit(limit + 1)).all()
    shown = tuple(
        Paper("file", row.id, row.instance_id, row.definition_id, row.name, "", row.at, row.by, row.personal is not None)
        for row in rows[:limit]
    )
    return Page(shown, encode("files", (shown[-1].id,)) if len(rows) > limit else None)


def papers(uow: UnitOfWork, actor: Actor, kind: str, target_id: int, *, limit: int = 50) -> tuple[Paper, ...]:
    """Valid printed records of its cases and the folders that they were filed in, latest first."""
    issued: Select[Any] = select(
        record.c.id, record.c.instance_id, instance.c.definition_id, record.c.record_key, record.c.number, record.c.issued_at,
        user.c.display_name.label("by"),
    ).join(instance, instance.c.id == record.c.instance_id)
    issued = _of_place(issued.outerjoin(user, user.c.id == record.c.issued_by), actor, kind, target_id)
    issued = issued.where(record.c.voided_at.is_(None)).order_by(record.c.id.desc()).limit(limit)
    filed: Select[Any] = select(
        tenant_file.c.id, tenant_file.c.instance_id, instance.c.definition_id, tenant_file.c.place, tenant_file.c.number,
        tenant_file.c.filed_at, user.c.display_name.label("by"),
    ).join(instance, instance.c.id == tenant_file.c.instance_id)
    filed = filed.outerjoin(user, user.c.id == tenant_file.c.filed_by)
    filed = filed.where(tenant_file.c[f"{kind}_id"] == target_id, *seen_cases(actor)).order_by(tenant_file.c.id.desc()).limit(limit)
    found = [Paper("record", *row) for row in uow.reading.execute(issued)] + [Paper("folder", *row) for row in uow.reading.execute(filed)]
    return tuple(sorted(found, key=lambda paper: paper.at, reverse=True)[:limit])


def signatures(uow: UnitOfWork, actor: Actor, kind: str, target_id: int, *, limit: int = 50) -> tuple[Signed, ...]:
    """Signatures in its cases, latest first."""
    query = select(
        signature.c.id, signature.c.instance_id, instance.c.definition_id, instance.c.business_key, instance.c.title,
        signature.c.element_id, signature.c.signer, signature.c.channel, signature.c.at,
    ).join(instance, instance.c.id == signature.c.instance_id)
    query = _of_place(query, actor, kind, target_id).order_by(signature.c.id.desc()).limit(clamp(limit))
    return tuple(Signed(**row._mapping) for row in uow.reading.execute(query))


def _of_place(query: Select[Any], actor: Actor, kind: str, target_id: int) -> Select[Any]:
    reference = instance_reference.c
    return query.join(instance_reference, reference.instance_id == instance.c.id).where(
        reference.kind == kind, reference.target_id == target_id, *seen_cases(actor)
    )
