"""The migrated schema is the declared one, on both databases, and a store of another revision is recognised."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import TextClause, insert, inspect, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.schema import CreateIndex

from engine.errors import StoreOutdatedError
from engine.persistence import tables
from engine.persistence.database import Database
from engine.persistence.schema import alembic_config, create_if_empty, head_revision, require_current, upgrade


def test_migrations_make_the_declared_tables(database: Database) -> None:
    """Alembic finds no difference between the migrated store and `tables`."""
    with database.writing() as connection:
        over_expressions = {index.name for table in tables.metadata.tables.values() for index in table.indexes
                            if any(isinstance(part, TextClause) for part in index.expressions)}
        # SQLite gives neither types nor defaults back as they were declared
        exact = not database.is_sqlite
        context = MigrationContext.configure(connection, opts={
            "compare_type": exact, "compare_server_default": exact,
            "include_object": lambda _value, name, kind, *_rest: exact or kind != "index" or name not in over_expressions})
        assert compare_metadata(context, tables.metadata) == []


def test_migrations_make_every_declared_index(database: Database) -> None:
    """Also those over expressions and parts of a table, which Alembic doesn't compare."""
    declared = {index.name for table in tables.metadata.tables.values() for index in table.indexes}
    statement = "SELECT indexname FROM pg_indexes" if not database.is_sqlite else "SELECT name FROM sqlite_master WHERE type = 'index'"
    with database.reading() as connection:
        found = {row[0] for row in connection.execute(text(statement))}
    assert declared - found == set()


@pytest.mark.databases("sqlite")
def test_migrated_indexes_read_as_declared(database: Database) -> None:
    """Each column and each condition: a statement that names an index fails where it is another one."""
    statement = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    with database.reading() as connection:
        found = {row.name: " ".join(row.sql.split()) for row in connection.execute(text(statement))}
    for table in tables.metadata.tables.values():
        for index in table.indexes:
            assert found[str(index.name)] == " ".join(str(CreateIndex(index).compile(database.engine)).split())


@pytest.mark.databases("sqlite")
def test_an_index_that_a_statement_names_is_taken(database: Database) -> None:
    """SQLAlchemy's own compiler leaves such hints out without a word."""
    named = select(tables.instance.c.id).with_hint(tables.instance, "INDEXED BY ix_instance_title", "sqlite")
    with database.reading() as connection:
        plan = connection.execute(text(f"EXPLAIN QUERY PLAN {named.compile(database.engine)}")).one()
    assert "ix_instance_title" in plan[-1]


@pytest.mark.databases("sqlite")
def test_the_newest_file_is_alembics_head(database: Database) -> None:
    """The check at start reads file names only; Alembic must agree with it."""
    with database.reading() as connection:
        script = ScriptDirectory.from_config(alembic_config(connection))
    assert script.get_heads() == [head_revision()]


def test_upgrading_twice_changes_nothing(database: Database) -> None:
    """A store of today's schema is left as it is."""
    assert upgrade(database) is False


def test_an_empty_store_gets_its_schema_once(empty_database_url: str) -> None:
    """A first start needs no extra command."""
    database = Database(empty_database_url)
    assert create_if_empty(database) is True
    assert create_if_empty(database) is False
    with database.reading() as connection:
        assert "work_item" in inspect(connection).get_table_names()
    database.close()


def test_a_store_of_another_revision_is_refused_with_what_to_do(database: Database) -> None:
    """The error names the command."""
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'older'"))
    with pytest.raises(StoreOutdatedError, match="guicheng db upgrade"):
        require_current(database)


@pytest.mark.databases("sqlite")
def test_a_failed_upgrade_leaves_the_store_empty(empty_database_url: str) -> None:
    """One transaction: a table in the way takes back all the others."""
    database = Database(empty_database_url)
    with database.writing() as connection:
        connection.execute(text("CREATE TABLE work_item (id INTEGER)"))
    with pytest.raises(OperationalError, match="already exists"):
        upgrade(database)
    with database.reading() as connection:
        assert inspect(connection).get_table_names() == ["work_item"]
    database.close()


def test_a_broken_reference_is_refused(database: Database) -> None:
    """Foreign keys are enforced on both databases."""
    with pytest.raises(Exception, match=r"(?i)foreign key"), database.writing() as connection:
        connection.execute(insert(tables.building).values(site_id=4711, code="X", name="X"))
