"""The pretend company of scenarios: one site, a few units and tenants, one person in each role. Small, and the same every time."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from engine.company import directory, users
from engine.errors import NotFoundError
from engine.model import SYSTEM, Actor, Channel, RoleGrant
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.scenarios.story import Additions, Performer

#: code of the one site
SITE = "HY"
_UNITS = tuple(f"A-120{number}" for number in range(1, 7))
_TENANTS = (("T-001", "華強電子有限公司", "A-1201"), ("T-002", "明德會計師事務所", "A-1202"),  # not a message
            ("T-003", "陳麗華", "A-1203"), ("T-004", "遠航物流有限公司", "A-1204"))  # not a message


@dataclass(slots=True)
class Company:
    """Who and what there is."""

    site_id: int
    #: letter → id
    buildings: dict[str, int]
    #: code → id
    units: dict[str, int]
    #: role → the one person whom everybody means by it
    by_role: dict[str, Actor] = field(default_factory=dict)
    by_name: dict[str, Actor] = field(default_factory=dict)

    def find(self, name: str) -> Actor | None:
        """A person by name, or by role."""
        return self.by_name.get(name) or self.by_role.get(name)

    def name_of(self, user_id: int | None) -> str | None:
        """The role of the one person in it, else the person's name; None for nobody."""
        if user_id is None:
            return None
        return next((name for people in (self.by_role, self.by_name) for name, actor in people.items() if actor.user_id == user_id), None)


def found(runtime: Runtime, uow: UnitOfWork) -> Company:
    """Make the company in an empty store, with one person in each role of the organisation that is not an outside one."""
    site_id = directory.create_site(runtime, uow, SYSTEM, code=SITE, name="華苑")  # not a message
    company = Company(site_id, {}, {})
    for code in _UNITS:
        _add_unit(runtime, uow, company, code)
    for code, name, unit in _TENANTS:
        _add_tenant(runtime, uow, company, directory.TenantValues(code, name, phone=f"1380000{code[-3:]}0"), unit)
    for role in runtime.organisation.roles.values():
        if not role.is_outside:
            company.by_role[role.id] = _hire(runtime, uow, role.id, role.name, [role.id])
    return company


def extend(runtime: Runtime, uow: UnitOfWork, company: Company, additions: Additions, performers: Iterable[Performer]) -> Company:
    """What one scenario adds, and the persons whom its steps mention. Gives a company of its own; the one given stays as it was."""
    grown = Company(company.site_id, dict(company.buildings), dict(company.units), dict(company.by_role), dict(company.by_name))
    for code in additions.units:
        _add_unit(runtime, uow, grown, code)
    for extra in additions.tenants:
        _add_tenant(runtime, uow, grown, directory.TenantValues(extra.code, extra.name), extra.unit)
    wanted: dict[str, list[str]] = {person.name: list(person.roles) for person in additions.people}
    there = len(grown.by_name)
    for performer in performers:
        if performer.person is None or performer.person in grown.by_name:
            continue
        if performer.role not in wanted.setdefault(performer.person, []):
            wanted[performer.person].append(performer.role)
    for number, (name, roles) in enumerate(wanted.items(), there + 1):
        grown.by_name[name] = _hire(runtime, uow, f"person-{number}", name, roles)
    return grown


def _add_unit(runtime: Runtime, uow: UnitOfWork, company: Company, code: str) -> None:
    letter = code.partition("-")[0]
    if letter not in company.buildings:
        company.buildings[letter] = directory.create_building(
            runtime, uow, SYSTEM, site_id=company.site_id, code=letter, name=f"{letter}座")
    company.units[code] = directory.create_unit(runtime, uow, SYSTEM, building_id=company.buildings[letter], code=code)


def _add_tenant(runtime: Runtime, uow: UnitOfWork, company: Company, values: directory.TenantValues, unit: str | None) -> None:
    tenant_id = directory.create_tenant(runtime, uow, SYSTEM, values)
    if unit is not None:
        if unit not in company.units:
            raise NotFoundError(kind="單元", id=unit)
        directory.settle(runtime, uow, SYSTEM, tenant_id=tenant_id, unit_id=company.units[unit], started_at=runtime.clock.now())


def _hire(runtime: Runtime, uow: UnitOfWork, username: str, name: str, roles: list[str]) -> Actor:
    grants = frozenset(RoleGrant(role) for role in roles)
    user_id = users.create(runtime, uow, SYSTEM, username=username, display_name=name, grants=grants)
    return Actor(user_id=user_id, name=name, grants=grants, channel=Channel.DESK)


def drawing() -> bytes:
    """A small picture with strokes on it: stands for every photo, file and signature."""
    width = height = 24
    rows = b"".join(b"\0" + bytes(0 if x == y or x + y == width - 1 else 255 for x in range(width)) for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    packed = b"".join(struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks)
    return b"\x89PNG\r\n\x1a\n" + packed
