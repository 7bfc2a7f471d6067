"""How numbers are written and where each series stands: patterns kept as rows, jumps ahead with their reason. Never backwards."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select, update

from engine import house_rules, numbering, permissions
from engine.company import changes
from engine.company.changes import EntryChangedError
from engine.content import Organisation
from engine.errors import ConflictError, InvalidError, NotFoundError
from engine.model import Actor
from engine.numbering import NumberPatternError
from engine.persistence.tables import number_pattern, number_sequence
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime

KIND = "numbering"
#: a jump farther than this is a slip of the hand
FARTHEST = 100_000


class PatternTakenError(ConflictError):
    """Expected a pattern that no other series has."""

    code = "pattern_taken"
    sentence = "編號系列「{other}」已用同樣的格式，兩種單據會編出相同的號碼。"


@dataclass(frozen=True, slots=True)
class Series:
    """A series of numbers as it stands now."""

    id: str
    pattern: str
    #: of organisation.toml, where a row says something else
    written: str | None
    #: the last number of this period; None before the first
    last: str | None
    following: str
    #: place of the following number
    place: int
    version: int


def listing(runtime: Runtime, uow: UnitOfWork) -> list[Series]:
    """Every series, by its id; two statements."""
    # what the rows say now, not what this process last read of them
    organisation = house_rules.in_force(house_rules.written(runtime), uow)
    local = runtime.clock.now().astimezone(ZoneInfo(organisation.calendar.zone))
    versions = {row.series: row.version for row in uow.reading.execute(select(number_pattern))}
    lasts = {(row.series, row.period): row.last for row in uow.reading.execute(select(number_sequence))}
    found = []
    for series, pattern in sorted(organisation.numbering.items()):
        period = numbering.period_of(series, pattern, local)
        last = lasts.get((series, period), 0)
        ours = house_rules.written(runtime).numbering.get(series)
        found.append(Series(
            series, pattern, ours if ours != pattern else None, numbering.format_number(pattern, local, last) if last else None,
            numbering.format_number(pattern, local, last + 1), last + 1, versions.get(series, 0)))
    return found


def show(runtime: Runtime, uow: UnitOfWork, series: str) -> Series:
    """One series; NotFoundError for a name that no record has."""
    found = next((each for each in listing(runtime, uow) if each.id == series), None)
    if found is None:
        raise NotFoundError(kind="編號系列", id=series[:60])
    return found


def set_pattern(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, series: str, pattern: str, reason: str, version: int | None = None,
) -> None:
    """Write numbers of a series in another way from now on. NumberPatternError, PatternTakenError, EntryChangedError."""
    permissions.require(actor, "numbering:write")
    connection = uow.writing
    before = show(runtime, uow, series)
    if version is not None and version != before.version:
        raise EntryChangedError
    pattern = pattern.strip()
    if not 1 <= len(pattern) <= 60 or not pattern.isprintable():
        raise NumberPatternError(series=series, pattern=pattern[:60])
    numbering.check_pattern(series, pattern)
    organisation = house_rules.in_force(house_rules.written(runtime), uow)
    other = _same(organisation, series, pattern)
    if other is not None:
        raise PatternTakenError(other=other)
    if pattern == before.pattern:
        return
    if before.version:
        moved = connection.execute(update(number_pattern).where(
            number_pattern.c.series == series, number_pattern.c.version == before.version).values(
            pattern=pattern, version=before.version + 1))
        if moved.rowcount != 1:
            raise EntryChangedError
    else:
        connection.execute(insert(number_pattern).values(series=series, pattern=pattern, version=1))
    changes.record(uow, actor, KIND, series, "changed", runtime.clock.now(), changes={"pattern": (before.pattern, pattern)}, reason=reason)


def raise_next(runtime: Runtime, uow: UnitOfWork, actor: Actor, series: str, following: int, reason: str) -> None:
    """Go on at a higher number; the gap before it is explained by the reason. NumberLoweredError for a lower one."""
    permissions.require(actor, "numbering:write")
    if not reason.strip():
        raise InvalidError(reason="請填寫原因。")
    found = show(runtime, uow, series)
    if following - found.place > FARTHEST:
        raise InvalidError(reason="一次最多調高 100000 號，請檢查是否輸入有誤。")
    skip(runtime, uow, actor, series, following, reason)


def skip(runtime: Runtime, uow: UnitOfWork, actor: Actor, series: str, following: int, reason: str, period: str | None = None) -> None:
    """The same for imports and blank forms, which have asked for their own permission; of another period than today's where one is said."""
    organisation = runtime.organisation
    pattern = organisation.numbering.get(series, numbering.DEFAULT_PATTERN)
    if period is None:
        period = numbering.period_of(series, pattern, runtime.clock.now().astimezone(ZoneInfo(organisation.calendar.zone)))
    before, now = numbering.skip_to(uow, series, period, following)
    pair = (numbering.number_in(organisation, series, period, before), numbering.number_in(organisation, series, period, now))
    changes.record(uow, actor, KIND, series, "raised", runtime.clock.now(), changes={"next": pair}, reason=reason)


def _same(organisation: Organisation, series: str, pattern: str) -> str | None:
    """Another series whose numbers could be the same: the width of the running number makes no difference."""
    plain = numbering.without_width(pattern)
    return next((other for other, its in organisation.numbering.items() if other != series and numbering.without_width(its) == plain), None)
