"""Moves a running case from one version of its procedure to another, where it stands: its steps, data, people and clocks stay.

A case that could not stand so in the other version is refused, with the reasons; nothing of it is touched then. What the move changed is
kept beside it, so that it can be taken back as long as the case has not gone on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Row, delete, insert, select, update

from engine import chains, correlations, definitions, history, openings, permissions, steps
from engine.content import InstanceContent
from engine.errors import ConflictError, DataNotStorableError, InvalidError, StaleInstanceError, StepFailedError
from engine.history import NewEvent
from engine.limit_book import BREACH, WARN
from engine.limit_rules import Kind
from engine.migration_rules import Blocked, Judge, Position, Reason, Verdict
from engine.model import LIVE_WORK_ITEM_STATES, Actor, InstanceState, Waiting, WorkItemState
from engine.openings import Opening
from engine.persistence.tables import approval, due, incident, instance, limit_clock, migration_case, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.spiff.runner import Run
from engine.spiff.standing import positions

PERMISSION = "process-instance:migrate"
MIGRATED = "instance.migrated"
MOVABLE_STATES = (InstanceState.ACTIVE, InstanceState.SUSPENDED, InstanceState.INCIDENT)
#: failed commands that can be tried again on another version: what they need is the token that stays
_RETRIABLE = frozenset({"complete", "refresh", "catch"})
#: cases whose incidents are looked up at once
_FETCH = 500


class MigrationBlockedError(ConflictError):
    """Expected a case that could stand so in the other version."""

    code = "migration_blocked"
    sentence = "「{step}」：{reason}。案件留在原來的版本。"

    @property
    def blocked(self) -> tuple[Blocked, ...]:
        """The reasons."""
        found: tuple[Blocked, ...] = self.data["blocked"]
        return found


class CaseOverError(ConflictError):
    """Expected a case that runs."""

    code = "case_over"
    sentence = "案件已經結束，不必改用別的版本。"


class SameVersionError(ConflictError):
    """Expected another version than the case's own."""

    code = "same_version"
    sentence = "案件已經是第 {version} 版。"


class OtherProcedureError(InvalidError):
    """Expected a version of the case's own procedure."""

    code = "other_procedure"
    sentence = "第 {version} 版屬於另一個流程「{name}」。"


#: why not, source language
WORDS: Mapping[Reason, str] = {
    Reason.GONE: "新版本沒有這一步",
    Reason.KIND: "在新版本裡是另一種步驟",
    Reason.ELSEWHERE: "新版本把它移到了別的階段",
    Reason.REPEATED: "正在逐項辦理，新版本的逐項方式不同",
    Reason.BRANCHES: "正與別的步驟同時進行，新版本的分支不同",
    Reason.CALLED: "新版本改由另一個流程辦理",
    Reason.SIGNING: "正在會簽，新版本的會簽規則不同",
    Reason.INCIDENT: "有異常未處理，須先重試",
    Reason.UNREADABLE: "搬過去之後讀不回來",
}


