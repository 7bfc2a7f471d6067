"""How long people's steps take, learned from steps that were completed. Pure.

A person does one thing after the other: a step counts from when it was taken, or from the person's previous completion where that was
later. Where a step was not taken before it was completed, it counts from when it came to be instead.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from engine.queries.what_if_history import Completion
from engine.what_if.hours import Hours

#: fewer say too little
ENOUGH = 5
#: of a step's completions that were taken first, from which on they alone say how long it takes
_MOSTLY_TAKEN = 0.2
#: seconds that a person works at one step without a break at most; what it takes longer is an appointment, a night or a pause, and holds
#: nobody up: real people do what is urgent between
MOST_WORK = 3600.0
#: of a role's completions outside working hours, from which on it is taken to work around the clock
ROUND_THE_CLOCK = 0.25
#: of one step
_MOST_SAMPLES = 2_000
#: seconds that a step is taken to last where nothing at all is known
_NOTHING_KNOWN = 900.0
#: of the time that a step has, where only that is known
_OF_DUE = 0.5


class Source(StrEnum):
    """Where the length of a step comes from."""

    #: from when it was taken until it was completed
    TAKEN = "taken"
    #: nobody takes it first: from when it came to be, or the person's previous completion
    BETWEEN = "between"
    #: done by somebody from outside: from when it came to be
    OUTSIDE = "outside"
    #: too few of its own: those of all steps of the role
    ROLE = "role"
    #: nobody of the role has done enough either: half of the time that the diagram gives
    LIMIT = "limit"
    #: nothing is known
    ASSUMED = "assumed"


@dataclass(frozen=True, slots=True)
class Lengths:
    """Of one step."""

    source: Source
    #: completions of the step itself
    known: int
    #: seconds that count
    samples: Sequence[float]

    @property
    def median(self) -> float:
        """Seconds."""
        ordered = sorted(self.samples)
        return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2

    @property
    def is_thin(self) -> bool:
        """Whether the step's own history says too little."""
        return self.known < ENOUGH


def round_the_clock(completions: Iterable[Completion], hours: Hours) -> frozenset[str]:
    """Roles whose people work at any hour, by when they complete their steps."""
    every: dict[str, int] = defaultdict(int)
    outside: dict[str, int] = defaultdict(int)
    for each in completions:
        if not each.is_outside:
            every[each.role] += 1
            outside[each.role] += not hours.is_open(each.completed_at.timestamp())
    return frozenset(role for role, count in every.items() if count >= ENOUGH and outside[role] >= count * ROUND_THE_CLOCK)


class Durations:
    """By process and element."""

    def __init__(self, completions: Sequence[Completion], hours: Hours, clockless: frozenset[str]) -> None:
        taken: dict[tuple[str, str], list[float]] = defaultdict(list)
        between: dict[tuple[str, str], list[float]] = defaultdict(list)
        self._outside: dict[tuple[str, str], list[float]] = defaultdict(list)
        self._roles: dict[str, list[float]] = defaultdict(list)
        before: dict[int, datetime] = {}
        for each in completions:
            step = (each.process, each.element_id)
            if each.is_outside or each.person_id is None:
                self._outside[step].append((each.completed_at - each.created_at).total_seconds())
                continue
            is_taken = each.claimed_at is not None and each.created_at < each.claimed_at < each.completed_at
            begin = each.claimed_at if is_taken and each.claimed_at is not None else each.created_at
            begin = max(begin, before.get(each.person_id, begin))
            before[each.person_id] = each.completed_at
            length = _counted(begin, each.completed_at, None if each.role in clockless else hours)
            (taken if is_taken else between)[step].append(length)
            self._roles[each.role].append(length)
        self._taken, self._between = taken, between

    def of(self, process: str, element_id: str, role: str, *, is_outside: bool, due: float | None) -> Lengths:
        """`due`: seconds that the diagram gives it."""
        step = (process, element_id)
        if is_outside:
            return self._resort(Source.OUTSIDE, self._outside.get(step, []), role, due)
        taken, between = self._taken.get(step, []), self._between.get(step, [])
        if len(taken) >= max(ENOUGH, _MOSTLY_TAKEN * (len(taken) + len(between))):
            return self._resort(Source.TAKEN, taken, role, due)
        return self._resort(Source.BETWEEN if between else Source.TAKEN, [*between, *taken], role, due)

    def _resort(self, source: Source, samples: list[float], role: str, due: float | None) -> Lengths:
        known = len(samples)
        if known >= ENOUGH:
            return Lengths(source, known, samples[-_MOST_SAMPLES:])
        of_role = self._roles.get(role, []) if source is not Source.OUTSIDE else []
        if len(of_role) >= ENOUGH:
            return Lengths(Source.ROLE, known, of_role[-_MOST_SAMPLES:])
        if due is not None:
            return Lengths(Source.LIMIT, known, [due * _OF_DUE])
        return Lengths(source, known, samples) if samples else Lengths(Source.ASSUMED, 0, [_NOTHING_KNOWN])


def _counted(begin: datetime, end: datetime, hours: Hours | None) -> float:
    elapsed = (end - begin).total_seconds()
    # done after hours: it took what it took
    return elapsed if hours is None else hours.between(begin.timestamp(), end.timestamp()) or elapsed
