"""The sheet of the price list. A price never changes: a new one is a line of its own with a later date."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import select

from engine.company import prices
from engine.imports.columns import Column, Problem, Values
from engine.imports.places import ACTIVE
from engine.imports.plan import Book, Key, Kind, Origin
from engine.imports.tenants import midnight
from engine.model import Actor
from engine.persistence.tables import price_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime


class Prices(Kind):
    """Lines of the price list with the day from which they count."""

    id, title, english = "price", "價目表", "Price list"
    columns = (
        Column("code", "編號", "Code", is_required=True, longest=30),
        Column("name", "名稱", "Name", is_required=True),
        Column("unit_name", "單位", "Unit", is_required=True, longest=20, note="次、米、個……"),
        Column("labour", "人工費", "Labour", "decimal", is_required=True, least=Decimal(0)),
        Column("material", "材料費", "Material", "decimal", is_required=True, least=Decimal(0)),
        Column("effective_from", "生效日期", "Effective from", "date", is_required=True, note="改價請另加一列新的生效日期"),
        ACTIVE,
    )
    key = ("code", "effective_from")

    def current(self, runtime: Runtime, uow: UnitOfWork, keys: Collection[Key] | None) -> dict[Key, Values]:
        zone = ZoneInfo(runtime.organisation.calendar.zone)
        query = select(price_item)
        if keys is not None:
            query = query.where(price_item.c.code.in_([code for code, _ in keys]))
        found: dict[Key, Values] = {}
        for row in uow.reading.execute(query.order_by(price_item.c.code, price_item.c.effective_from)):
            day = row.effective_from.astimezone(zone).date().isoformat()
            found[row.code, day] = {
                "code": row.code, "name": row.name, "unit_name": row.unit_name, "labour": str(round(row.labour, 2)),
                "material": str(round(row.material, 2)), "effective_from": day, "active": row.deactivated_at is None,
            }
        return found

    def check(self, book: Book, values: Values, before: Values | None) -> Iterator[Problem]:
        if before is None:
            if not values["active"]:
                yield Problem("新的價目不能一開始就停用。", column="在用")
            return
        if any(before[name] != values[name] for name in ("name", "unit_name", "labour", "material")):
            told = {"code": values["code"], "day": values["effective_from"]}
            yield Problem("「{code}」在 {day} 已有價格。改價請另加一列，填新的生效日期。", told)
        elif values["active"] and not before["active"]:
            yield Problem("停用的價目不能恢復，請另加一列新的生效日期。", column="在用")

    def apply(self, runtime: Runtime, uow: UnitOfWork, actor: Actor, values: Values, before: Values | None, origin: Origin) -> int | None:
        if before is not None:
            prices.deactivate(runtime, uow, actor, str(values["code"]))
            return None
        since = midnight(values["effective_from"], ZoneInfo(runtime.organisation.calendar.zone))
        return prices.add(
            runtime, uow, actor, code=str(values["code"]), name=str(values["name"]), unit_name=str(values["unit_name"]),
            labour=Decimal(str(values["labour"])), material=Decimal(str(values["material"])), effective_from=since,
        )
