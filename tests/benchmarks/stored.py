"""Bytes that an instance leaves in the store, and memory that the process takes."""

from __future__ import annotations

import json
from pathlib import Path

from sqlalchemy import text

from engine.persistence.tables import metadata
from engine.persistence.unit_of_work import UnitOfWork
from engine.timers import next_due_at
from tests.benchmarks import workload
from tests.benchmarks.report import Result
from tests.benchmarks.stage import Stage, median, settle, timed
from tests.benchmarks.targets import PEERS


def measure(stage: Stage) -> None:
    """The growth of the store by finished cases, history and work items included; what live workflows weigh; an idle timer's cost."""
    count = stage.scale.instances * 3
    own_data = len(json.dumps([workload.answer(number) for number in range(1, workload.STEPS + 1)], ensure_ascii=False).encode())
    before = _size(stage)
    for _ in range(count):
        items = [*stage.start("procedure").work_item_ids]
        for number in range(1, workload.STEPS + 1):
            items += stage.complete(items.pop(0), workload.answer(number)).new_work_items
    each = (_size(stage) - before) / count
    stage.report.add(Result("stored bytes", stage.backend, "an instance, rows", each / 1024, "KB", peer=PEERS["stored"][1]))
    stage.report.add(Result("stored bytes", stage.backend, "above its own data", each - own_data, "bytes", target="stored.overhead",
                            note=f"own data {own_data:,} bytes as submitted"))
    _memory(stage)
    _idle(stage)


def _size(stage: Stage) -> int:
    """Bytes of all column values of the tables that cases write to."""
    total = 0
    names = ("instance", "work_item", "history_event", "history_value", "event_subscription", "due", "limit_clock", "instance_variable")
    with stage.database.reading() as connection:
        for name in names:
            columns = [column.name for column in metadata.tables[name].columns]
            if stage.database.is_sqlite:
                width = " + ".join(f"coalesce(length(CAST({column} AS BLOB)), 0)" for column in columns)
            else:
                width = " + ".join(f"coalesce(pg_column_size({column}), 0)" for column in columns)
            total += connection.execute(text(f"SELECT coalesce(sum({width}), 0) FROM {name}")).scalar_one()
    return int(total)


def _memory(stage: Stage) -> None:
    settle()
    before = _resident()
    for _ in range(stage.runtime.settings.live_cache):
        stage.start("procedure")
    stage.report.add(Result("memory", stage.backend, "the process", _resident() / 1024, "MB"))
    grown = (_resident() - before) / stage.runtime.settings.live_cache
    stage.report.add(Result("memory", stage.backend, "a live workflow in the cache", max(0.0, grown), "KB"))


def _resident() -> float:
    """Kilobytes in memory now."""
    status = Path("/proc/self/status").read_text()
    return float(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])


def _idle(stage: Stage) -> None:
    """What asking for the next due time costs while many wait: that is all an idle timer ever costs."""
    is_sqlite = stage.database.is_sqlite
    waiting = 200_000 if stage.scale.requests > 200 else 20_000
    numbers = (
        f"WITH RECURSIVE counter(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counter WHERE n < {waiting}) SELECT n FROM counter"
        if is_sqlite else f"SELECT n FROM generate_series(1, {waiting}) AS n"
    )
    moment = "4000000000000000 + n" if is_sqlite else "to_timestamp(4000000000 + n)"
    with stage.database.writing() as connection:
        columns = f"'timer', {moment}, NULL, 'bench-' || n"
        connection.execute(text(f"INSERT INTO due (kind, due_at, instance_id, subject) SELECT {columns} FROM ({numbers}) AS numbers"))

    def probe() -> None:
        with UnitOfWork(stage.database) as uow:
            next_due_at(uow)

    probe()
    times = [timed(probe)[0] for _ in range(200)]
    stage.report.add(Result("idle timers", stage.backend, f"one look over {waiting:,}", median(times), "ms", peer=PEERS["timer"][1]))
    with stage.database.writing() as connection:
        connection.execute(text("DELETE FROM due WHERE subject LIKE 'bench-%'"))
