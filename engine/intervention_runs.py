"""A manager's order over one case or many: tried first, then carried out case by case, with what became of each, and taken back.

A case is one transaction. Few are done at once; many in the background, stopped and gone on with after a crash without doing any twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import orjson
from sqlalchemy import Row, insert, select, update

from engine import interventions, permissions
from engine.company import asking
from engine.errors import (
    ConflictError,
    GuichengError,
    InvalidError,
    NotFoundError,
    StaleInstanceError,
    StoreUnavailableError,
)
from engine.interventions import PERMISSIONS, Effect, Order, Verb
from engine.model import Actor, JsonObject
from engine.persistence.tables import definition, instance, intervention, intervention_case, user
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.paging import Page, clamp, decode, encode
from engine.queries.sites import may_see
from engine.runtime import Runtime
from engine.steps import run_step

#: names of the jobs
JOB, UNDO_JOB = "intervene", "undo_intervention"
#: as `asking` names them
KIND = "interventions"
#: cases of one order
MOST = 500
#: so many are done while somebody waits
AT_ONCE = 20
_SLICE = 50
_ATTEMPTS = 10
_SHOWN = (instance.c.title, instance.c.business_key, instance.c.definition_id, instance.c.site_id, definition.c.name)


class TooManyCasesError(InvalidError):
    """Expected fewer cases, and at least one."""

    code = "too_many_cases"
    sentence = "一次可選 1 至 {most} 件案件。"


class RunOverError(ConflictError):
    """Expected an order that goes on, or one that is over, as the verb needs."""

    code = "intervention_over"
    sentence = "這次介入已經停止、結束，或不能撤銷。"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became, or would become, of one case."""

    instance_id: int
    #: as people call it; empty for one that the person may not see
    title: str
    number: str | None
    definition_id: int | None
    #: `planned`, `done`, `refused`, `undone`, `kept`; of a trial `done` or `refused`
    state: str
    effects: tuple[Effect, ...] = ()
    #: code, sentence and data of the refusal
    problem: JsonObject | None = None


@dataclass(frozen=True, slots=True)
class Intervention:
    """An order and how far it is."""

    id: int
    verb: Verb
    parameters: JsonObject
    reason: str
    state: str
    asked_at: datetime
    asked_by: str | None
    total: int
    done: int
    refused: int
    undone: int
    kept: int

    @property
    def is_over(self) -> bool:
        """Whether nothing goes on any more."""
        return self.state not in ("running", "undoing")

    @property
    def looked_at(self) -> int:
        """Cases that it has been at."""
        return self.undone + self.kept if self.state in ("undoing", "undone") else self.done + self.refused

    @property
    def can_be_undone(self) -> bool:
        """Whether there is something that may be taken back."""
        return self.state in ("finished", "stopped") and self.done > 0 and self.verb in interventions.UNDOABLE


def preview(runtime: Runtime, actor: Actor, order: Order, ids: Sequence[int]) -> list[Outcome]:
    """What would become of each, in the order given. Nothing is kept."""
    interventions.check(order)
    wanted, known = _wanted(runtime, actor, ids)
    found = []
    for each in wanted:
        try:
            with UnitOfWork(runtime.database) as uow:
                # leaving the block takes it back
                done = interventions.carry_out(runtime, uow, actor, each, order, is_trial=True)
        except StoreUnavailableError:
            raise
        except GuichengError as error:
            found.append(_outcome(each, known, "refused", problem=_problem(error)))
        else:
            found.append(_outcome(each, known, "done", done.effects))
    return found


