"""Many cases moved to a version in one go: in the background, each by itself, with what became of each; stopped, resumed and taken back.

A case is one transaction. Begun again after a crash a run goes on with what is left; nothing is done twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson
from sqlalchemy import Row, func, insert, select, update

from engine import definitions, migration, migration_undo, permissions
from engine.company import asking
from engine.errors import ConflictError, GuichengError, InvalidError, NotFoundError, StaleInstanceError, StoreUnavailableError
from engine.model import Actor
from engine.persistence.tables import instance, migration_case, migration_run
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.steps import run_step

#: names of the jobs
JOB, UNDO_JOB = "migrate_cases", "undo_migration"
#: as `asking` names them
KIND = "migrations"
#: cases that are looked up at once
_SLICE = 100
_ATTEMPTS = 10


class NothingToMoveError(InvalidError):
    """Expected at least one case."""

    code = "nothing_to_move"
    sentence = "沒有選擇要改用新版本的案件。"


class RunOverError(ConflictError):
    """Expected a run that still goes on, or one that is over, as the verb needs."""

    code = "run_over"
    sentence = "這次遷移已經停止或結束。"


class RunGoesOnError(ConflictError):
    """Expected a run that is over."""

    code = "run_goes_on"
    sentence = "這次遷移還在進行。請先停止，再撤銷。"


@dataclass(frozen=True, slots=True)
class Chosen:
    """Cases that go the same way."""

    instance_ids: Sequence[int]
    #: element id → its id in the new version, where it isn't the same
    mapping: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is."""

    run_id: int
    state: str
    total: int
    moved: int
    refused: int
    undone: int
    kept: int

    @property
    def done(self) -> int:
        """Cases that were looked at."""
        return self.undone + self.kept if self.state in ("undoing", "undone") else self.moved + self.refused


def begin(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, to_definition_id: int, chosen: Sequence[Chosen], reason: str, *,
    new_due: bool = False, proposal_id: int | None = None, is_queued: bool = True,
) -> int:
    """Write down what is to be moved, and let it be done in the background (unless the caller carries it out); the run's id.

    Whether a case can be moved is asked when its turn comes, for it may have gone on until then. NothingToMoveError, InvalidError.
    """
    permissions.require(actor, migration.PERMISSION)
    if not reason.strip():
        raise InvalidError(reason="請填寫原因。")
    info = definitions.get(runtime, uow, to_definition_id)
    cases = {each: orjson.dumps(dict(group.mapping)).decode() for group in chosen for each in group.instance_ids}
    if not cases:
        raise NothingToMoveError
    connection = uow.writing
    run_id: int = connection.execute(
        insert(migration_run)
        .values(
            definition_key=info.key, to_definition_id=info.id, proposal_id=proposal_id, reason=reason.strip(), new_due=new_due,
            state="running", asked_at=runtime.clock.now(), asked_by=actor.user_id, total=len(cases),
        )
        .returning(migration_run.c.id)
    ).scalar_one()
    rows = [{"run_id": run_id, "instance_id": each, "state": "planned", "mapping": mapping} for each, mapping in cases.items()]
    connection.execute(insert(migration_case), rows)
    if is_queued:
        runtime.outbox.enqueue(connection, JOB, f"migrate-{run_id}", {"run_id": run_id})
        uow.after_commit(runtime.outbox.wake)
    return run_id


def move_one(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, instance_id: int, to_definition_id: int, reason: str, *,
    mapping: Mapping[str, str] | None = None, new_due: bool = False,
) -> int:
    """Move one case at once, in the caller's transaction; the run that it is on record as. Refusals are raised."""
    group = Chosen([instance_id], mapping or {})
    run_id = begin(runtime, uow, actor, to_definition_id, [group], reason, new_due=new_due, is_queued=False)
    migration.migrate(
        runtime, uow, actor, instance_id, to_definition_id, reason, run_id=run_id, mapping=mapping, new_due=new_due,
    )
    _count(uow, run_id, moved_count=1)
    _end(runtime, uow, run_id, "finished")
    return run_id


