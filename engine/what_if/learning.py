"""Everything that a play-ahead knows of the company: learned once, then played from as often as wanted. Reads the store, writes nothing."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Row

from engine import definitions
from engine.limit_book import Clock
from engine.model import JsonObject
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import what_if_history as history
from engine.queries.what_if_history import Span
from engine.runtime import Runtime
from engine.start_timers import StartTimer, read_subject, unquoted
from engine.what_if.arrivals import Arrivals
from engine.what_if.durations import Durations, Lengths, round_the_clock
from engine.what_if.hours import Hours
from engine.what_if.order import Order
from engine.what_if.people import Post
from engine.what_if.ways import Step, Ways

#: work that begins in the weeks may end after them
_MARGIN = timedelta(days=120)


@dataclass(slots=True)
class OpenCase:
    """A case that is open when the play begins."""

    row: Row[Any]
    bound: Mapping[str, int]
    #: by token
    items: dict[str, Row[Any]] = field(default_factory=dict)
    visits: Counter[Step] = field(default_factory=Counter)
    measured: list[Row[Any]] = field(default_factory=list)

    @property
    def state(self) -> bytes:
        """Its saved workflow."""
        return bytes(self.row.data)

    def clocks(self) -> list[Clock]:
        """What is measured of it, to be changed by the play."""
        names = {each.name for each in fields(Clock)} - {"changed", "rescheduled"}
        return [Clock(**{name: getattr(row, name) for name in names}, changed=False) for row in self.measured]


class Learned:
    """Of the procedures and the period of an order, at the sites that the person sees."""

    def __init__(self, runtime: Runtime, uow: UnitOfWork, order: Order, sites: frozenset[int] | None) -> None:
        self._runtime, self._uow, self._order = runtime, uow, order
        self.now = runtime.clock.now()
        span = Span(order.since, min(order.until, self.now), sites)
        first = history.first_start(uow, span)
        # a company that began in the middle of the period had no cases before
        self._span = span if first is None else replace(span, since=max(span.since, min(first, span.until - timedelta(days=1))))
        calendar = runtime.organisation.calendar
        ends = self.now + timedelta(weeks=order.weeks) + _MARGIN
        self.hours = Hours.of(calendar, self._span.since - timedelta(days=1), ends)
        self.always = Hours.always(self._span.since - timedelta(days=400), ends)
        completions = history.completions(uow, self._span)
        self.clockless = round_the_clock(completions, self.hours)
        self._durations = Durations(completions, self.hours, self.clockless)
        self.completions = len(completions)
        self.arrivals = Arrivals(history.starts(uow, self._span), calendar, self._span.since, self._span.until)
        #: limit → decided and missed in the period: what the play is held against
        self.missed = history.missed(uow, self._span)
        self.people: Mapping[int, set[Post]] = history.people(uow, sites)
        self.open_cases = self._open(sites) if order.with_open else []
        self.timers = self._timers()
        self._ways: dict[str, Ways] = {}
        self._lengths: dict[tuple[str, str, str, bool], Lengths] = {}

    @property
    def since(self) -> datetime:
        """From when on there was anything to learn from."""
        return self._span.since

    @property
    def until(self) -> datetime:
        """Up to when it was learned."""
        return self._span.until

    def ways(self, key: str) -> Ways:
        """How cases of a procedure go."""
        if key not in self._ways:
            self._ways[key] = Ways(key, history.past_cases(self._uow, self._span, key))
        return self._ways[key]

    def lengths(self, process: str, element_id: str, role: str, *, is_outside: bool, due: float | None) -> Lengths:
        """How long a step takes; remembered, so that it can be told what was taken for it."""
        key = (process, element_id, role, is_outside)
        if key not in self._lengths:
            self._lengths[key] = self._durations.of(process, element_id, role, is_outside=is_outside, due=due)
        return self._lengths[key]

    def started_by(self, kind: str, name: str | None) -> list[tuple[str, str]]:
        """Procedures that begin with a message or a signal, and where."""
        return [
            (key, element.id)
            for key, diagram in definitions.known_diagrams(self._runtime, self._uow).items()
            for element in diagram.start_elements
            if any(event.kind == kind and event.name == name for event in element.events)
        ]

    def notes(self) -> list[JsonObject]:
        """What was taken for each step that was played, for people to judge."""
        found = [
            {"process": process, "element": element_id, "role": role, "source": str(each.source), "known": each.known,
             "median": each.median}
            for (process, element_id, role, _), each in self._lengths.items()
        ]  # fmt: skip
        return sorted(found, key=lambda note: (note["process"], note["element"], note["role"]))

    def _open(self, sites: frozenset[int] | None) -> list[OpenCase]:
        rows = history.open_cases(self._uow, sites, list(self._order.arrivals))
        cases = {row.id: OpenCase(row, orjson.loads(row.bindings) if row.bindings else {}) for row in rows}
        ids = list(cases)
        for item in history.open_items(self._uow, ids):
            cases[item.instance_id].items[item.token] = item
        for row in history.clocks(self._uow, ids):
            cases[row.instance_id].measured.append(row)
        visits: dict[int, Counter[Step]] = defaultdict(Counter)
        for instance_id, process, element_id in history.done_steps(self._uow, ids):
            visits[instance_id][process, element_id] += 1
        for instance_id, found in visits.items():
            cases[instance_id].visits = found
        # in an order that does not change while the store stands still
        return sorted(cases.values(), key=lambda case: int(case.row.id))

    def _timers(self) -> list[tuple[StartTimer, str, datetime]]:
        found = []
        for subject, due_at in history.start_timers(self._uow):
            definition_id, element_id, anchor = read_subject(subject)
            held = definitions.content(self._runtime, self._uow, definition_id)
            element = held.diagram.elements.get(element_id)
            if element is not None and element.events:
                text = unquoted(element.events[0].expression or "")
                found.append((StartTimer(definition_id, element_id, text, anchor), held.key, due_at))
        return found
