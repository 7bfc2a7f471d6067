"""Whether a survey of two thousand tenants costs no more an interview than one of a few, from its start to the count of its rounds."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path

from engine.bootstrap import open_runtime
from engine.clock import MovableClock
from engine.persistence.database import Database
from engine.persistence.schema import upgrade
from tests.benchmarks.report import Result
from tests.benchmarks.stage import Stage, settings
from tests.survey import Survey, hold


def measure(stage: Stage) -> None:
    """A small survey and a large one, each in a store of its own: the clock is moved by weeks. On SQLite, whichever backend is measured."""
    if stage.backend != "sqlite":
        return
    small, large = stage.scale.tenants
    few, many = _held(small), _held(large)
    for name, unit_seconds in (("starting", lambda each: each.starting), ("asking", lambda each: each.asking)):
        one, all_of_them = unit_seconds(few) / small, unit_seconds(many) / large
        stage.report.add(Result(f"survey: {name}, an interview", stage.backend, f"{large:,} tenants", all_of_them * 1_000, "ms"))
        stage.report.add(Result(f"survey: {name}, an interview", stage.backend, f"{large:,} ÷ {small:,}", all_of_them / one, "×",
                                target="survey.ratio"))
    stage.report.add(Result("survey: counting the first round", stage.backend, f"{large:,} tenants", many.counting * 1_000, "ms"))


def _held(tenants: int) -> Survey:
    with tempfile.TemporaryDirectory(prefix="guicheng-survey-") as folder:
        url = f"sqlite:///{folder}/survey.db"
        database = Database(url)
        upgrade(database)
        database.close()
        clock = MovableClock(datetime(2026, 3, 2, 1, tzinfo=UTC))
        with open_runtime(settings(url, Path(folder) / "files"), clock=clock, is_trusted=True) as runtime:
            return hold(runtime, clock, tenants)
