"""Where the running cases of a procedure stand, kept between looks: only those that have gone on since are read anew.

A few are read at once. Many are read in the background, and whoever asks meanwhile is told how far that is. What is kept tells cases by
number only: nothing that was filled in is in it.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Row, select, true, update
from sqlalchemy.dialects import postgresql, sqlite

from engine import migration
from engine.errors import ConflictError
from engine.migration_rules import Position
from engine.persistence.tables import case_standing, instance
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.steps import run_step

#: name of the job
JOB = "read_standings"
#: cases that a request reads itself; a second or so of work
AT_ONCE = 2_000
#: rows that are fetched at once, and cases after which the background job writes down how far it is
_FETCH, _SLICE = 500, 5_000
#: after which a reading that was asked for and has not ended counts as lost
_LOST = timedelta(minutes=10)

Positions = tuple[Position, ...]


class StillCountingError(ConflictError):
    """Expected running cases whose standing is known; they are being read."""

    code = "still_counting"
    sentence = "正在清點進行中的案件：已看 {done} 件，共 {total} 件。清點完就能看到影響。"


@dataclass(frozen=True, slots=True)
class Case:
    """A running case and where it stands."""

    id: int
    definition_id: int
    #: JSON: what its calls are bound to; None without calls
    bindings: str | None
    positions: Positions
    #: whether a step of it failed that can only be tried again on its own version
    is_stuck: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """How far the background job is."""

    done: int
    total: int
    is_over: bool


@dataclass(slots=True)
class _Kept:
    """What is known: number of a case → the version of its row, and the number of its standing."""

    cases: dict[int, tuple[int, int]] = field(default_factory=dict)
    standings: list[Positions] = field(default_factory=list)
    numbers: dict[Positions, int] = field(default_factory=dict)

    @classmethod
    def read(cls, body: bytes) -> _Kept:
        standings, flat = orjson.loads(zlib.decompress(body))
        kept = cls(standings=[tuple(Position(tuple(path), *rest) for path, *rest in each) for each in standings])
        kept.numbers = {positions: number for number, positions in enumerate(kept.standings)}
        kept.cases = {case: (version, number) for case, version, number in zip(flat[::3], flat[1::3], flat[2::3], strict=True)}
        return kept

    def written(self) -> bytes:
        flat = [each for case, pair in self.cases.items() for each in (case, *pair)]
        return zlib.compress(orjson.dumps([[list(map(tuple, each)) for each in self.standings], flat]), 1)

    def take(self, row: Row[Any]) -> None:
        """Read where a case stands from its saved state."""
        positions = migration.standing(row)
        number = self.numbers.setdefault(positions, len(self.standings))
        if number == len(self.standings):
            self.standings.append(positions)
        self.cases[row.id] = (row.version, number)

    def lacks(self, rows: Sequence[Row[Any]]) -> list[int]:
        """Those that are unknown or have gone on."""
        return [row.id for row in rows if self.cases.get(row.id, (None,))[0] != row.version]


def running(
    uow: UnitOfWork, keys: Sequence[str], *, site_ids: Sequence[int] | None = None, but: int | None = None,
    instance_ids: Sequence[int] | None = None, is_patient: bool = False,
) -> Iterator[Case]:
    """Running cases of processes by number: at some sites, on another version than `but`, or only those that are named.

    StillCountingError where more than AT_ONCE have to be read first, unless the caller `is_patient`.
    """
    rows = _rows(uow, keys, site_ids, but, instance_ids)
    kept = {key: _load(uow, key) for key in keys}
    unknown = {key: each.lacks([row for row in rows if row.definition_key == key]) for key, each in kept.items()}
    lacking = sum(map(len, unknown.values()))
    if lacking > AT_ONCE and not is_patient:
        raise StillCountingError(done=len(rows) - lacking, total=len(rows))
    for key, ids in unknown.items():
        for row in _states(uow, ids):
            kept[key].take(row)
    stuck = migration.stuck_among(uow, [row.id for row in rows if row.state == "incident"])
    for row in rows:
        known = kept[row.definition_key]
        if row.id in known.cases:
            positions = known.standings[known.cases[row.id][1]]
            yield Case(row.id, row.definition_id, row.bindings, positions, row.id in stuck)


def begin(runtime: Runtime, uow: UnitOfWork, keys: Sequence[str]) -> None:
    """Let the cases of processes be read in the background, unless that goes on already."""
    now = runtime.clock.now()
    build = postgresql.insert if uow.writing.dialect.name == "postgresql" else sqlite.insert
    for key in keys:
        row = uow.writing.execute(select(case_standing.c.asked_at).where(case_standing.c.definition_key == key)).one_or_none()
        if row is not None and row.asked_at is not None and row.asked_at > now - _LOST:
            continue
        values = {"asked_at": now, "done": 0, "total": 0}
        uow.writing.execute(
            build(case_standing).values(definition_key=key, **values)
            .on_conflict_do_update(index_elements=[case_standing.c.definition_key], set_=values, where=true()))
        runtime.outbox.enqueue(uow.writing, JOB, f"standings-{key}-{now.timestamp():.3f}", {"definition_key": key})
    uow.after_commit(runtime.outbox.wake)


def reading(runtime: Runtime, uow: UnitOfWork, keys: Sequence[str]) -> Reading:
    """How far it is for processes together; one that was lost counts as over."""
    query = select(case_standing.c.done, case_standing.c.total, case_standing.c.asked_at).where(case_standing.c.definition_key.in_(keys))
    rows, lost = uow.reading.execute(query).all(), runtime.clock.now() - _LOST
    is_over = all(row.asked_at is None or row.asked_at <= lost for row in rows)
    return Reading(sum(row.done for row in rows), sum(row.total for row in rows), is_over)


def carry_out(runtime: Runtime, key: str) -> None:
    """Read what is not known of a process's cases, and keep it; begun again it goes on with what is left."""
    with UnitOfWork(runtime.database) as uow:
        rows = _rows(uow, [key], None, None, None)
        kept = _load(uow, key)
    there = {row.id for row in rows}
    kept.cases = {case: pair for case, pair in kept.cases.items() if case in there}
    unknown = kept.lacks(rows)
    for at in range(0, len(unknown), _SLICE):
        with UnitOfWork(runtime.database) as uow:
            for row in _states(uow, unknown[at:at + _SLICE]):
                kept.take(row)
        left = max(0, len(unknown) - at - _SLICE)
        _keep(runtime, key, {"body": kept.written(), "done": len(rows) - left, "total": len(rows)})
    _keep(runtime, key, {"asked_at": None})


