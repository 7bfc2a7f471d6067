"""Carrying a rule out: a run is written down, done in slices in the background, stopped, gone on with after a crash; a transaction a case.

What was done is found in what is no longer due, so that nothing is done twice and no list of cases has to be kept beforehand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import structlog
from sqlalchemy import Row, delete, insert, select, update

from engine.company import asking
from engine.errors import ConflictError, GuichengError, NotFoundError, StaleInstanceError, StoreUnavailableError
from engine.model import Actor
from engine.permissions import require
from engine.persistence.tables import instance, retention_head, retention_looked, retention_run
from engine.persistence.unit_of_work import UnitOfWork
from engine.retention import cases, company, due, holds, ledger, rows, rules, tidying
from engine.retention.due import Place
from engine.retention.kinds import OF_CASES, Kind
from engine.retention.rules import PERMISSION, Rule
from engine.runtime import Runtime
from engine.steps import run_step

_log = structlog.get_logger(__name__)
#: name of the job
JOB = "erase_by_rule"
#: as `asking` names them
KIND = "erasures"
_SLICE = 50
_ATTEMPTS = 10
#: hour of the company's day from which the daily round may begin
_FROM_HOUR = 2
_ONLY = 1


class RuleNotReadyError(ConflictError):
    """Expected a rule that is on, and not being carried out."""

    code = "rule_not_ready"
    sentence = "{reason}"


class RunOverError(ConflictError):
    """Expected a run that goes on, or one that stopped, as the verb needs."""

    code = "retention_run_over"
    sentence = "這次刪除已經停止或完成。"


@dataclass(frozen=True, slots=True)
class Begun:
    """What one transaction asks for."""

    kind: str
    procedure: str = ""
    days: int = 0
    from_tenancy: bool = False
    tenant_id: int | None = None
    reason: str | None = None


def daily(runtime: Runtime) -> list[int]:
    """Once a day of the company's: a run for every rule that is on and due for something. Also the first thing after a restore."""
    local = runtime.organisation.calendar.local(runtime.clock.now())
    if local.hour < _FROM_HOUR:
        return []
    return run_step(runtime, lambda uow: _begin_round(runtime, uow, local.date()))


def _begin_round(runtime: Runtime, uow: UnitOfWork, day: date) -> list[int]:
    head = retention_head.c
    done_on = uow.reading.execute(select(head.round_on).where(head.id == _ONLY)).scalar()
    if done_on is not None and done_on >= day:
        return []
    wanted = [rule for rule in rules.of_all(uow, rules.deployed(runtime, uow)) if rule.is_on and is_anything(runtime, uow, rule)]
    # whoever is first begins it, of several processes
    held = ledger.held_head(uow)
    if held.round_on is not None and held.round_on >= day:
        return []
    uow.writing.execute(update(retention_head).where(head.id == _ONLY).values(round_on=day))
    running = select(retention_run.c.kind, retention_run.c.procedure).where(retention_run.c.state == "running")
    going = {(row.kind, row.procedure) for row in uow.writing.execute(running)}
    return [_begin(runtime, uow, None, _of_rule(rule), rule.cutoff(runtime.clock.now())) for rule in wanted
            if (rule.kind.value, rule.procedure) not in going]


def begin(runtime: Runtime, uow: UnitOfWork, actor: Actor, kind: Kind, procedure: str) -> int:
    """Carry a rule out now, in the background; the run's id. RuleNotReadyError for one that is off or running."""
    require(actor, PERMISSION)
    rule = rules.get(uow, kind, procedure)
    if not rule.is_on:
        raise RuleNotReadyError(reason="這項規則沒有啟用。")
    same = (retention_run.c.kind == kind.value, retention_run.c.procedure == procedure, retention_run.c.state == "running")
    if uow.reading.execute(select(retention_run.c.id).where(*same)).first() is not None:
        raise RuleNotReadyError(reason="這項規則正在執行。")
    return _begin(runtime, uow, actor.user_id, _of_rule(rule), rule.cutoff(runtime.clock.now()))


def at_once(runtime: Runtime, rule: Rule) -> list[Row[Any]]:
    """Carry a rule out here and now, in the system's name, if it is on and due for anything; its run's row, or none."""
    if not rule.is_on:
        return []

    def ask(uow: UnitOfWork) -> int | None:
        if not is_anything(runtime, uow, rule):
            return None
        return _begin(runtime, uow, None, _of_rule(rule), rule.cutoff(runtime.clock.now()))

    run_id = run_step(runtime, ask)
    if run_id is None:
        return []
    carry_out(runtime, run_id)
    with UnitOfWork(runtime.database) as uow:
        return list(uow.reading.execute(select(retention_run).where(retention_run.c.id == run_id)))


