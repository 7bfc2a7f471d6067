"""What each kind of job does, by name. A job may run more than once: each handler makes its repeat harmless, by state or by key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import structlog
from sqlalchemy import insert, select

from engine import intervention_runs, messages, migration_runs, standings, timers
from engine.company import asking, rescheduling
from engine.errors import ConflictError, StaleInstanceError
from engine.imports import planning, storing
from engine.jobs import link_sending, supervision
from engine.model import SYSTEM, JsonObject
from engine.persistence.tables import idempotency
from engine.persistence.unit_of_work import UnitOfWork
from engine.retention import runs as retention_runs
from engine.runtime import Runtime
from engine.steps import run_step
from engine.what_if import runs as what_if_runs

_log = structlog.get_logger(__name__)

#: (runtime, key, payload); raises to be tried again later
Handler = Callable[[Runtime, str, JsonObject], None]
#: stands for the system among the users of `idempotency`
NOBODY = 0
_ATTEMPTS = 10


def fire_due(runtime: Runtime, key: str, payload: JsonObject) -> None:
    """Fire a due row, after those of its instance that fell due before it; a stale one does nothing."""
    with UnitOfWork(runtime.database) as uow:
        in_order = timers.up_to(uow, payload["due_id"])
    for due_id in in_order:
        # a row that stands as it was after firing has more to do: the next slice of a periodic start
        while run_step(runtime, partial(timers.fire, runtime, due_id=due_id), _ATTEMPTS) and _is_unfinished(runtime, due_id):
            pass


def _is_unfinished(runtime: Runtime, due_id: int) -> bool:
    with UnitOfWork(runtime.database) as uow:
        return timers.has_slices_left(runtime, uow, due_id)


def deliver_event(runtime: Runtime, key: str, payload: JsonObject) -> None:
    """Give a message or signal that a diagram threw to whoever waits for it, once a key. A message that nobody waits for is lost."""

    def deliver(uow: UnitOfWork) -> None:
        if not once(runtime, uow, key):
            return
        body = payload.get("payload") or {}
        if payload["kind"] == "signal":
            messages.send_signal(runtime, uow, SYSTEM, payload["name"], body)
        else:
            messages.send_message(runtime, uow, SYSTEM, payload["name"], payload.get("correlation") or {}, body)

    try:
        run_step(runtime, deliver, _ATTEMPTS)
    except StaleInstanceError:
        raise
    except ConflictError as error:
        # nobody waits, or nobody can tell which of several is meant: another attempt would say the same
        _log.warning("event_not_delivered", key=key, kind=payload["kind"], name=payload["name"], reason=str(error))


def once(runtime: Runtime, uow: UnitOfWork, key: str) -> bool:
    """Whether this is the first time; remembered in the same transaction as the effect that it guards."""
    known = select(idempotency.c.key).where(idempotency.c.user_id == NOBODY, idempotency.c.key == key)
    if uow.writing.execute(known).scalar() is not None:
        return False
    row = {"user_id": NOBODY, "key": key, "request": b"", "status": 0, "response": b"", "at": runtime.clock.now()}
    uow.writing.execute(insert(idempotency).values(row))
    return True


def apply_import(runtime: Runtime, key: str, payload: JsonObject) -> None:
    """Carry out a confirmed workbook, slice by slice; begun again it goes on behind the last slice."""
    storing.carry_out(runtime, payload["import_id"])


def plan_import(runtime: Runtime, key: str, payload: JsonObject) -> None:
    """Work out what a workbook would change; begun again it begins at the top, and one that is planned is left alone."""
    planning.plan(runtime, payload["import_id"])


def reschedule(runtime: Runtime, key: str, payload: JsonObject) -> None:
    """Move open due times to a changed working calendar; moved ones are found in their place, so a repeat does nothing."""
    with UnitOfWork(runtime.database) as uow:
        try:
            actor = SYSTEM if payload["actor_id"] is None else asking.person(uow, payload["actor_id"], "calendar:write")
        except asking.AskerGoneError as error:
            # nothing is left half done: whoever may can ask for it again
            _log.warning("not_rescheduled", key=key, reason=str(error))
            return
    rescheduling.carry_out(runtime, payload["site_id"], actor)


def migrate_cases(runtime: Runtime, key: str, payload: JsonObject) -> None:
    """Move the cases of a run to another version; begun again it goes on with those that are left."""
    migration_runs.carry_out(runtime, payload["run_id"])


def undo_migration(runtime: Runtime, key: str, payload: JsonObject) -> None:
    """Move the cases of a run back; begun again it goes on with those that are left."""
    migration_runs.carry_back(runtime, payload["run_id"], payload["actor_id"])


def read_standings(runtime: Runtime, key: str, payload: JsonObject) -> None:
    """Read where a process's running cases stand; begun again it goes on with those that are left."""
    standings.carry_out(runtime, payload["definition_key"])


def intervene(runtime: Runtime, key: str, payload: JsonObject) -> None:
    """Carry out a manager's order; begun again it goes on with the cases that are left."""
    intervention_runs.carry_out(runtime, payload["intervention_id"])


def undo_intervention(runtime: Runtime, key: str, payload: JsonObject) -> None:
    """Take a manager's order back; begun again it goes on with the cases that are left."""
    intervention_runs.carry_back(runtime, payload["intervention_id"])


def play_what_if(runtime: Runtime, key: str, payload: JsonObject) -> None:
    """Play the weeks ahead; begun again it begins at the top, and one that is over or deleted is left alone."""
    what_if_runs.carry_out(runtime, payload["run_id"])


def erase_by_rule(runtime: Runtime, key: str, payload: JsonObject) -> None:
    """Carry a rule of keeping out; begun again it goes on with what is still due."""
    retention_runs.carry_out(runtime, payload["run_id"])
    # what messages carried stands in the jobs that brought them, which are remembered for some days
    run_step(runtime, lambda uow: supervision.forget_ended(uow, "deliver_event"))


#: job name → what carries it out
HANDLERS: Mapping[str, Handler] = {
    "fire_due": fire_due, "deliver_event": deliver_event,
    "send_link": link_sending.send_link, "hand_over": link_sending.hand_over,
    storing.JOB: apply_import, planning.JOB: plan_import, rescheduling.JOB: reschedule,
    migration_runs.JOB: migrate_cases, migration_runs.UNDO_JOB: undo_migration,
    intervention_runs.JOB: intervene, intervention_runs.UNDO_JOB: undo_intervention, what_if_runs.JOB: play_what_if,
    standings.JOB: read_standings,
    retention_runs.JOB: erase_by_rule,
}


def run(runtime: Runtime, name: str, key: str, payload: JsonObject) -> None:
    """Carry out one job."""
    HANDLERS[name](runtime, key, payload)
