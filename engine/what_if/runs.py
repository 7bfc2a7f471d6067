"""Plays as people ask for them: written down, played by a process of its own beside the work of everybody else, told how far they are,
stopped, begun anew after a restart, deleted.

A play costs a whole core for a while and memory besides: a process of its own keeps it off the pages and the store's writer, and is ended
at once when nobody wants it any more. They are played one after the other: the threads that a play waits on also fire what falls due.
"""

from __future__ import annotations

import time
from dataclasses import fields
from pathlib import Path
from random import SystemRandom
from typing import Any

import orjson
import structlog
from sqlalchemy import delete, func, insert, select, update

from engine import definitions, permissions
from engine.company import changes
from engine.errors import ConflictError
from engine.model import Actor, JsonObject
from engine.persistence.tables import what_if_run
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import what_if as queries
from engine.queries.what_if import PERMISSION
from engine.runtime import Runtime
from engine.steps import run_step
from engine.what_if import order as orders
from engine.what_if.order import Order
from engine.what_if.worker import PlayFailedError, Worker

_log = structlog.get_logger(__name__)
#: name of the job
JOB = "play_what_if"
#: that wait or are played at the same time
MOST = 5
#: seconds between two looks at whether it is still wanted, at which it also says how far it is
_LOOK = 1.0
_UNFINISHED = ("waiting", "running")


class TooManyPlaysError(ConflictError):
    """Expected fewer plays under way."""

    code = "too_many_plays"
    sentence = "已有 {count} 項推演在等待或進行，請等其中一項結束，或先停止一項。"


class PlayOverError(ConflictError):
    """Expected a play that is still under way."""

    code = "play_over"
    sentence = "這項推演已經結束。"


class NoFiguresError(ConflictError):
    """Expected a play that was played to its end."""

    code = "no_figures"
    sentence = "這項推演還沒有結果。"


def begin(runtime: Runtime, uow: UnitOfWork, actor: Actor, order: Order, *, name: str = "", site_id: int | None = None) -> int:
    """Write an order down, to be played in the background; its id. At a site, or at all those that the person sees.

    FormInvalidError names the fields that can't be taken; TooManyPlaysError.
    """
    permissions.require(actor, PERMISSION, site_id)
    known = {info.key for info in definitions.list_latest(runtime, uow)}
    orders.check(order, known, set(runtime.organisation.roles))
    sites = frozenset({site_id}) if site_id is not None else permissions.sites_where(actor, PERMISSION)
    connection = uow.writing
    count = connection.execute(select(func.count()).where(what_if_run.c.state.in_(_UNFINISHED))).scalar_one()
    if count >= MOST:
        raise TooManyPlaysError(count=count)
    run_id: int = connection.execute(
        insert(what_if_run)
        .values(
            name=name.strip()[:100], state="waiting", question=orjson.dumps(order.as_json()).decode(),
            sites=None if sites is None else orjson.dumps(sorted(sites)).decode(), asked_at=runtime.clock.now(), asked_by=actor.user_id,
        )
        .returning(what_if_run.c.id)
    ).scalar_one()
    runtime.outbox.enqueue(connection, JOB, f"{JOB}-{run_id}", {"run_id": run_id})
    uow.after_commit(runtime.outbox.wake)
    return run_id


def any_seed() -> int:
    """For whoever names none; it is kept with the order, so that it can be played again."""
    return SystemRandom().randint(1, 999_999)


def stop(runtime: Runtime, uow: UnitOfWork, actor: Actor, run_id: int) -> None:
    """Play no further; there are no figures then. PlayOverError where it is over."""
    queries.find(uow, actor, run_id)
    values = {"state": "stopped", "finished_at": runtime.clock.now()}
    mine = (what_if_run.c.id == run_id, what_if_run.c.state.in_(_UNFINISHED))
    if uow.writing.execute(update(what_if_run).where(*mine).values(**values)).rowcount != 1:
        raise PlayOverError
    _next(runtime, uow, run_id)


