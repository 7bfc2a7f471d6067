"""A procedure's diagram with what its cases did there: where they stand and wait, come back to, and break limits, over two periods."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from engine import definitions, limit_figures, permissions
from engine.content import DefinitionContent
from engine.definitions import DefinitionInfo
from engine.diagram import Element
from engine.errors import InvalidError
from engine.limit_rules import Limit
from engine.model import Actor
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import heat as queries
from engine.queries import limit_sums
from engine.queries.heat import Looked, Sums
from engine.queries.limits import LimitFilters
from engine.queries.today_conditions import Scope
from engine.runtime import Runtime

_PERMISSION = "process-heat:read"
#: of a period: a longer one would read everything that ever happened
LONGEST = timedelta(days=3_660)


class PeriodUnusableError(InvalidError):
    """Expected a period that ends after it begins, of ten years at most."""

    code = "period_unusable"
    sentence = "期間的結束要在開始之後，最長 {days} 天。"


@dataclass(frozen=True, slots=True)
class Broken:
    """A limit of the manual and how often it was missed in the period."""

    #: `process.limit`
    id: str
    #: source language
    name: str
    missed: int
    missed_before: int


@dataclass(frozen=True, slots=True)
class StepHeat:
    """One element of the diagram."""

    element: Element
    #: cases that are there now
    standing: int
    now: Sums
    before: Sums
    broken: tuple[Broken, ...]

    @property
    def missed(self) -> int:
        """How often limits that are decided here were missed."""
        return sum(each.missed for each in self.broken)

    @property
    def missed_before(self) -> int:
        """The same over the period before."""
        return sum(each.missed_before for each in self.broken)

    @property
    def is_shown(self) -> bool:
        """Whether the table tells of it: what people do, and whatever has a name and a figure."""
        told = self.standing or self.now.passed or self.before.passed or self.missed or self.missed_before
        return self.element.is_human or bool(self.element.name and told and not self.element.kind.endswith("Gateway"))


@dataclass(frozen=True, slots=True)
class Heat:
    """A procedure over a period."""

    info: DefinitionInfo
    content: DefinitionContent
    looked: Looked
    #: in the diagram's order
    steps: tuple[StepHeat, ...]
    #: kind of event → cases in which a manager stepped in
    stepped_in: Mapping[str, int] = field(default_factory=dict)


def look(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, key: str, since: datetime, until: datetime, site_id: int | None = None
) -> Looked:
    """What the person may look at of a procedure. NotFoundError, ForbiddenError, PeriodUnusableError."""
    permissions.require(actor, _PERMISSION, site_id)
    if not timedelta() < until - since <= LONGEST:
        raise PeriodUnusableError(days=LONGEST.days)
    info = definitions.latest(runtime, uow, key)
    diagram = definitions.content(runtime, uow, info.id).diagram
    sites = Scope(frozenset({site_id}), is_exact=True) if site_id is not None else Scope(permissions.sites_where(actor, _PERMISSION))
    in_turn = frozenset(each.id for each in diagram.elements.values() if each.repeated == "sequential")
    # what listens at a step's edge waits as long as the step does: no case stands there
    places = tuple(each.id for each in diagram.elements.values() if each.attached_to is None)
    return Looked(key, _callers(runtime, uow, key), places, in_turn, since, until, sites)


def read(runtime: Runtime, uow: UnitOfWork, actor: Actor, looked: Looked) -> Heat:
    """Every element of the current version with its figures."""
    info = definitions.latest(runtime, uow, looked.key)
    held = definitions.content(runtime, uow, info.id)
    standing, (now, before) = queries.standing(uow, looked), queries.sums(uow, looked)
    broken = _broken(runtime, uow, actor, looked)
    steps = tuple(
        StepHeat(each, standing.get(each.id, 0), now.get(each.id, Sums()), before.get(each.id, Sums()), tuple(broken.get(each.id, ())))
        for each in held.diagram.elements.values()
    )
    return Heat(info, held, looked, steps, queries.stepped_in(uow, looked))


def _callers(runtime: Runtime, uow: UnitOfWork, key: str) -> tuple[str, ...]:
    diagrams = definitions.known_diagrams(runtime, uow)
    found: set[str] = set()
    waiting = [key]
    while waiting:
        called = waiting.pop()
        for caller, diagram in diagrams.items():
            if called in diagram.called and caller not in found and caller != key:
                found.add(caller)
                waiting.append(caller)
    return tuple(sorted(found))


def _broken(runtime: Runtime, uow: UnitOfWork, actor: Actor, looked: Looked) -> dict[str, list[Broken]]:
    """By the element at which they are decided, limits that were missed: the figures of the page of limits."""
    site_id = next(iter(looked.scope.sites or ()), None) if looked.scope.is_exact else None
    missed: list[dict[str | None, int]] = []
    for span in (looked, looked.before):
        filters = LimitFilters(since=span.since, until=span.until, site_id=site_id)
        figures = limit_sums.figures(uow, actor, filters, zone=runtime.organisation.calendar.zone, has_lengths=False)
        missed.append({each.name: each.missed for each in figures if each.missed})
    found: dict[str, list[Broken]] = defaultdict(list)
    for limit_id, known in limit_figures.known_limits(runtime, uow).items():
        counts = [each.get(limit_id, 0) for each in missed]
        element_id = _decided_at(known.limit, looked.key) if any(counts) else None
        if element_id is not None:
            found[element_id].append(Broken(limit_id, known.limit.name, *counts))
    return found


def _decided_at(limit: Limit, key: str) -> str | None:
    """The first of its elements in the procedure: where it stops, else where it starts."""
    happenings = (*limit.stops, *limit.starts)
    return next((each.element_id for each in happenings if each.process_key == key and each.element_id is not None), None)
