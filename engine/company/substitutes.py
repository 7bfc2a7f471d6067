"""Substitutes (代理): who does a colleague's work while they are away. Ends by itself; nobody takes over from a substitute."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import orjson
from sqlalchemy import insert, select, update

from engine import permissions
from engine.company import changes, users
from engine.company.account_rows import NOT_TAKEN_OVER, Account
from engine.errors import ConflictError, InvalidError, NotFoundError
from engine.model import Actor
from engine.persistence.tables import substitution
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime

#: longer absences get another holder of the role
_LONGEST = timedelta(days=366)


class SubstituteAwayError(ConflictError):
    """Expected a substitute who is there: nobody takes over from a substitute."""

    code = "substitute_away"
    sentence = "{name}在這段期間自己也請人代理（{since} 至 {until}），請選擇其他同事。"


def appoint(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, *, absent_id: int, substitute_id: int, starts_at: datetime, ends_at: datetime,
    roles: Sequence[str] | None = None, procedures: Sequence[str] | None = None, note: str | None = None,
) -> int:
    """Let somebody act for a colleague from one time to another; returns its id. One's own substitute, or anybody's as a manager.

    `roles`, `procedures`: only these; None for all. InvalidError, SubstituteAwayError.
    """
    if actor.user_id != absent_id:
        permissions.require(actor, "substitution:administer")
    now = runtime.clock.now()
    if not starts_at < ends_at or ends_at <= now or ends_at - starts_at > _LONGEST:
        raise InvalidError(reason="結束時間必須晚於開始時間和現在，且代理期間不超過一年。")
    if absent_id == substitute_id:
        raise InvalidError(reason="不能由本人代理自己。")
    absent, stand_in = _active(uow, absent_id), _active(uow, substitute_id)
    held = {grant.role for grant in absent.grants} - NOT_TAKEN_OVER
    if roles is not None and (not roles or not set(roles) <= held):
        raise InvalidError(reason="只能代理本人擔任的角色，請至少選擇一個。")
    _require_there(runtime, uow, stand_in, starts_at, ends_at)
    made = uow.writing.execute(insert(substitution).values(
        absent_id=absent_id, substitute_id=substitute_id, starts_at=starts_at, ends_at=ends_at, roles=_listed(roles),
        procedures=_listed(procedures or None), note=(note or "").strip()[:200] or None, created_at=now, created_by=actor.user_id,
    )).inserted_primary_key
    assert made is not None
    identity: int = made[0]
    changes.record(uow, actor, "substitute", identity, "created", now, effective_from=starts_at, changes=changes.diff({}, {
        "substitute": stand_in.display_name, "starts_at": starts_at, "ends_at": ends_at, "roles": sorted(roles) if roles else None,
        "procedures": ", ".join(sorted(procedures)) if procedures else None}))
    return identity


def end(runtime: Runtime, uow: UnitOfWork, actor: Actor, substitution_id: int) -> None:
    """End it now: by who is away, their substitute, or a manager. Nothing happens when it has ended."""
    row = uow.writing.execute(select(substitution).where(substitution.c.id == substitution_id)).one_or_none()
    if row is None or (actor.user_id not in (row.absent_id, row.substitute_id) and not permissions.may(actor, "substitution:administer")):
        raise NotFoundError(kind="代理設定", id=substitution_id)
    now = runtime.clock.now()
    if row.ended_at is not None or row.ends_at <= now:
        return
    uow.writing.execute(update(substitution).where(substitution.c.id == substitution_id).values(ended_at=now, ended_by=actor.user_id))
    changes.record(uow, actor, "substitute", substitution_id, "ended", now)


def _active(uow: UnitOfWork, user_id: int) -> Account:
    account = users.get(uow, user_id)
    if account.deactivated_at is not None:
        raise InvalidError(reason="這位同事的帳號已停用。")
    return account


def _require_there(runtime: Runtime, uow: UnitOfWork, stand_in: Account, starts_at: datetime, ends_at: datetime) -> None:
    away = uow.writing.execute(select(substitution.c.starts_at, substitution.c.ends_at).where(
        substitution.c.absent_id == stand_in.id, substitution.c.ended_at.is_(None), substitution.c.starts_at < ends_at,
        substitution.c.ends_at > starts_at).limit(1)).first()
    if away is not None:
        local = runtime.organisation.calendar.local
        raise SubstituteAwayError(
            name=stand_in.display_name, since=f"{local(away.starts_at):%Y-%m-%d}", until=f"{local(away.ends_at):%Y-%m-%d}")


def _listed(values: Sequence[str] | None) -> str | None:
    return orjson.dumps(sorted(set(values))).decode() if values else None