def stop(runtime: Runtime, uow: UnitOfWork, actor: Actor, run_id: int) -> None:
    """Do no more cases. What was moved stays moved."""
    permissions.require(actor, migration.PERMISSION)
    if _locked(uow, run_id).state != "running":
        raise RunOverError
    _end(runtime, uow, run_id, "stopped")


def resume(runtime: Runtime, uow: UnitOfWork, actor: Actor, run_id: int) -> None:
    """Go on with what is left of a run that was stopped, in the name of whoever says so now. RunOverError where nothing is left."""
    permissions.require(actor, migration.PERMISSION)
    row = _locked(uow, run_id)
    left = select(migration_case.c.instance_id).where(migration_case.c.run_id == run_id, migration_case.c.state == "planned")
    if row.state != "stopped" or uow.reading.execute(left.limit(1)).first() is None:
        raise RunOverError
    uow.writing.execute(update(migration_run).where(migration_run.c.id == run_id).values(state="running", finished_at=None))
    asking.take_over(runtime, uow, actor, KIND, run_id, JOB, {"run_id": run_id})


def undo(runtime: Runtime, uow: UnitOfWork, actor: Actor, run_id: int) -> None:
    """Let every case of a run that has not gone on be moved back, in the background."""
    permissions.require(actor, migration.PERMISSION)
    row = _locked(uow, run_id)
    if row.state == "running":
        raise RunGoesOnError
    if row.state not in ("finished", "stopped") or not row.moved_count:
        raise RunOverError
    uow.writing.execute(update(migration_run).where(migration_run.c.id == run_id).values(state="undoing", finished_at=None))
    asking.take_over(runtime, uow, actor, KIND, run_id, UNDO_JOB, {"run_id": run_id, "actor_id": actor.user_id}, "undone")


def undo_one(runtime: Runtime, uow: UnitOfWork, actor: Actor, instance_id: int, run_id: int) -> None:
    """Move one case back at once. Refusals are raised."""
    migration_undo.undo(runtime, uow, actor, instance_id, run_id)
    _count(uow, run_id, undone_count=1)


def carry_out(runtime: Runtime, run_id: int, tell: Callable[[Progress], None] = lambda _progress: None) -> None:
    """Do what is left of a run, a transaction a case; ends when it is stopped."""
    _each(runtime, run_id, "running", "planned", _move, "finished", tell)


def carry_back(runtime: Runtime, run_id: int, actor_id: int | None, tell: Callable[[Progress], None] = lambda _progress: None) -> None:
    """Move back what is left of a run that is being undone."""

    def back(runtime: Runtime, uow: UnitOfWork, run: Row[Any], case: Row[Any]) -> None:
        migration_undo.undo(runtime, uow, asking.actor_of(uow, KIND, run.id, actor_id, migration.PERMISSION), case.instance_id, run.id)
        _count(uow, run.id, undone_count=1)

    _each(runtime, run_id, "undoing", "moved", back, "undone", tell)


def progress(uow: UnitOfWork, run_id: int) -> Progress:
    """How far it is; NotFoundError if there is none."""
    row = uow.reading.execute(select(migration_run).where(migration_run.c.id == run_id)).one_or_none()
    if row is None:
        raise NotFoundError(kind="版本遷移", id=run_id)
    return Progress(row.id, row.state, row.total, row.moved_count, row.refused_count, row.undone_count, row.kept_count)


# ---------------------------------------------------------------- inside

