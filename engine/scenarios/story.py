"""A scenario as values: what `diagrams/how-to/scenarios.md` describes, once read. No behaviour, no files, no engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from engine.model import Json, JsonObject


class Verb(StrEnum):
    """What a step does."""

    #: start an instance
    START = "start"
    #: complete an open work item with its form
    COMPLETE = "complete"
    #: take an item
    CLAIM = "claim"
    #: put it back
    UNCLAIM = "unclaim"
    #: give an item to a person
    ASSIGN = "assign"
    #: have another person answer and give it back
    DELEGATE = "delegate"
    #: give a delegated item back
    RESOLVE = "resolve"
    #: send the case back to an earlier element
    RETURN = "return"
    #: end the instance
    CANCEL = "cancel"
    #: put the instance to rest
    SUSPEND = "suspend"
    #: wake it
    RESUME = "resume"
    #: try a failed step again
    RETRY = "retry"
    #: a message from outside
    SEND = "send"
    #: a signal from outside
    SIGNAL = "signal"
    #: let time pass
    ADVANCE = "advance"
    #: let time pass up to a moment
    UNTIL = "until"
    #: only look
    EXPECT = "expect"


#: verbs that act on one open work item, named by its element
ITEM_VERBS = frozenset({Verb.COMPLETE, Verb.CLAIM, Verb.UNCLAIM, Verb.ASSIGN, Verb.DELEGATE, Verb.RESOLVE, Verb.RETURN})
#: verbs of the clock and of looking, which nobody does
IMPERSONAL_VERBS = frozenset({Verb.ADVANCE, Verb.UNTIL, Verb.EXPECT})


@dataclass(frozen=True, slots=True)
class Performer:
    """Who acts: a role, and the person where it is not the one that every role has."""

    role: str
    person: str | None = None


@dataclass(frozen=True, slots=True)
class RelativeTime:
    """`!now PT2H` or `!today P3D`: filled in from the scenario's clock when the step runs."""

    offset: timedelta
    #: a date instead of a date and time
    is_date: bool = False


#: which item when several are open: a number from 1, or data paths and their values
ItemChoice = int | Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """How a step has to be refused."""

    code: str | None
    #: field of the form, where one is meant
    field: str | None = None


#: stands for "not said", where null says something
UNSAID: Any = object()


@dataclass(frozen=True, slots=True)
class ExpectedItem:
    """One open work item as it should be; what is UNSAID does not matter."""

    element: str
    role: Any = UNSAID
    assignee: Any = UNSAID
    owner: Any = UNSAID
    state: Any = UNSAID
    escalated: Any = UNSAID
    overdue: Any = UNSAID
    outside: Any = UNSAID
    data: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ExpectedRecord:
    """A printed record that should have been issued."""

    record: str
    number: Any = UNSAID
    #: texts that stand on it
    shows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Expectation:
    """What should be true at a moment; what is UNSAID does not matter."""

    line: int
    open: tuple[ExpectedItem, ...] | None = None
    includes: tuple[ExpectedItem, ...] = ()
    absent: tuple[str, ...] = ()
    overdue: tuple[str, ...] | None = None
    late: Any = UNSAID
    limits: Mapping[str, str] = field(default_factory=dict)
    #: limit id → what is measured of it in the whole company: `met`, `missed`, `share` …
    figures: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    #: False, or the end events reached
    ended: Any = UNSAID
    state: Any = UNSAID
    incident: Any = UNSAID
    data: Mapping[str, Json] = field(default_factory=dict)
    records: tuple[ExpectedRecord, ...] = ()
    history: tuple[str, ...] = ()
    title: Any = UNSAID
    business_key: Any = UNSAID
    sent: tuple[str, ...] = ()
    #: process key that narrows all of it
    process: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens."""

    verb: Verb
    #: of the file, from 1
    line: int
    #: process, element, reason or name, as the verb has it; empty for `expect`
    subject: str = ""
    performer: Performer | None = None
    data: JsonObject = field(default_factory=dict)
    #: for `assign`, `delegate`
    to: Performer | None = None
    #: for `return`
    to_element: str = ""
    reason: str = ""
    correlation: JsonObject = field(default_factory=dict)
    item: ItemChoice = None
    process: str | None = None
    site: str | None = None
    advance: timedelta | None = None
    until: datetime | None = None
    expect: Expectation | None = None
    refused: Refusal | None = None


@dataclass(frozen=True, slots=True)
class ExtraTenant:
    """A tenant that one scenario adds."""

    code: str
    name: str
    unit: str | None


@dataclass(frozen=True, slots=True)
class ExtraPerson:
    """A member of staff that one scenario adds."""

    name: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Additions:
    """What a scenario adds to the pretend company."""

    units: tuple[str, ...] = ()
    tenants: tuple[ExtraTenant, ...] = ()
    people: tuple[ExtraPerson, ...] = ()


@dataclass(frozen=True, slots=True)
class Scenario:
    """One case as it should go."""

    #: file inside its folder, e.g. `scenarios/urgent.yaml`
    file: str
    #: locale → name
    names: Mapping[str, str]
    clauses: tuple[str, ...]
    begins_at: datetime
    company: Additions
    #: the first one is the scenario's `start`
    steps: tuple[Step, ...]
    #: processes whose timer starts come due; None for the procedure's own and those that it calls
    timers: tuple[str, ...] | None = None

    @property
    def name(self) -> str:
        """What the case is called in the source language."""
        return self.names["zh-Hant"]
