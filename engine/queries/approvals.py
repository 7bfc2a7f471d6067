"""Signature chains and copies as pages and the API show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.sql.elements import ColumnElement

from engine.model import Actor
from engine.persistence.tables import approval, carbon_copy, definition, instance, signature, user, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.matching import any_like, containing
from engine.queries.ordering import Order, Ordering
from engine.queries.paging import COUNT_CAP, Page, clamp


@dataclass(frozen=True, slots=True)
class PartRow:
    """One signer's part in a chain."""

    id: int
    instance_id: int
    token: str
    definition_id: int
    element_id: str
    round: int
    step: int
    position: int
    role: str
    #: what the signer is called on the chain; empty: as the role
    name: str
    person_id: int | None
    person_name: str | None
    #: `engine.signature_rules.PartState`
    state: str
    decision: str | None
    opinion: str | None
    decided_at: datetime | None
    decided_by: int | None
    decided_by_name: str | None
    #: who was away, where a substitute signed
    on_behalf_name: str | None
    work_item_id: int | None
    #: whether the signer's work item can be acted on now
    is_live: bool | None
    assignee_name: str | None
    signature_id: int | None
    #: the drawn signature
    signature_file: int | None
    #: by which way it was signed
    signature_channel: str | None
    added_by: int | None
    added_by_name: str | None
    replaces: int | None
    #: state of the element's own work item: `signing` while the chain runs
    chain_state: str | None


