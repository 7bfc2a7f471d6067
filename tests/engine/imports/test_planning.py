"""Workbooks are planned by a job: told how far it is, stopped, begun anew; what comes of it is what reading at once gives."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import ForbiddenError
from engine.imports import planning, storing
from engine.imports.storing import ImportNotOpenError, NothingToImportError
from engine.persistence.tables import import_row, import_run, import_workbook
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from tests.builders import Person, make_user, rows
from tests.workbooks import COMPANY, workbook


@pytest.fixture
def administrator(runtime: Runtime) -> Person:
    return make_user(runtime, "administrator")


def send(runtime: Runtime, person: Person, raw: bytes) -> int:
    """Take a workbook in, committed."""
    with UnitOfWork(runtime.database) as uow:
        import_id = planning.receive(runtime, uow, person.actor, "company.xlsx", raw)
        uow.commit()
    return import_id


def test_a_plan_made_by_the_job_is_the_plan_made_at_once(runtime: Runtime, administrator: Person) -> None:
    """Queued with the workbook; done twice it is done once, and the workbook isn't kept longer than it is needed."""
    raw = workbook(COMPANY)
    with UnitOfWork(runtime.database) as uow:
        at_once = storing.read(runtime, uow, administrator.actor, "company.xlsx", raw)
        uow.commit()
    import_id = send(runtime, administrator, raw)
    sent = runtime.outbox.sent  # type: ignore[attr-defined]
    assert sent == [(planning.JOB, f"plan_import-{import_id}", {"import_id": import_id})]
    assert [row.state for row in rows(runtime, import_run)] == ["planned", "reading"]
    planning.plan(runtime, import_id)
    planning.plan(runtime, import_id)
    one, other = rows(runtime, import_run)
    assert (other.state, other.new_count, other.refused_count) == ("planned", one.new_count, one.refused_count)
    plans: list[list[tuple[Any, ...]]] = [[tuple(row)[1:] for row in rows(runtime, import_row, import_row.c.import_id == each)]
                                          for each in (at_once, import_id)]  # fmt: skip
    assert plans[0] == plans[1]
    assert rows(runtime, import_workbook) == []


def test_one_that_is_thrown_away_while_it_is_read_stops(
    runtime: Runtime, administrator: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At its next look; nothing of it is kept but that it was sent."""
    monkeypatch.setattr(planning, "_LOOK", 0)
    import_id = send(runtime, administrator, workbook(COMPANY))
    seen: list[int] = []
    tell = planning._Teller._tell

    def told(teller: planning._Teller, uow: UnitOfWork, done: int) -> None:
        seen.append(done)
        if done == 2:
            storing.discard(runtime, uow, administrator.actor, import_id)
        else:
            tell(teller, uow, done)

    monkeypatch.setattr(planning._Teller, "_tell", told)
    planning.plan(runtime, import_id)
    assert seen == [1, 2, 3]
    (run,) = rows(runtime, import_run)
    assert (run.state, run.checked_count) == ("discarded", 1)
    assert rows(runtime, import_row) == rows(runtime, import_workbook) == []
    with UnitOfWork(runtime.database) as uow, pytest.raises(ImportNotOpenError):
        storing.discard(runtime, uow, administrator.actor, import_id)


def test_what_is_refused_at_once_and_what_later(
    runtime: Runtime, administrator: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No rows, no right: nothing is taken in. A workbook that turns out to hold nothing says so on its page."""
    with UnitOfWork(runtime.database) as uow:
        with pytest.raises(NothingToImportError):
            planning.receive(runtime, uow, administrator.actor, "x.xlsx", workbook({"單元": [["編號"]]}))
        with pytest.raises(ForbiddenError):
            planning.receive(runtime, uow, make_user(runtime, "manager").actor, "x.xlsx", workbook(COMPANY))
    import_id = send(runtime, administrator, workbook(COMPANY))
    monkeypatch.setattr(planning, "plan_sheets", lambda *_arguments: [])
    planning.plan(runtime, import_id)
    (run,) = rows(runtime, import_run)
    assert run.state == "unreadable"
    assert "沒有可以匯入的內容" in run.problem
