"""Closes months: what limits came to is added up once and kept, with the targets of the time; what is undecided is carried over.

A month is closed as it stood at the end of the fifth day of the next one, however late this runs: every row says when it was decided, and
what was decided later counts as undecided. Nothing that a closed month counts is changed afterwards (`limit_book.is_final`).
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import ColumnElement, and_, case, func, insert, literal, null, select, update
from sqlalchemy.exc import IntegrityError

from engine import limit_gaps
from engine.limit_figures import KnownLimit, known_limits
from engine.persistence.tables import closed_month, limit_clock, limit_gap, limit_month, limit_month_target
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import limit_sums
from engine.queries.limit_sums import Sums
from engine.queries.limits import Outcome, Split
from engine.queries.months import closes_at, midnight, next_month
from engine.runtime import Runtime

_log = structlog.get_logger(__name__)
#: by what closed months are told apart
_SPLITS = (None, Split.SITE, Split.BUILDING, Split.PERSON, Split.CATEGORY)


def close_due(runtime: Runtime, then: Callable[[UnitOfWork, date], None] = lambda _uow, _month: None) -> list[date]:
    """Close every month whose time has come, oldest first, a transaction each; gives those that were closed here. `then` is done in the
    same transaction.
    """
    closed: list[date] = []
    while True:
        with UnitOfWork(runtime.database) as uow:
            month = _next(runtime, uow)
            if month is None:
                return closed
            try:
                close(runtime, uow, month)
                then(uow, month)
                uow.commit()
            except IntegrityError:
                uow.rollback()
                if uow.reading.execute(select(closed_month.c.month).where(closed_month.c.month == month)).first() is None:
                    raise
                # another process was first
                continue
        closed.append(month)
        _log.info("month_closed", month=f"{month:%Y-%m}")


def close(runtime: Runtime, uow: UnitOfWork, month: date) -> None:
    """Keep what the month came to. IntegrityError where it is closed already."""
    zone = ZoneInfo(runtime.organisation.calendar.zone)
    begins, ends, as_of = midnight(month, zone), midnight(next_month(month), zone), closes_at(month, zone)
    uow.writing.execute(insert(closed_month).values(month=month, closed_at=as_of))
    known = known_limits(runtime, uow, at=as_of)
    mine = (limit_clock.c.counted_at >= begins, limit_clock.c.counted_at < ends)
    outcome = _outcome_by(as_of)
    rows: list[dict[str, Any]] = []
    for split in _SPLITS:
        rows += _sums(uow, month, split, known, outcome, mine, as_of)
    if rows:
        uow.writing.execute(insert(limit_month), rows)
    targets = [{"month": month, "limit_id": limit_id, "target": each.limit.demand} for limit_id, each in known.items()]
    if targets:
        uow.writing.execute(insert(limit_month_target), targets)
    lacking = [
        {"month": month, "limit_id": limit_id, "period": gap.period, "due_at": gap.due_at, "label": gap.label[:300], "site_id": gap.site_id,
         "building_id": gap.building_id}
        for limit_id, each in known.items() for gap in limit_gaps.found_between(runtime, uow, each.limit, begins, ends)
    ]  # fmt: skip
    if lacking:
        uow.writing.execute(insert(limit_gap), lacking)
    uow.writing.execute(update(limit_clock).where(*mine, outcome == Outcome.RUNNING.value).values(counted_at=ends))


def _next(runtime: Runtime, uow: UnitOfWork) -> date | None:
    """The oldest month that is over and not closed; None where there is none, or nothing was ever measured."""
    zone = ZoneInfo(runtime.organisation.calendar.zone)
    closed = limit_sums.closed_until(uow)
    if closed is None:
        first: datetime | None = uow.reading.execute(select(func.min(limit_clock.c.counted_at))).scalar()
        if first is None:
            return None
        month = first.astimezone(zone).date().replace(day=1)
    else:
        month = next_month(closed[1])
    return month if runtime.clock.now() >= closes_at(month, zone) else None


def _outcome_by(as_of: datetime) -> ColumnElement[Any]:
    """How a row stood then."""
    clock = limit_clock.c
    return case(
        (clock.breached_at < as_of, Outcome.MISSED.value),
        (clock.apart_at < as_of, Outcome.APART.value),
        (clock.cancelled_at < as_of, "excluded"),
        (and_(clock.stopped_at.is_not(None), func.coalesce(clock.stop_entered_at, clock.stopped_at) < as_of), Outcome.MET.value),
        else_=Outcome.RUNNING.value,
    )


def _sums(
    uow: UnitOfWork, month: date, split: Split | None, known: Mapping[str, KnownLimit], outcome: ColumnElement[Any],
    mine: Iterable[ColumnElement[bool]], as_of: datetime,
) -> list[dict[str, Any]]:
    """Rows of `limit_month` for one way of telling apart."""
    part: ColumnElement[Any] = literal("") if split is None else limit_sums.part_of(split, _categories(known))
    if split is Split.CATEGORY:
        mine = (*mine, limit_clock.c.limit_id.in_([limit_id for limit_id, each in known.items() if each.limit.category]))
    site: ColumnElement[Any] = null() if split is None else limit_clock.c.site_id
    whose = (limit_clock.c.limit_id, site.label("site_id"))
    found: dict[tuple[str, int | None, str], Sums] = {}
    counted = select(*whose, *limit_sums.counted(part, outcome)).where(*mine).group_by(limit_clock.c.limit_id, "site_id", "part")
    for row in uow.writing.execute(counted):
        found.setdefault((row.limit_id, row.site_id, _text(row.part)), Sums()).add(row)
    done = and_(limit_clock.c.stopped_at.is_not(None), func.coalesce(limit_clock.c.stop_entered_at, limit_clock.c.stopped_at) < as_of)
    for row in uow.writing.execute(limit_sums.lengths(part, done).add_columns(*whose).where(*mine)):
        found[row.limit_id, row.site_id, _text(row[0])].seconds.append(float(row[1]))
    names = [column.name for column in limit_month.columns if column.name in Sums.__dataclass_fields__ and column.name != "seconds"]
    return [
        {"month": month, "limit_id": limit_id, "split": "" if split is None else split.value, "part": name, "site_id": site_id,
         "seconds": array("d", sorted(sums.seconds)).tobytes(), **{each: getattr(sums, each) for each in names},
         "value_sum": sums.value_sum if sums.valued else None, "goal_sum": sums.goal_sum if sums.aimed else None}
        for (limit_id, site_id, name), sums in found.items()
    ]  # fmt: skip


def _categories(known: Mapping[str, KnownLimit]) -> ColumnElement[str]:
    """Of each limit the field by whose value it is told apart."""
    fields = {limit_id: each.limit.category for limit_id, each in known.items() if each.limit.category}
    return case(fields, value=limit_clock.c.limit_id, else_="") if fields else literal("")


def _text(part: Any) -> str:
    return "" if part is None else str(part)
