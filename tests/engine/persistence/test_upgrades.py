"""What migrations make of rows that were there before them."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from engine.persistence.database import Database
from engine.persistence.schema import upgrade_connection

_BEFORE_FINDING = "b8e3d5f7"
_BEFORE_OLD_FILES = "c7d1e9a4"


def test_units_and_tenants_of_an_older_store_are_found(empty_database_url: str) -> None:
    """By any part of the name, the other script, and the initials of its pinyin: the pieces are filled as the table is made."""
    database = Database(empty_database_url)
    with database.writing() as connection:
        upgrade_connection(connection, _BEFORE_FINDING)
        for statement in (
            "INSERT INTO site (id, code, name) VALUES (1, 'S', '總部')",
            "INSERT INTO building (id, site_id, code, name) VALUES (1, 1, 'A', '東座')",
            "INSERT INTO unit (id, site_id, building_id, code) VALUES (1, 1, 1, 'A-1203')",
            "INSERT INTO tenant (id, code, name) VALUES (1, 'T-1', '宏達貿易')",
        ):
            connection.execute(text(statement))
    with database.writing() as connection:
        upgrade_connection(connection)
    with database.reading() as connection:
        pieces = {(row.piece, row.kind) for row in connection.execute(text("SELECT piece, kind FROM search_piece"))}
        found = connection.execute(text("SELECT search FROM tenant")).scalar_one()
    database.close()
    kinds = {kind for _, kind in pieces}
    assert kinds == {"unit", "tenant"}
    assert "hdmy" in found


@pytest.mark.databases("sqlite")
def test_files_of_older_cases_count_as_papers_of_identity_at_first(empty_database_url: str) -> None:
    """But not signatures, what hangs beside the forms, and what no case holds."""
    database = Database(empty_database_url)
    with database.writing() as connection:
        upgrade_connection(connection, _BEFORE_OLD_FILES)
        for statement in (
            "INSERT INTO deployment (id, digest, created_at) VALUES (1, x'00', 0)",
            "INSERT INTO definition (id, key, version, name, deployment_id, file_name, created_at, is_latest)"
            " VALUES (1, 'errand', 1, 'errand', 1, 'errand.bpmn', 0, 1)",
            "INSERT INTO instance (id, definition_id, definition_key, version, state, started_at, moved_at, data)"
            " VALUES (1, 1, 'errand', 1, 'active', 0, 0, x'00')",
            *(
                "INSERT INTO file (id, digest, name, media_type, size, kind, instance_id, uploaded_at)"
                f" VALUES ({number}, x'00', 'x', 'image/png', 1, '{kind}', {case}, 0)"
                for number, kind, case in ((1, "photo", "1"), (2, "signature", "1"), (3, "attachment", "1"), (4, "photo", "NULL"))
            ),
            "INSERT INTO case_attachment (id, instance_id, file_id) VALUES (1, 1, 3)",
        ):
            connection.execute(text(statement))
    with database.writing() as connection:
        upgrade_connection(connection)
    with database.reading() as connection:
        marks = {row.id: row.personal for row in connection.execute(text("SELECT id, personal FROM file"))}
    database.close()
    assert marks == {1: "unsettled", 2: None, 3: None, 4: None}
