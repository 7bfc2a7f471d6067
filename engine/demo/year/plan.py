"""Reads `bpmn/demo/year` and draws from it what comes in over the year: which case, when, about what. The same seed draws the same."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from engine.calendars import WorkingCalendar

_SUMMER, _WINTER = frozenset({6, 7, 8, 9}), frozenset({12, 1, 2})
_CHOSEN = "@one:"
#: what of a story says how often it is told, not what it is about
_ODDS = frozenset({"weight", "summer", "winter", "storm", "name"})


@dataclass(frozen=True, slots=True)
class Arrival:
    """A case that begins."""

    at: datetime
    process: str
    #: tells its draws apart from everybody else's
    key: str
    #: what it is about: names that answers put in, the story's own choices made
    story: Mapping[str, Any]
    #: unit that it is about; empty to draw one
    unit: str = ""
    #: what the case was about that it follows from
    before: Mapping[str, Any] = field(default_factory=dict)
    parent_id: int | None = None


@dataclass(frozen=True)
class Plan:
    """A year told in files, between two days."""

    told: Mapping[str, Any]
    #: process → its file: start, stories, answers
    cases: Mapping[str, Mapping[str, Any]]
    #: element → answers for those that no procedure's own file has
    shared: Mapping[str, Mapping[str, Any]]
    first: date
    last: date
    calendar: WorkingCalendar
    #: how much of what usually comes in
    share: float = 1.0
    _stories: dict[tuple[str, str], int] = field(default_factory=dict, repr=False)

    @cached_property
    def zone(self) -> ZoneInfo:
        """Where the company is."""
        return ZoneInfo(self.calendar.zone)

    @cached_property
    def seed(self) -> str:
        """What every draw begins with."""
        return str(self.told["seed"])

    def draw(self, *parts: object) -> random.Random:
        """A source of chance that depends on nothing but its name."""
        return random.Random("/".join((self.seed, *map(str, parts))))  # noqa: S311 - an example's data, no secret

    def answers_of(self, process: str) -> Mapping[str, Mapping[str, Any]]:
        """Element → what is filled in there, as the procedure's own file tells."""
        found: Mapping[str, Mapping[str, Any]] = self.cases.get(process, {}).get("answers", {})
        return found

    def days(self) -> Iterator[date]:
        """Every day of the year, in order."""
        for number in range((self.last - self.first).days + 1):
            yield self.first + timedelta(days=number)

    def day_of(self, told: str | int) -> date:
        """A told day: `08-24` within the year, or so many days before the last one."""
        if isinstance(told, int):
            return self.last - timedelta(days=told)
        month, day = map(int, told.split("-"))
        found = date(self.last.year, month, day)
        return found if found <= self.last else found.replace(year=self.last.year - 1)

    def moment(self, day: date, clock: time) -> datetime:
        """A time of a day where the company is."""
        return datetime.combine(day, clock, self.zone)

    def lies_in(self, told: Mapping[str, Any], day: date) -> bool:
        """Whether the day is in a told period (`from`, `days`)."""
        since = self.day_of(told["from"])
        return since <= day < since + timedelta(days=told["days"])

    # -- what comes in

    def arrivals(self) -> list[Arrival]:
        """Every case that people begin of themselves, by time."""
        return sorted((each for told in self.told["arrivals"] for each in self._of(told)), key=lambda each: (each.at, each.key))

    def one_of_each(self) -> list[Arrival]:
        """A case of every procedure on the first days, whatever chance says."""
        found = []
        for number, told in enumerate(self.told["arrivals"]):
            key, day = f"{told['process']}-first", self.first + timedelta(days=1 + number % 3)
            found.append(Arrival(self.moment(day, time(9, 5 * number)), told["process"], key, self.story(told["process"], key, day)))
        return found

    def _of(self, told: Mapping[str, Any]) -> Iterator[Arrival]:
        process = told["process"]
        chance = self.draw("arrivals", process)
        hours = {int(hour): weight for hour, weight in told["hours"].items()}
        wanted_days = told.get("days_of_month")
        number = 0
        for day in self.days():
            count = _poisson(chance, self._rate(told, day) * self.share)
            for _ in range(count):
                at = day
                if wanted_days and at.day not in wanted_days:
                    # what belongs at the turn of the month waits for it
                    at += timedelta(days=(25 - at.day) if at.day < 25 else 0)
                hour = chance.choices(list(hours), list(hours.values()))[0]
                moment = self.moment(at, time(hour, chance.randrange(60), chance.randrange(60)))
                number += 1
                if at <= self.last:
                    key = f"{process}-{number}"
                    yield Arrival(moment, process, key, self.story(process, key, at))

    def _rate(self, told: Mapping[str, Any], day: date) -> float:
        rate: float = told["a_day"] if self.calendar.is_working_day(day) else told["on_rest"]
        rate *= told.get("months", [1.0] * 12)[day.month - 1]
        if told["process"] == "repair":
            for storm in self.told.get("storm", ()):
                rate *= storm["factor"] if self.lies_in(storm, day) else 1.0
        return rate

    def story(self, process: str, key: str, day: date, name: str = "") -> dict[str, Any]:
        """What a case is about; `name`: that story and no other."""
        own = self.cases[process]
        stories: Sequence[Mapping[str, Any]] = own.get("story") or ({"weight": 1},)
        chance = self.draw("story", key)
        if name:
            chosen = next(each for each in stories if each.get("name") == name)
        else:
            chosen = chance.choices(stories, [self._weight(each, day) for each in stories])[0]
        told = {**own.get("defaults", {}), **{name: value for name, value in chosen.items() if name not in _ODDS}}
        return {name: self._chosen(chance, process, name, value) for name, value in told.items()}

    def _weight(self, story: Mapping[str, Any], day: date) -> float:
        weight = float(story["weight"])
        weight *= story.get("summer", 1.0) if day.month in _SUMMER else 1.0
        weight *= story.get("winter", 1.0) if day.month in _WINTER else 1.0
        stormy = any(self.lies_in(storm, day) for storm in self.told.get("storm", ()))
        return weight * (story.get("storm", 1.0) if stormy else 1.0)

    def _chosen(self, chance: random.Random, process: str, name: str, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        if value.startswith("@unused:"):
            # one after the other: no two new tenants have one name
            options = value.removeprefix("@unused:").split("|")
            turn = self._stories.get((process, name), 0)
            self._stories[process, name] = turn + 1
            return options[turn % len(options)]
        return chance.choice(value.removeprefix(_CHOSEN).split("|")) if value.startswith(_CHOSEN) else value

    # -- how long things take

    def slowness(self, role: str, day: date) -> float:
        """How many times longer something takes for a role on a day."""
        factor = 1.0
        for slow in self.told.get("slow", ()):
            if slow.get("role", role) == role and self.lies_in(slow, day):
                factor *= slow["factor"]
        return factor


def read_plan(bpmn: Path, first: date, last: date, calendar: WorkingCalendar, share: float = 1.0) -> Plan:
    """The year of the example company, between these days."""
    folder = bpmn / "demo" / "year"
    files = {path.stem: tomllib.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.toml"))}
    told = files.pop("year")
    cases = {each["process"]: each for each in files.values() if "process" in each}
    shared: dict[str, Mapping[str, Any]] = {}
    for each in (*cases.values(), *files.values()):
        for element, answer in each.get("answers", {}).items():
            shared.setdefault(element, answer)
    return Plan(told, cases, shared, first, last, calendar, share)


def _poisson(chance: random.Random, mean: float) -> int:
    count, left = 0, chance.expovariate(1.0) if mean > 0 else 0.0
    while mean > 0 and left < mean:
        count += 1
        left += chance.expovariate(1.0)
    return count
