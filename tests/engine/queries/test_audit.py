"""The audit log: every record merged by time, paged without loss or repeat, narrowed, and no more of it than somebody may read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from sqlalchemy import insert, update

from engine import identity, instances, list_files
from engine.company import directory
from engine.errors import ForbiddenError
from engine.instances import run_step
from engine.model import Actor, Channel
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import audit
from engine.queries.audit import AuditFilters, AuditRow
from engine.queries.audit_sources import AuditKind
from engine.runtime import Runtime
from tests.builders import deploy_simple, make_site, make_user


@dataclass(frozen=True)
class Stage:
    """Two sites with a case each, and one act of every kind but interventions, some of them in the same moment."""

    runtime: Runtime
    here: int
    there: int
    administrator: Actor
    manager: Actor
    clerk: Actor

    def read(self, actor: Actor, limit: int = 200, **narrowed: object) -> list[AuditRow]:
        """Every row, page by page."""
        found: list[AuditRow] = []
        after = None
        with UnitOfWork(self.runtime.database) as uow:
            while True:
                page = audit.page(uow, actor, AuditFilters(**narrowed), after=after, limit=limit)  # type: ignore[arg-type]
                assert len(page.rows) <= limit
                found += page.rows
                after = page.after
                if after is None:
                    return found


@pytest.fixture
def stage(runtime: Runtime) -> Stage:
    """A morning's work."""
    deploy_simple(runtime, "errand", ("do_errand", "customer_service"))
    here, there = make_site(runtime), make_site(runtime)
    administrator = replace(make_user(runtime, "administrator").actor, channel=Channel.DESK)
    manager = make_user(runtime, "manager", site_id=here).actor
    clerk = replace(make_user(runtime, "customer_service", username="clerk").actor, channel=Channel.PHONE)
    cases = [
        run_step(runtime, lambda uow, at=at: instances.start(runtime, uow, clerk, "errand", {}, site_id=at)).id for at in (here, there)
    ]
    now = runtime.clock.now()
    with UnitOfWork(runtime.database) as uow:
        directory.change(runtime, uow, administrator, "site", here, {"name": "東園"}, 1)
        identity.look(uow, administrator, instance_id=cases[1], site_id=there, what=["papers"], now=now)
        list_files.note(runtime, uow, administrator, "cases", "q=1", "csv", 7)
        connection = uow.writing
        attempt = {"username": "clerk", "address": "10.0.0.9", "succeeded": False}
        connection.execute(insert(tables.sign_in_attempt).values(**attempt, at=now - timedelta(hours=1)))
        connection.execute(insert(tables.user_session).values(
            user_id=clerk.user_id, digest=b"x", method="password", created_at=now, last_seen_at=now, ended_at=now + timedelta(minutes=5),
            ended_by=administrator.user_id))
        connection.execute(update(tables.instance).where(tables.instance.c.id == cases[1]).values(business_key="WX-1"))
        connection.execute(insert(tables.import_run).values(
            name="m.xlsx", digest=b"x", state="applied", read_at=now, read_by=administrator.user_id, confirmed_at=now,
            confirmed_by=administrator.user_id))
        connection.execute(insert(tables.proposal).values(
            state="refused", procedure="errand", name="errand", keys="[]", made_at=now, asked_at=now, asked_by=administrator.user_id,
            decided_at=now, decided_by=manager.user_id, decision_note="no"))
        drafted = {"procedure": "errand", "revision": 1, "created_at": now, "changed_at": now}
        connection.execute(insert(tables.design_draft).values(id=1, **drafted))
        connection.execute(insert(tables.design_version).values(
            draft_id=1, number=1, name="first", revision=1, created_at=now, created_by=administrator.user_id))
        connection.execute(insert(tables.retention_run).values(
            kind="texts", procedure="", days=30, from_tenancy=False, cutoff=now, asked_at=now, state="finished"))
        target = {"limit_id": "errand.done", "target": "PT1H", "reason": "r", "effective_from": now.date()}
        connection.execute(insert(tables.limit_target).values(**target, set_at=now, set_by=administrator.user_id))
        uow.commit()
    return Stage(runtime, here, there, administrator, manager, clerk)


def test_every_record_is_one_list_by_time(stage: Stage) -> None:
    """Latest first, in the same order at every page length, nothing lost and nothing twice."""
    whole = stage.read(stage.administrator)
    assert [row.at for row in whole] == sorted((row.at for row in whole), reverse=True)
    assert {row.kind for row in whole} == set(AuditKind) - {AuditKind.INTERVENTION, AuditKind.PEOPLE}
    assert (whole[0].action, whole[-1].action) == ("session.ended", "session.failed")
    for limit in (1, 2, 3):
        assert stage.read(stage.administrator, limit) == whole


def test_what_the_system_did_by_itself_is_no_act_of_a_person(stage: Stage) -> None:
    told = [row for row in stage.read(stage.administrator) if row.kind == AuditKind.CASE]
    assert {row.channel for row in told} == {"phone"}
    assert all(row.event is not None and row.actor_name for row in told)


def test_it_is_narrowed_to_a_person_a_kind_a_case_and_days(stage: Stage) -> None:
    of_clerk = stage.read(stage.administrator, person_id=stage.clerk.user_id)
    assert {row.action for row in of_clerk} >= {"instance.started", "session.begun", "session.failed"}
    assert {row.actor_id for row in of_clerk} == {stage.clerk.user_id}
    confirmed, read, changed = stage.read(stage.administrator, kind=AuditKind.DIRECTORY)
    assert (confirmed.action, read.action, read.title) == ("import.confirmed", "import.read", "m.xlsx")
    told = {row.action: row.detail for row in stage.read(stage.administrator, kind=AuditKind.PROCEDURE)}
    assert told["draft.kept"] == {"number": 1, "version_name": "first"}
    assert told["proposal.decided"] == {"state": "refused", "note": "no"}
    assert "proposal.asked" in told
    assert (changed.about, changed.about_id, changed.detail["name"][1]) == ("site", str(stage.here), "東園")
    about = stage.read(stage.administrator, case="WX-1")
    assert {row.business_key for row in about} == {"WX-1"}
    assert {row.kind for row in about} == {AuditKind.CASE, AuditKind.IDENTITY}
    now = stage.runtime.clock.now()
    assert [row.action for row in stage.read(stage.administrator, before=now)] == ["session.failed"]
    assert [row.action for row in stage.read(stage.administrator, since=now + timedelta(minutes=1))] == ["session.ended"]


def test_a_manager_reads_what_happened_at_the_own_site(stage: Stage) -> None:
    """Cases and places, and nothing of accounts, exports or papers of identity; nobody else reads any of it."""
    rows = stage.read(stage.manager, 1)
    assert {row.kind for row in rows} == {AuditKind.CASE, AuditKind.DIRECTORY}
    assert len({row.about_id for row in rows if row.kind == AuditKind.CASE}) == 1
    elsewhere = make_user(stage.runtime, "manager", site_id=stage.there).actor
    assert {row.kind for row in stage.read(elsewhere)} == {AuditKind.CASE}
    with pytest.raises(ForbiddenError):
        stage.read(stage.clerk)