def _each(
    runtime: Runtime, run_id: int, going: str, wanted: str, act: Callable[[Runtime, UnitOfWork, Row[Any], Row[Any]], None], end: str,
    tell: Callable[[Progress], None],
) -> None:
    while True:
        with UnitOfWork(runtime.database) as uow:
            run = uow.reading.execute(select(migration_run).where(migration_run.c.id == run_id)).one()
            query = select(migration_case).where(migration_case.c.run_id == run_id, migration_case.c.state == wanted)
            cases = uow.reading.execute(query.order_by(migration_case.c.instance_id).limit(_SLICE)).all()
            tell(progress(uow, run_id))
        if run.state != going:
            return
        if not cases:
            run_step(runtime, lambda uow: _end(runtime, uow, run_id, end, only_from=going))
            with UnitOfWork(runtime.database) as uow:
                tell(progress(uow, run_id))
            return
        for case in cases:
            if not run_step(runtime, partial(_one, runtime, run_id=run_id, going=going, wanted=wanted, case=case, act=act), _ATTEMPTS):
                return


def _one(
    runtime: Runtime, uow: UnitOfWork, run_id: int, going: str, wanted: str, case: Row[Any],
    act: Callable[[Runtime, UnitOfWork, Row[Any], Row[Any]], None],
) -> bool:
    """One case; False where the run was stopped meanwhile."""
    run = uow.reading.execute(select(migration_run).where(migration_run.c.id == run_id)).one()
    mine = (migration_case.c.run_id == run_id, migration_case.c.instance_id == case.instance_id)
    if run.state != going:
        return False
    if uow.reading.execute(select(migration_case.c.state).where(*mine)).scalar() != wanted:
        # another worker, before it was taken for dead
        return True
    try:
        act(runtime, uow, run, case)
    except (StaleInstanceError, StoreUnavailableError):
        raise
    except asking.AskerGoneError as gone:
        uow.rollback()
        _end(runtime, uow, run_id, "stopped", only_from=going)
        asking.note_stop(runtime, uow, KIND, run_id, gone)
        return False
    except GuichengError as error:
        uow.rollback()
        is_back = wanted == "moved"
        problem = orjson.dumps({"code": error.code, "sentence": error.sentence, "data": {
            key: value if isinstance(value, int) else str(value) for key, value in error.data.items() if key != "blocked"
        }}).decode()  # fmt: skip
        values = {"state": "kept" if is_back else "refused", "problem": problem, "at": runtime.clock.now()}
        uow.writing.execute(update(migration_case).where(*mine, migration_case.c.state == wanted).values(**values))
        _count(uow, run_id, **{"kept_count" if is_back else "refused_count": 1})
    return True


def _move(runtime: Runtime, uow: UnitOfWork, run: Row[Any], case: Row[Any]) -> None:
    migration.migrate(
        runtime, uow, asking.actor_of(uow, KIND, run.id, run.asked_by, migration.PERMISSION), case.instance_id, run.to_definition_id,
        run.reason, run_id=run.id, mapping=orjson.loads(case.mapping), new_due=run.new_due,
    )
    _count(uow, run.id, moved_count=1)


def _count(uow: UnitOfWork, run_id: int, **more: int) -> None:
    values = {name: migration_run.c[name] + number for name, number in more.items()}
    uow.writing.execute(update(migration_run).where(migration_run.c.id == run_id).values(**values))


def _end(runtime: Runtime, uow: UnitOfWork, run_id: int, state: str, only_from: str | None = None) -> None:
    mine = [migration_run.c.id == run_id, *([migration_run.c.state == only_from] if only_from else [])]
    uow.writing.execute(update(migration_run).where(*mine).values(state=state, finished_at=runtime.clock.now()))


def _locked(uow: UnitOfWork, run_id: int) -> Row[Any]:
    row = uow.writing.execute(select(migration_run).where(migration_run.c.id == run_id).with_for_update()).one_or_none()
    if row is None:
        raise NotFoundError(kind="版本遷移", id=run_id)
    return row


def running_count(uow: UnitOfWork, definition_id: int) -> int:
    """Cases that run on a version."""
    query = select(func.count()).where(instance.c.definition_id == definition_id, instance.c.state.in_(migration.MOVABLE_STATES))
    return int(uow.reading.execute(query).scalar_one())