def begin(runtime: Runtime, uow: UnitOfWork, actor: Actor, order: Order, ids: Sequence[int]) -> int:
    """Write down what is to be done, and let it be done in the background; of few the caller may `carry_out` at once besides."""
    interventions.check(order)
    permissions.require(actor, PERMISSIONS[order.verb])
    wanted = list(dict.fromkeys(ids))
    if not 1 <= len(wanted) <= MOST:
        raise TooManyCasesError(most=MOST)
    there = set(uow.reading.execute(select(instance.c.id).where(instance.c.id.in_(wanted))).scalars())
    missing = next((each for each in wanted if each not in there), None)
    if missing is not None:
        raise NotFoundError(kind="案件", id=missing)
    connection = uow.writing
    made: int = connection.execute(insert(intervention).values(
        verb=order.verb.value, parameters=orjson.dumps(_parameters(order)).decode(), reason=order.reason.strip(), state="running",
        asked_at=runtime.clock.now(), asked_by=actor.user_id, total=len(wanted),
    ).returning(intervention.c.id)).scalar_one()
    connection.execute(insert(intervention_case), [
        {"intervention_id": made, "instance_id": each, "state": "planned"} for each in wanted])
    runtime.outbox.enqueue(connection, JOB, f"intervene-{made}", {"intervention_id": made})
    uow.after_commit(runtime.outbox.wake)
    return made


def one(runtime: Runtime, actor: Actor, order: Order, instance_id: int) -> Outcome:
    """Do a single case at once, on record like many. Raises what refuses it; nothing is on record then."""
    interventions.check(order)
    with UnitOfWork(runtime.database) as uow:
        # leaving the block takes it back
        interventions.carry_out(runtime, uow, actor, instance_id, order, is_trial=True)
    made = run_step(runtime, lambda uow: begin(runtime, uow, actor, order, [instance_id]))
    carry_out(runtime, made, actor)
    with UnitOfWork(runtime.database) as uow:
        return cases(uow, actor, made).rows[0]


def carry_out(runtime: Runtime, intervention_id: int, actor: Actor | None = None) -> None:
    """Do what is left of an order; as whoever asked for it, with the rights that the person has then. Ends when it is stopped."""
    _each(runtime, intervention_id, "running", "planned", "finished", actor)


def carry_back(runtime: Runtime, intervention_id: int, actor: Actor | None = None) -> None:
    """Take back what is left of an order that is being undone."""
    _each(runtime, intervention_id, "undoing", "done", "undone", actor)


def stop(runtime: Runtime, uow: UnitOfWork, actor: Actor, intervention_id: int) -> None:
    """Do no more cases. What was done stays done."""
    row = _locked(uow, actor, intervention_id)
    if row.state != "running":
        raise RunOverError
    _end(runtime, uow, intervention_id, "stopped")


def resume(runtime: Runtime, uow: UnitOfWork, actor: Actor, intervention_id: int) -> None:
    """Go on with what is left of an order that was stopped, in the name of whoever says so now. RunOverError where nothing is left."""
    row = _locked(uow, actor, intervention_id)
    left = select(intervention_case.c.instance_id).where(
        intervention_case.c.intervention_id == intervention_id, intervention_case.c.state == "planned")
    if row.state != "stopped" or uow.reading.execute(left.limit(1)).first() is None:
        raise RunOverError
    uow.writing.execute(update(intervention).where(intervention.c.id == intervention_id).values(state="running", finished_at=None))
    asking.take_over(runtime, uow, actor, KIND, intervention_id, JOB, {"intervention_id": intervention_id})


def undo(runtime: Runtime, uow: UnitOfWork, actor: Actor, intervention_id: int) -> bool:
    """Let be taken back what can be, in the background; False where it is little, and the caller may `carry_back` at once besides."""
    row = _locked(uow, actor, intervention_id)
    if row.state not in ("finished", "stopped") or not row.done_count or Verb(row.verb) not in interventions.UNDOABLE:
        raise RunOverError
    values = {"state": "undoing", "undone_by": actor.user_id, "finished_at": None}
    uow.writing.execute(update(intervention).where(intervention.c.id == intervention_id).values(**values))
    asking.take_over(runtime, uow, actor, KIND, intervention_id, UNDO_JOB, {"intervention_id": intervention_id}, "undone")
    return bool(row.done_count > AT_ONCE)


