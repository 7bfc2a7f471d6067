"""Puts a runtime together from settings: the one place where the layers are joined. Used by the command line, the web and the tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from engine import house_rules
from engine.clock import Clock, SystemClock
from engine.company.collections import COLLECTIONS
from engine.company.references import CompanyDirectory
from engine.content import Organisation, read_organisation
from engine.operators.catalogue import OPERATORS
from engine.operators.facts import FACTS
from engine.operators.readers import READERS
from engine.persistence.database import Database
from engine.persistence.schema import require_current
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import NoOutbox, Outbox, Runtime
from engine.settings import Settings
from engine.spiff.cache import DefinitionCache, LiveCache
from engine.spiff.reader import InProcessReader, PackageReader
from engine.spiff.sandbox import Sandbox


@contextmanager
def open_runtime(
    settings: Settings, *, clock: Clock | None = None, outbox: Outbox | None = None, is_trusted: bool = False
) -> Iterator[Runtime]:
    """A runtime over the settings' store, whose schema must be current. `is_trusted`: read deployments in this process."""
    database = Database(settings.db)
    sandbox = Sandbox(settings)
    reader = InProcessReader() if is_trusted else PackageReader()
    try:
        require_current(database)
        runtime = Runtime(
            settings=settings,
            database=database,
            definitions=DefinitionCache(),
            live=LiveCache(settings.live_cache),
            sandbox=sandbox,
            organisation=load_organisation(settings),
            reader=reader,
            clock=clock or SystemClock(),
            outbox=outbox or NoOutbox(),
        )
        with UnitOfWork(database) as uow:
            house_rules.catch_up(runtime, uow)
        yield equip(runtime)
    finally:
        reader.close()
        sandbox.close()
        database.close()


def equip(runtime: Runtime) -> Runtime:
    """Fill the ports that the company and the catalogue implement. Scenarios' runtimes get the same, so that they run what is run."""
    runtime.directory = CompanyDirectory()
    runtime.operators = OPERATORS
    runtime.readers = READERS
    runtime.facts = FACTS
    runtime.collections = COLLECTIONS
    return runtime


def load_organisation(settings: Settings) -> Organisation:
    """organisation.toml of the settings' folder of procedures; a company without one works around the clock."""
    path = settings.bpmn / "organisation.toml"
    return read_organisation(path.read_bytes() if path.exists() else b"")
