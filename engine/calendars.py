"""Durations as the manual states them, and the time that counts for them.

Pure: moments come in and go out aware and in UTC; the zone and the working hours are values, read from `[calendar]` of
organisation.toml. Nothing here knows what is due, or reads a clock.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

import isodate

from engine.errors import InvalidError

#: which hours count: every one, or only working time
CalendarName = Literal["always", "working"]
#: same day; the other kind of target beside a duration
END_OF_DAY: Final = "end_of_day"

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
#: farther into the future nothing is planned; keeps sums inside what a datetime can hold
_LONGEST_DAYS = 36_600
#: days without any work after which a calendar is taken to be wrong
_LONGEST_REST = 400
_SHAPE = re.compile(r"^P(?!$)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(?!$)(\d+([.,]\d+)?H)?(\d+([.,]\d+)?M)?(\d+([.,]\d+)?S)?)?$")
_HOURS = re.compile(r"^(\d{2}):(\d{2})-(\d{2}):(\d{2})$")


class DurationInvalidError(InvalidError):
    """Not a positive ISO 8601 duration."""

    code = "duration_invalid"
    sentence = "「{text}」不是有效的時限：{reason}"


class CalendarInvalidError(InvalidError):
    """`[calendar]` of organisation.toml cannot be used as it is."""

    code = "calendar_invalid"
    sentence = "organisation.toml 的 [calendar] 有誤（{key}「{value}」）：{reason}"


@dataclass(frozen=True, slots=True)
class Duration:
    """A positive ISO 8601 duration. `P1D` and `PT24H` differ: the first is a day of the calendar."""

    #: as it was written
    text: str
    #: years and months, which depend on where they are counted from
    months: int
    #: weeks and days
    days: int
    #: hours, minutes and seconds
    time: timedelta

    def plain(self) -> timedelta:
        """The duration where no calendar is at hand: a month counts 30 days."""
        return timedelta(days=self.months * 30 + self.days) + self.time


#: a duration, or END_OF_DAY
Target = Duration | Literal["end_of_day"]


@lru_cache(maxsize=1024)
def parse_duration(text: str) -> Duration:
    """Read `PT20M`, `P2D`, `P1M` … Negative, zero, fractional-day or endless durations raise DurationInvalidError."""
    text = text.strip()
    if text.startswith(("-", "+")):
        raise DurationInvalidError(text=text, reason="時限必須大於零，且不帶正負號。")
    if not _SHAPE.match(text):
        raise DurationInvalidError(text=text, reason="請用 ISO 8601 寫法，例如 PT20M、P2D、P1M；日以上不可有小數。")
    date_part, _, time_part = text.partition("T")
    calendar_part = isodate.parse_duration(date_part) if len(date_part) > 1 else timedelta(0)
    months = 0
    if not isinstance(calendar_part, timedelta):
        months = int(calendar_part.years) * 12 + int(calendar_part.months)
        calendar_part = calendar_part.tdelta
    try:
        length = isodate.parse_duration("PT" + time_part) if time_part else timedelta(0)
        duration = Duration(text=text, months=months, days=calendar_part.days, time=length)
        total = duration.plain()
    except OverflowError as error:
        raise DurationInvalidError(text=text, reason="時限過長。") from error
    if total > timedelta(days=_LONGEST_DAYS):
        raise DurationInvalidError(text=text, reason="時限過長。")
    if total <= timedelta(0):
        raise DurationInvalidError(text=text, reason="時限必須大於零。")
    return duration


def parse_target(text: str) -> Target:
    """Read a duration or `end_of_day`."""
    return END_OF_DAY if text.strip() == END_OF_DAY else parse_duration(text)


def warn_at(start: datetime, due: datetime, warn: Duration) -> datetime:
    """When to remind: `warn` of elapsed time before what is due, not before it started."""
    return max(start, due - warn.plain())


#: working time of one day: (start, end) in minutes after midnight, in order, not overlapping
DayHours = tuple[tuple[int, int], ...]

_OFFICE: DayHours = ((9 * 60, 18 * 60),)
_DEFAULT_HOURS: tuple[DayHours, ...] = (_OFFICE,) * 5 + ((),) * 2


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """Which time is working time. Immutable; `in_zone` gives the same rules at a site elsewhere."""

    zone: str = "Asia/Shanghai"
    #: hours of each weekday, Monday first
    hours: tuple[DayHours, ...] = _DEFAULT_HOURS
    #: country whose public holidays and substituted working days hold; empty for none
    country: str = "CN"
    extra_holidays: frozenset[date] = frozenset()
    #: worked although weekend or holiday (調休)
    extra_working_days: frozenset[date] = frozenset()
    _zone: ZoneInfo = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_zone", ZoneInfo(self.zone))
        if not any(self.hours):
            raise CalendarInvalidError(key="hours", value="", reason="每週至少要有一個工作日。")

    @classmethod
    def from_config(cls, raw: Mapping[str, Any]) -> WorkingCalendar:
        """From the `[calendar]` table; what is left out keeps its default. CalendarInvalidError names the key that is wrong."""
        unknown = sorted(raw.keys() - {"zone", "holidays", "extra_holidays", "extra_working_days", "hours"})
        if unknown:
            raise CalendarInvalidError(key=unknown[0], value=raw[unknown[0]], reason="未知的設定。")
        values: dict[str, Any] = {}
        if "zone" in raw:
            values["zone"] = _zone_name(raw["zone"])
        if "holidays" in raw:
            values["country"] = _country(raw["holidays"])
        if "hours" in raw:
            values["hours"] = _week(raw["hours"])
        for key in ("extra_holidays", "extra_working_days"):
            if key in raw:
                values[key] = frozenset(_days(key, raw[key]))
        return cls(**values)

    def in_zone(self, zone: str) -> WorkingCalendar:
        """The same rules read at another place's clock."""
        return self if zone == self.zone else replace(self, zone=zone)

    def local(self, moment: datetime) -> datetime:
        """The moment as a clock on the wall there shows it."""
        return moment.astimezone(self._zone)

    def midnight(self, day: date) -> datetime:
        """When that day begins there, in UTC."""
        return datetime.combine(day, time(), self._zone).astimezone(UTC)

    # -- working days

    def is_working_day(self, day: date) -> bool:
        """Whether there is working time on that day."""
        return bool(self.day_hours(day))

    def day_hours(self, day: date) -> DayHours:
        """Working time of that day in minutes after midnight; empty on days of rest."""
        if day in self.extra_working_days:
            return self.hours[day.weekday()] or self._ordinary_hours()
        if day in self.extra_holidays:
            return ()
        if self.country:
            off, worked = _public_days(self.country, day.year)
            if day in worked:
                return self.hours[day.weekday()] or self._ordinary_hours()
            if day in off:
                return ()
        return self.hours[day.weekday()]

    def _ordinary_hours(self) -> DayHours:
        return next(hours for hours in self.hours if hours)

    def intervals(self, day: date) -> list[tuple[datetime, datetime]]:
        """Working time of that day, in UTC."""
        base = datetime.combine(day, time())
        walls = [(base + timedelta(minutes=start), base + timedelta(minutes=end)) for start, end in self.day_hours(day)]
        return [(self._utc(opens), self._utc(closes)) for opens, closes in walls]

    def _utc(self, wall: datetime) -> datetime:
        return wall.replace(tzinfo=self._zone).astimezone(UTC)

    # -- sums

    def add(self, start: datetime, target: Target, calendar: CalendarName = "always") -> datetime:
        """When a target that starts to run at `start` is reached; always later than `start`.

        `always`: years, months and days by the calendar on the wall (a month's end stays inside its month), hours as they pass.
        `working`: a day is a working day and hours are working hours; what starts outside working time starts with the next.
        `end_of_day`: midnight there, or the end of that (or the next) working day's hours.
        """
        if calendar == "always":
            if target == END_OF_DAY:
                return self.midnight(self.local(start).date() + timedelta(days=1))
            assert isinstance(target, Duration)
            return self._add_calendar_part(start, target) + target.time
        begin = self._next_working(start)
        if target == END_OF_DAY:
            return self.intervals(self.local(begin).date())[-1][1]
        assert isinstance(target, Duration)
        moment = begin
        if target.months:
            moment = self._next_working(self._add_calendar_part(moment, replace(target, days=0)))
        moment = self._add_working_days(moment, target.days)
        return self._add_working_time(moment, target.time)

    def between(self, start: datetime, end: datetime) -> timedelta:
        """How much working time lies between two moments; zero where `end` is not later."""
        total = timedelta(0)
        for day in _days_from(self.local(start).date(), self.local(end).date()):
            for opens, closes in self.intervals(day):
                total += max(timedelta(0), min(closes, end) - max(opens, start))
        return total

    def elapsed(self, start: datetime, end: datetime, calendar: CalendarName) -> timedelta:
        """How much time that counts lies between two moments."""
        return self.between(start, end) if calendar == "working" else end - start

    def shift(self, start: datetime, by: timedelta, calendar: CalendarName) -> datetime:
        """When `by` of time that counts has passed after `start`."""
        return self._add_working_time(self._next_working(start), by) if calendar == "working" else start + by

    def _add_calendar_part(self, start: datetime, duration: Duration) -> datetime:
        if not duration.months and not duration.days:
            return start
        wall = self.local(start).replace(tzinfo=None)
        if duration.months:
            wall = isodate.Duration(months=duration.months) + wall
        # a wall time that occurs twice keeps its second, so that nothing falls due before it started
        return max(self._utc(wall + timedelta(days=duration.days)), start)

    def _next_working(self, moment: datetime) -> datetime:
        """The moment itself inside working time, else the next at which work begins."""
        day = self.local(moment).date()
        for later in range(_LONGEST_REST):
            for opens, closes in self.intervals(day + timedelta(days=later)):
                if moment < closes:
                    return max(moment, opens)
        raise CalendarInvalidError(key="extra_holidays", value="", reason="找不到下一個工作日。")

    def _add_working_days(self, moment: datetime, days: int) -> datetime:
        """The same time of day, that many working days later; inside that day's working time."""
        if not days:
            return moment
        wall = self.local(moment)
        day, left, rest = wall.date(), days, 0
        while left:
            day += timedelta(days=1)
            if self.is_working_day(day):
                left, rest = left - 1, 0
            elif (rest := rest + 1) > _LONGEST_REST:
                raise CalendarInvalidError(key="extra_holidays", value="", reason="找不到下一個工作日。")
        wanted = self._utc(datetime.combine(day, wall.time()))
        for opens, closes in self.intervals(day):
            if wanted <= closes:
                return max(wanted, opens)
        return self.intervals(day)[-1][1]

    def _add_working_time(self, moment: datetime, length: timedelta) -> datetime:
        """`moment` lies inside working time or at the end of it."""
        day, rest = self.local(moment).date(), 0
        while length > timedelta(0):
            intervals = self.intervals(day)
            for opens, closes in intervals:
                available = closes - max(opens, moment)
                if available <= timedelta(0):
                    continue
                if length <= available:
                    return max(opens, moment) + length
                length -= available
            rest = 0 if intervals else rest + 1
            if rest > _LONGEST_REST:
                raise CalendarInvalidError(key="extra_holidays", value="", reason="找不到下一個工作日。")
            day += timedelta(days=1)
        return moment


