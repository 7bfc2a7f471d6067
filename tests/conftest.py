"""Fixtures of all tests: a fresh store a test on both databases, a runtime whose clock stands still, a served application, a browser.

What each fixture costs is paid once a session where it can be: the PostgreSQL server, the migrated templates, Chromium.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from engine.clock import MovableClock
from engine.persistence import database as persistence
from engine.persistence.database import Database
from engine.persistence.schema import upgrade
from engine.settings import Settings
from tests.postgres import PostgresServer, find_binaries

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

    from engine.runtime import Runtime

ROOT = Path(__file__).parent.parent
# without windows it also does without the browser's own tool bars, which are pages that take time
CHROMIUM = next(filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "chromium-browser"))), None)
#: a Monday, 09:00 in Shanghai: a working hour of a working day
MONDAY_MORNING = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
_LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0")


# ---------------------------------------------------------------- what a test may not do

def _block_network() -> None:
    """Refuse every connection and every name look-up that leaves the machine, for the rest of the process."""

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "socket.connect":
            family, address = arguments[0].family, arguments[1]
            host = address[0] if isinstance(address, tuple) else None
            if family in (socket.AF_INET, socket.AF_INET6) and not str(host).startswith(_LOOPBACK):
                raise AssertionError(f"a test tried to connect to {address}")
        elif event == "socket.getaddrinfo":
            host = arguments[0]
            if host and not str(host).startswith(_LOOPBACK):
                raise AssertionError(f"a test tried to look up {host}")

    sys.addaudithook(hook)


_block_network()
# what a test writes may be lost when the power fails; that nothing is lost in use is shown by processes of their own (`test_crash`)
persistence.SQLITE_SYNCHRONOUS = "OFF"


@pytest.fixture(autouse=True)
def _no_sleeping(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that sleeps is slow or wrong: time travels by the clock, and other threads are awaited by their events."""
    real = time.sleep

    def guarded(seconds: float) -> None:
        caller = sys._getframe(1).f_code.co_filename
        assert not Path(caller).is_relative_to(ROOT / "tests"), f"{caller} sleeps; move the clock or wait for the event instead"
        real(seconds)

    monkeypatch.setattr(time, "sleep", guarded)


@pytest.fixture(scope="session", autouse=True)
def _cheap_passwords() -> Iterator[None]:
    """A built person's first sign-in would renew the hash with the parameters of real use: half a second of one core, hundreds of times."""
    from tests.builders import HASHER

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.company.passwords._HASHER", HASHER)
        yield


def pytest_report_header() -> list[str]:
    """Say plainly which parts of the suite this machine can't run."""
    lines = []
    if find_binaries() is None:
        lines.append("PostgreSQL is not installed: every test runs on SQLite only (Debian: apt-get install postgresql)")
    if CHROMIUM is None:
        lines.append("Chromium is not installed: browser tests are left out (Debian: apt-get install chromium)")
    if lines and os.environ.get("GUICHENG_TEST_REQUIRE_ALL"):
        pytest.exit("; ".join(lines), returncode=1)
    return lines


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out browser tests where there is no browser, and the long forms unless they are asked for."""
    asked = str(config.getoption("markexpr"))
    left_out = [item for item in items
                if (CHROMIUM is None and item.get_closest_marker("browser")) or ("soak" not in asked and item.get_closest_marker("soak"))]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


# ---------------------------------------------------------------- the store

def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that touches the store on each database; a browser test, which is about pages, on SQLite only."""
    if "backend" not in metafunc.fixturenames:
        return
    marker = metafunc.definition.get_closest_marker("databases")
    if marker is not None:
        backends = list(marker.args)
    elif metafunc.definition.get_closest_marker("browser"):
        backends = ["sqlite"]
    else:
        backends = ["sqlite", "postgresql"]
    if find_binaries() is None:
        backends = [name for name in backends if name != "postgresql"]
    metafunc.parametrize("backend", backends)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """This process's own PostgreSQL."""
    with PostgresServer() as server:
        yield server


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty store of today's schema."""
    path = tmp_path_factory.mktemp("template") / "empty.db"
    database = Database(f"sqlite:///{path}")
    upgrade(database)
    database.close()
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> str:
    """An empty store of today's schema."""
    name = postgres_server.create()
    database = Database(postgres_server.url(name))
    upgrade(database)
    database.close()
    return name


