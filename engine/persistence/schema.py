"""The store's schema: which revision it has, which one this program needs, and how to get there. Knows no rows.

Alembic is loaded only to change something; the check at every start is one SELECT and a look at the names of the revision files.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from engine.errors import StoreOutdatedError
from engine.persistence.database import Database

if TYPE_CHECKING:
    from alembic.config import Config

_MIGRATIONS = Path(__file__).parent / "migrations"


@cache
def head_revision() -> str:
    """The revision that this program needs: that of the newest file, whose name is `date_time_revision_slug.py`."""
    newest = max(path.stem for path in (_MIGRATIONS / "versions").glob("[0-9]*.py"))
    return newest.split("_")[2]


def current_revision(connection: Connection) -> str | None:
    """The revision that the store has; None for an empty store."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def require_current(database: Database) -> None:
    """Raise StoreOutdatedError unless the store has this program's schema."""
    with database.reading() as connection:
        found = current_revision(connection)
    if found != head_revision():
        raise StoreOutdatedError(found=found or "—", needed=head_revision(), url=database.url.render_as_string(hide_password=True))


def upgrade(database: Database) -> bool:
    """Bring the store to this program's schema in one transaction; False when it was there already."""
    with database.writing() as connection:
        return upgrade_connection(connection)


def create_if_empty(database: Database) -> bool:
    """Give an empty store its schema, so that a first start needs no extra command; an older one is left as it is."""
    with database.reading() as connection:
        if current_revision(connection) is not None:
            return False
    with database.writing() as connection:
        # two processes may start on the same empty store; the second one finds it done
        return current_revision(connection) is None and upgrade_connection(connection)


def upgrade_connection(connection: Connection, revision: str | None = None) -> bool:
    """As `upgrade`, inside the caller's transaction; `revision`: an earlier one, for what was kept under it."""
    from alembic import command

    if connection.dialect.name == "postgresql":
        # SQLite's writer lock keeps a second upgrade out; PostgreSQL needs to be told
        connection.execute(text("SELECT pg_advisory_xact_lock(7165233)"))
    if current_revision(connection) == (revision or head_revision()):
        return False
    command.upgrade(alembic_config(connection), revision or "head")
    return True


def alembic_config(connection: Connection) -> Config:
    """Alembic's configuration for a connection, without a file."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "%%(year)d%%(month).2d%%(day).2d_%%(hour).2d%%(minute).2d_%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config
