"""The manual's limits as values: clocks, shares, averages and acts that must not come before others. Pure; `engine.limit_reading` reads
them from `limits.toml`, `engine.limits` measures them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Literal
from zoneinfo import ZoneInfo

from engine.calendars import CalendarName, Duration, Target, parse_target
from engine.errors import Finding, InvalidError
from engine.model import COLLECTION_NAMES

#: the file inside a deployment
FILE = "limits.toml"
_RULE = "limits"
#: how a happening of the whole case is written
INSTANCE = "instance"


class Moment(StrEnum):
    """What can happen to an element or to the whole instance."""

    #: a work item came into being
    CREATED = "created"
    #: the element was passed
    COMPLETED = "completed"
    #: the token left the element another way
    CANCELLED = "cancelled"
    #: the instance began
    STARTED = "started"
    #: the instance reached its end or was cancelled
    ENDED = "ended"
    #: a manager put the instance to rest
    SUSPENDED = "suspended"
    #: a manager woke it up
    RESUMED = "resumed"


#: moments that elements have
ELEMENT_MOMENTS = frozenset({Moment.CREATED, Moment.COMPLETED, Moment.CANCELLED})


class Kind(StrEnum):
    """What a limit counts."""

    #: how long from one happening to another
    CLOCK = "clock"
    #: of how many cases or rounds something was so
    SHARE = "share"
    #: what a number comes to on average
    AVERAGE = "average"
    #: acts that were done without what has to come before them
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that starts, stops or holds a clock; also what a step reports to have happened."""

    #: process that holds the element; the instance's own for moments of the whole instance
    process_key: str
    #: None for the whole instance
    element_id: str | None
    moment: Moment

    def __str__(self) -> str:
        return f"{self.element_id or INSTANCE}:{self.moment}"


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit of the manual, as one `[[limit]]` states it."""

    #: inside its procedure
    id: str
    process_key: str
    name: str
    clauses: tuple[str, ...]
    #: any of these opens it: starts the clock, puts the case into the count, permits the act
    starts: tuple[Happening, ...]
    #: any of these decides it: stops the clock, answers what is counted, is the act; none: what opens it decides it
    stops: tuple[Happening, ...]
    kind: Kind = Kind.CLOCK
    #: of clocks, where `by_day` doesn't say it
    target: Target | None = None
    #: day of the month of its start, up to whose end a clock runs
    by_day: int | None = None
    #: of shares from 0 to 1, of averages the number itself, of acts 0; None for clocks
    goal: Decimal | None = None
    calendar: CalendarName = "always"
    #: expression over the instance's data; None for every instance
    when: str | None = None
    #: of acts: whether what came before permits them
    needs_when: str | None = None
    #: whether it is as it should be; None: whenever it is decided it is
    met: str | None = None
    #: whether it is counted apart, never as met: unreachable, refused
    apart: str | None = None
    #: whether it is left out
    exclude: str | None = None
    #: of averages: the number
    value: str | None = None
    #: `instance`: one a case; `round`: a new one at the first start after a stop
    scope: Literal["instance", "round"] = "instance"
    #: end it without counting; of acts: take the permission back
    cancels: tuple[Happening, ...] = ()
    pauses: tuple[Happening, ...] = ()
    resumes: tuple[Happening, ...] = ()
    #: how long before the target to remind
    warn: Duration | None = None
    #: role that sees what is open once the target is missed
    escalate_to: str | None = None
    #: a date means midnight in the company's zone; None: ever since
    effective_from: date | datetime | None = None
    #: how often it must be measured at least; what is lacking counts as missed
    every: Literal["month", "half_year"] | None = None
    #: collection of which each item must be measured then; None: the company as a whole
    each: str | None = None
    #: indexed field of the case (`form.field`) by whose value its figures are told apart
    category: str | None = None

    @property
    def expressions(self) -> tuple[str, ...]:
        """Every expression of it."""
        return tuple(filter(None, (self.when, self.needs_when, self.met, self.apart, self.exclude, self.value)))

    @property
    def happenings(self) -> tuple[Happening, ...]:
        """Everything that it looks at."""
        return (*self.starts, *self.stops, *self.cancels, *self.pauses, *self.resumes)

    @property
    def demand(self) -> str:
        """What it asks for as one text: `PT20M`, `end_of_day`, `day 5`; a share from 0 to 1, a number."""
        if self.by_day is not None:
            return f"day {self.by_day}"
        if self.target is not None:
            return self.target if isinstance(self.target, str) else self.target.text
        return "" if self.goal is None else f"{self.goal.normalize():f}"

    @property
    def full_id(self) -> str:
        """What clocks, due rows and statistics carry: unique over all procedures."""
        return f"{self.process_key}.{self.id}"

    def effective_at(self, zone: str) -> datetime | None:
        """The moment from which it holds; None: ever since."""
        start = self.effective_from
        if start is None:
            return None
        moment = start if isinstance(start, datetime) else datetime(start.year, start.month, start.day)  # noqa: DTZ001
        return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))


class LimitsInvalidError(InvalidError):
    """limits.toml cannot be used; nothing of it is."""

    code = "limits_invalid"
    sentence = "limits.toml 有 {count} 處錯誤。"

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__(count=len(self.findings))


def in_force(limits: Iterable[Limit], at: datetime, zone: str) -> list[Limit]:
    """Of the limits with the same id, the latest that has begun at that moment."""
    current: dict[str, tuple[float, Limit]] = {}
    for limit in limits:
        begins = limit.effective_at(zone)
        if begins is not None and begins > at:
            continue
        rank = begins.timestamp() if begins else float("-inf")
        if limit.full_id not in current or current[limit.full_id][0] <= rank:
            current[limit.full_id] = (rank, limit)
    return [limit for _, limit in current.values()]


def with_demand(limit: Limit, text: str) -> Limit:
    """The same asking for something else, written as `demand` gives it. InvalidError for what this kind cannot ask for."""
    if limit.by_day is not None:
        day = text.removeprefix("day ").strip()
        if not (day.isascii() and day.isdigit() and 1 <= int(day) <= 28):
            raise InvalidError(reason="請填每月 1 至 28 日中的一天。")
        return replace(limit, by_day=int(day))
    if limit.kind is Kind.CLOCK:
        return replace(limit, target=parse_target(text))
    if limit.kind is Kind.NEVER:
        raise InvalidError(reason="這一項應為零件，要求不能更改。")
    try:
        goal = Decimal(text)
    except InvalidOperation as error:
        raise InvalidError(reason="請填一個數字。") from error
    if not goal.is_finite() or not 0 < goal <= (1 if limit.kind is Kind.SHARE else 10**6):
        raise InvalidError(reason="比率應大於 0、不超過 100%。" if limit.kind is Kind.SHARE else "請填大於零的數字。")
    return replace(limit, goal=goal)


def laid_over(limits: Sequence[Limit], kept: Mapping[str, Sequence[tuple[date, str]]], zone: str) -> Sequence[Limit]:
    """Limits with the targets that the house has set over them, each from its day on. `kept`: by full id, in the order of days."""
    found = list(limits)
    for full_id in {limit.full_id for limit in limits} & kept.keys():
        mine = [limit for limit in limits if limit.full_id == full_id]
        for day, text in kept[full_id]:
            begins = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
            base = next(iter(in_force(mine, begins, zone)), mine[0])
            try:
                found.append(replace(with_demand(base, text), effective_from=day))
            except InvalidError:
                # a later version of the procedure measures it otherwise: what it says counts
                continue
    return found


def check_references(limits: Iterable[Limit], elements: Mapping[str, Collection[str]], roles: Collection[str]) -> list[Finding]:
    """What limits name that does not exist. `elements`: process id → element ids, of every process at hand."""
    findings: list[Finding] = []
    for limit in limits:
        for happening in limit.happenings:
            known = elements.get(happening.process_key)
            if known is None:
                findings.append(finding("時限「{id}」引用了不存在的流程「{process}」。", id=limit.id, process=happening.process_key))
            elif happening.element_id is not None and happening.element_id not in known:
                findings.append(finding("時限「{id}」引用了不存在的節點「{element}」。", happening.element_id, id=limit.id,
                                         element=happening.element_id))
        if limit.escalate_to is not None and limit.escalate_to not in roles:
            findings.append(finding("時限「{id}」引用了不存在的角色「{role}」。", id=limit.id, role=limit.escalate_to))
        if limit.each is not None and limit.each not in COLLECTION_NAMES:
            findings.append(finding("時限「{id}」逐項量的「{each}」不是公司的名單。", id=limit.id, each=limit.each))
    return findings


def home_of(called: Mapping[str, Collection[str]]) -> str:
    """Of a deployment's processes (process → those that it calls) the one that its limits are named after: that no other one calls, and of
    several the shortest name. Dividing a long procedure doesn't rename its limits.
    """
    below = {key for each, keys in called.items() for key in keys if key != each}
    return min(called, key=lambda each: (each in below, len(each), each))


def finding(sentence: str, element_id: str | None = None, **data: Any) -> Finding:
    """What is wrong with limits.toml."""
    return Finding(rule=_RULE, severity="error", element_id=element_id, sentence=sentence, data=data, file=FILE)
