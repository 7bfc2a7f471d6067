"""Who calls a process from another package. A running case stays with the version that was current when it began."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import orjson
from sqlalchemy import func, select

from engine import definitions, migration
from engine.definitions import DefinitionInfo
from engine.persistence.tables import instance
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Caller:
    """Running cases of one version of a calling process that are bound to one version of what it calls."""

    key: str
    definition_id: int
    number: int
    name: str
    #: what it calls, and the version that these cases call
    called_key: str
    called_name: str
    called_number: int
    #: whether that is the current version
    is_newest: bool
    #: running cases; 0 where the current version calls it and none runs
    count: int


def of(runtime: Runtime, uow: UnitOfWork, called: Mapping[str, DefinitionInfo]) -> tuple[Caller, ...]:
    """Of processes (key → current version): every process that calls one of them, directly or by way of others, and is none of them."""
    calling = _calling(runtime, uow, set(called))
    if not calling:
        return ()
    running = (
        select(instance.c.definition_id, instance.c.bindings, func.count().label("cases"))
        .where(instance.c.definition_key.in_(sorted(calling)), instance.c.state.in_(migration.MOVABLE_STATES),
               instance.c.bindings.is_not(None))
        .group_by(instance.c.definition_id, instance.c.bindings)
    )
    counts = {(info.id, key, called[key].id): 0 for info, keys in calling.values() for key in keys}
    for row in uow.reading.execute(running):
        for key, bound_id in orjson.loads(row.bindings).items():
            if key in called:
                counts[row.definition_id, key, bound_id] = counts.get((row.definition_id, key, bound_id), 0) + row.cases
    found = []
    for (caller_id, key, bound_id), count in counts.items():
        caller, bound = definitions.get(runtime, uow, caller_id), definitions.get(runtime, uow, bound_id)
        found.append(Caller(
            caller.key, caller_id, caller.version, caller.name, key, bound.name, bound.version, bound_id == called[key].id, count))
    return tuple(sorted(found, key=lambda each: (each.key, -each.number, each.called_key, -each.called_number)))


def _calling(runtime: Runtime, uow: UnitOfWork, called: set[str]) -> dict[str, tuple[DefinitionInfo, set[str]]]:
    """Key → the current version of a calling process, and which of the called it reaches."""
    latest = {info.key: info for info in definitions.list_latest(runtime, uow)}
    direct = {key: set(definitions.content(runtime, uow, info.id).diagram.called) for key, info in latest.items()}
    reached: dict[str, set[str]] = {}
    for key in latest.keys() - called:
        waiting, seen = list(direct[key]), set()
        while waiting:
            each = waiting.pop()
            if each not in seen:
                seen.add(each)
                waiting.extend(direct.get(each, ()))
        if hits := seen & called:
            reached[key] = hits
    return {key: (latest[key], hits) for key, hits in reached.items()}