def _keep(runtime: Runtime, key: str, values: dict[str, Any]) -> None:
    run_step(runtime, lambda uow: uow.writing.execute(
        update(case_standing).where(case_standing.c.definition_key == key).values(**values)))


def _load(uow: UnitOfWork, key: str) -> _Kept:
    body = uow.reading.execute(select(case_standing.c.body).where(case_standing.c.definition_key == key)).scalar()
    return _Kept() if body is None else _Kept.read(bytes(body))


def _rows(
    uow: UnitOfWork, keys: Sequence[str], site_ids: Sequence[int] | None, but: int | None, instance_ids: Sequence[int] | None
) -> list[Row[Any]]:
    wanted: list[ColumnElement[bool]] = [instance.c.definition_key.in_(keys), instance.c.state.in_(migration.MOVABLE_STATES)]
    if but is not None:
        wanted.append(instance.c.definition_id != but)
    if instance_ids is not None:
        wanted.append(instance.c.id.in_(instance_ids))
    if site_ids is not None:
        wanted.append(instance.c.site_id.in_(site_ids))
    columns = [instance.c[name] for name in ("id", "definition_key", "definition_id", "bindings", "state", "version")]
    return sorted(uow.reading.execute(select(*columns).where(*wanted)), key=lambda row: int(row.id))


def _states(uow: UnitOfWork, ids: Sequence[int]) -> Iterator[Row[Any]]:
    for at in range(0, len(ids), _FETCH):
        columns = [instance.c[name] for name in ("id", "version", "data")]
        query = select(*columns).where(instance.c.id.in_(ids[at:at + _FETCH]))
        yield from uow.reading.execute(query)