@dataclass(frozen=True, slots=True)
class CopyRow:
    """A case copied to somebody."""

    id: int
    instance_id: int
    title: str
    business_key: str | None
    state: str
    definition_id: int
    definition_key: str
    definition_name: str
    by_name: str | None
    at: datetime
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who has a copy of a case."""

    user_id: int
    name: str
    at: datetime
    read_at: datetime | None


#: in place of the digest of what was signed, once it can no longer be made again
NO_DIGEST = b"\0" * 32


@dataclass(frozen=True, slots=True)
class SignatureRow:
    """A drawn signature of a case."""

    id: int
    file_id: int
    #: of a chain's signer with `.` and the part behind
    token: str
    element_id: str
    #: form key + `.` + field
    field: str
    signer: str
    channel: str
    at: datetime
    #: of what was signed; `NO_DIGEST` once some of it was erased by rule
    content_digest: bytes

    @property
    def is_partly_erased(self) -> bool:
        """Whether some of what was signed is gone by rule."""
        return bytes(self.content_digest) == NO_DIGEST


def of_instance(uow: UnitOfWork, instance_id: int, element_id: str | None = None) -> tuple[PartRow, ...]:
    """Every part of every round, in the order of elements, rounds and places."""
    query = _select().where(approval.c.instance_id == instance_id)
    if element_id is not None:
        query = query.where(approval.c.element_id == element_id)
    query = query.order_by(approval.c.element_id, approval.c.round, approval.c.token, approval.c.position, approval.c.id).limit(1000)
    return tuple(PartRow(**row._mapping) for row in uow.reading.execute(query))


def get(uow: UnitOfWork, approval_id: int) -> PartRow | None:
    """One part."""
    row = uow.reading.execute(_select().where(approval.c.id == approval_id)).one_or_none()
    return None if row is None else PartRow(**row._mapping)


def signatures(uow: UnitOfWork, instance_id: int) -> tuple[SignatureRow, ...]:
    """Every drawn signature of a case, oldest first."""
    columns = [signature.c[name] for name in SignatureRow.__dataclass_fields__]
    query = select(*columns).where(signature.c.instance_id == instance_id).order_by(signature.c.id).limit(500)
    return tuple(SignatureRow(**row._mapping) for row in uow.reading.execute(query))


@dataclass(frozen=True, slots=True)
class CopyFilters:
    """What narrows the copies; None and empty mean: no matter."""

    unread_only: bool = False
    definition_key: str | None = None
    #: part of the case's title or number
    q: str = ""
    order: Order = Order.NEWEST


NO_COPY_FILTERS = CopyFilters()


def copies(
    uow: UnitOfWork, actor: Actor, filters: CopyFilters = NO_COPY_FILTERS, *, after: str | None = None, limit: int = 50
) -> Page[CopyRow]:
    """Cases copied to the person."""
    limit = clamp(limit)
    conditions: list[ColumnElement[bool]] = [carbon_copy.c.user_id == actor.user_id]
    if filters.unread_only:
        conditions.append(carbon_copy.c.read_at.is_(None))
    if filters.definition_key:
        conditions.append(instance.c.definition_key == filters.definition_key)
    if filters.q:
        conditions.append(any_like(containing(filters.q), instance.c.title, instance.c.business_key))
    ordering = Ordering(filters.order, "copies", carbon_copy.c.at, instance.c.title, carbon_copy.c.id)
    query = ordering.page(_copies().where(*conditions), after).limit(limit + 1)
    rows = [CopyRow(**row._mapping) for row in uow.reading.execute(query)]
    return ordering.cut(rows, limit, lambda row: row.at)


@lru_cache(maxsize=1)
def _copies() -> Select[Any]:
    by = user.alias("by_user")
    return select(
        carbon_copy.c.id, carbon_copy.c.instance_id, instance.c.title, instance.c.business_key, instance.c.state,
        instance.c.definition_id, instance.c.definition_key, definition.c.name.label("definition_name"),
        by.c.display_name.label("by_name"), carbon_copy.c.at, carbon_copy.c.read_at,
    ).select_from(
        carbon_copy.join(instance, instance.c.id == carbon_copy.c.instance_id)
        .join(definition, definition.c.id == instance.c.definition_id)
        .outerjoin(by, by.c.id == carbon_copy.c.by_id)
    )


def unread(uow: UnitOfWork, actor: Actor) -> int:
    """How many copies the person has not looked at, capped."""
    some = select(carbon_copy.c.id).where(carbon_copy.c.user_id == actor.user_id, carbon_copy.c.read_at.is_(None)).limit(COUNT_CAP)
    return int(uow.reading.execute(select(func.count()).select_from(some.subquery())).scalar_one())


def readers(uow: UnitOfWork, instance_id: int) -> tuple[Reader, ...]:
    """Who has a copy of a case, and whether they have looked."""
    query = (
        select(carbon_copy.c.user_id, user.c.display_name.label("name"), carbon_copy.c.at, carbon_copy.c.read_at)
        .join(user, user.c.id == carbon_copy.c.user_id)
        .where(carbon_copy.c.instance_id == instance_id).order_by(carbon_copy.c.id).limit(200)
    )
    return tuple(Reader(**row._mapping) for row in uow.reading.execute(query))


@lru_cache(maxsize=1)
def _select() -> Select[Any]:
    person, decider, assignee, adder, away = (user.alias(name) for name in ("person", "decider", "assignee", "adder", "away"))
    container = work_item.alias("container")
    return (
        select(
            approval.c.id, approval.c.instance_id, approval.c.token, approval.c.definition_id, approval.c.element_id, approval.c.round,
            approval.c.step, approval.c.position, approval.c.role, approval.c.name, approval.c.person_id,
            person.c.display_name.label("person_name"), approval.c.state, approval.c.decision, approval.c.opinion, approval.c.decided_at,
            approval.c.decided_by, decider.c.display_name.label("decided_by_name"), away.c.display_name.label("on_behalf_name"),
            approval.c.work_item_id, work_item.c.is_live,
            assignee.c.display_name.label("assignee_name"), approval.c.signature_id, signature.c.file_id.label("signature_file"),
            signature.c.channel.label("signature_channel"), approval.c.added_by, adder.c.display_name.label("added_by_name"),
            approval.c.replaces, container.c.state.label("chain_state"),
        )
        .select_from(
            approval.outerjoin(person, person.c.id == approval.c.person_id)
            .outerjoin(decider, decider.c.id == approval.c.decided_by)
            .outerjoin(away, away.c.id == approval.c.on_behalf_of)
            .outerjoin(work_item, work_item.c.id == approval.c.work_item_id)
            .outerjoin(assignee, assignee.c.id == work_item.c.assignee_id)
            .outerjoin(adder, adder.c.id == approval.c.added_by)
            .outerjoin(signature, signature.c.id == approval.c.signature_id)
            .outerjoin(container, (container.c.instance_id == approval.c.instance_id) & (container.c.token == approval.c.token))
        )
    )
