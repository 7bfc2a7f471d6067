"""The example company's year: some weeks of it, with few tenants, played as the whole one is."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from engine import demo, timers, verification
from engine.bootstrap import open_runtime
from engine.clock import MovableClock
from engine.demo import year
from engine.demo.company import create_places, read_example
from engine.demo.year.plan import read_plan
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.procedures import read_procedures
from engine.runtime import Runtime
from engine.settings import Settings
from tests.builders import ROOT, rows

_NOW = datetime(2026, 1, 7, 3, tzinfo=UTC)
_DAYS = 29
_TENANTS = 3


@dataclass(frozen=True)
class Played:
    """The store, and what came of filling it."""

    runtime: Runtime
    report: year.Report


@pytest.fixture(scope="module")
def played(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """Four weeks over the turn of a year, so that a half-year's survey and monthly duties begin by themselves."""
    folder = tmp_path_factory.mktemp("year")
    shutil.copy(sqlite_template, folder / "store.db")
    settings = Settings(db=f"sqlite:///{folder / 'store.db'}", files=folder / "files", secret_key="for tests only", sandbox_workers=1)
    example = read_example(ROOT / "bpmn")
    with open_runtime(settings, is_trusted=True) as opened:
        runtime = replace(opened, clock=MovableClock(_NOW))
        report = year.play(runtime, replace(example, tenants=example.tenants[:_TENANTS]), days=_DAYS, share=0.02, with_last_days=False)
        yield Played(runtime, report)


def test_nothing_that_the_files_tell_is_refused(played: Played) -> None:
    """Forms take every answer, and every gate opens in the end."""
    assert played.report.refused == ()


def test_every_procedure_occurs(played: Played) -> None:
    """What people begin, and what timers and other cases do; the summary of special services comes on the twenty-first only."""
    procedures = {procedure.name for procedure in read_procedures([ROOT / "bpmn"])}
    begun = {row.definition_key for row in rows(played.runtime, tables.instance)}
    # a renovation of these weeks needs no fire
    assert procedures - begun <= {"special_service_summary", "hot_work"}


def test_every_case_has_an_unbroken_history(played: Played) -> None:
    """As `guicheng verify` looks at it."""
    assert list(verification.verify(played.runtime)) == []


def test_everything_is_dated_by_the_clock_of_the_year(played: Played) -> None:
    """Nothing lies after now, and nothing was made when the machine made it."""
    for table, column in ((tables.history_event, "at"), (tables.work_item, "created_at"), (tables.file, "uploaded_at"),
                          (tables.notification, "made_at"), (tables.intervention, "asked_at"), (tables.instance, "moved_at")):  # fmt: skip
        moments = [getattr(row, column) for row in rows(played.runtime, table)]
        assert all(_NOW - timedelta(days=_DAYS + 1) < moment <= _NOW for moment in moments), table.name


def test_the_month_that_is_over_is_closed_with_its_pack(played: Played) -> None:
    """December, on the sixth of January."""
    assert [row.month.isoformat() for row in rows(played.runtime, tables.closed_month)] == ["2025-12-01"]
    assert [row.month.isoformat() for row in rows(played.runtime, tables.month_pack)] == ["2025-12-01"]


def test_numbers_have_no_gaps(played: Played) -> None:
    """Slips of a month count on from one."""
    numbers = sorted(row.business_key for row in rows(played.runtime, tables.instance) if row.definition_key == "repair")
    months: dict[str, list[int]] = {}
    for number in numbers:
        month, _, count = number.partition("-")
        months.setdefault(month, []).append(int(count))
    assert months
    assert all(counts == list(range(1, len(counts) + 1)) for counts in months.values())


def test_what_waits_is_still_to_come(played: Played) -> None:
    """Timers of open cases fire after now, once the store is served; no message and no mail was left behind."""
    with UnitOfWork(played.runtime.database) as uow:
        assert timers.due_now(played.runtime, uow, 1) == []
        assert uow.reading.execute(select(func.count()).select_from(tables.due)).scalar_one() > 0
    assert rows(played.runtime, tables.delivery) == []


def test_nobody_can_sign_in_before_it_is_whole(played: Played) -> None:
    """Then everybody can, the administrator included."""
    assert demo.is_filled(played.runtime)
    assert all(row.password_hash for row in rows(played.runtime, tables.user))


@pytest.mark.databases("sqlite")
def test_a_store_that_was_cut_off_is_told_from_one_in_use(runtime: Runtime) -> None:
    """It says what to do."""
    example = read_example(ROOT / "bpmn")
    with UnitOfWork(runtime.database) as uow:
        create_places(runtime, uow, replace(example, company={**example.company, "building": []}, tenants=()))
        uow.commit()
    assert not demo.is_filled(runtime)
    with pytest.raises(demo.DemoUnfinishedError):
        demo.fill_year(runtime)


@pytest.mark.databases("sqlite")
def test_the_same_seed_tells_the_same_year(runtime: Runtime) -> None:
    """Whatever the machine, and however often."""
    def told() -> list[tuple[datetime, str, str]]:
        plan = read_plan(ROOT / "bpmn", _NOW.date() - timedelta(days=90), _NOW.date(), runtime.organisation.calendar)
        return [(each.at, each.key, str(sorted(each.story))) for each in plan.arrivals()]

    assert told() == told()
