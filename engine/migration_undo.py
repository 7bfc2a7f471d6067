"""Takes the move of a case to another version back: exactly what was there before, as long as the case has not gone on."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Row, insert, select, update

from engine import definitions, history, permissions, steps
from engine.errors import ConflictError, NotFoundError
from engine.history import NewEvent
from engine.limit_book import BREACH, WARN
from engine.limit_rules import Kind
from engine.migration import PERMISSION, Waits, arm_item, follow, turn
from engine.model import Actor
from engine.persistence.tables import approval, due, limit_clock, migration_case, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.spiff.runner import Run

UNDONE = "instance.migration_undone"
#: how long what it takes to move back is kept
KEEP = timedelta(days=30)
_MOMENTS = ("warn_at", "due_at")


class MovedOnError(ConflictError):
    """Expected a case that has not gone on since it was moved."""

    code = "moved_on"
    sentence = "案件改用新版本之後已經有進展，不能撤銷。"


def undoable(uow: UnitOfWork, instance_id: int) -> int | None:
    """The run whose move of the case can be taken back now; None without one."""
    row = steps.load(uow, instance_id)
    query = select(migration_case.c.run_id).where(
        migration_case.c.instance_id == instance_id, migration_case.c.state == "moved", migration_case.c.version_after == row.version,
        migration_case.c.before_data.is_not(None),
    )
    found: int | None = uow.reading.execute(query.order_by(migration_case.c.run_id.desc()).limit(1)).scalar()
    return found


def undo(runtime: Runtime, uow: UnitOfWork, actor: Actor, instance_id: int, run_id: int) -> None:
    """Put a case back on the version that it came from. MovedOnError once it has gone on, NotFoundError where the run has not moved it.

    Who has taken or given back a step meanwhile stays: that is no going on.
    """
    row = steps.load(uow, instance_id)
    permissions.require(actor, PERMISSION, row.site_id)
    mine = (migration_case.c.run_id == run_id, migration_case.c.instance_id == instance_id)
    moved = uow.reading.execute(select(migration_case).where(*mine)).one_or_none()
    if moved is None or moved.state != "moved":
        raise NotFoundError(kind="版本遷移", id=run_id)
    if moved.version_after != row.version or moved.before_data is None:
        raise MovedOnError
    before = orjson.loads(moved.before)
    waits = _waits(runtime, uow, row, moved, before)
    now = runtime.clock.now()
    version = definitions.get(runtime, uow, before["definition_id"]).version
    detail = {"from_definition": row.definition_id, "to_definition": before["definition_id"], "version": version, "run": run_id}
    head = history.Head(row.history_seq, row.history_digest)
    batch = history.compose(actor, instance_id, before["definition_id"], head, [NewEvent(UNDONE, detail=detail)], now)
    values = {name: before[name] for name in ("definition_id", "bindings", "title")}
    turn(uow, row, batch, {**values, "data": bytes(moved.before_data)})
    for item_id, changed in before["items"]:
        _restore_item(uow, item_id, changed, now)
    for approval_id, definition_id, element_id in before["approvals"]:
        back = {"definition_id": definition_id, "element_id": element_id}
        uow.writing.execute(update(approval).where(approval.c.id == approval_id).values(**back))
    for clock_id in before["clocks"]:
        _run_again(uow, clock_id, now)
    follow(runtime, uow, instance_id, waits)
    uow.writing.execute(update(migration_case).where(*mine).values(state="undone", problem=None, before_data=None))


def sweep(uow: UnitOfWork, now: datetime) -> int:
    """Forget what it takes to move back, where that was long ago: it holds the case's data. How many that were."""
    old = (migration_case.c.before_data.is_not(None), migration_case.c.at < now - KEEP)
    return uow.writing.execute(update(migration_case).where(*old).values(before_data=None)).rowcount


def _waits(runtime: Runtime, uow: UnitOfWork, row: Row[Any], moved: Row[Any], before: dict[str, Any]) -> Waits:
    bound: dict[str, int] = orjson.loads(before["bindings"]) if before["bindings"] else {}
    compiled = definitions.compiled(runtime, uow, before["definition_id"], bound)
    content = definitions.instance_content(runtime, uow, before["definition_id"], bound)
    with Run.load(bytes(moved.before_data), compiled, runtime.sandbox, runtime.clock, runtime.settings) as run:
        return Waits.of(content, run)


def _restore_item(uow: UnitOfWork, item_id: int, changed: dict[str, Any], now: datetime) -> None:
    for name in _MOMENTS:
        if changed.get(name) is not None:
            changed[name] = datetime.fromisoformat(changed[name])
    row = uow.writing.execute(update(work_item).where(work_item.c.id == item_id).values(**changed).returning(work_item)).one()
    if not changed.keys().isdisjoint(_MOMENTS):
        arm_item(uow, row.instance_id, row.token, {name: getattr(row, name) for name in _MOMENTS}, now)


def _run_again(uow: UnitOfWork, clock_id: int, now: datetime) -> None:
    connection = uow.writing
    clock = connection.execute(
        update(limit_clock).where(limit_clock.c.id == clock_id).values(cancelled_at=None).returning(limit_clock)
    ).one()
    if clock.kind != Kind.CLOCK or clock.paused_at is not None or clock.breached_at is not None:
        return
    of = {"instance_id": clock.instance_id, "subject": clock.limit_id}
    rows = [{**of, "kind": BREACH, "due_at": clock.due_at}]
    if clock.warn_at is not None and clock.warn_at > now:
        rows.append({**of, "kind": WARN, "due_at": clock.warn_at})
    connection.execute(insert(due), rows)