@pytest.fixture
def database_url(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a fresh, empty store of today's schema."""
    if backend == "sqlite":
        path = tmp_path / "store.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    name = server.lend(request.getfixturevalue("postgres_template"))
    yield server.url(name)
    server.give_back(name)


@pytest.fixture
def empty_database_url(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a store that has no schema yet."""
    if backend == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    name = server.create()
    yield server.url(name)
    server.drop(name)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """The fresh store, opened."""
    opened = Database(database_url)
    yield opened
    opened.close()


# ---------------------------------------------------------------- the engine

@pytest.fixture
def clock() -> MovableClock:
    """Stands at a Monday morning until a test moves it."""
    return MovableClock(MONDAY_MORNING)


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings of a test: the fresh store, files beside it, our own procedures."""
    return Settings(db=database_url, files=tmp_path / "files", secret_key="for tests only", sandbox_workers=1, web_threads=4)


@pytest.fixture
def runtime(settings: Settings, clock: MovableClock) -> Iterator[Runtime]:
    """A running engine on the fresh store. Side effects stay in memory (`NoOutbox`), deployments are read in this process."""
    from engine.bootstrap import open_runtime

    with open_runtime(settings, clock=clock, is_trusted=True) as opened:
        yield opened


# ---------------------------------------------------------------- the web

@pytest.fixture(scope="session")
def app_over() -> Callable[[Runtime], Flask]:
    """Gives the web application over a runtime. One of each shape is kept: putting one together takes as long as twenty pages."""
    from webui.app import create_app, serve
    from webui.assets import DIST

    kept: dict[object, Flask] = {}

    def over(runtime: Runtime) -> Flask:
        manifest = DIST / "manifest.json"
        built_at = manifest.stat().st_mtime_ns if manifest.exists() else 0
        shape = (replace(runtime.settings, db="", files=Path(), secret_key=""), type(runtime.clock), built_at)
        if shape not in kept:
            kept[shape] = create_app(runtime)
        else:
            serve(kept[shape], runtime)
        return kept[shape]

    return over


@pytest.fixture
def app(runtime: Runtime, app_over: Callable[[Runtime], Flask]) -> Flask:
    """The web application over the fresh store."""
    return app_over(runtime)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without JavaScript, and without a network."""
    return app.test_client()


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """The application served on loopback by the embedded server; gives its address, without a slash at the end."""
    from engine.cli.http_server import EmbeddedServer

    server = EmbeddedServer(app, "127.0.0.1", 0, threads=4)
    thread = threading.Thread(target=server.run, name="live-server", daemon=True)
    thread.start()
    yield server.url
    server.stop()
    thread.join(10)


@pytest.fixture
def live_server(app: Flask) -> Iterator[str]:
    """Address of the served application."""
    with serving(app) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, which can reach loopback only.

    One a module, not one a session: while Playwright runs, its thread has a running event loop, which the job engine takes for its own.
    """
    from playwright.sync_api import sync_playwright

    assert CHROMIUM is not None
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                 "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"]
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield started
        started.close()


@pytest.fixture
def new_page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Callable[..., Page]]:
    """Makes a page in a context of its own (own cookies): one a person. Takes Playwright's context options.

    An error on a page's console or in its scripts fails the test; an answer that refuses something (4xx but 404) isn't one.
    """
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def make(**options: Any) -> Page:
        context = browser.new_context(**{"locale": "zh-TW", "timezone_id": "Asia/Shanghai", **options})
        contexts.append(context)
        context.set_default_timeout(10_000)
        made = context.new_page()
        made.on("pageerror", lambda error: errors.append(str(error)))
        made.on("console", lambda message: errors.append(message.text) if _is_failure(message) else None)
        return made

    yield make
    for context in contexts:
        context.close()
    expected = request.node.get_closest_marker("console_errors")
    assert expected is not None or not errors, errors


def _is_failure(message: ConsoleMessage) -> bool:
    return message.type == "error" and not re.search(r"status of 4(0[13]|09|22|29)", message.text)


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """A page at a desk."""
    return new_page()