@dataclass(frozen=True, slots=True)
class Cycle:
    """A timer that comes again: `R5/PT1H`, `R/2026-01-01T08:00:00+08:00/P1M`."""

    #: how often; None for ever
    times: int | None
    #: the first moment; None counts from when it was set up
    start: datetime | None
    period: Duration


def parse_cycle(text: str, zone: str) -> Cycle:
    """Read an ISO 8601 repeating interval. A start without an offset is meant in `zone`. DurationInvalidError for anything else."""
    parts = text.strip().split("/")
    count = parts[0][1:]
    if not parts[0].startswith("R") or not (count == "" or count.isdigit()) or len(parts) not in (2, 3):
        raise DurationInvalidError(text=text, reason="請用 R/P1M、R5/PT1H 或 R/開始時間/週期 的寫法。")
    start = parse_moment(parts[1], zone) if len(parts) == 3 else None
    return Cycle(times=int(count) if count else None, start=start, period=parse_duration(parts[-1]))


def parse_moment(text: str, zone: str) -> datetime:
    """Read an ISO 8601 date or date-time, in UTC. Without an offset it is meant in `zone`. DurationInvalidError for anything else."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise DurationInvalidError(text=text, reason="請用 ISO 8601 的日期時間，例如 2026-01-01T08:00:00+08:00。") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)


@lru_cache(maxsize=256)
def _public_days(country: str, year: int) -> tuple[frozenset[date], frozenset[date]]:
    """Days off and days worked instead, as the country announced them for that year."""
    # a large package, and only working calendars need it
    import holidays  # noqa: PLC0415

    known = holidays.country_holidays(country, years=[year])
    return frozenset(known), frozenset(day for day in known.weekend_workdays if day.year == year)


def _days_from(first: date, last: date) -> Iterator[date]:
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)


def _zone_name(value: Any) -> str:
    try:
        return ZoneInfo(value).key
    except (ValueError, TypeError, OSError, KeyError) as error:
        raise CalendarInvalidError(key="zone", value=value, reason="未知的時區。") from error


def _country(value: Any) -> str:
    if value == "":
        return ""
    try:
        _public_days(value, 2026)
    except (NotImplementedError, TypeError, AttributeError) as error:
        raise CalendarInvalidError(key="holidays", value=value, reason="沒有這個國家或地區的節假日資料。") from error
    return str(value)


def _week(raw: Any) -> tuple[DayHours, ...]:
    if not isinstance(raw, Mapping):
        raise CalendarInvalidError(key="hours", value=raw, reason="應為各工作日的時段。")
    unknown = sorted(raw.keys() - set(WEEKDAYS))
    if unknown:
        raise CalendarInvalidError(key=f"hours.{unknown[0]}", value=raw[unknown[0]], reason="未知的星期名稱。")
    return tuple(_hours(f"hours.{name}", raw.get(name, [])) for name in WEEKDAYS)


def _hours(key: str, raw: Any) -> DayHours:
    intervals: list[tuple[int, int]] = []
    if not isinstance(raw, list):
        raise CalendarInvalidError(key=key, value=raw, reason="應為時段的列表，例如 09:00-18:00 外加方括號與引號。")
    for text in raw:
        match = _HOURS.match(text) if isinstance(text, str) else None
        if match is None:
            raise CalendarInvalidError(key=key, value=text, reason="應為 09:00-18:00 這樣的時段。")
        from_hour, from_minute, to_hour, to_minute = map(int, match.groups())
        start, end = from_hour * 60 + from_minute, to_hour * 60 + to_minute
        if from_minute > 59 or to_minute > 59 or end > 24 * 60 or start >= end:
            raise CalendarInvalidError(key=key, value=text, reason="起訖時間不正確。")
        if intervals and intervals[-1][1] > start:
            raise CalendarInvalidError(key=key, value=text, reason="時段必須依序且不重疊。")
        intervals.append((start, end))
    return tuple(intervals)


def _days(key: str, raw: Any) -> Iterable[date]:
    """Days and `first/last` ranges; TOML dates are taken too."""
    if not isinstance(raw, list):
        raise CalendarInvalidError(key=key, value=raw, reason="應為日期的列表。")
    for value in raw:
        try:
            first, _, last = value.isoformat().partition("/") if isinstance(value, date) else value.partition("/")
            days = list(_days_from(date.fromisoformat(first), date.fromisoformat(last or first)))
        except (ValueError, AttributeError) as error:
            raise CalendarInvalidError(key=key, value=value, reason="應為日期或「起日/迄日」。") from error
        if not days or len(days) > 366:
            raise CalendarInvalidError(key=key, value=value, reason="起訖日期不正確。")
        yield from days
