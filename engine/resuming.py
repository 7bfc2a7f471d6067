"""Lets a run in the background go on that was stopped, by itself or by somebody: of every kind by one call."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from engine import intervention_runs, migration_runs
from engine.company import asking
from engine.errors import NotFoundError
from engine.imports import storing
from engine.model import Actor
from engine.persistence.unit_of_work import UnitOfWork
from engine.retention import runs as erasures
from engine.runtime import Runtime

_VERBS: Mapping[str, Callable[[Runtime, UnitOfWork, Actor, int], None]] = {
    intervention_runs.KIND: intervention_runs.resume, migration_runs.KIND: migration_runs.resume, storing.KIND: storing.resume,
    erasures.KIND: erasures.resume,
}
assert set(_VERBS) == set(asking.KINDS)


def resume(runtime: Runtime, uow: UnitOfWork, actor: Actor, kind: str, run_id: int) -> None:
    """Go on in the actor's name with what is left. ForbiddenError for whoever may not ask for it; a conflict where nothing is left."""
    if kind not in _VERBS:
        raise NotFoundError(kind="背景工作", id=kind)
    _VERBS[kind](runtime, uow, actor, run_id)
