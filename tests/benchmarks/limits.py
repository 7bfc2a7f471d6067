"""Whether figures over years cost no more than those of a month: the kept sums of closed months beside a direct query over all rows."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import and_, case, func, insert, or_, select

from engine import limit_figures, limit_months
from engine.persistence.durations import SecondsBetween
from engine.persistence.tables import limit_clock
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.limit_sums import Split, figures
from engine.queries.limits import LimitFilters, outcome_of
from engine.queries.months import midnight
from tests.benchmarks.report import Result
from tests.benchmarks.stage import Stage, median, settle, timed
from tests.builders import make_building, make_instance, make_site, make_unit, make_user

#: limits that are measured, months that they are measured over
_LIMITS, _MONTHS = 40, 24
_LOOKS = 5


def measure(stage: Stage) -> None:
    """Two years of clocks at three sites, then the overview of several periods, by the sums and by the rows."""
    rows = stage.scale.clocks
    _fill(stage, rows)
    took, closed = timed(lambda: limit_months.close_due(stage.runtime))
    stage.report.add(Result("limits: closing a month", stage.backend, f"{rows:,} rows in {_MONTHS} months", took / len(closed), "ms"))
    settle()
    calendar = stage.runtime.organisation.calendar
    now = stage.runtime.clock.now()
    today, zone = calendar.local(now).date(), ZoneInfo(calendar.zone)
    this_month = midnight(today.replace(day=1), zone)
    periods = {
        "this month": LimitFilters(since=this_month, until=now),
        "a year": LimitFilters(since=this_month.replace(year=today.year - 1), until=now),
        "some days of two years": LimitFilters(since=now - timedelta(days=30 * _MONTHS - 40), until=now), "all time": LimitFilters(),
    }  # fmt: skip
    for name, filters in periods.items():
        ours = median([timed(lambda of=filters: _overview(stage, of))[0] for _ in range(_LOOKS)])  # type: ignore[misc]
        direct = median([timed(lambda of=filters: _direct(stage, of))[0] for _ in range(_LOOKS)])  # type: ignore[misc]
        stage.report.add(Result("limits: overview", stage.backend, f"{name}, {rows:,} rows", ours, "ms", naive=direct,
                                target="limits.overview"))  # fmt: skip
    for split in (Split.MONTH, Split.BUILDING, Split.PERSON):
        took = median([timed(lambda by=split: _parts(stage, by))[0] for _ in range(_LOOKS)])  # type: ignore[misc]
        stage.report.add(Result(f"limits: one by {split.value}", stage.backend, f"all time, {rows:,} rows", took, "ms",
                                target="limits.overview"))  # fmt: skip


def _fill(stage: Stage, rows: int) -> None:
    """The clocks, as steps would have left them, in the order of time; a case has some hundred of them, which no figure minds."""
    runtime, chance = stage.runtime, random.Random(7)
    sites = [make_site(runtime) for _ in range(3)]
    towers = [(site, make_building(runtime, site_id=site)) for site in sites for _ in range(4)]
    places = [(site, make_unit(runtime, site_id=site, building_id=tower)) for site, tower in towers for _ in range(5)]
    people = [make_user(runtime, "repair_worker").id for _ in range(20)]
    cases = [make_instance(runtime, "procedure") for _ in range(200)]
    now = runtime.clock.now()

    def row(number: int) -> dict[str, Any]:
        begun = now - timedelta(minutes=(rows - number) * _MONTHS * 30 * 24 * 60 / rows)
        done = begun + timedelta(seconds=chance.randrange(60, 40 * 60))
        site, flat = chance.choice(places)
        return {
            "instance_id": cases[number % len(cases)], "limit_id": f"procedure.limit_{chance.randrange(_LIMITS)}",
            "round": number // len(cases) + 1, "site_id": site, "unit_id": flat, "person_id": chance.choice(people), "started_at": begun,
            "entered_at": begun, "counted_at": begun, "due_at": begun + timedelta(minutes=20), "stopped_at": done, "stop_entered_at": done,
            "breached_at": done if done - begun > timedelta(minutes=20) else None, "target_seconds": 1200,
        }  # fmt: skip

    for first in range(0, rows, 5_000):
        with runtime.database.writing() as connection:
            connection.execute(insert(limit_clock), [row(number) for number in range(first, min(first + 5_000, rows))])


def _overview(stage: Stage, filters: LimitFilters) -> int:
    with UnitOfWork(stage.database) as uow:
        return len(limit_figures.overview(stage.runtime, uow, stage.actor, filters))


def _parts(stage: Stage, split: Split) -> int:
    with UnitOfWork(stage.database) as uow:
        filters = LimitFilters(limit_id="procedure.limit_1")
        return len(figures(uow, stage.actor, filters, split, stage.runtime.organisation.calendar.zone))


def _direct(stage: Stage, filters: LimitFilters) -> int:
    """Counts, medians and the longest of every limit in one statement over the rows."""
    seconds = SecondsBetween(limit_clock.c.started_at, limit_clock.c.stopped_at)
    within = [limit_clock.c.counted_at >= filters.since] if filters.since is not None else []
    within += [limit_clock.c.counted_at < filters.until] if filters.until is not None else []
    part = limit_clock.c.limit_id
    ranked = select(
        part, outcome_of().label("outcome"), seconds.label("seconds"),
        func.row_number().over(partition_by=(part, seconds.is_(None)), order_by=seconds).label("place"),
        func.count(seconds).over(partition_by=part).label("measured"),
    ).where(*within).subquery()  # fmt: skip
    middle = and_(ranked.c.seconds.is_not(None), or_(*(ranked.c.place * 2 == ranked.c.measured + more for more in (0, 1, 2))))
    sums = [func.sum(case((ranked.c.outcome == name, 1), else_=0)) for name in ("met", "missed", "apart", "running")]
    statement = select(ranked.c.limit_id, *sums, func.avg(case((middle, ranked.c.seconds))), func.max(ranked.c.seconds))
    with UnitOfWork(stage.database) as uow:
        return len(uow.reading.execute(statement.group_by(ranked.c.limit_id)).all())
