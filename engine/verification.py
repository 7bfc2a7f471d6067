"""Looks for what was changed behind the program's back: every instance's history against its chain, every signature and file against its
digest. Writes nothing, and holds also where personal values were erased by rule."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy import func, select

from engine import history
from engine.errors import StoreUnavailableError
from engine.files import content_of
from engine.persistence.tables import file, instance
from engine.persistence.unit_of_work import UnitOfWork
from engine.retention import ledger
from engine.runtime import Runtime

_SLICE = 500


@dataclass(frozen=True, slots=True)
class Tampered:
    """Something that is no longer as it was written."""

    #: `history`, `file` or `erasures`
    what: str
    #: the instance's number, or its id; the file's name
    name: str
    #: of a history: the first event that does not hold
    seq: int | None = None


def verify(runtime: Runtime, tell: Callable[[int, int], None] = lambda _done, _all: None) -> Iterator[Tampered]:
    """Go through everything, oldest first. `tell` hears how many of how many instances were looked at."""
    with UnitOfWork(runtime.database) as uow:
        count: int = uow.reading.execute(select(func.count()).select_from(instance)).scalar_one()
    last = done = 0
    while True:
        # a slice a unit of work: a read that lasts keeps the store from tidying up
        with UnitOfWork(runtime.database) as uow:
            query = select(instance.c.id, instance.c.business_key).where(instance.c.id > last).order_by(instance.c.id).limit(_SLICE)
            rows = uow.reading.execute(query).all()
            for row in rows:
                seq = history.verify(uow, row.id)
                if seq is not None:
                    yield Tampered("history", row.business_key or f"#{row.id}", seq)
                last, done = row.id, done + 1
        tell(done, max(count, done, 1))
        if len(rows) < _SLICE:
            break
    with UnitOfWork(runtime.database) as uow:
        place = ledger.verify(uow)
    if place is not None:
        yield Tampered("erasures", f"#{place}", place)
    yield from _files(runtime)


def _files(runtime: Runtime) -> Iterator[Tampered]:
    last = 0
    while True:
        with UnitOfWork(runtime.database) as uow:
            query = select(file.c.id, file.c.name, file.c.digest, file.c.size, file.c.erased_at).where(file.c.id > last)
            rows = uow.reading.execute(query.order_by(file.c.id).limit(_SLICE)).all()
            # without an event that tells of it, a content that is not there is missing
            erased = {row.id for row in rows if row.erased_at is not None and ledger.is_erased(uow, row.id)}
        for row in rows:
            if row.id not in erased and not _is_intact(runtime, bytes(row.digest), row.size):
                yield Tampered("file", row.name)
            last = row.id
        if len(rows) < _SLICE:
            return


def _is_intact(runtime: Runtime, digest: bytes, size: int) -> bool:
    found = hashlib.sha256()
    try:
        with content_of(runtime, digest, size) as source:
            while piece := source.read(2**20):
                found.update(piece)
    except StoreUnavailableError:
        return False
    return found.digest() == digest
