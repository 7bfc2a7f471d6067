"""Managers set what a limit asks for, from a day on, with a reason: seen beforehand, on record, and never backwards.

A row lies over limits.toml (`house_rules`). What is measured keeps the target with which it began; closed months keep theirs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select, update

from engine import limit_figures, permissions
from engine.errors import ConflictError, InvalidError, NotFoundError
from engine.limit_figures import KnownLimit
from engine.limit_rules import Kind, Limit, in_force, with_demand
from engine.model import Actor
from engine.persistence.tables import limit_clock, limit_target, user
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import limit_sums
from engine.queries.limits import LimitFigures, LimitFilters
from engine.queries.months import midnight, next_month
from engine.runtime import Runtime

PERMISSION = "limit:write"
#: how far ahead a target may be set
_FARTHEST = timedelta(days=5 * 366)
#: months that a preview looks back over, and clocks that it looks at
_MONTHS, _CLOCKS = 3, 5_000
_LONGEST_REASON = 1_000


class TargetSetError(ConflictError):
    """Expected a day for which nothing is set yet."""

    code = "limit_target_set"
    sentence = "已經設定了從 {day} 起的要求，請先撤回再重新設定。"


class TargetBegunError(ConflictError):
    """Expected a target that doesn't count yet."""

    code = "limit_target_begun"
    sentence = "這項要求已經生效或已撤回，不能再撤回；請設定一個新的要求。"


@dataclass(frozen=True, slots=True)
class SetTarget:
    """A target that somebody set."""

    id: int
    effective_from: date
    #: as `Limit.demand`
    target: str
    reason: str
    set_at: datetime
    person: str | None
    withdrawn_at: datetime | None
    withdrawn_by: str | None
    #: whether it can still be taken back
    is_ahead: bool


@dataclass(frozen=True, slots=True)
class Month:
    """A past month as it was and as it would have been."""

    month: date
    figures: LimitFigures
    #: of those that were done or missed, how many would have been in time or reached; None where it can't be told
    met: int | None
    missed: int | None


@dataclass(frozen=True, slots=True)
class Preview:
    """What a target would change."""

    known: KnownLimit
    effective_from: date
    #: as `Limit.demand`
    before: str
    after: str
    #: the months before, oldest first
    months: tuple[Month, ...]


def preview(runtime: Runtime, uow: UnitOfWork, actor: Actor, limit_id: str, target: str, effective_from: date) -> Preview:
    """What it would ask for instead, and what the last months would have come to by it. Refuses what `set_target` refuses."""
    permissions.require(actor, PERMISSION, permissions.EVERYWHERE)
    known, before, after = _checked(runtime, uow, limit_id, target, effective_from)
    calendar = runtime.organisation.calendar
    zone = ZoneInfo(calendar.zone)
    last = (runtime.today().replace(day=1) - timedelta(days=1)).replace(day=1)
    months = [last]
    while len(months) < _MONTHS:
        months.insert(0, (months[0] - timedelta(days=1)).replace(day=1))
    found = []
    for month in months:
        filters = LimitFilters(since=midnight(month, zone), until=midnight(next_month(month), zone), limit_id=limit_id)
        figures = next(iter(limit_sums.figures(uow, actor, filters, zone=calendar.zone)), LimitFigures(limit_id, 0, 0, 0, 0, 0, None, None))
        found.append(_as_it_would_be(runtime, uow, after, month, figures, filters))
    return Preview(known, effective_from, before.demand, after.demand, tuple(found))


def set_target(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, limit_id: str, target: str, effective_from: date, reason: str
) -> int:
    """Ask for it from that day on (after today); the row's id. InvalidError, NotFoundError, TargetSetError."""
    actor = permissions.require(actor, PERMISSION, permissions.EVERYWHERE)
    if not reason.strip() or len(reason) > _LONGEST_REASON:
        raise InvalidError(reason="請填寫原因，不超過一千字。")
    _, _, after = _checked(runtime, uow, limit_id, target, effective_from)
    connection = uow.writing
    mine = (limit_target.c.limit_id == limit_id, limit_target.c.effective_from == effective_from, limit_target.c.withdrawn_at.is_(None))
    if connection.execute(select(limit_target.c.id).where(*mine)).first() is not None:
        raise TargetSetError(day=effective_from.isoformat())
    row = {"limit_id": limit_id, "effective_from": effective_from, "target": after.demand, "reason": reason.strip(),
           "set_at": runtime.clock.now(), "set_by": actor.user_id}  # fmt: skip
    return int(connection.execute(insert(limit_target).values(**row).returning(limit_target.c.id)).scalar_one())


