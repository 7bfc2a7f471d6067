"""Options and openings that several commands share: which store, and an open runtime over it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from engine.clock import Clock
from engine.settings import Settings

if TYPE_CHECKING:
    from engine.persistence.database import Database
    from engine.runtime import Runtime

F = TypeVar("F", bound=Callable[..., Any])


def db_option(function: F) -> F:
    """`--db URL`; without it `GUICHENG_DB`, else a SQLite file in `var/`."""
    return click.option("--db", metavar="URL", help="資料庫位址（sqlite 或 postgresql），預設取自 GUICHENG_DB。")(function)


@contextmanager
def open_store(settings: Settings) -> Iterator[Database]:
    """The store as it is, whatever its schema."""
    from engine.persistence.database import Database

    database = Database(settings.db)
    try:
        yield database
    finally:
        database.close()


@contextmanager
def open_engine(settings: Settings, *, clock: Clock | None = None) -> Iterator[Runtime]:
    """A runtime over the store; an empty store gets its schema first, an outdated one is refused."""
    from engine.bootstrap import open_runtime
    from engine.persistence.schema import create_if_empty

    with open_store(settings) as database:
        create_if_empty(database)
    with open_runtime(settings, clock=clock) as runtime:
        yield runtime
