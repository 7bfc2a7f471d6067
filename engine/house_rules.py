"""What the office keeps as rows over files and environment: working time, number patterns, targets of limits, settings.

Every process follows within a second.

Rows are never deleted, only emptied, so the sum of their versions tells whether anything has changed: one number, which rides along
with the statement that reads an account and with the scheduler's look.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import BigInteger, cast, func, select

from engine.calendars import WorkingCalendar
from engine.live_settings import LIVE, is_pinned
from engine.persistence.tables import limit_target, number_pattern, setting, site, working_calendar
from engine.persistence.unit_of_work import UnitOfWork

if TYPE_CHECKING:
    from engine.content import Organisation
    from engine.runtime import Runtime
    from engine.settings import Settings

#: the sum of all versions; zero while organisation.toml holds alone
STAMP = cast(
    select(func.coalesce(func.sum(working_calendar.c.version), 0)).scalar_subquery()
    + select(func.coalesce(func.sum(number_pattern.c.version), 0)).scalar_subquery()
    + select(func.coalesce(func.sum(limit_target.c.version), 0)).scalar_subquery()
    + select(func.coalesce(func.sum(setting.c.version), 0)).scalar_subquery(), BigInteger)


def catch_up(runtime: Runtime, uow: UnitOfWork, stamp: int | None = None) -> None:
    """Read the rows again if they have changed. `stamp`: the sum where it is known already; else it is asked for."""
    if stamp is None:
        stamp = int(uow.reading.execute(select(STAMP)).scalar_one())
    if stamp != runtime.rules_stamp:
        runtime.organisation = in_force(written(runtime), uow)
        runtime.settings = settings_in_force(runtime, uow)
        runtime.rules_stamp = stamp


def settings_in_force(runtime: Runtime, uow: UnitOfWork) -> Settings:
    """The settings that the program was started with, and over them what was changed since; what the environment names stays."""
    rows = uow.reading.execute(select(setting.c.name, setting.c.value).where(setting.c.value.is_not(None)))
    said = {row.name: orjson.loads(row.value) for row in rows if row.name in LIVE and not is_pinned(row.name)}
    return replace(runtime.started_with, **said)


def written(runtime: Runtime) -> Organisation:
    """What organisation.toml says by itself."""
    return runtime.organisation.written or runtime.organisation


def in_force(base: Organisation, uow: UnitOfWork) -> Organisation:
    """organisation.toml with the rows over it."""
    patterns = {row.series: row.pattern for row in uow.reading.execute(select(number_pattern)) if row.pattern}
    query = select(working_calendar.c.site_id, working_calendar.c.body, site.c.time_zone).select_from(
        working_calendar.outerjoin(site, site.c.id == working_calendar.c.site_id))
    bodies = {row.site_id: (orjson.loads(row.body), row.time_zone) for row in uow.reading.execute(query)}
    company = over(base.calendar, bodies.get(None, ({}, None))[0])
    sites = {site_id: over(company, body).in_zone(zone) for site_id, (body, zone) in bodies.items() if site_id is not None and body}
    targets: dict[str, tuple[tuple[date, str], ...]] = {}
    set_for = select(limit_target).where(limit_target.c.withdrawn_at.is_(None)).order_by(limit_target.c.effective_from, limit_target.c.id)
    for row in uow.reading.execute(set_for):
        targets[row.limit_id] = (*targets.get(row.limit_id, ()), (row.effective_from, row.target))
    return replace(
        base, numbering={**base.numbering, **patterns}, calendar=company, site_calendars=sites, limit_targets=targets, written=base
    )


def over(calendar: WorkingCalendar, body: dict[str, Any]) -> WorkingCalendar:
    """A calendar with what a row says instead; CalendarInvalidError names what can't be."""
    said = WorkingCalendar.from_config(body)
    names = {"hours": "hours", "holidays": "country", "extra_holidays": "extra_holidays", "extra_working_days": "extra_working_days"}
    return replace(calendar, **{name: getattr(said, name) for key, name in names.items() if key in body})
