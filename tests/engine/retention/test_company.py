"""What lies in no case goes by its own rules: tenants who moved out, sign-ins, imported rows; and what waits for a tenancy's end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import insert, update

from engine.clock import MovableClock
from engine.erased import erased_on
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.retention import reading, runs
from engine.retention.kinds import Kind
from engine.runtime import Runtime
from engine.verification import verify
from tests import builders
from tests.engine.retention import visits


def test_a_tenant_who_moved_out_goes_from_the_directory_and_from_cases(runtime: Runtime, clock: MovableClock) -> None:
    visits.deploy(runtime)
    done = visits.visited(runtime)
    unit = builders.make_unit(runtime)
    person = builders.make_tenant(runtime, unit_id=unit, kind="person", name="端木蓉蓉", phone="13611112222", contact="端木先生")
    staying = builders.make_tenant(runtime, unit_id=unit, kind="person", name="南宮雪雪")
    with runtime.database.writing() as connection:
        named = [{"kind": "tenant", "target_id": each, "instance_id": done.id} for each in (person, staying)]
        connection.execute(insert(tables.instance_reference).values(named))
        connection.execute(update(tables.case_comment).values(body="端木蓉蓉和南宮雪雪都在"))
        connection.execute(update(tables.tenancy).where(tables.tenancy.c.tenant_id == person).values(ended_at=clock.now()))
        connection.execute(insert(tables.directory_change).values(
            kind="tenant", entry=str(person), at=clock.now(), action="changed", changes='{"name":["端木蓉","端木蓉蓉"],"code":["A","B"]}'))
    visits.switch_on(runtime, done.admin, Kind.TENANTS)
    visits.switch_on(runtime, done.admin, Kind.IDENTITY, procedure="visiting", from_tenancy=True)
    clock.advance(timedelta(days=29))
    assert runs.daily(runtime) == []
    clock.advance(timedelta(days=2))
    # the papers of identity wait for whoever still lives there
    (run_id,) = runs.daily(runtime)
    runs.carry_out(runtime, run_id)
    gone, kept = (builders.rows(runtime, tables.tenant, tables.tenant.c.id == each)[0] for each in (person, staying))
    assert erased_on(gone.name)
    assert (gone.contact, gone.phone, kept.name) == (None, None, "南宮雪雪")
    assert all("端木" not in row.search and "1361" not in row.search for row in builders.rows(runtime, tables.tenant))
    (comment,) = builders.rows(runtime, tables.case_comment)
    assert "端木" not in comment.body
    assert "南宮雪雪都在" in comment.body
    (change,) = (row for row in builders.rows(runtime, tables.directory_change) if row.kind == "tenant")
    assert "端木" not in change.changes
    assert '["A","B"]' in change.changes
    assert list(verify(runtime)) == []
    clock.advance(timedelta(days=1))
    assert runs.daily(runtime) == []


@pytest.mark.parametrize("kind", [Kind.SIGN_INS, Kind.IMPORTS])
def test_old_rows_of_the_companys_go_and_young_ones_stay(runtime: Runtime, clock: MovableClock, kind: Kind) -> None:
    admin = builders.make_user(runtime, "administrator")
    old = clock.now() - timedelta(days=400)
    row = {"import_id": 1, "position": 1, "sheet": "s", "line": 2, "kind": "tenant", "key": "[1]", "label": "端木蓉蓉", "action": "new",
           "payload": '{"name":"端木蓉蓉"}', "state": "applied"}
    with runtime.database.writing() as connection:
        for moment, name in ((old, "old"), (clock.now(), "young")):
            attempt = {"username": name, "address": "10.0.0.1", "succeeded": False}
            connection.execute(insert(tables.sign_in_attempt).values(**attempt, at=moment))
            connection.execute(insert(tables.user_session).values(
                user_id=admin.id, digest=name.encode(), method="password", created_at=moment, last_seen_at=moment))
        connection.execute(insert(tables.import_run).values(
            id=1, name="m.xlsx", digest=b"x", state="applied", read_at=old, finished_at=old))
        connection.execute(insert(tables.import_row).values(**row))
    visits.switch_on(runtime, admin, kind, days=365)
    with UnitOfWork(runtime.database) as uow:
        found = reading.preview(runtime, uow, admin.actor, kind, "")
    assert found.due == (2 if kind is Kind.SIGN_INS else 1)
    visits.carry_out(runtime, runs.daily(runtime))
    (run,) = builders.rows(runtime, tables.retention_run)
    assert (run.state, run.done_count) == ("finished", found.due)
    left = [each.username for each in builders.rows(runtime, tables.sign_in_attempt)]
    (imported,) = builders.rows(runtime, tables.import_row)
    assert left == (["young"] if kind is Kind.SIGN_INS else ["old", "young"])
    assert len(builders.rows(runtime, tables.user_session)) == len(left)
    assert ("端木蓉蓉" in imported.payload + imported.label) is (kind is Kind.SIGN_INS)