def get(uow: UnitOfWork, actor: Actor, intervention_id: int) -> Intervention:
    """One order; NotFoundError for those who may not give it."""
    query = select(intervention, user.c.display_name).select_from(
        intervention.outerjoin(user, user.c.id == intervention.c.asked_by)).where(intervention.c.id == intervention_id)
    row = uow.reading.execute(query).one_or_none()
    if row is None or not permissions.may(actor, PERMISSIONS[Verb(row.verb)]):
        raise NotFoundError(kind="介入", id=intervention_id)
    return Intervention(
        row.id, Verb(row.verb), orjson.loads(row.parameters), row.reason, row.state, row.asked_at, row.display_name, row.total,
        row.done_count, row.refused_count, row.undone_count, row.kept_count)


def cases(uow: UnitOfWork, actor: Actor, intervention_id: int, *, after: str | None = None, limit: int = 50) -> Page[Outcome]:
    """What became of each of its cases at the person's sites, what was refused first."""
    limit = clamp(limit)
    mine = intervention_case.c
    query = (
        select(intervention_case, *_SHOWN)
        .join(instance, instance.c.id == mine.instance_id).join(definition, definition.c.id == instance.c.definition_id)
        .where(mine.intervention_id == intervention_id).order_by(mine.state.desc(), mine.instance_id).limit(limit + 1)
    )
    if after:
        state, last = decode("intervened", after, (str, int))
        query = query.where((mine.state < state) | ((mine.state == state) & (mine.instance_id > last)))
    rows = uow.reading.execute(query).all()
    shown = tuple(
        Outcome(row.instance_id, row.title or row.name, row.business_key, row.definition_id, row.state, _effects(row.effects),
                orjson.loads(row.problem) if row.problem else None)
        if may_see(actor, row.site_id) else Outcome(row.instance_id, "", None, None, row.state)
        for row in rows[:limit])
    return Page(shown, encode("intervened", (rows[limit - 1].state, rows[limit - 1].instance_id)) if len(rows) > limit else None)


# ---------------------------------------------------------------- inside

def _each(runtime: Runtime, intervention_id: int, going: str, wanted: str, end: str, actor: Actor | None) -> None:
    while True:
        with UnitOfWork(runtime.database) as uow:
            row = uow.reading.execute(select(intervention).where(intervention.c.id == intervention_id)).one()
            mine = intervention_case.c.intervention_id == intervention_id, intervention_case.c.state == wanted
            found = list(uow.reading.execute(
                select(intervention_case.c.instance_id).where(*mine).order_by(intervention_case.c.instance_id).limit(_SLICE)).scalars())
        if row.state != going:
            return
        if not found:
            run_step(runtime, lambda uow: _end(runtime, uow, intervention_id, end, only_from=going))
            return
        for each in found:
            if not run_step(runtime, partial(_one, runtime, row=row, instance_id=each, wanted=wanted, actor=actor), _ATTEMPTS):
                return


def _one(runtime: Runtime, uow: UnitOfWork, row: Row[Any], instance_id: int, wanted: str, actor: Actor | None) -> bool:
    """One case; False where the order was stopped meanwhile."""
    going = "running" if wanted == "planned" else "undoing"
    state = uow.reading.execute(select(intervention.c.state).where(intervention.c.id == row.id)).scalar()
    if state != going:
        return False
    mine = (intervention_case.c.intervention_id == row.id, intervention_case.c.instance_id == instance_id)
    # held until it is done: whoever else is at it waits, and finds that it was done
    held = uow.writing.execute(update(intervention_case).where(*mine, intervention_case.c.state == wanted).values(at=runtime.clock.now()))
    if held.rowcount != 1:
        return True
    known = uow.writing.execute(select(intervention_case).where(*mine)).one()
    try:
        who = actor or _carrier(uow, row, wanted)
    except asking.AskerGoneError as gone:
        uow.rollback()
        _end(runtime, uow, row.id, "stopped", only_from=going)
        asking.note_stop(runtime, uow, KIND, row.id, gone)
        return False
    values: dict[str, Any]
    try:
        if wanted == "planned":
            done = interventions.carry_out(runtime, uow, who, instance_id, _order(row))
            effects = [{"sentence": each.sentence, "data": dict(each.data), "definition_id": each.definition_id} for each in done.effects]
            values = {"state": "done", "effects": orjson.dumps(effects).decode(),
                      "undo": orjson.dumps(done.undo).decode() if done.undo is not None else None}
        else:
            if known.undo is None:
                raise interventions.UndoTooLateError
            interventions.take_back(runtime, uow, who, instance_id, _order(row), orjson.loads(known.undo))
            values = {"state": "undone"}
    except (StaleInstanceError, StoreUnavailableError):
        raise
    except GuichengError as error:
        uow.rollback()
        values = {"state": "refused" if wanted == "planned" else "kept", "problem": orjson.dumps(_problem(error)).decode()}
    moved = uow.writing.execute(
        update(intervention_case).where(*mine, intervention_case.c.state == wanted).values(**values, at=runtime.clock.now()))
    if moved.rowcount:
        count = intervention.c[f"{values['state']}_count"]
        uow.writing.execute(update(intervention).where(intervention.c.id == row.id).values({count: count + 1}))
    return True


