"""Where scenarios are played: a store with the pretend company and the deployed procedures, made once and restored for each scenario.

Nothing of it touches the real store, and nothing outlives the stage. Definitions are compiled once for all scenarios.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import event

from engine import definitions, start_timers
from engine.bootstrap import equip
from engine.clock import MovableClock
from engine.content import Organisation
from engine.definitions import Deployment
from engine.model import SYSTEM
from engine.persistence.database import Database
from engine.persistence.tables import metadata
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import NoOutbox, Runtime
from engine.scenarios import company
from engine.settings import Settings
from engine.spiff.cache import DefinitionCache, LiveCache
from engine.spiff.reader import InProcessReader, PackageReader
from engine.spiff.sandbox import Sandbox

#: before any scenario begins
_FOUNDED = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Scene:
    """One scenario's own world."""

    runtime: Runtime
    clock: MovableClock
    outbox: NoOutbox
    company: company.Company
    begins_at: datetime


class Stage:
    """Use as a context manager: deploy what is needed, then open one scene after the other."""

    def __init__(self, settings: Settings, organisation: Organisation, *, reader: InProcessReader | PackageReader | None = None) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="guicheng-scenarios-"))
        self._settings = replace(settings, db=f"sqlite:///{self._folder / 'stage.db'}", files=self._folder / "files", sandbox_workers=1)
        self._sandbox = Sandbox(self._settings)
        self._definitions = DefinitionCache()
        self._organisation = organisation
        self._reader = reader or InProcessReader()
        # one engine for all scenes: a new one would compile every statement again
        self._database = _fast_database(self._settings.db)
        #: the store as every scene finds it; None while it is being set up
        self._template: sqlite3.Connection | None = None
        metadata.create_all(self._database.engine)
        with UnitOfWork(self._database) as uow:
            self._company = company.found(self._runtime(MovableClock(_FOUNDED), NoOutbox()), uow)
            uow.commit()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Remove everything."""
        self._database.close()
        if self._template is not None:
            self._template.close()
        self._sandbox.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def deploy(self, files: Mapping[str, bytes], *, is_ours: bool = False) -> Deployment:
        """Deploy a procedure into the template; before the first scene. DeploymentRefusedError as `definitions.deploy`."""
        assert self._template is None, "the stage is set already"
        runtime = self._runtime(MovableClock(_FOUNDED), NoOutbox())
        with UnitOfWork(self._database) as uow:
            deployment = definitions.deploy(runtime, uow, SYSTEM, files, is_ours=is_ours)
            uow.commit()
        return deployment

    @contextmanager
    def scene(self, begins_at: datetime, timed: Collection[str] | None = None) -> Iterator[Scene]:
        """A world of its own, whose clock stands at `begins_at`. One at a time.

        Timer starts count as deployed then; only those of the processes `timed` (None: all) come due, so that nobody else's monthly
        work walks in.
        """
        self._reset()
        clock, outbox = MovableClock(begins_at.astimezone(UTC)), NoOutbox()
        runtime = self._runtime(clock, outbox)
        with UnitOfWork(self._database) as uow:
            start_timers.begin_anew(runtime, uow, timed)
            uow.commit()
        yield Scene(runtime, clock, outbox, self._company, begins_at)

    def _reset(self) -> None:
        pooled = self._database.engine.raw_connection()
        try:
            raw = pooled.driver_connection
            assert isinstance(raw, sqlite3.Connection)
            if self._template is None:
                # whoever keeps a stage uses it from one thread at a time, not always the same
                self._template = sqlite3.connect(":memory:", check_same_thread=False)
                raw.backup(self._template)
            else:
                self._template.backup(raw)
        finally:
            pooled.close()

    def _runtime(self, clock: MovableClock, outbox: NoOutbox) -> Runtime:
        return equip(Runtime(
            settings=self._settings, database=self._database, definitions=self._definitions, live=LiveCache(self._settings.live_cache),
            sandbox=self._sandbox, organisation=self._organisation, reader=self._reader, clock=clock, outbox=outbox,
        ))


def _fast_database(url: str) -> Database:
    database = Database(url, pool_size=2)

    @event.listens_for(database.engine, "connect")
    def _connected(connection: Any, _record: Any) -> None:
        # the store is thrown away: it need not survive a power failure
        connection.execute("PRAGMA synchronous=OFF")

    return database
