"""A PostgreSQL server of the test session's own, from the system's binaries, in a temporary folder, as an unprivileged user."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg

_USER = "guicheng"
#: databases given back before the space of deleted rows is taken back
_RETURNS_A_VACUUM = 25
#: what a schema consists of, to see whether a test changed it
_SHAPE = """
SELECT (SELECT min(version_num) FROM alembic_version), count(*), sum(c.relnatts)
FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
"""
#: removes every row but the schema's version and lets every id begin at one again; what other tools set up beside us goes altogether
_EMPTY = """
DO $$
DECLARE
    found record;
    is_full boolean;
BEGIN
    FOR found IN SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname NOT IN ('information_schema', 'public') LOOP
        EXECUTE format('DROP SCHEMA %I CASCADE', found.nspname);
    END LOOP;
    -- no triggers: rows go in any order
    SET LOCAL session_replication_role = replica;
    FOR found IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %I)', found.tablename) INTO is_full;
        IF is_full THEN
            EXECUTE format('DELETE FROM %I', found.tablename);
        END IF;
    END LOOP;
    FOR found IN SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL LOOP
        PERFORM setval(format('%I', found.sequencename), 1, false);
    END LOOP;
END
$$
"""


def find_binaries() -> Path | None:
    """The folder with `initdb` and `postgres`: Debian's newest version, else whatever is on the PATH."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if debian:
        return debian[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


class PostgresServer:
    """Use as a context manager. Listens on a socket in its own folder only; nothing outlives it, not even after `kill -9`."""

    def __init__(self, *, is_durable: bool = False) -> None:
        """`is_durable`: commits reach the disk, as in real use; tests do without."""
        self._is_durable = is_durable
        self._folder = Path(tempfile.mkdtemp(prefix="guicheng-pg-"))
        self._process: subprocess.Popen[bytes] | None = None
        self._made = 0
        self._lent: dict[str, str] = {}
        self._shapes: dict[str, tuple[object, ...] | None] = {}
        self._idle: dict[str, list[str]] = {}
        self._returns = 0

    def __enter__(self) -> Self:
        binaries = find_binaries()
        assert binaries is not None, "PostgreSQL isn't installed (Debian: apt-get install postgresql)"
        data = self._folder / "data"
        if os.getuid() == 0:
            # PostgreSQL refuses to run as root
            owner = _unprivileged()
            os.chown(self._folder, owner.pw_uid, owner.pw_gid)
        self._run([str(binaries / "initdb"), "--no-sync", "--auth=trust", f"--username={_USER}", "--encoding=UTF8", "--locale=C.UTF-8",
                   "-D", str(data)])
        settings = {"listen_addresses": "", "unix_socket_directories": str(self._folder), "max_connections": "200",
                    "shared_buffers": "256MB" if self._is_durable else "64MB", "max_wal_size": "4GB", "wal_level": "minimal",
                    "max_wal_senders": "0"}
        if not self._is_durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}
        command = [str(binaries / "postgres"), "-D", str(data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        log = self._folder / "server.log"
        with log.open("wb") as output:
            self._process = subprocess.Popen(_as_unprivileged(command), stdout=output, stderr=output, cwd=self._folder)
        self._wait(binaries, log)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def url(self, name: str) -> str:
        """SQLAlchemy's address of a database of this server."""
        return f"postgresql+psycopg://{_USER}@/{name}?host={self._folder}"

    def create(self, template: str = "template1") -> str:
        """A fresh database, as a copy of a template; returns its name."""
        self._made += 1
        name = f"guicheng_{self._made}"
        self._execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return name

    def lend(self, template: str) -> str:
        """A database like a fresh copy of the template, which has a schema and no rows; returns its name. Give it back.

        Emptying one takes a hundredth of the time of making one: a copy is hundreds of files.
        """
        idle = self._idle.setdefault(template, [])
        name = idle.pop() if idle else self.create(template)
        if template not in self._shapes:
            with self._connect(name) as connection:
                self._shapes[template] = connection.execute(_SHAPE).fetchone()
        self._lent[name] = template
        return name

    def give_back(self, name: str) -> None:
        """Let the next one have a lent database: emptied, or dropped if its schema is not what it was."""
        template = self._lent.pop(name)
        with self._connect("postgres") as connection:
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        with self._connect(name) as connection:
            connection.execute(_EMPTY)
            is_same = connection.execute(_SHAPE).fetchone() == self._shapes[template]
            self._returns += 1
            if is_same and self._returns % _RETURNS_A_VACUUM == 0:
                connection.execute("VACUUM")
        if is_same:
            self._idle[template].append(name)
        else:
            self.drop(name)

    def drop(self, name: str) -> None:
        """Remove a database, whoever is still connected."""
        self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _execute(self, statement: str) -> None:
        with self._connect("postgres") as connection:
            connection.execute(statement)

    def _connect(self, name: str) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(f"host={self._folder} user={_USER} dbname={name}", autocommit=True)

    def _run(self, command: list[str]) -> None:
        done = subprocess.run(_as_unprivileged(command), capture_output=True, text=True, cwd=self._folder, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    def _wait(self, binaries: Path, log: Path) -> None:
        assert self._process is not None
        ready = [str(binaries / "pg_isready"), "-q", "-t", "20", "-h", str(self._folder)]
        while subprocess.run(ready, check=False).returncode != 0:
            assert self._process.poll() is None, log.read_text()


def _unprivileged() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise AssertionError("no unprivileged user to run PostgreSQL as")


def _as_unprivileged(command: list[str]) -> list[str]:
    """The command under `setpriv`, which also ends the server when the test process dies."""
    if shutil.which("setpriv") is None:
        assert os.getuid() != 0, "setpriv (util-linux) is needed to run PostgreSQL as an unprivileged user"
        return command
    prefix = ["setpriv", "--pdeathsig", "INT"]
    if os.getuid() == 0:
        owner = _unprivileged()
        prefix += [f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups"]
    return [*prefix, *command]
