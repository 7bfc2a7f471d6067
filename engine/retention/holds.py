"""Legal holds: cases, units and tenants of which nothing is erased, by no rule and on nobody's request, each with the reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, exists, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from engine.company import changes
from engine.errors import ConflictError, FieldError, FormInvalidError, NotFoundError
from engine.model import Actor
from engine.permissions import require
from engine.persistence.tables import instance, instance_reference, retention_hold, tenant, unit, user
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.paging import Page, clamp, decode, encode
from engine.retention.rules import ENTRY, PERMISSION
from engine.runtime import Runtime

#: what a hold can be about
ABOUT = ("case", "unit", "tenant")


class HeldAlreadyError(ConflictError):
    """Expected something that is not held yet."""

    code = "held_already"
    sentence = "已經有一項保全，不必再設。"


class HeldError(ConflictError):
    """Expected cases that no hold keeps."""

    code = "held"
    sentence = "因法律保全不能刪除：{reason}"


@dataclass(frozen=True, slots=True)
class Hold:
    """One hold."""

    id: int
    #: `case`, `unit` or `tenant`
    about: str
    target_id: int
    #: what people call it
    label: str
    reason: str
    placed_at: datetime
    placed_by: str | None
    lifted_at: datetime | None
    lifted_by: str | None


def place(runtime: Runtime, uow: UnitOfWork, actor: Actor, about: str, code: str, reason: str) -> int:
    """Hold what is called that: a case by its number, a unit or tenant by its code. Its id. FormInvalidError, HeldAlreadyError."""
    require(actor, PERMISSION)
    reason, code = reason.strip()[:1_000], code.strip()
    errors = [] if reason else [FieldError("reason", "required", "請填寫原因。", {})]
    target_id = _target(uow, about, code)
    if target_id is None:
        errors.append(FieldError("code", "unknown", "找不到「{code}」，請填寫案件編號、單元或業戶的代號。", {"code": code[:60]}))
    if errors or target_id is None:
        raise FormInvalidError(errors)
    now = runtime.clock.now()
    try:
        made: int = uow.writing.execute(insert(retention_hold).values(
            about=about, target_id=target_id, reason=reason, placed_at=now, placed_by=actor.user_id,
        ).returning(retention_hold.c.id)).scalar_one()
    except IntegrityError as error:
        raise HeldAlreadyError from error
    changes.record(uow, actor, ENTRY, f"hold:{made}", "held", now, reason=reason, changes={about: (None, code)})
    return made


def lift(runtime: Runtime, uow: UnitOfWork, actor: Actor, hold_id: int, reason: str) -> None:
    """Let the rules go on. NotFoundError where there is none that stands."""
    require(actor, PERMISSION)
    if not reason.strip():
        raise FormInvalidError([FieldError("reason", "required", "請填寫原因。", {})])
    now = runtime.clock.now()
    moved = uow.writing.execute(update(retention_hold).where(
        retention_hold.c.id == hold_id, retention_hold.c.lifted_at.is_(None)).values(lifted_at=now, lifted_by=actor.user_id))
    if moved.rowcount != 1:
        raise NotFoundError(kind="保全", id=hold_id)
    changes.record(uow, actor, ENTRY, f"hold:{hold_id}", "lifted", now, reason=reason.strip()[:1_000])


def page(uow: UnitOfWork, actor: Actor, *, lifted: bool = False, after: str | None = None, limit: int = 50) -> Page[Hold]:
    """Holds that stand, or those that were lifted, latest first."""
    require(actor, PERMISSION)
    limit, placer, lifter = clamp(limit), user.alias(), user.alias()
    query = (
        select(retention_hold, placer.c.display_name.label("placer"), lifter.c.display_name.label("lifter"),
               instance.c.business_key, instance.c.title, unit.c.code.label("unit_code"), tenant.c.code.label("tenant_code"),
               tenant.c.name.label("tenant_name"))
        .outerjoin(placer, placer.c.id == retention_hold.c.placed_by).outerjoin(lifter, lifter.c.id == retention_hold.c.lifted_by)
        .outerjoin(instance, and_(retention_hold.c.about == "case", instance.c.id == retention_hold.c.target_id))
        .outerjoin(unit, and_(retention_hold.c.about == "unit", unit.c.id == retention_hold.c.target_id))
        .outerjoin(tenant, and_(retention_hold.c.about == "tenant", tenant.c.id == retention_hold.c.target_id))
        .where(retention_hold.c.lifted_at.is_not(None) if lifted else retention_hold.c.lifted_at.is_(None))
    )
    if after:
        (last,) = decode("holds", after, (int,))
        query = query.where(retention_hold.c.id < last)
    rows = uow.reading.execute(query.order_by(retention_hold.c.id.desc()).limit(limit + 1)).all()
    shown = tuple(
        Hold(row.id, row.about, row.target_id, _label(row), row.reason, row.placed_at, row.placer, row.lifted_at, row.lifter)
        for row in rows[:limit])
    return Page(shown, encode("holds", (shown[-1].id,)) if len(rows) > limit else None)


def keeps(case_id: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether a hold keeps a case: its own, or one of a unit or tenant that it concerns."""
    hold, named = retention_hold.c, instance_reference.c
    concerned = exists().where(named.kind == hold.about, named.target_id == hold.target_id, named.instance_id == case_id)
    return exists().where(hold.lifted_at.is_(None), or_(and_(hold.about == "case", hold.target_id == case_id), concerned))


def keeps_tenant(tenant_id: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether a hold keeps a tenant."""
    hold = retention_hold.c
    return exists().where(hold.lifted_at.is_(None), hold.about == "tenant", hold.target_id == tenant_id)


def is_held(uow: UnitOfWork, instance_id: int) -> bool:
    """Whether nothing of a case may go now."""
    query = select(instance.c.id).where(instance.c.id == instance_id, keeps(instance.c.id))
    return uow.writing.execute(query).first() is not None


def reason_for(uow: UnitOfWork, instance_id: int) -> str | None:
    """Why nothing of a case may go; None where it may."""
    hold, named = retention_hold.c, instance_reference.c
    concerned = exists().where(named.kind == hold.about, named.target_id == hold.target_id, named.instance_id == instance_id)
    query = select(hold.reason).where(hold.lifted_at.is_(None), or_(and_(hold.about == "case", hold.target_id == instance_id), concerned))
    found: str | None = uow.reading.execute(query.order_by(hold.id).limit(1)).scalar()
    return found


def _target(uow: UnitOfWork, about: str, code: str) -> int | None:
    if about not in ABOUT or not code:
        return None
    table, column = {"case": (instance, instance.c.business_key), "unit": (unit, unit.c.code), "tenant": (tenant, tenant.c.code)}[about]
    found: int | None = uow.reading.execute(select(table.c.id).where(column == code).order_by(table.c.id.desc()).limit(1)).scalar()
    return found


def _label(row: Row[Any]) -> str:
    of = {"case": ("business_key", "title"), "unit": ("unit_code",), "tenant": ("tenant_code", "tenant_name")}[row.about]
    return " ".join(str(getattr(row, name)) for name in of if getattr(row, name))