@dataclass(frozen=True, slots=True)
class ItemChange:
    """What becomes of an open step."""

    work_item_id: int
    #: as it is called now
    name: str
    #: what differs
    before: Mapping[str, Any]
    after: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a move would do, or why it cannot be."""

    instance_id: int
    from_definition_id: int
    to_definition_id: int
    blocked: tuple[Blocked, ...]
    items: tuple[ItemChange, ...] = ()
    #: limits of the manual that the new version doesn't have: they end without counting
    ended_limits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Waits:
    """What a workflow waits for besides people."""

    waiting: tuple[Waiting, ...]
    due_at: datetime | None

    @classmethod
    def of(cls, content: InstanceContent, run: Run) -> Waits:
        """As it is now."""
        return cls(tuple(correlations.declared(content, run, each) for each in run.waiting()), run.due_before)


@dataclass(slots=True)
class _Ready:
    """A case tried on the other version, in memory."""

    row: Row[Any]
    target: definitions.DefinitionInfo
    old: InstanceContent
    new: InstanceContent
    bound: dict[str, int]
    mapping: dict[str, str]
    blocked: tuple[Blocked, ...] = ()
    #: as it would be afterwards
    state: bytes = b""
    data: dict[str, Any] = field(default_factory=dict)
    waits: Waits | None = None
    items: list[tuple[Row[Any], dict[str, Any]]] = field(default_factory=list)
    clocks: list[Row[Any]] = field(default_factory=list)


def preview(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, instance_id: int, to_definition_id: int, *,
    mapping: Mapping[str, str] | None = None, new_due: bool = False,
) -> Preview:
    """What `migrate` would do, tried in memory. CaseOverError, SameVersionError, OtherProcedureError, ForbiddenError."""
    ready = _prepare(runtime, uow, actor, instance_id, to_definition_id, mapping or {}, new_due=new_due)
    changes = [
        ItemChange(item.id, item.name, {name: getattr(item, name) for name in after}, after) for item, after in ready.items
    ]
    return Preview(
        instance_id, ready.row.definition_id, to_definition_id, ready.blocked, tuple(changes),
        tuple(dict.fromkeys(clock.limit_id for clock in ready.clocks)),
    )


def migrate(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, instance_id: int, to_definition_id: int, reason: str, *, run_id: int,
    mapping: Mapping[str, str] | None = None, new_due: bool = False,
) -> None:
    """Move a case to a version of its procedure; it stays at its steps, with whoever has them. The reason goes on record.

    The row of `migration_case` for the run must be there; it gets what undoing needs. `mapping`: element id → its id in the new version,
    where it isn't the same; `new_due`: count due times of open steps anew, by the new version. MigrationBlockedError with the reasons.
    """
    if not reason.strip():
        raise InvalidError(reason="請填寫原因。")
    ready = _prepare(runtime, uow, actor, instance_id, to_definition_id, mapping or {}, new_due=new_due)
    if ready.blocked:
        raise blocked_error(ready.blocked)
    _write(runtime, uow, actor, ready, reason.strip(), run_id)


def blocked_error(blocked: Sequence[Blocked]) -> MigrationBlockedError:
    """The first reason in words, with all of them."""
    first = blocked[0]
    return MigrationBlockedError(step=first.name or first.element_id or "—", reason=WORDS[first.reason], blocked=tuple(blocked))


def target_bindings(runtime: Runtime, uow: UnitOfWork, to_definition_id: int, now_bound: Mapping[str, int]) -> dict[str, int]:
    """What the calls of a version are bound to for a case that comes from another.

    What was deployed together stays together; of procedures deployed apart the case keeps what it is bound to, else the current version.
    """
    together = definitions.deployed_with(uow, to_definition_id)
    found: dict[str, int] = {}
    waiting = list(definitions.content(runtime, uow, to_definition_id).diagram.called)
    while waiting:
        key = waiting.pop()
        if key not in found:
            found[key] = together.get(key) or now_bound.get(key) or definitions.latest(runtime, uow, key).id
            waiting.extend(definitions.content(runtime, uow, found[key]).diagram.called)
    return found


def standing(row: Row[Any]) -> tuple[Position, ...]:
    """Where a case stands, by its row."""
    return positions(bytes(row.data)) if row.data else ()


def stuck(uow: UnitOfWork, row: Row[Any]) -> bool:
    """Whether a step of it failed that can only be tried again on its own version."""
    return row.state == InstanceState.INCIDENT and bool(stuck_among(uow, [row.id]))


def stuck_among(uow: UnitOfWork, ids: Sequence[int]) -> set[int]:
    """Those of cases with incidents that can only be tried again on their own version."""
    found: set[int] = set()
    for at in range(0, len(ids), _FETCH):
        chunk = ids[at:at + _FETCH]
        stateless = select(instance.c.id).where(instance.c.id.in_(chunk), instance.c.data.is_(None))
        found |= set(uow.reading.execute(stateless).scalars())
        failed = select(incident.c.instance_id, incident.c.submitted).where(
            incident.c.instance_id.in_(chunk), incident.c.resolved_at.is_(None))
        found |= {row.instance_id for row in uow.reading.execute(failed)
                  if orjson.loads(row.submitted)["command"] not in _RETRIABLE}
    return found


# ---------------------------------------------------------------- trying

def _prepare(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, instance_id: int, to_definition_id: int, mapping: Mapping[str, str], *, new_due: bool
) -> _Ready:
    row = steps.load(uow, instance_id)
    permissions.require(actor, PERMISSION, row.site_id)
    target = definitions.get(runtime, uow, to_definition_id)
    if target.key != row.definition_key:
        raise OtherProcedureError(version=target.version, name=target.name)
    if row.state not in MOVABLE_STATES:
        raise CaseOverError
    bound = steps.bound(row)
    new_bound = target_bindings(runtime, uow, target.id, bound)
    if target.id == row.definition_id and new_bound == bound:
        raise SameVersionError(version=target.version)
    old = definitions.instance_content(runtime, uow, row.definition_id, bound)
    new = definitions.instance_content(runtime, uow, target.id, new_bound)
    ready = _Ready(row, target, old, new, new_bound, dict(mapping))
    if stuck(uow, row):
        ready.blocked = (Blocked(Reason.INCIDENT),)
        return ready
    verdict = Judge(old, new, mapping).verdict(standing(row))
    ready.blocked = verdict.blocked
    if not verdict.blocked:
        _try(runtime, uow, ready, verdict, new_due=new_due)
    return ready


def _try(runtime: Runtime, uow: UnitOfWork, ready: _Ready, verdict: Verdict, *, new_due: bool) -> None:
    """Put it on the new version in memory and read it back."""
    row = ready.row
    compiled = definitions.compiled(runtime, uow, ready.target.id, ready.bound)
    try:
        with steps.open_run(runtime, uow, row) as run:
            before = {item.token for item in run.open_items()}
            run.migrate(compiled, ready.mapping, verdict.arrivals)
            run.settle()
            ready.state = run.save()
        again = Run.load(ready.state, compiled, runtime.sandbox, runtime.clock, runtime.settings)
        with again:
            if {item.token for item in again.open_items()} != before:
                ready.blocked = (Blocked(Reason.UNREADABLE),)
                return
            ready.data, ready.waits = again.data(), Waits.of(ready.new, again)
            _plan_items(runtime, uow, ready, again, new_due=new_due)
    except (StepFailedError, DataNotStorableError) as error:
        ready.blocked = (Blocked(Reason.UNREADABLE, row.definition_key, error.element_id or "", error.source_text()),)
        return
    except KeyError as error:
        # something in the saved state that the other version has no name for
        ready.blocked = (Blocked(Reason.UNREADABLE, row.definition_key, str(error)[:100]),)
        return
    known = {limit.full_id for limit in ready.new.limits()}
    running = select(limit_clock).where(
        limit_clock.c.instance_id == row.id, limit_clock.c.stopped_at.is_(None), limit_clock.c.cancelled_at.is_(None)
    )
    ready.clocks = [clock for clock in uow.reading.execute(running) if clock.limit_id not in known]


def _plan_items(runtime: Runtime, uow: UnitOfWork, ready: _Ready, run: Run, *, new_due: bool) -> None:
    states = [*LIVE_WORK_ITEM_STATES, WorkItemState.SIGNING]
    query = select(work_item).where(work_item.c.instance_id == ready.row.id, work_item.c.state.in_(states)).order_by(work_item.c.id)
    tokens = {item.token: item for item in run.open_items()}
    openings_of: dict[str, Opening] = {}
    for item in uow.reading.execute(query).all():
        token = chains.element_token(item.token)
        if token not in openings_of:
            opening = openings.plan(runtime, ready.new, run, tokens[token], item.created_at)
            openings_of[token] = openings.at_site(runtime, opening, ready.row.site_id)
        ready.items.append((item, _item_values(item, openings_of[token], new_due=new_due)))


def _item_values(item: Row[Any], opening: Opening, *, new_due: bool) -> dict[str, Any]:
    """What changes of an open item: only what differs."""
    values: dict[str, Any] = {"element_id": opening.item.element_id, "name": opening.name, "definition_id": opening.definition_id}
    if not chains.is_signer(item.token):
        values |= {"form_key": opening.form_key, "role": opening.role, "outside": opening.outside}
        if new_due and not opening.signers:
            values |= {"warn_at": opening.warn_at, "due_at": opening.due_at}
    return {name: value for name, value in values.items() if getattr(item, name) != value}


# ---------------------------------------------------------------- writing

def _write(runtime: Runtime, uow: UnitOfWork, actor: Actor, ready: _Ready, reason: str, run_id: int) -> None:
    row, now = ready.row, runtime.clock.now()
    assert ready.waits is not None
    detail: dict[str, Any] = {
        "from_definition": row.definition_id, "to_definition": ready.target.id, "version": ready.target.version, "run": run_id,
    }
    if ready.mapping:
        detail["mapping"] = ready.mapping
    events = [NewEvent(MIGRATED, detail=detail, values={"reason": reason})]
    events += [NewEvent("limit.cancelled", detail={"limit": each.limit_id, "round": each.round}) for each in ready.clocks]
    batch = history.compose(actor, row.id, ready.target.id, history.Head(row.history_seq, row.history_digest), events, now)
    values = {
        "definition_id": ready.target.id, "bindings": orjson.dumps(ready.bound).decode() if ready.bound else None,
        "data": ready.state, "title": steps.title_of(ready.new, ready.data) or row.title,
    }
    turn(uow, row, batch, values)
    for item, changed in ready.items:
        if changed:
            uow.writing.execute(update(work_item).where(work_item.c.id == item.id).values(**changed))
    _rearm_items(uow, row.id, ready.items, now)
    approvals = _carry_approvals(uow, ready)
    for clock in ready.clocks:
        end_clock(uow, clock, now)
    follow(runtime, uow, row.id, ready.waits)
    before = {
        **{name: getattr(row, name) for name in ("definition_id", "bindings", "title")},
        "items": [[item.id, {name: getattr(item, name) for name in changed}] for item, changed in ready.items if changed],
        "approvals": approvals, "clocks": [clock.id for clock in ready.clocks],
    }
    done = update(migration_case).where(migration_case.c.run_id == run_id, migration_case.c.instance_id == row.id).values(
        state="moved", from_definition_id=row.definition_id, problem=None, at=now, version_after=row.version + 1,
        before=orjson.dumps(before).decode(), before_data=bytes(row.data),
    )
    uow.writing.execute(done)


def turn(uow: UnitOfWork, row: Row[Any], batch: history.Batch, values: Mapping[str, Any]) -> None:
    """Write the case's own row, if it is still as it was read; StaleInstanceError otherwise."""
    mine = (instance.c.id == row.id, instance.c.version == row.version, instance.c.history_seq == row.history_seq)
    moved = uow.writing.execute(update(instance).where(*mine).values(
        version=row.version + 1, history_seq=batch.head.seq, history_digest=batch.head.digest, **values
    ))  # fmt: skip
    if moved.rowcount != 1:
        raise StaleInstanceError(instance_id=row.id)
    batch.insert(uow)


