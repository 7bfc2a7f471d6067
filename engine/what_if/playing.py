"""Plays an order: learns once, plays the weeks as often as asked, as it is now and as it is asked, and puts the figures side by side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from engine.model import JsonObject
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.what_if.figures import combined
from engine.what_if.learning import Learned
from engine.what_if.order import Order
from engine.what_if.people import count_of
from engine.what_if.world import World


def play(
    runtime: Runtime, uow: UnitOfWork, order: Order, sites: frozenset[int] | None, tell: Callable[[float], None] = lambda _share: None
) -> JsonObject:
    """The figures of an order, as they are kept. `tell` hears which part of the work is done, and may raise to end it."""
    learned = Learned(runtime, uow, order, sites)
    present = count_of(learned.people)
    staff = {role: count for role, count in order.staff.items() if count != present.get(role, 0)}
    asked = replace(order, staff=staff)
    sides = {"now": asked.as_now(), **({"changed": asked} if asked.is_changed else {})}
    found: dict[str, JsonObject] = {}
    unknown: set[tuple[str, str]] = set()
    played, done, plays = 0, 0, len(sides) * order.replications
    for side, of_side in sides.items():
        outcomes = []
        for number in range(order.replications):
            world = World(runtime, uow, learned, of_side, number)
            outcomes.append(world.play(_after(tell, done, plays)))
            unknown |= world.unknown
            played += world.tally.began.total() + len(learned.open_cases)
            done += 1
            tell(done / plays)
        found[side] = combined(outcomes)
    return {
        **found, "cases": played, "open": len(learned.open_cases), "completions": learned.completions,
        "past": learned.missed,
        "since": learned.since.isoformat(), "until": learned.until.isoformat(), "began_at": learned.now.isoformat(), "people": present,
        "round_the_clock": sorted(learned.clockless), "steps": learned.notes(), "guessed": [list(step) for step in sorted(unknown)],
        "arrivals": {key: learned.arrivals.a_day(key) for key in order.arrivals},
    }  # fmt: skip


def _after(tell: Callable[[float], None], done: int, plays: int) -> Callable[[float], None]:
    """Tells the share of one play as part of all, after those that are done."""
    return lambda share: tell((done + share) / plays)
