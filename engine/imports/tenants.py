"""Sheets of tenants and of who is settled where."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import select

from engine.i18n import LOCALE_NAMES, LOCALES
from engine.imports import keeping
from engine.imports.columns import Column, Problem, Value, Values
from engine.imports.places import ACTIVE
from engine.imports.plan import Book, Key, Kind, Origin
from engine.model import Actor
from engine.persistence.tables import tenancy, tenant, unit
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime

LANGUAGES = tuple((locale, LOCALE_NAMES[locale], LOCALE_NAMES[locale]) for locale in LOCALES)
_FIELDS = ("code", "name", "kind", "contact", "phone", "locale")


class Tenants(Kind):
    """Tenants."""

    id, title, english = "tenant", "業戶", "Tenants"
    columns = (
        Column("code", "編號", "Code", is_required=True, longest=30),
        Column("name", "名稱", "Name", is_required=True),
        Column("kind", "類別", "Kind", "choice", choices=(("company", "公司", "Company"), ("person", "個人", "Person")), default="company"),
        Column("contact", "聯絡人", "Contact", longest=100),
        Column("phone", "電話", "Phone", longest=40),
        Column("locale", "語言", "Language", "choice", choices=LANGUAGES, default="zh-Hant"),
        ACTIVE,
    )
    key = ("code",)

    def current(self, runtime: Runtime, uow: UnitOfWork, keys: Collection[Key] | None) -> dict[Key, Values]:
        query = select(tenant)
        if keys is not None:
            query = query.where(tenant.c.code.in_([code for (code,) in keys]))
        return {
            (row.code,): {**{name: getattr(row, name) for name in _FIELDS}, "active": row.deactivated_at is None}
            for row in uow.reading.execute(query.order_by(tenant.c.code))
        }

    def apply(self, runtime: Runtime, uow: UnitOfWork, actor: Actor, values: Values, before: Values | None, origin: Origin) -> int:
        fields = {name: values[name] for name in _FIELDS}
        return keeping.keep(runtime, uow, actor, "tenant", tenant.c.code == values["code"], fields, is_active=bool(values["active"]))


class Tenancies(Kind):
    """Who is settled where, since when and at which fee."""

    id, title, english = "tenancy", "租期", "Tenancies"
    columns = (
        Column("unit", "單元", "Unit", is_required=True, longest=30, note="單元編號"),
        Column("tenant", "業戶", "Tenant", is_required=True, longest=30, note="業戶編號"),
        Column("started_on", "入駐日期", "Moved in on", "date", is_required=True, note="入駐通知單上的日期"),
        Column("ended_on", "退租日期", "Moved out on", "date"),
        Column("fee_rate", "管理費單價（每平方米每月）", "Fee a m² and month", "decimal", places=4, least=Decimal(0)),
    )
    key = ("unit", "tenant", "started_on")

    def current(self, runtime: Runtime, uow: UnitOfWork, keys: Collection[Key] | None) -> dict[Key, Values]:
        zone = ZoneInfo(runtime.organisation.calendar.zone)
        query = (
            select(tenancy, unit.c.code.label("unit"), tenant.c.code.label("tenant"))
            .join(unit, unit.c.id == tenancy.c.unit_id)
            .join(tenant, tenant.c.id == tenancy.c.tenant_id)
        )
        if keys is not None:
            query = query.where(unit.c.code.in_([code for code, _, _ in keys]))
        found: dict[Key, Values] = {}
        for row in uow.reading.execute(query.order_by(unit.c.code, tenancy.c.started_at)):
            started = row.started_at.astimezone(zone).date().isoformat()
            ended = None if row.ended_at is None else row.ended_at.astimezone(zone).date().isoformat()
            rate = None if row.fee_rate is None else str(round(row.fee_rate, 4))
            found[row.unit, row.tenant, started] = {
                "unit": row.unit, "tenant": row.tenant, "started_on": started, "ended_on": ended, "fee_rate": rate,
            }
        return found

    def check(self, book: Book, values: Values, before: Values | None) -> Iterator[Problem]:
        if not book.has("unit", values["unit"]):
            yield Problem("沒有單元「{value}」。請先在「單元」工作表填寫。", {"value": values["unit"]}, "單元")
        if not book.has("tenant", values["tenant"]):
            yield Problem("沒有業戶「{value}」。請先在「業戶」工作表填寫。", {"value": values["tenant"]}, "業戶")
        if values["ended_on"] is not None and str(values["ended_on"]) < str(values["started_on"]):
            yield Problem("退租日期不能早於入駐日期。", column="退租日期")
        if before is not None and before["ended_on"] is not None and before["ended_on"] != values["ended_on"]:
            yield Problem("這段租期已經結束，不能更改。", column="退租日期")

    def apply(self, runtime: Runtime, uow: UnitOfWork, actor: Actor, values: Values, before: Values | None, origin: Origin) -> int:
        zone = ZoneInfo(runtime.organisation.calendar.zone)
        unit_id = keeping.id_of(uow, unit, unit.c.code == values["unit"])
        tenant_id = keeping.id_of(uow, tenant, tenant.c.code == values["tenant"])
        started = midnight(values["started_on"], zone)
        rate = None if values["fee_rate"] is None else Decimal(str(values["fee_rate"]))
        ended = None if values["ended_on"] is None else midnight(values["ended_on"], zone)
        fields = {"tenant_id": tenant_id, "unit_id": unit_id, "started_at": started, "fee_rate": rate, "ended_at": ended}
        mine = (tenancy.c.unit_id == unit_id) & (tenancy.c.tenant_id == tenant_id)
        if before is not None:
            day = started.date()
            rows = uow.writing.execute(select(tenancy.c.id, tenancy.c.started_at).where(mine)).all()
            mine &= tenancy.c.id.in_([row.id for row in rows if row.started_at.astimezone(zone).date() == day])
            # the hour at which it began stays
            fields.pop("started_at")
        else:
            mine &= tenancy.c.started_at == started
        return keeping.keep(runtime, uow, actor, "tenancy", mine, fields)


def midnight(day: Value, zone: ZoneInfo) -> datetime:
    """The moment with which a day begins there."""
    return datetime.combine(date.fromisoformat(str(day)), time(), zone)
