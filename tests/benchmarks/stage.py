"""What every measurement stands on: a fresh durable store, an open runtime, the same deployed processes, timing."""

from __future__ import annotations

import gc
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import event

from engine import definitions, instances, work_items
from engine.bootstrap import open_runtime
from engine.instances import run_step
from engine.model import SYSTEM, Actor
from engine.persistence.database import Database
from engine.persistence.schema import upgrade
from engine.runtime import Runtime
from engine.settings import Settings
from tests.benchmarks import workload
from tests.benchmarks.report import Report
from tests.builders import make_site, make_user
from tests.postgres import PostgresServer


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is measured."""

    #: paired rounds of ours and the naive store
    rounds: int
    #: instances a round
    instances: int
    #: loops of the growth measurement
    loops: tuple[int, ...]
    #: loops that the naive store is taken to: each costs it more than the one before
    naive_loops: int
    #: open items of the inbox measurement
    items: tuple[int, ...]
    #: requests of the HTTP measurement
    requests: int
    #: settled tenants of a small survey and of a large one, multiples of twenty
    tenants: tuple[int, int] = (40, 200)
    #: clocks of the limits' measurement
    clocks: int = 10_000
    #: cases of a what-if
    plays: tuple[int, ...] = (100, 1_000)


FULL = Scale(rounds=7, instances=20, loops=(10, 1_000, 10_000), naive_loops=300, items=(1_000, 100_000, 1_000_000), requests=600,
             tenants=(100, 2_000), clocks=100_000, plays=(100, 1_000, 5_000))
QUICK = Scale(rounds=3, instances=6, loops=(10, 100, 500), naive_loops=60, items=(1_000, 20_000), requests=120)


#: of the pattern, the last one with a thousandth of the cases
SITES = 8


@dataclass(frozen=True, slots=True)
class Filled:
    """Where the rows' counting begins."""

    first_user: int
    first_site: int
    first_unit: int
    first_tenant: int
    #: the last moment at which anything moved
    end: datetime

    @property
    def small_site(self) -> int:
        """Has one of a thousand cases."""
        return self.first_site + SITES - 1


@dataclass(slots=True)
class Stage:
    """One backend with everything that a measurement needs."""

    backend: str
    runtime: Runtime
    scale: Scale
    report: Report
    #: holds every role of the workload at every site
    actor: Actor
    folder: Path
    #: by size, where the counting of what `filling` put into the store begins
    filled: dict[int, Filled] = field(default_factory=dict)

    @property
    def database(self) -> Database:
        """The store."""
        return self.runtime.database

    def start(self, key: str) -> instances.StartedInstance:
        """Start an instance, committed."""
        return run_step(self.runtime, lambda uow: instances.start(self.runtime, uow, self.actor, key, {}))

    def complete(self, item_id: int, data: dict[str, Any]) -> instances.StepResult:
        """Complete a work item, committed."""
        return run_step(self.runtime, lambda uow: work_items.complete(self.runtime, uow, self.actor, item_id, data))

    def deploy(self, files: dict[str, bytes]) -> None:
        """Deploy a process of the workload."""
        run_step(self.runtime, lambda uow: definitions.deploy(self.runtime, uow, SYSTEM, files))


@contextmanager
def stages(backends: list[str], scale: Scale, report: Report) -> Iterator[Iterator[Stage]]:
    """One stage a backend, one after another."""
    with tempfile.TemporaryDirectory(prefix="guicheng-bench-") as folder:
        yield (stage for backend in backends for stage in _stage(backend, scale, report, Path(folder)))


def _stage(backend: str, scale: Scale, report: Report, folder: Path) -> Iterator[Stage]:
    with _url(backend, folder) as url:
        database = Database(url)
        upgrade(database)
        database.close()
        with open_runtime(settings(url, folder / f"{backend}-files"), is_trusted=True) as runtime:
            make_site(runtime)
            person = make_user(runtime, *workload.ROLES, "manager")
            stage = Stage(backend, runtime, scale, report, person.actor, folder)
            stage.deploy({"procedure.bpmn": workload.procedure()})
            stage.deploy({"conditional.bpmn": workload.with_conditions()})
            stage.deploy({"rounds.bpmn": workload.loop()})
            yield stage


def settings(url: str, files: Path) -> Settings:
    """Settings of a server that is measured: the defaults."""
    return Settings(db=url, files=files, secret_key="for benchmarks only", port=0)


@contextmanager
def _url(backend: str, folder: Path) -> Iterator[str]:
    if backend == "sqlite":
        yield f"sqlite:///{folder / 'store.db'}"
        return
    with PostgresServer(is_durable=True) as server:
        yield server.url(server.create())


def timed(act: Callable[[], Any]) -> tuple[float, Any]:
    """Milliseconds, and what it gave."""
    begun = time.perf_counter()
    result = act()
    return (time.perf_counter() - begun) * 1000, result


def median(values: list[float]) -> float:
    """The middle one."""
    return statistics.median(values)


def percentile(values: list[float], part: float) -> float:
    """The value that `part` of all lie below."""
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def settle() -> None:
    """Collect garbage now, so that no measurement pays for the one before."""
    gc.collect()
    gc.freeze()


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """The SQL statements that are run meanwhile, without those that open a transaction."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith("BEGIN"):
            statements.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
