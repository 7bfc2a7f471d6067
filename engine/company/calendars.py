"""The working time that the office keeps: the company's and, where a site differs, the site's own. Each change is on record.

Due times that were set already stay; `rescheduling` counts and moves them, when somebody asks for it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import orjson
from sqlalchemy import insert, select, update

from engine import house_rules, permissions
from engine.calendars import WEEKDAYS, CalendarInvalidError, WorkingCalendar
from engine.company import changes
from engine.company.changes import EntryChangedError
from engine.errors import FieldError, FormInvalidError, NotFoundError
from engine.model import Actor
from engine.permissions import EVERYWHERE
from engine.persistence.tables import site, working_calendar
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime

KIND = "calendar"
#: the company's own calendar, among the entries of history
COMPANY = "company"
_MOST_DAYS = 1_000


@dataclass(frozen=True, slots=True)
class KeptCalendar:
    """A calendar with where it holds."""

    site_id: int | None
    #: None for the company's
    site_name: str | None
    calendar: WorkingCalendar
    #: whether a row says so; else it is the company's, or organisation.toml's
    is_own: bool
    version: int

    @property
    def entry(self) -> str:
        """What history calls it."""
        return COMPANY if self.site_id is None else str(self.site_id)


def listing(runtime: Runtime, uow: UnitOfWork) -> list[KeptCalendar]:
    """The company's first, then every site's that is in use."""
    organisation = house_rules.in_force(house_rules.written(runtime), uow)
    rows = {row.site_id: (row.version, row.body != "{}") for row in uow.reading.execute(select(working_calendar))}
    in_use = select(site.c.id, site.c.name, site.c.time_zone).where(site.c.deactivated_at.is_(None)).order_by(site.c.code)
    company_version, is_own = rows.get(None, (0, False))
    found = [KeptCalendar(None, None, organisation.calendar, is_own, company_version)]
    for row in uow.reading.execute(in_use):
        version, is_own = rows.get(row.id, (0, False))
        calendar = organisation.site_calendars.get(row.id) or organisation.calendar.in_zone(row.time_zone)
        found.append(KeptCalendar(row.id, row.name, calendar, is_own, version))
    return found


def show(runtime: Runtime, uow: UnitOfWork, site_id: int | None) -> KeptCalendar:
    """One of them; NotFoundError for a site that is not in use."""
    found = next((each for each in listing(runtime, uow) if each.site_id == site_id), None)
    if found is None:
        raise NotFoundError(kind="園區", id=site_id)
    return found


def save(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, site_id: int | None, raw: Mapping[str, Any], reason: str,
    version: int | None = None,
) -> None:
    """Keep working hours and days: `monday` … `sunday` as `08:30-12:00, 13:00-17:30`, `holidays` a country or empty, `extra_holidays`
    and `extra_working_days` as days or `first/last`, a line each. FormInvalidError names every field; EntryChangedError."""
    body = clean(raw)
    _write(runtime, uow, actor, site_id, body, reason, version)


def restore(runtime: Runtime, uow: UnitOfWork, actor: Actor, site_id: int | None, reason: str, version: int | None = None) -> None:
    """Let a site follow the company again, or the company organisation.toml."""
    _write(runtime, uow, actor, site_id, {}, reason, version)


def texts(calendar: WorkingCalendar) -> dict[str, str]:
    """A calendar as `save` takes it, and as history shows it."""
    found = {name: ", ".join(f"{_clock(start)}-{_clock(end)}" for start, end in hours)
             for name, hours in zip(WEEKDAYS, calendar.hours, strict=True)}
    return {**found, "holidays": calendar.country, "extra_holidays": _spans(calendar.extra_holidays),
            "extra_working_days": _spans(calendar.extra_working_days)}


def clean(raw: Mapping[str, Any]) -> dict[str, Any]:
    """What was sent in the shape of `[calendar]` of organisation.toml."""
    errors: list[FieldError] = []
    body: dict[str, Any] = {"hours": {}}
    for name in WEEKDAYS:
        parts = [part.replace("：", ":") for part in re.split(r"[,，、;\s]+", str(raw.get(name) or "")) if part]
        parts = [re.sub(r"^(\d):", r"0\1:", re.sub(r"[-–—~](\d):", r"-0\1:", re.sub(r"[–—~]", "-", part))) for part in parts]
        _try(errors, name, {"hours": {"monday": parts or ["09:00-10:00"]}})
        body["hours"][name] = parts
    body["holidays"] = str(raw.get("holidays") or "")
    _try(errors, "holidays", {"holidays": body["holidays"]})
    for name in ("extra_holidays", "extra_working_days"):
        lines = [line for line in re.split(r"[,，、;\s]+", str(raw.get(name) or "")) if line]
        body[name] = lines
        _try(errors, name, {name: lines})
    if not errors:
        _try(errors, "monday", {"hours": body["hours"]})
    if not errors and sum(map(_length, body["extra_holidays"] + body["extra_working_days"])) > _MOST_DAYS:
        errors.append(FieldError("extra_holidays", "max_items", "例外日期最多 {limit} 天。", {"limit": _MOST_DAYS}))
    if errors:
        raise FormInvalidError(errors)
    return body


def _write(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, site_id: int | None, body: dict[str, Any], reason: str, version: int | None,
) -> None:
    permissions.require(actor, "calendar:write", EVERYWHERE if site_id is None else site_id)
    connection, now = uow.writing, runtime.clock.now()
    before = show(runtime, uow, site_id)
    if version is not None and version != before.version:
        raise EntryChangedError
    values = {"body": orjson.dumps(body).decode(), "version": before.version + 1}
    if before.version:
        at = working_calendar.c.site_id.is_(None) if site_id is None else working_calendar.c.site_id == site_id
        kept = update(working_calendar).where(at, working_calendar.c.version == before.version)
        if connection.execute(kept.values(**values)).rowcount != 1:
            raise EntryChangedError
    else:
        connection.execute(insert(working_calendar).values(site_id=site_id, **values))
    after = show(runtime, uow, site_id)
    found = changes.diff(texts(before.calendar), texts(after.calendar))
    if not found and before.is_own == after.is_own:
        return
    action = "changed" if body else "restored"
    changes.record(uow, actor, KIND, before.entry, action, now, changes=found, reason=reason or None)


def _try(errors: list[FieldError], name: str, body: dict[str, Any]) -> None:
    try:
        WorkingCalendar.from_config(body)
    except CalendarInvalidError as error:
        errors.append(FieldError(name, "calendar", error.data["reason"], {"label": name}))


def _length(text: str) -> int:
    first, _, last = text.partition("/")
    return (date.fromisoformat(last or first) - date.fromisoformat(first)).days + 1


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _spans(days: frozenset[date]) -> str:
    """Days by day, runs of them as `first/last`; a line each."""
    spans: list[list[date]] = []
    for day in sorted(days):
        if spans and spans[-1][1] + timedelta(days=1) == day:
            spans[-1][1] = day
        else:
            spans.append([day, day])
    return "\n".join(first.isoformat() if first == last else f"{first.isoformat()}/{last.isoformat()}" for first, last in spans)
