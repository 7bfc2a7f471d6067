"""The cases of a play-ahead: each a live workflow of the engine's own runner, kept in memory, with what is measured of it."""

from __future__ import annotations

from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engine.content import InstanceContent
from engine.diagram import Element
from engine.model import Waiting
from engine.signature_rules import Part
from engine.spiff import codec
from engine.spiff.compiled import CompiledDefinition
from engine.spiff.workflow import LiveWorkflow
from engine.what_if.clocks import Measured
from engine.what_if.people import Job
from engine.what_if.ways import Model, Step

#: workflows that stay as they are; what has not moved for longer is kept as bytes
_LIVE = 400
_LARGEST = 8 * 2**20


@dataclass(slots=True)
class Item:
    """Something that waits for a person."""

    token: str
    element: Element
    process: str
    role: str
    created: datetime
    #: None where the diagram gives no time
    due: datetime | None
    is_outside: bool
    #: its queue entry; None where somebody from outside does it
    job: Job | None = None
    #: of a signature chain: its signers' parts with the roles, and what has been said
    parts: list[tuple[Part, str]] = field(default_factory=list)
    turns: list[Item] = field(default_factory=list)
    opinions: list[dict[str, Any]] = field(default_factory=list)
    #: whether the time given to it had passed before the play began
    was_late: bool = False


@dataclass(slots=True)
class Case:
    """One case."""

    id: int
    key: str
    #: names it in all plays: the chances that it meets hang on it
    name: str
    content: InstanceContent
    compiled: CompiledDefinition
    model: Model
    measured: Measured
    items: dict[str, Item] = field(default_factory=dict)
    visits: Counter[Step] = field(default_factory=Counter)
    waiting: list[Waiting] = field(default_factory=list)
    #: name of a message → how many of the past case's have been foreseen
    heard: Counter[str] = field(default_factory=Counter)
    next_due: datetime | None = None
    parent_id: int | None = None
    #: cases that it has started
    children: int = 0

    @property
    def site_id(self) -> int | None:
        """Where it belongs."""
        return self.measured.site_id


class Shelf:
    """Live workflows by case: the last few as they are, the others as bytes."""

    def __init__(self) -> None:
        self._live: OrderedDict[int, LiveWorkflow] = OrderedDict()
        self._saved: dict[int, bytes] = {}

    def take(self, case: Case) -> LiveWorkflow | bytes:
        """The workflow, or what it was saved as."""
        live = self._live.pop(case.id, None)
        return live if live is not None else self._saved.pop(case.id)

    def put(self, case_id: int, workflow: LiveWorkflow) -> None:
        """Keep it for the case's next step."""
        self._live[case_id] = workflow
        if len(self._live) > _LIVE:
            oldest, rested = self._live.popitem(last=False)
            self._saved[oldest] = codec.encode(rested, _LARGEST)