def remove(runtime: Runtime, uow: UnitOfWork, actor: Actor, run_id: int) -> None:
    """Forget a play with its figures; one that is under way ends."""
    play = queries.find(uow, actor, run_id)
    uow.writing.execute(delete(what_if_run).where(what_if_run.c.id == run_id))
    changes.record(uow, actor, "run", f"plays:{run_id}", "deleted", runtime.clock.now(), changes={"name": (play.name, None)})
    _next(runtime, uow, run_id)
    _log.info("what_if_removed", run_id=run_id, by=actor.user_id)


def carry_out(runtime: Runtime, run_id: int) -> None:
    """Play what was ordered, unless that is over or another is being played; begun again, it begins at the top."""
    with UnitOfWork(runtime.database) as uow:
        row = uow.reading.execute(select(what_if_run).where(what_if_run.c.id == run_id)).one_or_none()
    if row is None or row.state not in _UNFINISHED:
        return
    if not run_step(runtime, lambda uow: _take_turn(runtime, uow, run_id)):
        return
    request = {
        "settings": _portable(runtime), "order": orjson.loads(row.question), "sites": orjson.loads(row.sites) if row.sites else None,
        "now": runtime.clock.now().isoformat(),
    }  # fmt: skip
    looked = time.monotonic()
    try:
        with Worker(request) as worker:
            while (said := worker.hear(_LOOK)) is None or "result" not in said:
                # by the machine's clock: it is about how long somebody waits
                if time.monotonic() - looked >= _LOOK:
                    looked = time.monotonic()
                    if not _note(runtime, run_id, done=int(1000 * worker.share)):
                        return
    except PlayFailedError as error:
        problem = orjson.dumps({"sentence": error.reason, "data": error.details}).decode()
        _note(runtime, run_id, state="failed", problem=problem, finished_at=runtime.clock.now())
        return
    result = orjson.dumps(said["result"]).decode()
    _note(runtime, run_id, state="finished", done=1000, result=result, finished_at=runtime.clock.now())


def _take_turn(runtime: Runtime, uow: UnitOfWork, run_id: int) -> bool:
    """Begin, unless another is being played: whoever ends that one sees to the next."""
    other = what_if_run.alias("other")
    is_busy = select(other.c.id).where(other.c.state == "running", other.c.id != run_id).exists()
    mine = (what_if_run.c.id == run_id, what_if_run.c.state.in_(_UNFINISHED), ~is_busy)
    values = {"state": "running", "started_at": runtime.clock.now(), "done": 0}
    return uow.writing.execute(update(what_if_run).where(*mine).values(**values)).rowcount == 1


def _next(runtime: Runtime, uow: UnitOfWork, ended_id: int) -> None:
    """Let the one that has waited longest have its turn."""
    query = select(func.min(what_if_run.c.id)).where(what_if_run.c.state == "waiting")
    run_id = uow.writing.execute(query).scalar()
    if run_id is not None:
        runtime.outbox.enqueue(uow.writing, JOB, f"{JOB}-{run_id}-after-{ended_id}", {"run_id": run_id})
        uow.after_commit(runtime.outbox.wake)


def _note(runtime: Runtime, run_id: int, **values: Any) -> bool:
    """Say how far it is, or how it ended; False where it was stopped or deleted meanwhile."""

    def write(uow: UnitOfWork) -> bool:
        mine = (what_if_run.c.id == run_id, what_if_run.c.state.in_(_UNFINISHED))
        is_mine = uow.writing.execute(update(what_if_run).where(*mine).values(**values)).rowcount == 1
        if is_mine and "finished_at" in values:
            _next(runtime, uow, run_id)
        return is_mine

    return run_step(runtime, write)


def _portable(runtime: Runtime) -> JsonObject:
    """The settings as JSON."""
    settings = runtime.settings
    values = {each.name: getattr(settings, each.name) for each in fields(settings)}
    return {name: str(value) if isinstance(value, Path) else value for name, value in values.items()}


