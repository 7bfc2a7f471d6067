"""Gapless numbers of records and cases, drawn inside the caller's transaction: what is rolled back gives its number back."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import literal, select, true
from sqlalchemy.dialects import postgresql, sqlite

from engine.content import Organisation
from engine.errors import ConflictError, InvalidError
from engine.persistence.tables import number_sequence
from engine.persistence.unit_of_work import UnitOfWork

#: of a series that organisation.toml does not name
DEFAULT_PATTERN = "{yyyy}{mm}-{seq:04}"
_PART = re.compile(r"\{(yyyy|yy|mm|dd|seq)(?::0(\d))?\}")


class NumberPatternError(InvalidError):
    """A pattern in organisation.toml that gives no number."""

    code = "number_pattern_invalid"
    sentence = "編號「{series}」的格式「{pattern}」不正確。"


class NumberLoweredError(ConflictError):
    """Expected a number behind those that were given already."""

    code = "number_lowered"
    sentence = "下一個編號不能低於或等於目前的 {next}：已用的編號不會再用一次。"


def draw(uow: UnitOfWork, organisation: Organisation, series: str, at: datetime) -> str:
    """The next number of a series at a moment, e.g. `R202611-0001`.

    Draw it last: it holds the series' row until the transaction ends, so that the next one waits and no gap can open. The year, month
    and day are the company's; what of them the pattern holds decides when counting starts again.
    """
    pattern = organisation.numbering.get(series, DEFAULT_PATTERN)
    local = at.astimezone(ZoneInfo(organisation.calendar.zone))
    return format_number(pattern, local, _take(uow, series, period_of(series, pattern, local), 1))


def reserve(uow: UnitOfWork, organisation: Organisation, series: str, at: datetime, count: int) -> tuple[str, int, list[str]]:
    """The next `count` numbers of a series, for papers printed beforehand: the period, the place of the first, and the numbers.

    Holds the series' row as `draw` does, so that nothing in the system gets one of them.
    """
    pattern = organisation.numbering.get(series, DEFAULT_PATTERN)
    local = at.astimezone(ZoneInfo(organisation.calendar.zone))
    period = period_of(series, pattern, local)
    first = _take(uow, series, period, count) - count + 1
    return period, first, [format_number(pattern, local, first + place) for place in range(count)]


def _take(uow: UnitOfWork, series: str, period: str, count: int) -> int:
    """Let a series go on by so many; the last of them."""
    build = postgresql.insert if uow.writing.dialect.name == "postgresql" else sqlite.insert
    statement = build(number_sequence).values(series=series, period=period, last=literal(count))
    statement = statement.on_conflict_do_update(
        index_elements=[number_sequence.c.series, number_sequence.c.period], set_={"last": number_sequence.c.last + count}, where=true()
    )
    last: int = uow.writing.execute(statement.returning(number_sequence.c.last)).scalar_one()
    return last


def was_drawn(uow: UnitOfWork, organisation: Organisation, series: str, number: str) -> bool:
    """Whether a number is one of the series' own that has been drawn already, not one that somebody made up."""
    found = parse(organisation, series, number)
    if found is None:
        return False
    period, seq = found
    return 0 < seq <= last_drawn(uow, series, period)


def last_drawn(uow: UnitOfWork, series: str, period: str) -> int:
    """The last number drawn of a series in a period; 0 before the first."""
    query = select(number_sequence.c.last).where(number_sequence.c.series == series, number_sequence.c.period == period)
    found: int | None = uow.reading.execute(query).scalar()
    return found or 0


def parse(organisation: Organisation, series: str, number: str) -> tuple[str, int] | None:
    """Period and place of a number that has the series' pattern; None for any other text."""
    pattern = organisation.numbering.get(series, DEFAULT_PATTERN)
    literals = re.split(_PART, pattern)
    # split gives text, part, width, text, …
    parts = literals[1::3]
    widths = {"yyyy": "{4}", "seq": "+"}
    wanted = [f"(?P<{part}>[0-9]{widths.get(part, '{2}')})" for part in parts]
    shape = "".join(re.escape(text) + part for text, part in zip(literals[::3], [*wanted, ""], strict=True))
    match = re.fullmatch(shape, number) if len(set(parts)) == len(parts) else None
    if match is None:
        return None
    found = match.groupdict()
    year = found.get("yyyy") or ("20" + found["yy"] if "yy" in found else "")
    return year + found.get("mm", "") + found.get("dd", ""), int(found["seq"])