def begin_for_tenant(runtime: Runtime, uow: UnitOfWork, actor: Actor, tenant_id: int, reason: str) -> int:
    """Erase what the cases of one tenant hold, who asked for it; the run's id. HeldError, company.TenantBusyError."""
    require(actor, PERMISSION)
    company.require_erasable(uow, tenant_id)
    begun = Begun("", tenant_id=tenant_id, reason=reason.strip()[:1_000])
    return _begin(runtime, uow, actor.user_id, begun, runtime.clock.now())


def stop(runtime: Runtime, uow: UnitOfWork, actor: Actor, run_id: int) -> None:
    """Do no more. What was erased is gone."""
    require(actor, PERMISSION)
    moved = uow.writing.execute(update(retention_run).where(retention_run.c.id == run_id, retention_run.c.state == "running").values(
        state="stopped", finished_at=runtime.clock.now()))
    if moved.rowcount != 1:
        raise RunOverError


def resume(runtime: Runtime, uow: UnitOfWork, actor: Actor, run_id: int) -> None:
    """Go on with a run that was stopped, in the name of whoever says so now."""
    require(actor, PERMISSION)
    moved = uow.writing.execute(update(retention_run).where(retention_run.c.id == run_id, retention_run.c.state == "stopped").values(
        state="running", finished_at=None))
    if moved.rowcount != 1:
        raise RunOverError
    asking.take_over(runtime, uow, actor, KIND, run_id, JOB, {"run_id": run_id})


def is_anything(runtime: Runtime, uow: UnitOfWork, rule: Rule) -> bool:
    """Whether a rule is due for anything."""
    cutoff = rule.cutoff(runtime.clock.now())
    if rule.kind in OF_CASES:
        return bool(due.cases(runtime, uow, rule, cutoff, limit=1))
    return company.count(uow, rule.kind, cutoff) > 0


def carry_out(runtime: Runtime, run_id: int) -> None:
    """Do what is left of a run; ends when it is stopped. Stopped anywhere and begun again it does nothing twice."""
    with UnitOfWork(runtime.database) as uow:
        run = uow.reading.execute(select(retention_run).where(retention_run.c.id == run_id)).one_or_none()
    if run is None:
        raise NotFoundError(kind="刪除", id=run_id)
    if run.state == "running":
        if run.tenant_id is not None:
            _tenant(runtime, run, run.tenant_id, [each for each in Kind if each in OF_CASES or each is Kind.TENANTS])
        elif Kind(run.kind) is Kind.TENANTS:
            _tenants(runtime, run)
        elif Kind(run.kind) in OF_CASES:
            _cases(runtime, run)
        else:
            run_step(runtime, lambda uow: _company(runtime, uow, run))
        run_step(runtime, lambda uow: _end(runtime, uow, run_id))
    tidying.tidy(runtime)


# ---------------------------------------------------------------- inside

def _of_rule(rule: Rule) -> Begun:
    return Begun(rule.kind.value, rule.procedure, rule.days, rule.from_tenancy)


def _begin(runtime: Runtime, uow: UnitOfWork, asked_by: int | None, begun: Begun, cutoff: datetime) -> int:
    run_id: int = uow.writing.execute(insert(retention_run).values(
        kind=begun.kind, procedure=begun.procedure, days=begun.days, from_tenancy=begun.from_tenancy, tenant_id=begun.tenant_id,
        reason=begun.reason, cutoff=cutoff, asked_at=runtime.clock.now(), asked_by=asked_by, state="running",
    ).returning(retention_run.c.id)).scalar_one()
    runtime.outbox.enqueue(uow.writing, JOB, f"erase-{run_id}", {"run_id": run_id})
    uow.after_commit(runtime.outbox.wake)
    return run_id


def _cases(runtime: Runtime, run: Row[Any]) -> None:
    rule = Rule(Kind(run.kind), run.procedure, run.days, True, run.from_tenancy)
    after: Place | None = None
    while True:
        with UnitOfWork(runtime.database) as uow:
            places = due.cases(runtime, uow, rule, run.cutoff, after=after, limit=_SLICE)
        for after in places:
            still = partial(due.is_due, runtime, rule=rule, cutoff=run.cutoff, place=after)
            act = partial(_case, runtime, run=run, instance_id=after.id, kinds=[rule.kind], is_wanted=still)
            if not _attempt(runtime, run, after.id, act):
                return
        if not places:
            return


def _attempt(runtime: Runtime, run: Row[Any], instance_id: int, act: Callable[[UnitOfWork], bool]) -> bool:
    """One case; False where the run goes on no more. A case that cannot be done is counted, and left to the next run."""
    try:
        return run_step(runtime, act, _ATTEMPTS)
    except (StaleInstanceError, StoreUnavailableError):
        raise
    except GuichengError as error:
        _log.error("not_erased", run=run.id, instance=instance_id, reason=error.source_text())
        run_step(runtime, lambda uow: _count(uow, run.id, failed=1))
        return True


