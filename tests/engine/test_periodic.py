"""Periodic starts over a collection: one instance for each item and period, whatever stops, is deployed or happens twice in between."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select, update

from engine import definitions, instances, periodic, timers
from engine.clock import MovableClock
from engine.errors import DeploymentRefusedError
from engine.jobs import handlers, inline
from engine.model import SYSTEM
from engine.operators.catalogue import OPERATORS
from engine.persistence.tables import due, instance, notification, periodic_start, tenancy, unit
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Item, Runtime
from tests.builders import make_site, make_tenant, make_unit, rows
from tests.engine.spiff.xml import bpmn, chain, node, timer

UNITS = 45
MONTHLY = '"R/2026-04-01T00:00:00+08:00/P1M"'


def monthly(**values: str) -> bytes:
    """A process that starts once a month for every let unit, and waits for a person."""
    given = {"for_each": "active_units", **values}
    entries = "".join(f'<spiffworkflow:property name="{name}" value="{value}"/>' for name, value in given.items())
    extension = f"<extensionElements><spiffworkflow:properties>{entries}</spiffworkflow:properties></extensionElements>"
    return bpmn(extension + node("s", "start", timer("Cycle", MONTHLY)) + chain("s a:user e:end"))


def deploy(runtime: Runtime, xml: bytes) -> None:
    """Deploy the process `p`."""
    with UnitOfWork(runtime.database) as uow:
        definitions.deploy(runtime, uow, SYSTEM, {"p.bpmn": xml})
        uow.commit()


@pytest.fixture
def site(runtime: Runtime) -> int:
    """A site with let units, and one that nobody lives in."""
    site_id = make_site(runtime)
    for _ in range(UNITS):
        make_tenant(runtime, unit_id=make_unit(runtime, site_id=site_id))
    make_unit(runtime, site_id=site_id)
    return site_id


def started(runtime: Runtime) -> list[tuple[int, str]]:
    """Item and period of every instance."""
    found = []
    with UnitOfWork(runtime.database) as uow:
        for identity in uow.reading.execute(select(instance.c.id).order_by(instance.c.id)).scalars():
            period = instances.inspect(runtime, uow, identity).variables["_period"]
            found.append((period["item"]["id"], period["period"]))
    return found


def test_every_unit_once_a_period(runtime: Runtime, clock: MovableClock, site: int) -> None:
    """With what is known of it; the next month again; nobody's unit never."""
    with runtime.database.writing() as connection:
        connection.execute(update(tenancy).values(fee_rate=Decimal("2.00")))
    deploy(runtime, monthly())
    inline.advance(runtime, clock, timedelta(days=31))
    found = started(runtime)
    assert len(found) == len(set(found)) == UNITS
    assert {period for _, period in found} == {"2026-04"}
    with UnitOfWork(runtime.database) as uow:
        (first, *_) = uow.reading.execute(select(instance).order_by(instance.c.id)).all()
        item = instances.inspect(runtime, uow, first.id).variables["_period"]["item"]
    assert (item["monthly_fee"], first.site_id, item["tenant"]["label"][:2]) == ("173.00", site, "宏達")
    inline.advance(runtime, clock, timedelta(days=30))
    assert len(set(started(runtime))) == 2 * UNITS


def test_missed_periods_are_made_up_for(runtime: Runtime, clock: MovableClock, site: int) -> None:
    """All of them; with `latest` the last only."""
    deploy(runtime, monthly())
    clock.advance(timedelta(days=95))
    inline.run_due(runtime)
    assert {period for _, period in started(runtime)} == {"2026-04", "2026-05", "2026-06"}
    assert len(set(started(runtime))) == 3 * UNITS


def test_only_the_latest_is_made_up_for(runtime: Runtime, clock: MovableClock, site: int) -> None:
    """But what has begun is finished."""
    deploy(runtime, monthly(catch_up="latest"))
    clock.advance(timedelta(days=31))
    fire_once(runtime, commit=True)
    clock.advance(timedelta(days=64))
    inline.run_due(runtime)
    found = started(runtime)
    assert len(found) == len(set(found)) == 2 * UNITS
    assert {period for _, period in found} == {"2026-04", "2026-06"}


def fire_once(runtime: Runtime, *, commit: bool) -> None:
    """One slice; without a commit as if the machine had stopped before it."""
    with UnitOfWork(runtime.database) as uow:
        (due_id,) = uow.reading.execute(select(due.c.id)).scalars()
        assert timers.fire(runtime, uow, due_id)
        if commit:
            uow.commit()


