"""Sheets of sites, buildings and units."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from decimal import Decimal
from zoneinfo import available_timezones

from sqlalchemy import select

from engine.imports import keeping
from engine.imports.columns import Column, Problem, Values
from engine.imports.plan import Book, Key, Kind, Origin
from engine.model import Actor
from engine.persistence.tables import building, site, unit
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime

ACTIVE = Column("active", "在用", "Active", "yes_no", default=True, note="填「否」即停用；不會刪除。")
_ZONE = "Asia/Shanghai"


class Sites(Kind):
    """Sites of the company."""

    id, title, english = "site", "園區", "Sites"
    columns = (
        Column("code", "編號", "Code", is_required=True, longest=20),
        Column("name", "名稱", "Name", is_required=True, longest=100),
        Column("time_zone", "時區", "Time zone", longest=50, default=_ZONE, note="例如 Asia/Shanghai"),
        ACTIVE,
    )
    key = ("code",)

    def current(self, runtime: Runtime, uow: UnitOfWork, keys: Collection[Key] | None) -> dict[Key, Values]:
        query = select(site)
        if keys is not None:
            query = query.where(site.c.code.in_([code for (code,) in keys]))
        return {
            (row.code,): {"code": row.code, "name": row.name, "time_zone": row.time_zone, "active": row.deactivated_at is None}
            for row in uow.reading.execute(query.order_by(site.c.code))
        }

    def check(self, book: Book, values: Values, before: Values | None) -> Iterator[Problem]:
        if values["time_zone"] not in available_timezones():
            yield Problem("時區名稱不正確。", column="時區")

    def apply(self, runtime: Runtime, uow: UnitOfWork, actor: Actor, values: Values, before: Values | None, origin: Origin) -> int:
        fields = {name: values[name] for name in ("code", "name", "time_zone")}
        return keeping.keep(runtime, uow, actor, "site", site.c.code == values["code"], fields, is_active=bool(values["active"]))


class Buildings(Kind):
    """Buildings of the sites."""

    id, title, english = "building", "樓宇", "Buildings"
    columns = (
        Column("site", "園區", "Site", is_required=True, longest=20, note="園區編號"),
        Column("code", "編號", "Code", is_required=True, longest=20),
        Column("name", "名稱", "Name", is_required=True, longest=100),
        ACTIVE,
    )
    key = ("site", "code")

    def current(self, runtime: Runtime, uow: UnitOfWork, keys: Collection[Key] | None) -> dict[Key, Values]:
        query = select(building, site.c.code.label("site")).join(site, site.c.id == building.c.site_id)
        if keys is not None:
            query = query.where(building.c.code.in_([code for _, code in keys]))
        return {
            (row.site, row.code): {"site": row.site, "code": row.code, "name": row.name, "active": row.deactivated_at is None}
            for row in uow.reading.execute(query.order_by(site.c.code, building.c.code))
        }

    def check(self, book: Book, values: Values, before: Values | None) -> Iterator[Problem]:
        if not book.has("site", values["site"]):
            yield Problem("沒有園區「{value}」。請先在「園區」工作表填寫。", {"value": values["site"]}, "園區")

    def apply(self, runtime: Runtime, uow: UnitOfWork, actor: Actor, values: Values, before: Values | None, origin: Origin) -> int:
        site_id = keeping.id_of(uow, site, site.c.code == values["site"])
        mine = (building.c.site_id == site_id) & (building.c.code == values["code"])
        fields = {"site_id": site_id, "code": values["code"], "name": values["name"]}
        return keeping.keep(runtime, uow, actor, "building", mine, fields, is_active=bool(values["active"]))


class Units(Kind):
    """Units of the buildings."""

    id, title, english = "unit", "單元", "Units"
    columns = (
        Column("site", "園區", "Site", is_required=True, longest=20, note="園區編號"),
        Column("building", "樓宇", "Building", is_required=True, longest=20, note="樓宇編號"),
        Column("code", "編號", "Code", is_required=True, longest=30, note="全公司唯一，例如 A-1203"),
        Column("floor", "樓層", "Floor", "integer", least=Decimal(-20)),
        Column("area", "面積（平方米）", "Area (m²)", "decimal", least=Decimal("0.01")),
        ACTIVE,
    )
    key = ("code",)

    def current(self, runtime: Runtime, uow: UnitOfWork, keys: Collection[Key] | None) -> dict[Key, Values]:
        query = (
            select(unit, site.c.code.label("site"), building.c.code.label("building"))
            .join(building, building.c.id == unit.c.building_id)
            .join(site, site.c.id == unit.c.site_id)
        )
        if keys is not None:
            query = query.where(unit.c.code.in_([code for (code,) in keys]))
        return {
            (row.code,): {
                "site": row.site, "building": row.building, "code": row.code, "floor": row.floor,
                "area": None if row.area is None else str(round(row.area, 2)), "active": row.deactivated_at is None,
            }
            for row in uow.reading.execute(query.order_by(unit.c.code))
        }

    def check(self, book: Book, values: Values, before: Values | None) -> Iterator[Problem]:
        if not book.has("building", values["site"], values["building"]):
            yield Problem("園區「{site}」沒有樓宇「{value}」。請先在「樓宇」工作表填寫。",
                          {"site": values["site"], "value": values["building"]}, "樓宇")
        if before is not None and (before["site"], before["building"]) != (values["site"], values["building"]):
            told = {"value": values["code"], "building": before["building"]}
            yield Problem("單元「{value}」屬於樓宇「{building}」，不能改到別處。", told, "樓宇")

    def apply(self, runtime: Runtime, uow: UnitOfWork, actor: Actor, values: Values, before: Values | None, origin: Origin) -> int:
        home = (site.c.code == values["site"]) & (building.c.code == values["building"]) & (building.c.site_id == site.c.id)
        building_id = keeping.id_of(uow, building, home)
        area = None if values["area"] is None else Decimal(str(values["area"]))
        fields = {"building_id": building_id, "code": values["code"], "floor": values["floor"], "area": area}
        return keeping.keep(runtime, uow, actor, "unit", unit.c.code == values["code"], fields, is_active=bool(values["active"]))