def withdraw(runtime: Runtime, uow: UnitOfWork, actor: Actor, limit_id: str, target_id: int) -> None:
    """Take a target back that doesn't count yet. NotFoundError, TargetBegunError."""
    actor = permissions.require(actor, PERMISSION, permissions.EVERYWHERE)
    connection, now = uow.writing, runtime.clock.now()
    row = connection.execute(select(limit_target).where(limit_target.c.id == target_id, limit_target.c.limit_id == limit_id)).one_or_none()
    if row is None:
        raise NotFoundError(kind="時限的要求", id=target_id)
    if row.withdrawn_at is not None or row.effective_from <= runtime.today():
        raise TargetBegunError
    values = {"withdrawn_at": now, "withdrawn_by": actor.user_id, "version": row.version + 1}
    connection.execute(update(limit_target).where(limit_target.c.id == target_id).values(**values))


def history(runtime: Runtime, uow: UnitOfWork, limit_id: str) -> tuple[SetTarget, ...]:
    """Everything that was set, latest first."""
    today, withdrawer = runtime.today(), user.alias()
    query = (
        select(limit_target, user.c.display_name.label("person"), withdrawer.c.display_name.label("other"))
        .select_from(limit_target.outerjoin(user, user.c.id == limit_target.c.set_by)
                     .outerjoin(withdrawer, withdrawer.c.id == limit_target.c.withdrawn_by))
        .where(limit_target.c.limit_id == limit_id).order_by(limit_target.c.effective_from.desc(), limit_target.c.id.desc()).limit(200)
    )  # fmt: skip
    return tuple(
        SetTarget(row.id, row.effective_from, row.target, row.reason, row.set_at, row.person, row.withdrawn_at, row.other,
                  row.withdrawn_at is None and row.effective_from > today)
        for row in uow.reading.execute(query)
    )  # fmt: skip


def may_set(actor: Actor, limit: Limit) -> bool:
    """Whether the person may, and whether this one can be."""
    return limit.kind is not Kind.NEVER and permissions.may(actor, PERMISSION, permissions.EVERYWHERE)


def _checked(
    runtime: Runtime, uow: UnitOfWork, limit_id: str, target: str, effective_from: date
) -> tuple[KnownLimit, Limit, Limit]:
    """The limit, as it would be on that day, and as it would be then."""
    known = limit_figures.known_limits(runtime, uow).get(limit_id)
    if known is None:
        raise NotFoundError(kind="時限", id=limit_id)
    today, zone = runtime.today(), runtime.organisation.calendar.zone
    if not today < effective_from <= today + _FARTHEST:
        raise InvalidError(reason="生效日期應在今天之後、五年之內：已經開始計算的不能倒改。")
    begins = midnight(effective_from, ZoneInfo(zone))
    before = next(iter(in_force(known.versions, begins, zone)), known.limit)
    after = replace(with_demand(before, target.strip()), effective_from=effective_from)
    if after.demand == before.demand:
        raise InvalidError(reason="到那天為止要求的就是這個，沒有可更改的。")
    return known, before, after


def _as_it_would_be(
    runtime: Runtime, uow: UnitOfWork, after: Limit, month: date, figures: LimitFigures, filters: LimitFilters
) -> Month:
    if after.kind is not Kind.CLOCK or after.by_day is not None or after.target is None:
        return Month(month, figures, None, None)
    calendar, clock = runtime.organisation.calendar, limit_clock.c
    query = select(clock.started_at, clock.stopped_at, clock.site_id).where(
        clock.limit_id == filters.limit_id, clock.counted_at >= filters.since, clock.counted_at < filters.until,
        clock.stopped_at.is_not(None), clock.cancelled_at.is_(None),
    )  # fmt: skip
    rows = uow.reading.execute(query.limit(_CLOCKS + 1)).all()
    if len(rows) > _CLOCKS:
        return Month(month, figures, None, None)
    met = sum(1 for row in rows if row.stopped_at <= calendar.add(row.started_at, after.target, after.calendar))
    return Month(month, figures, met, len(rows) - met)
