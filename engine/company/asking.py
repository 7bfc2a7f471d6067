"""In whose name work goes on that was asked for earlier: as long as the person may still ask for it, and no longer.

The one rule for every run in the background (interventions, moves to another version, imports, rules of keeping): each transaction asks
here, a run whose asker has left or may no longer do it stops with the reason, and whoever may ask for it can let it go on as theirs.
"""

from __future__ import annotations

from typing import Any

from engine import permissions
from engine.company import users
from engine.errors import ConflictError
from engine.model import SYSTEM, Actor, JsonObject
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime


class AskerGoneError(ConflictError):
    """Expected that whoever asked for the work still may."""

    code = "asker_gone"
    sentence = "已停止：要求這項工作的{name}已停用，或不再有這項權限。有權限的人可以繼續。"


def actor_of(uow: UnitOfWork, user_id: int | None, permission: str) -> Actor:
    """Who the work is done as, with the rights that the person has now; the system where nobody asked. AskerGoneError."""
    if user_id is None:
        return SYSTEM
    account = users.get(uow, user_id)
    actor = account.actor()
    if account.deactivated_at is not None or not permissions.may(actor, permission):
        raise AskerGoneError(name=account.display_name)
    return actor


def told(error: AskerGoneError) -> JsonObject:
    """Why a run stopped, as its row keeps it."""
    return {"code": error.code, "sentence": error.sentence, "data": dict(error.data)}


def requeue(runtime: Runtime, uow: UnitOfWork, job: str, key: str, payload: dict[str, Any]) -> None:
    """Queue the job of a run that goes on. Under a key of its own: the job engine drops one that it has done before."""
    runtime.outbox.enqueue(uow.writing, job, f"{key}-{runtime.clock.now():%Y%m%d%H%M%S%f}", payload)
    uow.after_commit(runtime.outbox.wake)
