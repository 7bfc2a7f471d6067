"""Fixtures of the pages' tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import event

from engine.runtime import Runtime
from tests.builders import Person, make_user
from tests.webui.visitor import Visitor


@pytest.fixture
def visit(app: Flask) -> Callable[..., Visitor]:
    """A browser for a person, or for nobody."""

    def made(person: Person | None = None, **options: str) -> Visitor:
        return Visitor(app, person, **options)

    return made


@pytest.fixture
def clerk(runtime: Runtime) -> Person:
    """Somebody at the front desk, of all sites."""
    return make_user(runtime, "customer_service")


@pytest.fixture
def manager(runtime: Runtime) -> Person:
    """The manager of all sites."""
    return make_user(runtime, "manager")


@pytest.fixture
def count_statements(runtime: Runtime) -> Callable[[], object]:
    """Counts the SQL statements inside a block: `with count_statements() as statements: …; len(statements)`."""

    @contextmanager
    def counting() -> Iterator[list[str]]:
        statements: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
            if not statement.startswith(("BEGIN", "COMMIT", "ROLLBACK")):
                statements.append(statement)

        engine = runtime.database.engine
        event.listen(engine, "before_cursor_execute", note)
        try:
            yield statements
        finally:
            event.remove(engine, "before_cursor_execute", note)

    return counting
