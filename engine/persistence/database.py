"""Opens the store: SQLite (WAL) by default, PostgreSQL beyond one machine. Knows connections, not tables."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, ExceptionContext, FromClause, create_engine, event, make_url
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError

from engine.errors import StoreUnavailableError, UsageError
from engine.persistence.writer_lock import FifoLock, connection_factory

#: seconds that a writer waits for the store before it gives up
WRITE_TIMEOUT = 30.0
#: SQLite's `synchronous`: what is committed survives a power cut
SQLITE_SYNCHRONOUS = "FULL"
_READ_ONLY = "guicheng_read"


#: SQLite's primary result codes for a store that is locked, read-only, full, unreadable or can't be opened
_SQLITE_UNAVAILABLE = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR,
                                 sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN})


class StoreAddressError(UsageError):
    """An address that names no store of ours. A store in memory would be another one for every connection."""

    code = "store_address"
    sentence = "資料庫位址「{url}」無法使用，請指定 sqlite 檔案或 postgresql 資料庫。"


class _HintingCompiler(SQLiteCompiler):
    """Writes `with_hint(table, "INDEXED BY …", "sqlite")` behind the table; SQLAlchemy's own leaves hints out in silence."""

    def get_from_hint_text(self, table: FromClause, text: str | None) -> str | None:
        return text


class Database:
    """One SQLAlchemy engine with our rules on it. Shared by every thread, and by the job engine."""

    def __init__(self, url: str | URL, *, pool_size: int = 20) -> None:
        try:
            self.url = make_url(url)
        except ArgumentError as error:
            raise StoreAddressError(url=url) from error
        backend = self.url.get_backend_name()
        if backend == "sqlite":
            self.engine = _sqlite_engine(self.url, pool_size)
        elif backend == "postgresql":
            self.url = self.url.set(drivername="postgresql+psycopg")
            self.engine = create_engine(self.url, pool_size=pool_size, max_overflow=pool_size, pool_pre_ping=True)
            event.listen(self.engine, "connect", _without_jit)
        else:
            raise StoreAddressError(url=self.url.render_as_string(hide_password=True))
        event.listen(self.engine, "handle_error", _failed)
        event.listen(self.engine, "checkin", _given_back)

    @property
    def is_sqlite(self) -> bool:
        """Whether it is one file with one writer."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for reading: no writer lock on SQLite, read committed on PostgreSQL."""
        with store_errors(), self.engine.connect() as connection:
            yield read_only(connection)

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A connection for long reading: everything as it stands now, whatever others write meanwhile."""
        if not self.is_sqlite:
            with store_errors(), self.engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
                yield connection
            return
        with self.reading() as connection:
            connection.connection.cursor().execute("BEGIN")
            try:
                yield connection
            finally:
                connection.rollback()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that commits when the block ends well. `BEGIN IMMEDIATE` on SQLite."""
        with store_errors(), self.engine.begin() as connection:
            yield connection

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


@contextmanager
def store_errors() -> Iterator[None]:
    """Tell a locked, full or absent store apart from our own bugs, and a broken constraint from both."""
    try:
        yield
    except DBAPIError as error:
        if _is_unavailable(error):
            raise StoreUnavailableError(reason=str(error.orig)) from error
        raise


def driver_error(connection: Connection, sql: str, error: Exception) -> Exception:
    """A driver's error from a statement that did not go through SQLAlchemy, as it would have come from there."""
    loaded = connection.dialect.loaded_dbapi
    wrapped = DBAPIError.instance(sql, None, error, loaded.Error, dialect=connection.dialect)
    if _READ_ONLY in connection.info and isinstance(wrapped, DBAPIError) and _is_unavailable(wrapped):
        return StoreUnavailableError(reason=str(error))
    return wrapped


def _failed(context: ExceptionContext) -> None:
    # for statements anywhere inside a service. The job engine's own connections keep their errors, which it retries by itself
    error = context.sqlalchemy_exception
    if (context.connection is not None and not context.connection.invalidated and _READ_ONLY in context.connection.info
            and isinstance(error, DBAPIError) and _is_unavailable(error)):
        raise StoreUnavailableError(reason=str(error.orig)) from error


def _is_unavailable(error: DBAPIError) -> bool:
    if error.connection_invalidated:
        return True
    if not isinstance(error, OperationalError):
        return False
    if not isinstance(error.orig, sqlite3.Error):
        return True
    # SQLite's class also covers errors of ours, such as a table that isn't there; our writer lock's own refusal has no code
    code = getattr(error.orig, "sqlite_errorcode", None)
    return code is None or (code & 0xFF) in _SQLITE_UNAVAILABLE


def read_only(connection: Connection) -> Connection:
    """Mark a connection as reading until it is given back: its transactions take no writer lock on SQLite."""
    connection.info[_READ_ONLY] = True
    return connection


def read_write(connection: Connection) -> Connection:
    """Mark a connection as writing: its next transaction takes the writer lock on SQLite."""
    connection.info[_READ_ONLY] = False
    return connection


def _given_back(_connection: Any, record: Any) -> None:
    # whoever gets it next, the job engine among them, says for themselves what they want
    record.info.pop(_READ_ONLY, None)


def _without_jit(connection: Any, _record: Any) -> None:
    # it would take a tenth of a second to compile what takes a hundredth to run
    connection.execute("SET jit = off")
    connection.commit()


def _sqlite_engine(url: URL, pool_size: int) -> Engine:
    if not url.database or url.database == ":memory:":
        raise StoreAddressError(url=url)
    try:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnavailableError(reason=str(error)) from error
    factory = connection_factory(FifoLock(), WRITE_TIMEOUT)
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        connect_args={"factory": factory, "check_same_thread": False, "timeout": WRITE_TIMEOUT, "cached_statements": 512},
    )
    engine.dialect.statement_compiler = _HintingCompiler

    @event.listens_for(engine, "connect")
    def _connected(connection: sqlite3.Connection, _record: Any) -> None:
        # we say BEGIN ourselves: the driver would say it too late, and never IMMEDIATE
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", f"synchronous={SQLITE_SYNCHRONOUS}", f"busy_timeout={int(WRITE_TIMEOUT * 1000)}",
                       "foreign_keys=ON", "cache_size=-65536", "mmap_size=2147418112", "temp_store=MEMORY", "wal_autocheckpoint=4000"):
            connection.execute(f"PRAGMA {pragma}")
        if sqlite3.sqlite_version_info < (3, 42):
            # the job engine asks for unixepoch('subsec'), which older libraries do not know
            connection.create_function("unixepoch", -1, _unixepoch)

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        if not connection.info.get(_READ_ONLY):
            try:
                connection.connection.cursor().execute("BEGIN IMMEDIATE")
            except sqlite3.Error as error:
                raise driver_error(connection, "BEGIN IMMEDIATE", error) from error

    return engine


def _unixepoch(*arguments: str) -> float:
    return time.time() if "subsec" in arguments else int(time.time())