def follow(runtime: Runtime, uow: UnitOfWork, instance_id: int, waits: Waits) -> None:
    """Write what the case waits for: messages, signals, its next timer."""
    steps.write_subscriptions(uow, instance_id, waits.waiting)
    connection = uow.writing
    connection.execute(delete(due).where(due.c.instance_id == instance_id, due.c.kind == "timer"))
    if waits.due_at is not None:
        connection.execute(insert(due).values(kind="timer", due_at=waits.due_at, instance_id=instance_id, subject=""))
    uow.after_commit(runtime.outbox.wake)


def arm_item(uow: UnitOfWork, instance_id: int, token: str, moments: Mapping[str, datetime | None], now: datetime) -> None:
    """Write the due rows of an open item anew; one that has passed is fired at once, unless it only warns."""
    connection = uow.writing
    mine = (due.c.instance_id == instance_id, due.c.subject == token, due.c.kind.in_(("item_warn", "item_due")))
    connection.execute(delete(due).where(*mine))
    rows = [
        {"kind": kind, "due_at": moment, "instance_id": instance_id, "subject": token}
        for kind, moment in (("item_warn", moments.get("warn_at")), ("item_due", moments.get("due_at")))
        if moment is not None and (kind == "item_due" or moment > now)
    ]
    if rows:
        connection.execute(insert(due), rows)