def _case(
    runtime: Runtime, uow: UnitOfWork, run: Row[Any], instance_id: int, kinds: list[Kind],
    is_wanted: Callable[[UnitOfWork], bool], words: tuple[str, ...] = (),
) -> bool:
    actor = _going(runtime, uow, run.id)
    if actor is None:
        return False
    if not is_wanted(uow):
        # held meanwhile, or done by another worker before it was taken for dead
        return True
    ended_at = uow.reading.execute(select(instance.c.ended_at).where(instance.c.id == instance_id)).scalar_one()
    taken = cases.erase(runtime, uow, actor, instance_id, kinds, run_id=run.id, words=words)
    if ended_at is not None and ended_at > runtime.clock.now() - timedelta(days=runtime.settings.notification_days):
        rows.forget_told(uow, instance_id, taken.words)
    seq = uow.writing.execute(select(instance.c.history_seq).where(instance.c.id == instance_id)).scalar_one()
    # what had looked through everything but the event that was just written has missed nothing
    seen = (retention_looked.c.instance_id == instance_id, retention_looked.c.seq == seq - 1)
    uow.writing.execute(update(retention_looked).where(*seen).values(seq=seq))
    for kind in kinds:
        uow.writing.execute(delete(retention_looked).where(
            retention_looked.c.instance_id == instance_id, retention_looked.c.kind == kind.value))
        uow.writing.execute(insert(retention_looked).values(instance_id=instance_id, kind=kind.value, seq=seq))
    if not taken.is_nothing:
        _count(uow, run.id, done=1, values=taken.values, files=taken.files)
    return True


def _tenants(runtime: Runtime, run: Row[Any]) -> None:
    after = 0
    while True:
        with UnitOfWork(runtime.database) as uow:
            ids = company.tenants(uow, run.cutoff, after=after, limit=_SLICE)
        for after in ids:
            if not _tenant(runtime, run, after, [Kind.TENANTS]):
                return
        if not ids:
            return


def _tenant(runtime: Runtime, run: Row[Any], tenant_id: int, kinds: list[Kind]) -> bool:
    """A tenant's cases first, then the entry itself: until then its name is needed to find it in the cases."""
    after = 0
    while True:
        with UnitOfWork(runtime.database) as uow:
            words, ids = company.words_of(uow, tenant_id), company.cases_of(uow, tenant_id, after=after, limit=_SLICE)
        for after in ids:
            free = partial(_is_free, instance_id=after)
            act = partial(_case, runtime, run=run, instance_id=after, kinds=kinds, is_wanted=free, words=words)
            if not _attempt(runtime, run, after, act):
                return False
        if not ids:
            break

    def entry(uow: UnitOfWork) -> bool:
        actor = _going(runtime, uow, run.id)
        if actor is None:
            return False
        if company.erase_tenant(runtime, uow, tenant_id):
            _count(uow, run.id, done=1, values=1)
        return True

    return run_step(runtime, entry, _ATTEMPTS)


def _is_free(uow: UnitOfWork, instance_id: int) -> bool:
    return not holds.is_held(uow, instance_id)


def _company(runtime: Runtime, uow: UnitOfWork, run: Row[Any]) -> None:
    if _going(runtime, uow, run.id) is not None:
        gone = company.erase(runtime, uow, Kind(run.kind), run.cutoff)
        _count(uow, run.id, done=gone, values=gone)


def _going(runtime: Runtime, uow: UnitOfWork, run_id: int) -> Actor | None:
    """Who a run is carried out as; None where it goes on no more. The row is held until the transaction ends."""
    run = uow.writing.execute(select(retention_run).where(retention_run.c.id == run_id).with_for_update()).one()
    if run.state != "running":
        return None
    try:
        return asking.actor_of(uow, KIND, run_id, run.asked_by, PERMISSION)
    except asking.AskerGoneError as error:
        uow.writing.execute(update(retention_run).where(retention_run.c.id == run_id).values(
            state="stopped", finished_at=runtime.clock.now()))
        asking.note_stop(runtime, uow, KIND, run_id, error)
        return None


def _count(uow: UnitOfWork, run_id: int, *, done: int = 0, failed: int = 0, values: int = 0, files: int = 0) -> None:
    more = {"done_count": done, "failed_count": failed, "value_count": values, "file_count": files}
    uow.writing.execute(update(retention_run).where(retention_run.c.id == run_id).values(
        {retention_run.c[name]: retention_run.c[name] + number for name, number in more.items()}))


def _end(runtime: Runtime, uow: UnitOfWork, run_id: int) -> None:
    uow.writing.execute(update(retention_run).where(retention_run.c.id == run_id, retention_run.c.state == "running").values(
        state="finished", finished_at=runtime.clock.now()))
