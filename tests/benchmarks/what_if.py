"""Whether the weeks ahead are played fast enough to ask again: cases of the repair procedure, learned from the example company."""

from __future__ import annotations

import tempfile
import time
from datetime import timedelta
from pathlib import Path

from engine.bootstrap import open_runtime
from engine.demo.filling import fill
from engine.persistence.database import Database
from engine.persistence.schema import upgrade
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.what_if.learning import Learned
from engine.what_if.order import Order
from engine.what_if.world import World
from tests.benchmarks.report import Result
from tests.benchmarks.stage import Stage, settings, settle

_KEY, _WEEKS = "repair", 4
#: of each role: cases are to go through to their end, not to wait
_STAFF = 60


def measure(stage: Stage) -> None:
    """Rising numbers of cases over the same weeks. On SQLite, whichever backend is measured: the store is read once, then all is memory."""
    if stage.backend != "sqlite":
        return
    with tempfile.TemporaryDirectory(prefix="guicheng-what-if-") as folder:
        url = f"sqlite:///{folder}/company.db"
        database = Database(url)
        upgrade(database)
        database.close()
        with open_runtime(settings(url, Path(folder) / "files"), is_trusted=True) as runtime:
            fill(runtime)
            _play(stage, runtime)


def _play(stage: Stage, runtime: Runtime) -> None:
    now = runtime.clock.now()
    staff = dict.fromkeys((role.id for role in runtime.organisation.roles.values() if not role.is_outside), _STAFF)
    order = Order(now - timedelta(days=30), now, _WEEKS, {_KEY: 1.0}, staff, with_open=False)
    each: dict[int, float] = {}
    with UnitOfWork(runtime.database) as uow:
        began = time.perf_counter()
        learned = Learned(runtime, uow, order, None)
        stage.report.add(Result("what if: learning", stage.backend, "the example company", (time.perf_counter() - began) * 1_000, "ms"))
        for wanted in stage.scale.plays:
            factor = wanted / (learned.arrivals.a_day(_KEY) * 7 * _WEEKS)
            asked = Order(order.since, order.until, _WEEKS, {_KEY: factor}, staff, with_open=False)
            settle()
            world = World(runtime, uow, learned, asked, 0)
            began, used = time.perf_counter(), time.process_time()
            played = world.play(lambda _share: None)
            took, cpu = time.perf_counter() - began, time.process_time() - used
            count = played["began"][_KEY]
            each[wanted] = took / count
            items = sum(role["items"] for role in played["roles"].values())
            stage.report.add(Result(
                "what if: playing", stage.backend, f"{count:,} cases", took, "s", target="what_if.thousand" if wanted == 1_000 else None,
                note=f"{items:,} work items, {took / count * 1_000:.1f} ms a case, {cpu:.1f} s of this process",
            ))  # fmt: skip
    few, many = min(each), max(each)
    stage.report.add(Result("what if: playing, a case", stage.backend, f"{many:,} ÷ {few:,}", each[many] / each[few], "×",
                            target="what_if.ratio"))  # fmt: skip
