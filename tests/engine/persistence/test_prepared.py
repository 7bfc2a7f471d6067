"""Prepared statements say the same as the statements that they were made of, and fail in the same way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection, bindparam, event, insert, select, update
from sqlalchemy.exc import IntegrityError

from engine.errors import StoreUnavailableError
from engine.persistence.database import Database
from engine.persistence.prepared import Prepared
from engine.persistence.tables import building, ledger_entry, price_item, site
from engine.persistence.unit_of_work import UnitOfWork

MOMENT = datetime(2026, 3, 2, 1, 2, 3, 456789, tzinfo=UTC)
ADD_SITE = Prepared(insert(site).returning(site.c.id, site.c.time_zone), "code", "name", "deactivated_at")
ADD_BUILDING = Prepared(insert(building), "site_id", "code", "name")
RENAME = Prepared(update(site).where(site.c.id == bindparam("at_id")).values(name=bindparam("new_name"), time_zone="Asia/Taipei"))
SITES = Prepared(select(site).where(site.c.id >= bindparam("from_id")).order_by(site.c.id))
ADD_PRICE = Prepared(
    insert(price_item).returning(price_item.c.id), "code", "name", "unit_name", "labour", "material", "effective_from", "deactivated_at"
)
PRICES = Prepared(select(price_item.c.code, price_item.c.labour, price_item.c.effective_from).where(price_item.c.id == bindparam("price")))


@contextmanager
def listening(database: Database) -> Iterator[list[str]]:
    """Somebody hears every statement, so that they are sent by SQLAlchemy itself."""
    heard: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        heard.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield heard
    event.remove(database.engine, "before_cursor_execute", note)


def story(connection: Connection, code: str) -> list[Any]:
    """Some of everything: rows with types that are converted, defaults of the table, what an update meets."""
    new = ADD_SITE.one_or_none(connection, {"code": code, "name": "園區", "deactivated_at": MOMENT})
    met = RENAME.run(connection, {"at_id": new.id, "new_name": "商場"})
    missed = RENAME.run(connection, {"at_id": -1, "new_name": "無"})
    ADD_BUILDING.run_each(connection, [{"site_id": new.id, "code": f"{code}{number}", "name": "座"} for number in range(3)])
    ADD_BUILDING.run_each(connection, [{"site_id": new.id, "code": f"{code}9", "name": "座"}])
    buildings = connection.execute(select(building.c.code).where(building.c.site_id == new.id).order_by(building.c.code)).scalars().all()
    (found,) = SITES.all(connection, {"from_id": new.id})
    price = {"code": code, "name": "換鎖", "unit_name": "把", "labour": Decimal("30.50"), "material": Decimal("0")}
    added = ADD_PRICE.one_or_none(connection, {**price, "effective_from": MOMENT, "deactivated_at": None})
    priced = PRICES.one_or_none(connection, {"price": added.id})
    nothing = PRICES.one_or_none(connection, {"price": -1})
    beyond = SITES.all(connection, {"from_id": new.id + 1})
    return [new.time_zone, met, missed, list(buildings), found[1:], found.deactivated_at, priced[1:], nothing, beyond]


def test_they_say_what_the_library_says(database: Database) -> None:
    with UnitOfWork(database) as uow:
        own = story(uow.writing, "A")
        uow.commit()
    with listening(database) as heard, UnitOfWork(database) as uow:
        theirs = story(uow.writing, "B")
        uow.commit()
    assert len(heard) > 8
    assert [str(each).replace("B", "A") for each in theirs] == [str(each) for each in own]
    assert own[0] == "Asia/Shanghai"
    assert own[1:3] == [1, 0]
    assert own[5] == MOMENT
    assert own[6] == (Decimal("30.50"), MOMENT)
    assert own[7] is None


def test_a_value_that_is_missing_is_our_own_bug(database: Database) -> None:
    """Nothing is put in its place silently."""
    with UnitOfWork(database) as uow, pytest.raises(KeyError):
        RENAME.run(uow.writing, {"at_id": 1})


def test_they_are_part_of_the_transaction(database: Database) -> None:
    with UnitOfWork(database) as uow:
        ADD_SITE.one_or_none(uow.writing, {"code": "A", "name": "園區", "deactivated_at": None})
    with UnitOfWork(database) as uow:
        assert SITES.all(uow.reading, {"from_id": 0}) == []


def test_a_broken_constraint_is_the_librarys_error(database: Database) -> None:
    row = {"code": "A", "name": "園區", "deactivated_at": None}
    with UnitOfWork(database) as uow:
        ADD_SITE.one_or_none(uow.writing, row)
        with pytest.raises(IntegrityError):
            ADD_SITE.one_or_none(uow.writing, row)
    twice = [{"site_id": 1, "code": "A1", "name": "座"}] * 2
    with UnitOfWork(database) as uow:
        ADD_SITE.one_or_none(uow.writing, row)
        with pytest.raises(IntegrityError):
            ADD_BUILDING.run_each(uow.writing, twice)


@pytest.mark.databases("sqlite")
def test_a_store_that_went_away_is_told_apart_from_our_bugs(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.persistence.database.WRITE_TIMEOUT", 0.05)
    database = Database(database_url)
    with UnitOfWork(database) as uow:
        own = uow.reading.connection.cursor()
        own.execute("PRAGMA locking_mode=EXCLUSIVE")
        own.execute("BEGIN EXCLUSIVE")
        with UnitOfWork(database) as other, pytest.raises(StoreUnavailableError):
            SITES.all(other.reading, {"from_id": 0})
        own.execute("ROLLBACK")
    database.close()


def test_money_and_blobs_are_read_as_the_table_says() -> None:
    """What is selected decides the conversions, in the order of the columns."""
    prepared = Prepared(select(ledger_entry.c.amount, ledger_entry.c.id).where(ledger_entry.c.id == bindparam("entry")))
    assert [type(kind).__name__ for kind in prepared._types] == ["Money", "BigInteger"]
