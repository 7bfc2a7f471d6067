"""What is counted while the weeks are played, and what that comes to. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.model import JsonObject
from engine.what_if.hours import Hours
from engine.what_if.people import Office, Person

WEEK = 7 * 86_400.0


@dataclass(slots=True)
class Tally:
    """Of one play of the weeks."""

    #: seconds since the epoch
    begin: float
    weeks: int
    #: limit or `process/element` → (measured, missed)
    limits: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    steps: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    #: role → seconds that count, each wait
    waits: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    #: role → by week, seconds of waiting summed over everything that waits
    queues: dict[str, list[float]] = field(default_factory=dict)
    #: person → by week, seconds of work
    busy: dict[int, list[float]] = field(default_factory=dict)
    #: procedure → cases that came in, cases that ended
    began: Counter[str] = field(default_factory=Counter)
    ended: Counter[str] = field(default_factory=Counter)
    #: `process/element` → cases that could not go on there
    stuck: Counter[str] = field(default_factory=Counter)

    @property
    def end(self) -> float:
        """When it is over."""
        return self.begin + self.weeks * WEEK

    def measure(self, kind: str, name: str, *, is_missed: bool) -> None:
        """Something that the manual measures was decided."""
        entry = (self.limits if kind == "limit" else self.steps)[name]
        entry[0] += 1
        entry[1] += is_missed

    def waited(self, role: str, since: float, until: float, hours: Hours, *, is_counted: bool) -> None:
        """Work of a role waited; `is_counted`: it came up in the play, so that its whole wait is known."""
        if is_counted:
            self.waits[role].append(hours.between(since, until))
        by_week = self.queues.setdefault(role, [0.0] * self.weeks)
        for week, (begin, end) in enumerate(self._weeks()):
            by_week[week] += max(0.0, min(until, end) - max(since, begin))

    def worked(self, person: Person, since: float, until: float, hours: Hours) -> None:
        """Somebody worked, as far as these are their hours."""
        by_week = self.busy.setdefault(person.id, [0.0] * self.weeks)
        for week, (begin, end) in enumerate(self._weeks()):
            if until > begin and since < end:
                by_week[week] += hours.between(max(since, begin), min(until, end))

    def summed(self, office: Office) -> JsonObject:
        """As it is kept: plain numbers."""
        roles: dict[str, JsonObject] = {}
        posts: dict[str, list[Person]] = defaultdict(list)
        for person in office.people:
            for role in {role for role, _ in person.posts}:
                posts[role].append(person)
        for role in sorted({*self.waits, *self.queues, *posts}):
            hours = office.hours_of(role)
            waits = sorted(self.waits.get(role, []))
            queue = [seconds / WEEK for seconds in self.queues.get(role, [0.0] * self.weeks)]
            load = [self._load(posts[role], week, hours.between(begin, end)) for week, (begin, end) in enumerate(self._weeks())]
            if waits or any(queue) or any(load):
                roles[role] = {
                    "people": len(posts[role]), "items": len(waits), "wait": sum(waits) / len(waits) if waits else 0.0,
                    "wait_90": waits[min(len(waits) - 1, int(len(waits) * 0.9))] if waits else 0.0, "queue": queue, "load": load,
                }  # fmt: skip
        return {
            "limits": dict(sorted(self.limits.items())), "roles": roles,
            "steps": dict(sorted(self.steps.items())),
            "began": dict(sorted(self.began.items())), "ended": dict(sorted(self.ended.items())), "stuck": dict(sorted(self.stuck.items())),
        }  # fmt: skip

    def _load(self, people: Sequence[Person], week: int, available: float) -> float:
        worked = sum(self.busy[each.id][week] for each in people if each.id in self.busy)
        return worked / (available * len(people)) if people and available else 0.0

    def _weeks(self) -> Iterable[tuple[float, float]]:
        return ((self.begin + week * WEEK, self.begin + (week + 1) * WEEK) for week in range(self.weeks))


def spread(values: Sequence[float]) -> JsonObject:
    """Median and the range of the middle four fifths."""
    ordered = sorted(values)
    return {"median": _quantile(ordered, 0.5), "low": _quantile(ordered, 0.1), "high": _quantile(ordered, 0.9)}


def _quantile(ordered: Sequence[float], share: float) -> float:
    place = (len(ordered) - 1) * share
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def combined(plays: Sequence[Mapping[str, Any]]) -> JsonObject:
    """Several plays of the same weeks as one: each figure with its spread."""

    def each(pick: Any) -> JsonObject:
        return spread([float(pick(play)) for play in plays])

    def names(group: str) -> list[str]:
        return sorted({name for play in plays for name in play[group]})

    def of_role(role: str, figure: str) -> JsonObject:
        return each(lambda play: play["roles"].get(role, {}).get(figure, 0))

    weeks = max((len(role["load"]) for play in plays for role in play["roles"].values()), default=0)
    none = [0.0] * weeks
    return {
        **{group: {name: {"measured": each(lambda play, name=name, group=group: play[group].get(name, (0, 0))[0]),
                          "missed": each(lambda play, name=name, group=group: play[group].get(name, (0, 0))[1])} for name in names(group)}
           for group in ("limits", "steps")},
        **{group: {name: each(lambda play, name=name, group=group: play[group].get(name, 0)) for name in names(group)}
           for group in ("began", "ended", "stuck")},
        "roles": {
            role: {
                "people": max(play["roles"].get(role, {}).get("people", 0) for play in plays),
                **{figure: of_role(role, figure) for figure in ("items", "wait", "wait_90")},
                **{figure: [each(lambda play, week=week, figure=figure, role=role: play["roles"].get(role, {}).get(figure, none)[week])
                            for week in range(weeks)] for figure in ("load", "queue")},
            }
            for role in names("roles")
        },
    }  # fmt: skip
