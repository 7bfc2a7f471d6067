"""The figures of a play as rows: by rule of the manual, by role, by procedure, and what was too little known. In the source language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from engine import definitions
from engine.diagram import Element
from engine.limit_figures import known_limits
from engine.model import JsonObject
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.what_if.durations import ENOUGH, Source


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure over several plays: the median, and between what four of five of them lie."""

    median: float
    low: float
    high: float

    @property
    def is_sure(self) -> bool:
        """Whether it came out the same each time, as people read it."""
        return round(self.low) == round(self.high)


#: in one play of ten there was one at least
_ONE = 0.5
#: nothing of the kind happened
NOTHING = Spread(0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Both:
    """A figure as it is now and as it was asked; the second is None where nothing else was asked."""

    now: Spread
    changed: Spread | None

    @property
    def difference(self) -> float:
        """How much more it becomes."""
        return 0.0 if self.changed is None else self.changed.median - self.now.median


@dataclass(frozen=True, slots=True)
class Rule:
    """A limit of the manual, or the time that the diagram gives a step."""

    id: str
    #: source language
    name: str
    #: whose catalogue translates it; None where it is not known any more
    definition_id: int | None
    process_key: str
    clauses: tuple[str, ...]
    is_step: bool
    measured: Both
    missed: Both
    #: which part was missed in the period that was learned from; None where nothing was measured, and of steps
    past: float | None = None

    @property
    def share(self) -> float | None:
        """Which part is missed as it is now; None where nothing is measured."""
        measured = self.measured.now.median
        return self.missed.now.median / measured if measured else None


@dataclass(frozen=True, slots=True)
class RoleRow:
    """The work of a role."""

    role: str
    people_now: int
    people_changed: int
    is_round_the_clock: bool
    items: Both
    #: seconds of its working time
    wait: Both
    wait_90: Both
    #: by week, from 0 to 1
    load: tuple[Both, ...]
    #: by week, how much waits on average
    queue: tuple[Both, ...]

    @property
    def mean_load(self) -> Both:
        """Over all weeks."""
        return _mean(self.load)

    @property
    def mean_queue(self) -> Both:
        """Over all weeks."""
        return _mean(self.queue)


@dataclass(frozen=True, slots=True)
class ProcedureRow:
    """The cases of a procedure."""

    key: str
    name: str
    definition_id: int | None
    began: Both
    ended: Both


@dataclass(frozen=True, slots=True)
class StepNote:
    """A step about which history says too little."""

    process_key: str
    name: str
    definition_id: int | None
    role: str
    source: Source
    known: int
    #: seconds that were taken
    median: float


@dataclass(frozen=True, slots=True)
class Stuck:
    """A step at which cases could not go on."""

    name: str
    definition_id: int | None
    cases: Both

    @property
    def most(self) -> float:
        """Of one play."""
        return max(self.cases.now.high, self.cases.changed.high if self.cases.changed is not None else 0.0)


@dataclass(frozen=True, slots=True)
class Told:
    """A play that is finished."""

    is_compared: bool
    rules: tuple[Rule, ...]
    roles: tuple[RoleRow, ...]
    procedures: tuple[ProcedureRow, ...]
    thin: tuple[StepNote, ...]
    #: steps whose answers were guessed
    guessed: tuple[tuple[str, int | None], ...]
    stuck: tuple[Stuck, ...]

    @property
    def broken(self) -> tuple[Rule, ...]:
        """Rules that are missed in one play of ten at least, on either side."""
        return tuple(each for each in self.rules if _is_missed(each.missed))

    @property
    def kept(self) -> tuple[Rule, ...]:
        """The others."""
        return tuple(each for each in self.rules if not _is_missed(each.missed))

    @property
    def missed(self) -> Both:
        """All that is missed of the manual's limits, the times of steps aside: they are often the same."""
        chosen = [each for each in self.rules if not each.is_step] or list(self.rules)
        none = Both(NOTHING, NOTHING if self.is_compared else None)
        return _sum((none, *(each.missed for each in chosen)))


def tell(runtime: Runtime, uow: UnitOfWork, result: JsonObject) -> Told:
    """From what `engine.what_if.playing` keeps, with the names of the procedures as they are now."""
    names = _Names(runtime, uow)
    now, changed = result["now"], result.get("changed")

    def both(group: str, name: str, *figure: str) -> Both:
        return Both(_at(now, group, name, *figure), None if changed is None else _at(changed, group, name, *figure))

    def keys(group: str) -> list[str]:
        return sorted({*now[group], *(changed[group] if changed is not None else ())})

    past = {limit: part / every for limit, (every, part) in result.get("past", {}).items() if every}
    rules = [
        replace(names.limit(each, both("limits", each, "measured"), both("limits", each, "missed")), past=past.get(each))
        for each in keys("limits")
    ]
    rules += [names.step(each, both("steps", each, "measured"), both("steps", each, "missed")) for each in keys("steps")]
    rules.sort(key=lambda rule: (-max(rule.missed.now.median, rule.missed.changed.median if rule.missed.changed else 0), rule.id))
    thin = [
        StepNote(note["process"], *names.of(note["process"], note["element"]), note["role"], Source(note["source"]), note["known"],
                 note["median"])
        for note in result["steps"] if note["known"] < ENOUGH
    ]  # fmt: skip
    stuck = [Stuck(*names.of(*each.split("/", 1)), both("stuck", each)) for each in keys("stuck")]
    return Told(
        changed is not None, tuple(rules), tuple(_role(each, result, both) for each in keys("roles")),
        tuple(ProcedureRow(each, *names.procedure(each), both("began", each), both("ended", each)) for each in _procedures(now, changed)),
        tuple(thin), tuple(names.of(process, element) for process, element in result["guessed"]),
        tuple(each for each in stuck if each.most >= _ONE),
    )  # fmt: skip


def _is_missed(missed: Both) -> bool:
    return max(missed.now.high, missed.changed.high if missed.changed is not None else 0.0) >= _ONE


def _procedures(now: JsonObject, changed: JsonObject | None) -> list[str]:
    sides = [now, *([changed] if changed is not None else [])]
    return sorted({key for side in sides for group in ("began", "ended") for key in side[group]})


def _role(role: str, result: JsonObject, both: Any) -> RoleRow:
    now, changed = result["now"]["roles"].get(role, {}), (result.get("changed") or {"roles": {}})["roles"].get(role)
    people = now.get("people", result["people"].get(role, 0))

    def by_week(figure: str) -> tuple[Both, ...]:
        here, there = now.get(figure, []), changed.get(figure, []) if changed is not None else []
        count = max(len(here), len(there))
        return tuple(
            Both(_spread(here[week] if week < len(here) else None),
                 None if result.get("changed") is None else _spread(there[week] if week < len(there) else None))
            for week in range(count)
        )  # fmt: skip

    return RoleRow(
        role, people, changed["people"] if changed is not None else people, role in result["round_the_clock"], both("roles", role, "items"),
        both("roles", role, "wait"), both("roles", role, "wait_90"), by_week("load"), by_week("queue"),
    )  # fmt: skip


def _at(side: Mapping[str, Any], *path: str) -> Spread:
    found: Any = side
    for each in path:
        found = found.get(each) if isinstance(found, Mapping) else None
    return _spread(found)


def _spread(found: Any) -> Spread:
    return Spread(**found) if isinstance(found, Mapping) else NOTHING


def _sum(figures: tuple[Both, ...]) -> Both:
    def added(sides: list[Spread]) -> Spread:
        return Spread(sum(each.median for each in sides), sum(each.low for each in sides), sum(each.high for each in sides))

    is_compared = any(each.changed is not None for each in figures)
    return Both(added([each.now for each in figures]),
                added([each.changed for each in figures if each.changed is not None]) if is_compared else None)  # fmt: skip


def _mean(figures: tuple[Both, ...]) -> Both:
    total, count = _sum(figures), max(len(figures), 1)

    def divided(side: Spread) -> Spread:
        return Spread(side.median / count, side.low / count, side.high / count)

    return Both(divided(total.now), None if total.changed is None else divided(total.changed))


class _Names:
    """What things are called now."""

    def __init__(self, runtime: Runtime, uow: UnitOfWork) -> None:
        self._runtime, self._uow = runtime, uow
        self._latest = {info.key: info for info in definitions.list_latest(runtime, uow)}
        self._limits = known_limits(runtime, uow)

    def procedure(self, key: str) -> tuple[str, int | None]:
        info = self._latest.get(key)
        return (info.name or key, info.id) if info is not None else (key, None)

    def of(self, key: str, element_id: str) -> tuple[str, int | None]:
        element = self._element(key, element_id)
        info = self._latest.get(key)
        return (element.name if element is not None else "") or element_id or key, info.id if info is not None else None

    def limit(self, full_id: str, measured: Both, missed: Both) -> Rule:
        known = self._limits.get(full_id)
        if known is None:
            return Rule(full_id, full_id, None, full_id.partition(".")[0], (), is_step=False, measured=measured, missed=missed)
        limit = known.limit
        return Rule(full_id, limit.name, known.definition_id, limit.process_key, limit.clauses, is_step=False, measured=measured,
                    missed=missed)  # fmt: skip

    def step(self, name: str, measured: Both, missed: Both) -> Rule:
        key, element_id = name.split("/", 1)
        element = self._element(key, element_id)
        title, definition_id = self.of(key, element_id)
        clauses = element.clauses if element is not None else ()
        return Rule(name, title, definition_id, key, clauses, is_step=True, measured=measured, missed=missed)

    def _element(self, key: str, element_id: str) -> Element | None:
        info = self._latest.get(key)
        if info is None:
            return None
        return definitions.content(self._runtime, self._uow, info.id).diagram.elements.get(element_id)