def test_a_stop_in_the_middle_loses_and_doubles_nothing(runtime: Runtime, clock: MovableClock, site: int) -> None:
    """After a slice, in a slice, and with a new version deployed meanwhile."""
    deploy(runtime, monthly())
    clock.advance(timedelta(days=31))
    fire_once(runtime, commit=True)
    fire_once(runtime, commit=False)
    assert len(rows(runtime, periodic_start)) == periodic.SLICE
    deploy(runtime, monthly(catch_up="all"))
    fire_once(runtime, commit=True)
    with UnitOfWork(runtime.database) as uow:
        (due_id,) = uow.reading.execute(select(due.c.id)).scalars()
    handlers.fire_due(runtime, "again", {"due_id": due_id})
    handlers.fire_due(runtime, "again", {"due_id": due_id})
    found = started(runtime)
    assert len(found) == len(set(found)) == UNITS
    (row,) = rows(runtime, due)
    assert row.due_at > clock.now()


def test_who_is_entered_in_the_middle_is_not_passed_over(runtime: Runtime, clock: MovableClock, site: int) -> None:
    """With an id that the round has gone by already: the unit that stood empty is let from before the period on."""
    deploy(runtime, monthly())
    with runtime.database.writing() as connection:
        first, *_ = connection.execute(select(unit.c.id).order_by(unit.c.id)).scalars().all()
        kept = connection.execute(select(tenancy.c.ended_at, tenancy.c.id).where(tenancy.c.unit_id == first)).one()
        connection.execute(update(tenancy).where(tenancy.c.id == kept.id).values(ended_at=clock.now()))
    clock.advance(timedelta(days=31))
    fire_once(runtime, commit=True)
    assert first not in {row.item_id for row in rows(runtime, periodic_start)}
    with runtime.database.writing() as connection:
        connection.execute(update(tenancy).where(tenancy.c.id == kept.id).values(ended_at=None))
    inline.run_due(runtime)
    found = started(runtime)
    assert len(found) == len(set(found)) == UNITS
    assert found[-1][0] == first


def test_a_slice_lists_no_more_than_it_starts(runtime: Runtime, clock: MovableClock, site: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole list is read once, when the last slice is done, however long it is."""
    deploy(runtime, monthly())
    real, listed = runtime.collections["active_units"], []

    def listing(uow: UnitOfWork, at: datetime, after: int = 0, limit: int | None = None) -> list[Item]:
        found = real(uow, at, after, limit)
        listed.append(len(found))
        return found

    monkeypatch.setattr(runtime, "collections", {"active_units": listing})
    inline.advance(runtime, clock, timedelta(days=31))
    assert listed == [periodic.SLICE, periodic.SLICE, UNITS % periodic.SLICE, 0, UNITS]


def test_one_that_cannot_start_holds_up_no_other(runtime: Runtime, clock: MovableClock, site: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is remembered and reported, once."""
    deploy(runtime, monthly())
    real, unlucky = instances.start, []

    def start(*arguments: object, **options: object) -> object:
        variables = arguments[4]
        assert isinstance(variables, dict)
        item = variables["_period"]["item"]["id"]
        unlucky[:] = unlucky or [item + 3]
        if item == unlucky[0]:
            raise DeploymentRefusedError(())
        return real(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(instances, "start", start)
    inline.advance(runtime, clock, timedelta(days=31))
    assert len(set(started(runtime))) == UNITS - 1
    assert [row.item_id for row in rows(runtime, periodic_start) if row.instance_id is None] == unlucky
    assert [row.role for row in rows(runtime, notification) if row.kind == "start_failed"] == ["administrator"]


def test_a_case_starts_linked_ones_for_each(runtime: Runtime, clock: MovableClock, site: int) -> None:
    """Not in its own step: after it, in slices, linked to it, each once."""
    deploy(runtime, bpmn(node("s", "start") + chain("s a:user e:end")))
    with UnitOfWork(runtime.database) as uow:
        parent = instances.start(runtime, uow, SYSTEM, "p", {}).id
        parameters = {"process": "p", "for_each": "settled_tenants"}
        OPERATORS["instance.start_linked"](runtime, uow, SYSTEM, parent, parameters)
        uow.commit()
    inline.run_due(runtime)
    with UnitOfWork(runtime.database) as uow:
        linked = uow.reading.execute(select(func.count()).where(instance.c.parent_id == parent)).scalar()
    assert linked == UNITS
    assert rows(runtime, due) == []


def test_an_unknown_collection_is_refused(runtime: Runtime) -> None:
    """When it is deployed, not when the time has come."""
    with UnitOfWork(runtime.database) as uow, pytest.raises(DeploymentRefusedError) as refused:
        definitions.deploy(runtime, uow, SYSTEM, {"p.bpmn": monthly(for_each="everybody")})
    assert [finding.rule for finding in refused.value.findings if finding.severity == "error"] == ["unknown-property-value"]