def _rearm_items(uow: UnitOfWork, instance_id: int, items: Sequence[tuple[Row[Any], dict[str, Any]]], now: datetime) -> None:
    for item, changed in items:
        if "due_at" in changed or "warn_at" in changed:
            arm_item(uow, instance_id, item.token, {name: changed.get(name, getattr(item, name)) for name in ("warn_at", "due_at")}, now)


def _carry_approvals(uow: UnitOfWork, ready: _Ready) -> list[tuple[int, int, str]]:
    """Signatures follow their step to the new version, so that rounds go on being counted; as they were before."""
    moved: list[tuple[int, int, str]] = []
    for old in (ready.old.own, *ready.old.called.values()):
        new = ready.new.own if old.key == ready.new.own.key else ready.new.called.get(old.key)
        if new is None or new.id == old.id:
            continue
        query = select(approval.c.id, approval.c.element_id).where(
            approval.c.instance_id == ready.row.id, approval.c.definition_id == old.id
        )
        for signed in uow.writing.execute(query).all():
            there = ready.mapping.get(signed.element_id, signed.element_id)
            if there in new.diagram.elements:
                values = {"definition_id": new.id, "element_id": there}
                uow.writing.execute(update(approval).where(approval.c.id == signed.id).values(**values))
                moved.append((signed.id, old.id, signed.element_id))
    return moved


def end_clock(uow: UnitOfWork, clock: Row[Any], now: datetime) -> None:
    """A limit that the version doesn't have: it ends without counting."""
    connection = uow.writing
    connection.execute(update(limit_clock).where(limit_clock.c.id == clock.id).values(cancelled_at=now))
    if clock.kind == Kind.CLOCK:
        connection.execute(delete(due).where(
            due.c.instance_id == clock.instance_id, due.c.kind.in_((WARN, BREACH)), due.c.subject == clock.limit_id
        ))  # fmt: skip
