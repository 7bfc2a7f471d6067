"""Every limit of the deployed procedures with what was measured of it: by the steps of cases, and by the calendar where no case came."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from engine import definitions, limit_gaps, permissions
from engine.errors import NotFoundError
from engine.limit_gaps import Gap
from engine.limit_rules import Kind, Limit, in_force, laid_over
from engine.model import Actor
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import limit_sums
from engine.queries import limits as queries
from engine.queries.limits import LimitFigures, LimitFilters, Split
from engine.runtime import Runtime


@dataclass(frozen=True, slots=True)
class KnownLimit:
    """A limit as it is in force now."""

    limit: Limit
    #: whose catalogue translates it
    definition_id: int
    #: source language
    procedure: str
    #: the same with every date from which it asks for something else
    versions: tuple[Limit, ...] = ()


@dataclass(frozen=True, slots=True)
class Measured:
    """A limit over a period."""

    #: `process.limit`
    id: str
    #: None for one of an earlier version
    known: KnownLimit | None
    figures: LimitFigures
    #: what was due and never begun; counted as missed in the figures
    gaps: tuple[Gap, ...] = ()
    #: how many of them were put right after their month was closed: the figures are as they were
    later: int = 0

    @property
    def kind(self) -> Kind:
        """What is counted."""
        return self.known.limit.kind if self.known is not None else Kind.CLOCK

    @property
    def is_reached(self) -> bool | None:
        """Whether the goal is reached; None where nothing is decided yet."""
        return self.figures.is_reached(self.kind)


def known_limits(runtime: Runtime, uow: UnitOfWork, at: datetime | None = None) -> dict[str, KnownLimit]:
    """By id, in the order of the procedures; of limits with the same id the one in force, now or at that moment."""
    at, zone = at or runtime.clock.now(), runtime.organisation.calendar.zone
    found: dict[str, KnownLimit] = {}
    for info in definitions.list_latest(runtime, uow):
        every = laid_over(definitions.content(runtime, uow, info.id).limits, runtime.organisation.limit_targets, zone)
        for limit in in_force(every, at, zone):
            if limit.process_key == info.key:
                versions = tuple(each for each in every if each.full_id == limit.full_id)
                found[limit.full_id] = KnownLimit(limit, info.id, info.name or info.key, versions)
    return found


def overview(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, filters: LimitFilters, at: datetime | None = None, *, has_lengths: bool = True
) -> list[Measured]:
    """Every limit as it is in force now, or at a moment, also those of which nothing was measured; at the end what was measured by limits
    that are deployed no longer. `has_lengths`: also how long things took, which of all there is to a month takes longest to read.
    """
    permissions.require(actor, "process-instance:read")
    rows = {each.name: each for each in limit_sums.figures(uow, actor, filters, zone=_zone(runtime), has_lengths=has_lengths)}
    known, later = known_limits(runtime, uow, at), queries.count_later(uow, actor, filters)
    lacking = {limit_id: limit_gaps.count(runtime, uow, actor, each.limit, filters) for limit_id, each in known.items()}
    found = [_measured(each, rows.get(limit_id), lacking[limit_id]) for limit_id, each in known.items()]
    found = [replace(each, later=later.get(each.id, 0)) for each in found]
    former = [(name, each) for name, each in rows.items() if name is not None and name not in known]
    return found + [Measured(name, None, each, later=later.get(name, 0)) for name, each in former]


def measure(runtime: Runtime, uow: UnitOfWork, actor: Actor, filters: LimitFilters) -> Measured:
    """The limit that the filters name; NotFoundError where there is none and never was one."""
    permissions.require(actor, "process-instance:read")
    filters = replace(filters, outcome=None)
    rows = limit_sums.figures(uow, actor, filters, zone=_zone(runtime))
    known = known_limits(runtime, uow).get(filters.limit_id)
    if known is None:
        if not rows:
            raise NotFoundError(kind="時限", id=filters.limit_id)
        found = Measured(filters.limit_id, None, rows[0])
    else:
        gaps = tuple(limit_gaps.gaps(runtime, uow, actor, known.limit, filters))
        found = replace(_measured(known, rows[0] if rows else None, len(gaps)), gaps=gaps)
    return replace(found, later=queries.count_later(uow, actor, filters).get(found.id, 0))


def parts(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, filters: LimitFilters, split: Split, measured: Measured
) -> list[LimitFigures]:
    """The same told apart; what was never begun counts where its building or month is known."""
    calendar = runtime.organisation.calendar
    category = measured.known.limit.category if measured.known is not None else None
    found = {each.part: each for each in limit_sums.figures(uow, actor, replace(filters, outcome=None), split, calendar.zone, category)}
    names: Counter[tuple[str, str | None]] = Counter()
    for gap in measured.gaps:
        # its last moment lies in the month before
        month = f"{calendar.local(gap.due_at - timedelta(microseconds=1)):%Y-%m}"
        named = {Split.BUILDING: (str(gap.building_id or ""), gap.building), Split.MONTH: (month, month)}
        names[named.get(split, ("", None))] += 1
    for (part, name), count in names.items():
        each = found.get(part, _nothing(name, part))
        found[part] = replace(each, missed=each.missed + count)
    by_name = split is Split.MONTH
    return sorted(found.values(), key=lambda each: (0 if by_name else -each.missed, each.name or ""))


def _measured(known: KnownLimit, row: LimitFigures | None, lacking: int) -> Measured:
    figures = row or _nothing(known.limit.full_id)
    figures = replace(figures, missed=figures.missed + lacking)
    if figures.goals is None and known.limit.goal is not None:
        figures = replace(figures, goals=(known.limit.goal, known.limit.goal), goal=float(known.limit.goal))
    return Measured(known.limit.full_id, known, figures)


def _nothing(name: str | None, part: str = "") -> LimitFigures:
    return LimitFigures(name, 0, 0, 0, 0, 0, None, None, part=part)


def _zone(runtime: Runtime) -> str:
    return runtime.organisation.calendar.zone
