"""Personal data that lie in no case: tenants of the directory, sign-ins, rows of imported workbooks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Select, String, and_, cast, delete, exists, func, or_, select, update

from engine.company import finding
from engine.erased import erased_on, mark
from engine.errors import ConflictError, NotFoundError
from engine.folding import searchable
from engine.model import ENDED_STATES
from engine.persistence.tables import (
    directory_change,
    import_row,
    import_run,
    instance,
    instance_reference,
    retention_hold,
    sign_in_attempt,
    tenancy,
    tenant,
    user_session,
)
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.paging import COUNT_CAP
from engine.retention import holds
from engine.retention.kinds import Kind
from engine.runtime import Runtime

_ENDED = [state.value for state in ENDED_STATES]
#: fields of a tenant's entry that say who it is; of a company the name stays, which is no person's
_PERSONAL = ("name", "contact", "phone")
_BLOCKERS = 50


class TenantBusyError(ConflictError):
    """Expected a tenant without open cases."""

    code = "tenant_busy"
    sentence = "這位業戶還有 {count} 件未結案件，結案後才能刪除。"


def open_cases(uow: UnitOfWork, tenant_id: int) -> list[tuple[int, str]]:
    """Open cases that concern a tenant: id, and what people call them. They stand in the way."""
    query = _cases_of(tenant_id, select(instance.c.id, instance.c.business_key, instance.c.title)).where(instance.c.state.not_in(_ENDED))
    rows = uow.reading.execute(query.order_by(instance.c.id).limit(_BLOCKERS)).all()
    return [(row.id, " ".join(part for part in (row.business_key, row.title) if part) or f"#{row.id}") for row in rows]


def is_settled(uow: UnitOfWork, tenant_id: int) -> bool:
    """Whether a tenant rents something now."""
    return uow.reading.execute(select(tenancy.c.id).where(
        tenancy.c.tenant_id == tenant_id, tenancy.c.ended_at.is_(None)).limit(1)).first() is not None


def require_erasable(uow: UnitOfWork, tenant_id: int) -> None:
    """TenantBusyError while cases are open, HeldError while a hold stands, NotFoundError without the tenant."""
    if uow.reading.execute(select(tenant.c.id).where(tenant.c.id == tenant_id)).first() is None:
        raise NotFoundError(kind="業戶", id=tenant_id)
    if blocking := open_cases(uow, tenant_id):
        raise TenantBusyError(count=len(blocking))
    if held := held_because(uow, tenant_id):
        raise holds.HeldError(reason=held)


def held_because(uow: UnitOfWork, tenant_id: int) -> str | None:
    """Why nothing of a tenant may go; None where it may. A hold on one case keeps that case alone."""
    hold = retention_hold.c
    found: str | None = uow.reading.execute(select(hold.reason).where(
        hold.lifted_at.is_(None), hold.about == "tenant", hold.target_id == tenant_id)).scalar()
    return found


def cases_of(uow: UnitOfWork, tenant_id: int, *, after: int = 0, limit: int) -> list[int]:
    """Ids of the next cases that are over and concern a tenant."""
    query = _cases_of(tenant_id, select(instance.c.id)).where(instance.c.state.in_(_ENDED), instance.c.id > after)
    return list(uow.reading.execute(query.order_by(instance.c.id).limit(limit)).scalars())


def words_of(uow: UnitOfWork, tenant_id: int) -> tuple[str, ...]:
    """What says who a tenant is, as the directory has it and had it before."""
    row = uow.reading.execute(select(tenant).where(tenant.c.id == tenant_id)).one()
    personal = [name for name in _PERSONAL if name != "name" or row.kind == "person"]
    found = {str(row._mapping[name]) for name in personal if row._mapping[name]}
    for said in uow.reading.execute(select(directory_change.c.changes).where(*_changes_of(tenant_id))).scalars():
        found |= {value for name in personal for value in orjson.loads(said).get(name, ()) if isinstance(value, str) and value}
    return tuple(sorted(each for each in found if not erased_on(each)))


def tenants(uow: UnitOfWork, cutoff: datetime, *, after: int = 0, limit: int) -> list[int]:
    """Ids of the next tenants that moved out by then, with no open case, and whom no hold keeps."""
    query = _moved_out(cutoff).where(tenant.c.id > after)
    return list(uow.reading.execute(query.order_by(tenant.c.id).limit(limit)).scalars())


def count(uow: UnitOfWork, kind: Kind, cutoff: datetime) -> int:
    """How many rows of a kind are due, up to COUNT_CAP."""
    if kind is Kind.TENANTS:
        query: Select[Any] = _moved_out(cutoff)
    elif kind is Kind.SIGN_INS:
        attempts = uow.reading.execute(select(func.count()).select_from(
            select(sign_in_attempt.c.id).where(sign_in_attempt.c.at <= cutoff).limit(COUNT_CAP).subquery())).scalar_one()
        query = select(user_session.c.id).where(_old_sessions(cutoff))
        sessions = uow.reading.execute(select(func.count()).select_from(query.limit(COUNT_CAP).subquery())).scalar_one()
        return min(int(attempts + sessions), COUNT_CAP)
    else:
        query = select(import_row.c.position).where(_old_rows(cutoff))
    return int(uow.reading.execute(select(func.count()).select_from(query.limit(COUNT_CAP).subquery())).scalar_one())


def erase(runtime: Runtime, uow: UnitOfWork, kind: Kind, cutoff: datetime) -> int:
    """Take out what is due of sign-ins or imported rows; how many rows that were."""
    connection = uow.writing
    if kind is Kind.SIGN_INS:
        gone: int = connection.execute(delete(sign_in_attempt).where(sign_in_attempt.c.at <= cutoff)).rowcount
        return gone + connection.execute(delete(user_session).where(_old_sessions(cutoff))).rowcount
    return connection.execute(update(import_row).where(_old_rows(cutoff)).values(
        key=cast(import_row.c.position, String), label=mark(runtime.today()), payload="{}", changes="{}", problems="[]")).rowcount


def erase_tenant(runtime: Runtime, uow: UnitOfWork, tenant_id: int) -> bool:
    """Take a tenant's name, contact and phone out of the directory and its record of changes; False for one that lives here, is held
    or was erased before."""
    row = uow.writing.execute(select(tenant).where(tenant.c.id == tenant_id).with_for_update()).one()
    held = uow.writing.execute(select(tenant.c.id).where(tenant.c.id == tenant_id, holds.keeps_tenant(tenant.c.id))).first()
    if row.erased_at is not None or held is not None or is_settled(uow, tenant_id) or open_cases(uow, tenant_id):
        return False
    day = mark(runtime.today())
    name = day if row.kind == "person" else row.name
    search = searchable(row.code, name)[:1000]
    uow.writing.execute(update(tenant).where(tenant.c.id == tenant_id).values(
        name=name, contact=None, phone=None, search=search, version=row.version + 1, erased_at=runtime.clock.now()))
    finding.index(uow, "tenant", tenant_id, search)
    personal = {each for each in _PERSONAL if each != "name" or row.kind == "person"}
    for change in uow.writing.execute(select(directory_change.c.id, directory_change.c.changes).where(*_changes_of(tenant_id))).all():
        cleaned = _without(orjson.loads(change.changes), personal, day)
        mine = directory_change.c.id == change.id
        uow.writing.execute(update(directory_change).where(mine).values(changes=orjson.dumps(cleaned).decode()))
    uow.writing.execute(update(import_row).where(import_row.c.subject_id == tenant_id, import_row.c.kind == "tenant").values(
        label=day, payload="{}", changes="{}"))
    return True


def _without(said: Mapping[str, Any], personal: set[str], day: str) -> dict[str, Any]:
    return {name: [day if each else each for each in pair] if name in personal else pair for name, pair in said.items()}


def _changes_of(tenant_id: int) -> tuple[ColumnElement[bool], ...]:
    change = directory_change.c
    return (change.kind == "tenant", change.entry == str(tenant_id), change.changes.is_not(None))


def _cases_of(tenant_id: int, query: Select[Any]) -> Select[Any]:
    named = instance_reference.c
    of_case = and_(named.instance_id == instance.c.id, named.kind == "tenant")
    return query.join(instance_reference, of_case).where(named.target_id == tenant_id)


def _moved_out(cutoff: datetime) -> Select[Any]:
    mine, named = tenancy.c.tenant_id == tenant.c.id, instance_reference.c
    busy = exists().where(named.kind == "tenant", named.target_id == tenant.c.id, named.instance_id == instance.c.id,
                          instance.c.state.not_in(_ENDED))
    return select(tenant.c.id).where(
        tenant.c.erased_at.is_(None), exists().where(mine),
        ~exists().where(mine, or_(tenancy.c.ended_at.is_(None), tenancy.c.ended_at > cutoff)), ~busy, ~holds.keeps_tenant(tenant.c.id))


def _old_sessions(cutoff: datetime) -> ColumnElement[bool]:
    # one that nobody used since then has lapsed, whether or not somebody ended it
    return user_session.c.last_seen_at <= cutoff


def _old_rows(cutoff: datetime) -> ColumnElement[bool]:
    done = select(import_run.c.id).where(import_run.c.finished_at <= cutoff)
    return and_(import_row.c.import_id.in_(done), import_row.c.payload != "{}")
