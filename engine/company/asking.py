"""In whose name work goes on that was asked for earlier: as long as the person may still ask for it, and no longer.

The one rule for every run in the background (interventions, moves to another version, imports, rules of keeping): each transaction asks
here, a run whose asker has left or may no longer do it stops with the reason, and whoever may ask for it can let it go on as theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import delete, insert, select

from engine import permissions
from engine.company import changes, users
from engine.errors import ConflictError
from engine.model import SYSTEM, Actor, JsonObject
from engine.persistence.tables import carrier
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime

#: kind of entry in the record of changes
_ENTRY = "run"
#: kinds of runs, as addresses name them
KINDS = ("interventions", "migrations", "imports", "erasures")


class AskerGoneError(ConflictError):
    """Expected that whoever asked for the work still may."""

    code = "asker_gone"
    sentence = "已停止：要求這項工作的{name}已停用，或不再有這項權限。有權限的人可以繼續。"


@dataclass(frozen=True, slots=True)
class Stopped:
    """Why a run stopped by itself."""

    sentence: str
    data: JsonObject
    at: datetime


def actor_of(uow: UnitOfWork, kind: str, run_id: int, asked_by: int | None, permission: str) -> Actor:
    """Who a run is carried out as, with the rights that the person has now; the system where nobody asked. AskerGoneError."""
    taken = select(carrier.c.carried_by).where(carrier.c.kind == kind, carrier.c.run_id == run_id)
    user_id = uow.reading.execute(taken).scalar() or asked_by
    return SYSTEM if user_id is None else person(uow, user_id, permission)


def person(uow: UnitOfWork, user_id: int, permission: str) -> Actor:
    """Somebody who asked for work, with the rights that the person has now. AskerGoneError."""
    account = users.get(uow, user_id)
    actor = account.actor()
    if account.deactivated_at is not None or not permissions.may(actor, permission):
        raise AskerGoneError(name=account.display_name)
    return actor


def note_stop(runtime: Runtime, uow: UnitOfWork, kind: str, run_id: int, error: AskerGoneError) -> None:
    """Keep why a run stopped by itself. The caller changes its state."""
    problem = orjson.dumps({"sentence": error.sentence, "data": error.data}).decode()
    _replace(runtime, uow, kind, run_id, problem=problem)


def take_over(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, kind: str, run_id: int, job: str, payload: dict[str, Any], action: str = "resumed",
) -> None:
    """Let a run go on in the actor's name, on record. The caller has checked the permission and changes the run's state."""
    _replace(runtime, uow, kind, run_id, carried_by=actor.user_id)
    changes.record(uow, actor, _ENTRY, f"{kind}:{run_id}", action, runtime.clock.now())
    # under a key of its own: the job engine drops one that it has done before
    runtime.outbox.enqueue(uow.writing, job, f"{kind}-{run_id}-{runtime.clock.now():%Y%m%d%H%M%S%f}", payload)
    uow.after_commit(runtime.outbox.wake)


def why(uow: UnitOfWork, kind: str, run_id: int) -> Stopped | None:
    """Why a run stopped by itself; None where it didn't, or goes on."""
    row = uow.reading.execute(select(carrier).where(carrier.c.kind == kind, carrier.c.run_id == run_id)).one_or_none()
    if row is None or row.problem is None:
        return None
    said = orjson.loads(row.problem)
    return Stopped(said["sentence"], said["data"], row.at)


def _replace(
    runtime: Runtime, uow: UnitOfWork, kind: str, run_id: int, *, problem: str | None = None, carried_by: int | None = None
) -> None:
    uow.writing.execute(delete(carrier).where(carrier.c.kind == kind, carrier.c.run_id == run_id))
    uow.writing.execute(insert(carrier).values(kind=kind, run_id=run_id, problem=problem, carried_by=carried_by, at=runtime.clock.now()))