def advance(uow: UnitOfWork, series: str, period: str, last: int) -> None:
    """Let the series go on behind `last` in that period; never backwards, so that no number is given twice."""
    build = postgresql.insert if uow.writing.dialect.name == "postgresql" else sqlite.insert
    statement = build(number_sequence).values(series=series, period=period, last=last)
    statement = statement.on_conflict_do_update(
        index_elements=[number_sequence.c.series, number_sequence.c.period], set_={"last": last}, where=number_sequence.c.last < last
    )
    uow.writing.execute(statement)


def skip_to(uow: UnitOfWork, series: str, period: str, following: int) -> tuple[int, int]:
    """Let `following` be the next number of a series in a period; returns what would have been next and what is now.

    Holds the series' row until the transaction ends. NumberLoweredError where it is not higher than what comes next anyway.
    """
    connection = uow.writing
    at = (number_sequence.c.series == series, number_sequence.c.period == period)
    advance(uow, series, period, 0)
    last = connection.execute(select(number_sequence.c.last).where(*at).with_for_update()).scalar() or 0
    if following <= last + 1:
        raise NumberLoweredError(series=series, next=last + 1)
    advance(uow, series, period, following - 1)
    return last + 1, following


def check_pattern(series: str, pattern: str) -> None:
    """NumberPatternError for a pattern that gives no numbers, or some that could be read in two ways."""
    period_of(series, pattern, datetime(2026, 1, 1, tzinfo=UTC))
    found = list(_PART.finditer(pattern))
    seq = next(match for match in found if match[1] == "seq")
    beside = pattern[seq.start() - 1:seq.start()] + pattern[seq.end():seq.end() + 1]
    # a digit more or less beside the running number would make two different numbers look alike
    if len({match[1] for match in found}) != len(found) or any(sign.isdigit() or sign in "{}" for sign in beside):
        raise NumberPatternError(series=series, pattern=pattern)


def without_width(pattern: str) -> str:
    """The pattern without how wide its running number is, for telling whether two give the same numbers."""
    return _PART.sub(lambda match: f"{{{match[1]}}}", pattern)


def period_of(series: str, pattern: str, local: datetime) -> str:
    """What restarts the counting: the date parts that the pattern holds, e.g. `202611`; empty for a series that never restarts."""
    parts = [match[1] for match in _PART.finditer(pattern)]
    if parts.count("seq") != 1 or "{" in _PART.sub("", pattern) or "}" in _PART.sub("", pattern):
        raise NumberPatternError(series=series, pattern=pattern)
    if ("dd" in parts and "mm" not in parts) or ("mm" in parts and not {"yyyy", "yy"} & set(parts)):
        # a month without its year would give last year's numbers again
        raise NumberPatternError(series=series, pattern=pattern)
    if "dd" in parts:
        return f"{local:%Y%m%d}"
    if "mm" in parts:
        return f"{local:%Y%m}"
    return f"{local:%Y}" if {"yyyy", "yy"} & set(parts) else ""


def format_number(pattern: str, local: datetime, number: int) -> str:
    """A number in its pattern."""
    dates = {"yyyy": f"{local:%Y}", "yy": f"{local:%y}", "mm": f"{local:%m}", "dd": f"{local:%d}"}

    def part(match: re.Match[str]) -> str:
        return dates[match[1]] if match[1] != "seq" else f"{number:0{match[2] or 1}d}"

    return _PART.sub(part, pattern)


def number_in(organisation: Organisation, series: str, period: str, seq: int) -> str:
    """The number at a place of a series in a period."""
    day = datetime(int(period[:4] or 2000), int(period[4:6] or 1), int(period[6:8] or 1), tzinfo=ZoneInfo(organisation.calendar.zone))
    return format_number(organisation.numbering.get(series, DEFAULT_PATTERN), day, seq)
