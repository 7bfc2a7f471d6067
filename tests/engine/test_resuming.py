"""Runs in the background whose asker has left stop with the reason, whatever kind they are, and go on for whoever may."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import Table, select

from engine import intervention_runs, interventions, migration_runs, resuming
from engine.clock import MovableClock
from engine.company import asking, users
from engine.errors import ForbiddenError
from engine.imports import storing
from engine.model import SYSTEM
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.retention import runs as erasures
from engine.retention.kinds import Kind
from engine.runtime import Runtime
from engine.steps import run_step
from tests import builders
from tests.builders import Person
from tests.engine.retention import visits
from tests.workbooks import COMPANY, workbook

pytestmark = pytest.mark.databases("sqlite")


@dataclass(frozen=True, slots=True)
class Asked:
    """A run that was asked for and has not begun."""

    id: int
    table: Table
    carry_out: Callable[[Runtime, int], None]
    finished: str


def intervention(runtime: Runtime, clock: MovableClock, who: Person) -> Asked:
    builders.deploy_simple(runtime)
    ids = [builders.start(runtime, "errand").id for _ in range(2)]
    order = interventions.Order(interventions.Verb.SUSPEND, "停水")
    made = run_step(runtime, lambda uow: intervention_runs.begin(runtime, uow, who.actor, order, ids))
    return Asked(made, tables.intervention, intervention_runs.carry_out, "finished")


def migration(runtime: Runtime, clock: MovableClock, who: Person) -> Asked:
    builders.deploy_simple(runtime)
    ids = [builders.start(runtime, "errand").id for _ in range(2)]
    latest = builders.deploy_simple(runtime, "errand", ("do_errand", "customer_service"), ("check_errand", "customer_service"))
    made = run_step(runtime, lambda uow: migration_runs.begin(
        runtime, uow, who.actor, latest.id, [migration_runs.Chosen(ids, {})], "改用新版"))
    return Asked(made, tables.migration_run, migration_runs.carry_out, "finished")


def an_import(runtime: Runtime, clock: MovableClock, who: Person) -> Asked:
    made = run_step(runtime, lambda uow: storing.read(runtime, uow, who.actor, "going-live.xlsx", workbook(COMPANY)))
    run_step(runtime, lambda uow: storing.confirm(runtime, uow, who.actor, made))
    return Asked(made, tables.import_run, storing.carry_out, "applied")


def erasure(runtime: Runtime, clock: MovableClock, who: Person) -> Asked:
    visits.deploy(runtime)
    visits.visited(runtime)
    visits.switch_on(runtime, who, Kind.TEXTS)
    clock.advance(timedelta(days=31))
    made = run_step(runtime, lambda uow: erasures.begin(runtime, uow, who.actor, Kind.TEXTS, ""))
    return Asked(made, tables.retention_run, erasures.carry_out, "finished")


@pytest.mark.parametrize(
    ("kind", "ask"), [("interventions", intervention), ("migrations", migration), ("imports", an_import), ("erasures", erasure)])
def test_a_run_stops_when_its_asker_has_left_and_goes_on_for_somebody_else(
    runtime: Runtime, clock: MovableClock, kind: str, ask: Callable[[Runtime, MovableClock, Person], Asked]
) -> None:
    leaving, other = builders.make_user(runtime, "administrator"), builders.make_user(runtime, "administrator")
    outsider = builders.make_user(runtime, "customer_service")
    asked = ask(runtime, clock, leaving)
    run_step(runtime, lambda uow: users.deactivate(runtime, uow, SYSTEM, leaving.id))

    def state() -> str:
        with UnitOfWork(runtime.database) as uow:
            return str(uow.reading.execute(select(asked.table.c.state).where(asked.table.c.id == asked.id)).scalar())

    asked.carry_out(runtime, asked.id)
    assert state() == "stopped"
    with UnitOfWork(runtime.database) as uow:
        told = asking.why(uow, kind, asked.id)
    assert told is not None
    assert told.data == {"name": leaving.name}
    with pytest.raises(ForbiddenError), UnitOfWork(runtime.database) as uow:
        resuming.resume(runtime, uow, outsider.actor, kind, asked.id)
    run_step(runtime, lambda uow: resuming.resume(runtime, uow, other.actor, kind, asked.id))
    asked.carry_out(runtime, asked.id)
    assert state() == asked.finished
    with UnitOfWork(runtime.database) as uow:
        assert asking.why(uow, kind, asked.id) is None


def test_a_run_stops_as_well_when_its_asker_may_no_longer_ask(runtime: Runtime, clock: MovableClock) -> None:
    manager = builders.make_user(runtime, "manager")
    asked = intervention(runtime, clock, manager)
    run_step(runtime, lambda uow: users.set_grants(runtime, uow, SYSTEM, manager.id, []))
    asked.carry_out(runtime, asked.id)
    (row,) = builders.rows(runtime, tables.intervention)
    assert (row.state, row.refused_count) == ("stopped", 0)
