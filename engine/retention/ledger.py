"""The list of everything that was erased, chained across all cases, so that nobody can put an erasure in afterwards or take one out.

An event of a case alone could be forged together with its case's chain; the list would not know it. Its last digest stands on the page of
the rules and can be noted elsewhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import Row, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from engine import history
from engine.history import Head
from engine.persistence.tables import file, history_event, retention_erasure, retention_head
from engine.persistence.unit_of_work import UnitOfWork

_START = b"\0" * 32
_ONLY = 1
_SLICE = 500


@dataclass(frozen=True, slots=True)
class Erasure:
    """What one transaction took out of a case."""

    run_id: int
    instance_id: int
    value_count: int
    file_count: int
    at: datetime


def add(uow: UnitOfWork, erasure: Erasure, event: Head) -> None:
    """Put an erasure on the list, whose event the case's history ends with. Holds the list until the transaction ends."""
    connection = uow.writing
    head = held_head(uow)
    row = {
        "id": head.last_id + 1, "run_id": erasure.run_id, "instance_id": erasure.instance_id, "seq": event.seq,
        "value_count": erasure.value_count, "file_count": erasure.file_count, "at": erasure.at,
    }
    digest = _digest(bytes(head.digest), row, event.digest or b"")
    connection.execute(insert(retention_erasure).values(**row, digest=digest))
    connection.execute(update(retention_head).where(retention_head.c.id == _ONLY).values(last_id=row["id"], digest=digest))


def held_head(uow: UnitOfWork) -> Row[Any]:
    """The row that the list ends with, which is made where there is none; nobody else's until the transaction ends."""
    here = postgresql if uow.writing.dialect.name == "postgresql" else sqlite
    uow.writing.execute(here.insert(retention_head).values(id=_ONLY, last_id=0, digest=_START).on_conflict_do_nothing())
    return uow.writing.execute(select(retention_head).where(retention_head.c.id == _ONLY).with_for_update()).one()


def head(uow: UnitOfWork) -> tuple[int, str]:
    """How many erasures there are, and the digest that the list ends with."""
    row = uow.reading.execute(select(retention_head.c.last_id, retention_head.c.digest).where(retention_head.c.id == _ONLY)).one_or_none()
    return (0, _START.hex()) if row is None else (row.last_id, bytes(row.digest).hex())


def verify(uow: UnitOfWork) -> int | None:
    """The first erasure that was changed, removed or put in later, or whose event is another one by now; None when the list holds."""
    digest, expected = _START, 0
    for row in _rows(uow):
        expected += 1
        found = _digest(digest, dict(row._mapping), bytes(row.event_digest or b""))
        if row.id != expected or row.event_type != history.ERASED or found != bytes(row.digest):
            return expected
        digest = found
    if head(uow) != (expected, digest.hex()):
        return expected + 1
    return None


def is_erased(uow: UnitOfWork, file_id: int) -> bool:
    """Whether an event on record tells that a file's content was erased."""
    instance_id = uow.reading.execute(select(file.c.instance_id).where(file.c.id == file_id)).scalar()
    told = (retention_erasure.c.instance_id == history_event.c.instance_id) & (retention_erasure.c.seq == history_event.c.seq)
    query = select(history_event.c.detail).join(retention_erasure, told).where(
        history_event.c.instance_id == instance_id, history_event.c.type == history.ERASED)
    return any(file_id in orjson.loads(detail)["files"] for detail in uow.reading.execute(query).scalars())


def _rows(uow: UnitOfWork) -> Iterator[Row[Any]]:
    query = select(
        retention_erasure, history_event.c.digest.label("event_digest"), history_event.c.type.label("event_type")
    ).outerjoin(history_event, (history_event.c.instance_id == retention_erasure.c.instance_id) & (
        history_event.c.seq == retention_erasure.c.seq)).order_by(retention_erasure.c.id).limit(_SLICE)
    last = 0
    while True:
        rows = uow.reading.execute(query.where(retention_erasure.c.id > last)).all()
        yield from rows
        if len(rows) < _SLICE:
            return
        last = rows[-1].id


def _digest(before: bytes, row: dict[str, Any], event: bytes) -> bytes:
    names = ("id", "run_id", "instance_id", "seq", "value_count", "file_count")
    # microseconds, for PostgreSQL keeps no more
    fields = [*(row[name] for name in names), row["at"].astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")]
    return hashlib.sha256(before + orjson.dumps(fields) + event).digest()
