"""Who sits where in the example company at the moment: whom a case can be about, and what stands empty."""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import and_, select

from engine.persistence.tables import tenancy, tenant, unit
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime

_CENT = Decimal("0.01")
#: of a new tenant: months of the fee that are deposited
_DEPOSIT = 3


@dataclass(frozen=True, slots=True)
class Place:
    """A unit, and who sits in it."""

    unit_id: int
    unit: str
    area: Decimal
    tenant: str = ""
    tenant_name: str = ""
    contact: str = ""
    phone: str = ""

    def words(self) -> dict[str, Any]:
        """What answers may put in."""
        return {
            "unit": self.unit, "unit_id": self.unit_id, "building": self.unit.partition("-")[0], "tenant": self.tenant,
            "tenant_name": self.tenant_name, "contact": self.contact, "phone": self.phone, "area": str(self.area),
        }


class Places:
    """Reads units and tenancies once a day."""

    def __init__(self, runtime: Runtime, rates: Mapping[str, Decimal], stay: Collection[str] = ()) -> None:
        self._runtime = runtime
        #: units whose tenants don't leave
        self._stay = frozenset(stay)
        #: building → management fee a square metre and month
        self._rates = rates
        self._day: date | None = None
        self._taken: dict[str, Place] = {}
        self._empty: list[Place] = []
        #: empty units that somebody is moving into, and taken ones that somebody moves out of
        self._promised: set[str] = set()

    def settled(self, chance: random.Random) -> Place:
        """A unit with a tenant."""
        self._look()
        return chance.choice(list(self._taken.values()))

    def at(self, code: str) -> Place | None:
        """The unit of that code, where somebody sits in it."""
        self._look()
        return self._taken.get(code)

    def leaving(self, chance: random.Random) -> Place | None:
        """A unit whose tenant leaves; None where nobody else can."""
        self._look()
        return self._promise(chance, [each for each in self._taken.values() if each.unit not in self._promised | self._stay])

    def vacant(self, chance: random.Random) -> Place | None:
        """An empty unit for somebody who comes; None where all are taken."""
        self._look()
        return self._promise(chance, [each for each in self._empty if each.unit not in self._promised])

    def offer(self, place: Place) -> dict[str, Any]:
        """What a new tenant of it pays."""
        rate = self._rates[place.unit.partition("-")[0]]
        fee = (place.area * rate).quantize(_CENT)
        phone = f"1{35 + place.unit_id % 5}{place.unit_id * 7_654_321 % 100_000_000:08}"
        return {"rate": str(rate), "first_fee": str(fee), "deposit": str(fee * _DEPOSIT), "phone": phone}

    def _promise(self, chance: random.Random, among: list[Place]) -> Place | None:
        if not among:
            return None
        chosen = chance.choice(among)
        self._promised.add(chosen.unit)
        return chosen

    def _look(self) -> None:
        today = self._runtime.today()
        if today == self._day:
            return
        self._day = today
        now = self._runtime.clock.now()
        here = and_(tenancy.c.unit_id == unit.c.id, tenancy.c.started_at <= now,
                    tenancy.c.ended_at.is_(None) | (tenancy.c.ended_at > now))
        query = (
            select(unit.c.id, unit.c.code, unit.c.area, tenant.c.code.label("tenant"), tenant.c.name, tenant.c.contact, tenant.c.phone)
            .select_from(unit.outerjoin(tenancy, here).outerjoin(tenant, tenant.c.id == tenancy.c.tenant_id))
            .order_by(unit.c.code)
        )
        with UnitOfWork(self._runtime.database) as uow:
            rows = uow.reading.execute(query).all()
        before = set(self._taken)
        self._taken, self._empty = {}, []
        for row in rows:
            area = row.area or Decimal(0)
            if row.tenant is None:
                self._empty.append(Place(row.id, row.code, area))
            else:
                self._taken[row.code] = Place(row.id, row.code, area, row.tenant, row.name, row.contact or row.name, row.phone or "")
        # whoever came or went is settled: the unit is free for the next
        self._promised -= before.symmetric_difference(self._taken)
