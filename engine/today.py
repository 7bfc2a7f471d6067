"""The day as a manager sees it: what they may look at, how far ahead, and the figures with the clauses that they are held against."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine import definitions, limit_figures, permissions
from engine.limit_figures import KnownLimit
from engine.model import Actor
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import people as people_queries
from engine.queries import today as queries
from engine.queries.today import LimitCount, WorkCount
from engine.queries.today_conditions import MOST, Figure, Moments, Scope
from engine.runtime import Runtime

#: what can be looked ahead, in hours, and from how many days on a case stands still; the first of each is the usual one
HOURS, DAYS = (4, 2, 8, 24), (7, 3, 14, 30)


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to see."""

    site_id: int | None = None
    hours: int = HOURS[0]
    days: int = DAYS[0]


@dataclass(frozen=True, slots=True)
class LimitLine:
    """A limit of the manual with what runs under it."""

    count: LimitCount
    #: None for one of an earlier version
    known: KnownLimit | None


@dataclass(frozen=True, slots=True)
class StepLine:
    """A step with a due time of its own, and what is late or soon will be there."""

    definition_key: str
    element_id: str
    definition_id: int
    #: source language
    name: str
    clauses: tuple[str, ...]
    late: int
    soon: int
    due_at: datetime


@dataclass(frozen=True, slots=True)
class LoadLine:
    """What a role or a person has to do."""

    #: None for a person
    role: str | None
    person_id: int | None
    #: of a person
    name: str | None
    open: int
    late: int
    soon: int
    #: of a role: what nobody has taken
    free: int
    oldest_at: datetime


@dataclass(frozen=True, slots=True)
class Today:
    """All figures of one moment."""

    moments: Moments
    #: figure → cases of all sites that are looked at
    totals: dict[Figure, int]
    #: site → figure → cases
    sites: dict[int | None, dict[Figure, int]]
    limits: tuple[LimitLine, ...]
    steps: tuple[StepLine, ...]
    roles: tuple[LoadLine, ...]
    people: tuple[LoadLine, ...]

    @property
    def is_capped(self) -> bool:
        """Whether counting stopped somewhere before the end."""
        return any(count >= MOST for counts in self.sites.values() for count in counts.values())


def scope(actor: Actor, site_id: int | None) -> Scope:
    """The sites whose figures the person may see, or the one of them that is asked for. ForbiddenError where it is none."""
    permissions.require(actor, "today:read", site_id)
    if site_id is not None:
        return Scope(frozenset({site_id}), is_exact=True)
    return Scope(permissions.sites_where(actor, "today:read"))


def moments(runtime: Runtime, wish: Wish) -> Moments:
    """Between which moments things lie now, by the company's calendar."""
    now, calendar = runtime.clock.now(), runtime.organisation.calendar
    midnight = calendar.midnight(calendar.local(now).date())
    return Moments(now, now + timedelta(hours=wish.hours), midnight, now - timedelta(days=wish.days))


def read(runtime: Runtime, uow: UnitOfWork, actor: Actor, wish: Wish) -> Today:
    """The figures of this moment, in a handful of statements whatever there is."""
    seen, at = scope(actor, wish.site_id), moments(runtime, wish)
    counted = queries.figures(uow, seen, at)
    sites: dict[int | None, dict[Figure, int]] = defaultdict(lambda: dict.fromkeys(Figure, 0))
    for figure, by_site in counted.items():
        for site_id, count in by_site.items():
            sites[site_id][figure] = count
    known = limit_figures.known_limits(runtime, uow)
    work = queries.work(uow, seen, at)
    names = people_queries.names(uow, {each.assignee_id for each in work if each.assignee_id is not None})
    return Today(
        at, {figure: sum(by_site.values()) for figure, by_site in counted.items()}, dict(sites),
        tuple(LimitLine(each, known.get(each.limit_id)) for each in queries.limits(uow, seen, at)),
        _steps(runtime, uow, work), _roles(work), _people(work, names),
    )  # fmt: skip


def _steps(runtime: Runtime, uow: UnitOfWork, work: Iterable[WorkCount]) -> tuple[StepLine, ...]:
    """Steps where something is late or soon will be, with the clauses that the diagram names."""
    groups: dict[tuple[str, str], list[WorkCount]] = defaultdict(list)
    for each in work:
        if each.late or each.soon:
            groups[each.definition_key, each.element_id].append(each)
    lines = []
    for (key, element_id), parts in groups.items():
        definition_id = max(part.definition_id for part in parts)
        element = definitions.content(runtime, uow, definition_id).diagram.elements.get(element_id)
        lines.append(StepLine(
            key, element_id, definition_id, element.name if element is not None and element.name else element_id,
            tuple(element.clauses) if element is not None else (), sum(part.late for part in parts), sum(part.soon for part in parts),
            min(part.due_at for part in parts if part.due_at is not None),
        ))  # fmt: skip
    return tuple(sorted(lines, key=lambda line: (-line.late, line.due_at)))


def _roles(work: Iterable[WorkCount]) -> tuple[LoadLine, ...]:
    groups: dict[str, list[WorkCount]] = defaultdict(list)
    for each in work:
        groups[each.role].append(each)
    return _by_load(_load(parts, role, None, None) for role, parts in groups.items())


def _people(work: Iterable[WorkCount], names: dict[int, str]) -> tuple[LoadLine, ...]:
    groups: dict[int, list[WorkCount]] = defaultdict(list)
    for each in work:
        if each.assignee_id is not None:
            groups[each.assignee_id].append(each)
    return _by_load(_load(parts, None, person, names.get(person)) for person, parts in groups.items())


def _load(parts: list[WorkCount], role: str | None, person_id: int | None, name: str | None) -> LoadLine:
    return LoadLine(
        role, person_id, name, sum(part.open for part in parts), sum(part.late for part in parts), sum(part.soon for part in parts),
        sum(part.open for part in parts if part.assignee_id is None), min(part.oldest_at for part in parts),
    )  # fmt: skip


def _by_load(lines: Iterable[LoadLine]) -> tuple[LoadLine, ...]:
    return tuple(sorted(lines, key=lambda line: (-line.late, -line.open, line.oldest_at)))
