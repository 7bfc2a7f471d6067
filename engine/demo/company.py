"""Reads `bpmn/demo` and makes the example company's site, units, people, tenants and prices. Starts no process."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import update

from engine.company import directory, prices, users
from engine.company.passwords import hash_password
from engine.model import SYSTEM, RoleGrant
from engine.persistence.tables import user
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Tenant:
    """A settled tenant, for those who call."""

    code: str
    contact: str
    phone: str


@dataclass(frozen=True, slots=True)
class Example:
    """What `bpmn/demo` says."""

    company: Mapping[str, Any]
    tenants: tuple[Mapping[str, str], ...]
    prices: tuple[Mapping[str, str], ...]
    cases: Mapping[str, Any]

    @property
    def password(self) -> str:
        """Everybody's."""
        return str(self.company["password"])

    @property
    def people(self) -> list[Mapping[str, Any]]:
        """Username, name and roles of the staff, the administrator last."""
        found: list[Mapping[str, Any]] = self.company["person"]
        return sorted(found, key=lambda person: "administrator" in person["roles"])

    def tenant_of(self, unit_code: str) -> Tenant:
        """Who is settled in a unit."""
        row = next(row for row in self.tenants if row["unit"] == unit_code)
        return Tenant(row["code"], row["contact"], row["phone"])


def read_example(bpmn: Path) -> Example:
    """The example company beside the procedures."""
    folder = bpmn / "demo"
    return Example(
        company=tomllib.loads((folder / "company.toml").read_text("utf-8")),
        tenants=tuple(_rows(folder / "tenants.csv")),
        prices=tuple(_rows(folder / "prices.csv")),
        cases=tomllib.loads((folder / "cases.toml").read_text("utf-8")),
    )


def create_places(runtime: Runtime, uow: UnitOfWork, example: Example) -> int:
    """Site, buildings, units, tenants and the price list; returns the site's id."""
    place = example.company["site"]
    zone = ZoneInfo(place["time_zone"])
    site_id = directory.create_site(runtime, uow, SYSTEM, **place)
    units: dict[str, int] = {}
    rates: dict[str, Decimal] = {}
    for building in example.company["building"]:
        rates[building["code"]] = Decimal(building["fee_rate"])
        building_id = directory.create_building(runtime, uow, SYSTEM, site_id=site_id, code=building["code"], name=building["name"])
        lowest, highest = building["floors"]
        for floor in range(lowest, highest + 1):
            for room, area in enumerate(building["areas"], 1):
                code = f"{building['code']}-{floor:02}{room:02}"
                units[code] = directory.create_unit(
                    runtime, uow, SYSTEM, building_id=building_id, code=code, floor=floor, area=Decimal(area))
    for row in example.tenants:
        values = directory.TenantValues(row["code"], row["name"], row["kind"], row["contact"], row["phone"])
        since = datetime.fromisoformat(row["since"]).replace(tzinfo=zone)
        tenant_id = directory.create_tenant(runtime, uow, SYSTEM, values)
        rate = rates[row["unit"].partition("-")[0]]
        directory.settle(runtime, uow, SYSTEM, tenant_id=tenant_id, unit_id=units[row["unit"]], started_at=since, fee_rate=rate)
    in_force = datetime(runtime.clock.now().year - 1, 1, 1, tzinfo=zone)
    for row in example.prices:
        prices.add(runtime, uow, SYSTEM, code=row["code"], name=row["name"], unit_name=row["unit"], labour=Decimal(row["labour"]),
                   material=Decimal(row["material"]), effective_from=in_force)
    return site_id


def create_people(
    runtime: Runtime, uow: UnitOfWork, example: Example, people: Sequence[Mapping[str, Any]], *, can_sign_in: bool = True
) -> None:
    """Staff, with roles held at every site; without `can_sign_in` nobody gets in before `let_in`."""
    for person in people:
        users.create(runtime, uow, SYSTEM, username=person["username"], display_name=person["name"],
                     grants=[RoleGrant(role) for role in person["roles"]])
    if can_sign_in:
        _give_passwords(uow, example, people)


def let_in(uow: UnitOfWork, example: Example) -> None:
    """Give everybody the example's password."""
    _give_passwords(uow, example, example.people)


def _give_passwords(uow: UnitOfWork, example: Example, people: Sequence[Mapping[str, Any]]) -> None:
    # they share the password, and so the hash, which is slow to make by intent
    names = [person["username"] for person in people]
    uow.writing.execute(update(user).where(user.c.username.in_(names)).values(password_hash=hash_password(example.password)))


def _rows(path: Path) -> Iterator[Mapping[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