def _wanted(runtime: Runtime, actor: Actor, ids: Sequence[int]) -> tuple[list[int], dict[int, Any]]:
    wanted = list(dict.fromkeys(ids))
    if not 1 <= len(wanted) <= MOST:
        raise TooManyCasesError(most=MOST)
    query = select(instance.c.id, *_SHOWN).join(definition, definition.c.id == instance.c.definition_id).where(instance.c.id.in_(wanted))
    with UnitOfWork(runtime.database) as uow:
        return wanted, {row.id: row for row in uow.reading.execute(query) if may_see(actor, row.site_id)}


def _outcome(
    instance_id: int, known: dict[int, Any], state: str, effects: tuple[Effect, ...] = (), problem: JsonObject | None = None
) -> Outcome:
    row = known.get(instance_id)
    if row is None:
        return Outcome(instance_id, "", None, None, state, (), problem)
    return Outcome(instance_id, row.title or row.name, row.business_key, row.definition_id, state, effects, problem)


def _problem(error: GuichengError) -> JsonObject:
    """A refusal as it is kept; of several fields the first says why."""
    first = next(iter(getattr(error, "errors", ())), None)
    sentence, data = (first.sentence, first.data) if first is not None else (error.sentence, error.data)
    return {"code": error.code, "sentence": sentence, "data": {
        name: value if isinstance(value, int) else str(value) for name, value in data.items()}}


def _parameters(order: Order) -> JsonObject:
    return {
        "assignee_id": order.assignee_id, "due_at": order.due_at.isoformat() if order.due_at else None, "hours": order.hours,
        "variable": order.variable, "value": order.value, "step": order.step, "at_step": order.at_step,
    }


def _order(row: Row[Any]) -> Order:
    said = orjson.loads(row.parameters)
    due_at = datetime.fromisoformat(said["due_at"]) if said["due_at"] else None
    return Order(Verb(row.verb), row.reason, **{**said, "due_at": due_at})


def _effects(text: str | None) -> tuple[Effect, ...]:
    return tuple(Effect(each["sentence"], each["data"], each["definition_id"]) for each in orjson.loads(text or "[]"))


def _carrier(uow: UnitOfWork, row: Row[Any], wanted: str) -> Actor:
    permission = PERMISSIONS[Verb(row.verb)]
    if wanted == "planned" or row.undone_by is None:
        return asking.actor_of(uow, KIND, row.id, row.asked_by, permission)
    return asking.person(uow, row.undone_by, permission)


def _locked(uow: UnitOfWork, actor: Actor, intervention_id: int) -> Row[Any]:
    row = uow.writing.execute(select(intervention).where(intervention.c.id == intervention_id).with_for_update()).one_or_none()
    if row is None:
        raise NotFoundError(kind="介入", id=intervention_id)
    permissions.require(actor, PERMISSIONS[Verb(row.verb)])
    return row


def _end(runtime: Runtime, uow: UnitOfWork, intervention_id: int, state: str, only_from: str | None = None) -> None:
    mine = [intervention.c.id == intervention_id, *([intervention.c.state == only_from] if only_from else [])]
    uow.writing.execute(update(intervention).where(*mine).values(state=state, finished_at=runtime.clock.now()))
