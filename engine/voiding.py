"""作廢: takes back a case that should never have been entered. Its number stays used, it stays on record, and it counts nowhere."""

from __future__ import annotations

from sqlalchemy import exists, select, update

from engine import history, instances, permissions, steps
from engine.errors import ConflictError, ForbiddenError, InstanceNotActiveError, InvalidError
from engine.history import NewEvent
from engine.limit_book import is_final
from engine.model import ENDED_STATES, Actor, InstanceState
from engine.persistence.tables import history_event, ledger_entry, limit_clock, record
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime

#: why a case is taken back, as the dialog offers it
REASONS = {"mistake": "登錯了", "duplicate": "重複登記", "wrong_place": "單元或業戶選錯", "test": "測試、練習"}


class VoidNotAllowedError(ForbiddenError):
    """Expected one's own case that nobody else has acted on, or a role that voids others' cases."""

    code = "void_not_allowed"
    sentence = "只能作廢自己登記、而且同事還沒有辦過的案件；其他的請客服主管作廢。"


class MoneyPostedError(ConflictError):
    """Expected a case without money in the books."""

    code = "money_posted"
    sentence = "案件 {number} 已有收支記錄，請先沖正或作廢收據，再作廢案件。"


def void(runtime: Runtime, uow: UnitOfWork, actor: Actor, instance_id: int, kind: str, reason: str = "") -> None:
    """Take a case back, for one of `REASONS` and in words where that says too little.

    Its records are voided with it, its limits count neither way. VoidNotAllowedError, MoneyPostedError, InstanceNotActiveError.
    """
    if kind not in REASONS:
        raise InvalidError(reason="請選擇作廢的原因。")
    row = steps.load(uow, instance_id)
    if row.state in ENDED_STATES:
        raise InstanceNotActiveError(instance_id=instance_id, state=row.state)
    if not may_void(uow, actor, instance_id, row.site_id, row.started_by):
        raise VoidNotAllowedError
    taken_back = ledger_entry.alias()
    posted = select(ledger_entry.c.id).where(
        ledger_entry.c.instance_id == instance_id, ledger_entry.c.reverses_id.is_(None),
        ~exists().where(taken_back.c.reverses_id == ledger_entry.c.id),
    )
    if uow.reading.execute(posted.limit(1)).first() is not None:
        raise MoneyPostedError(number=row.business_key or f"#{instance_id}")
    words = "：".join(part for part in (REASONS[kind], reason.strip()[:500]) if part)
    instances.end_early(runtime, uow, actor, row, "instance.voided", words, InstanceState.VOIDED)
    now, connection = runtime.clock.now(), uow.writing
    measured = select(limit_clock).where(limit_clock.c.instance_id == instance_id, limit_clock.c.cancelled_at.is_(None))
    # a closed month keeps what it counted
    still_open = [each.id for each in connection.execute(measured).all() if not is_final(runtime, each, now)]
    connection.execute(update(limit_clock).where(limit_clock.c.id.in_(still_open)).values(cancelled_at=now))
    issued = (record.c.instance_id == instance_id, record.c.voided_at.is_(None))
    papers = connection.execute(select(record.c.record_key, record.c.number).where(*issued)).all()
    if papers:
        connection.execute(update(record).where(*issued).values(voided_at=now, void_reason=words))
        events = [NewEvent("record.voided", detail={"record": row.record_key, "number": row.number}) for row in papers]
        history.append(uow, actor, instance_id, events, now)


def may_void(uow: UnitOfWork, actor: Actor, instance_id: int, site_id: int | None, started_by: int | None) -> bool:
    """Whether the person may: who entered it, as long as nobody else has done anything about it, and whose role it is."""
    if permissions.may(actor, "process-instance:void", site_id):
        return True
    if started_by is None or started_by != actor.user_id or not permissions.may(actor, "process-instance:revoke", site_id):
        return False
    others = select(history_event.c.seq).where(
        history_event.c.instance_id == instance_id, history_event.c.actor_id.is_not(None), history_event.c.actor_id != actor.user_id
    )
    return uow.reading.execute(others.limit(1)).first() is None
