"""Past cases as models for new ones: each new case is given one, and at every step submits what was submitted there, so that it takes the
ways that cases really take. Pure.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from engine.model import JsonObject
from engine.queries.what_if_history import PastCase

#: a process and an element of it
Step = tuple[str, str]
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?")
#: of the latest submissions at one step
_MOST_POOLED = 400


@dataclass(frozen=True, slots=True)
class Act:
    """What was done at a step."""

    at: datetime
    #: what was submitted; None where it was erased
    data: JsonObject | None
    #: the earlier step to which it was sent back instead
    back_to: str | None = None


@dataclass(slots=True)
class Model:
    """One past case."""

    site_id: int | None = None
    start: Act | None = None
    acts: dict[Step, list[Act]] = field(default_factory=lambda: defaultdict(list))
    #: messages from outside: name → (how long after what had happened before, what came)
    messages: dict[str, list[tuple[timedelta, JsonObject]]] = field(default_factory=lambda: defaultdict(list))


class Ways:
    """Of one procedure."""

    def __init__(self, key: str, cases: Iterable[PastCase]) -> None:
        self.models: list[Model] = []
        self._pool: dict[Step, list[Act]] = defaultdict(list)
        #: signers that refused, and all of them
        self._signed: dict[Step, tuple[int, int]] = {}
        for case in cases:
            self._learn(key, case)

    def pick(self, chance: Random) -> Model:
        """A past case to go by; an empty one where there is none."""
        usable = [each for each in self.models if each.start is None or each.start.data is not None]
        return chance.choice(usable) if usable else Model()

    def act(self, model: Model, step: Step, visit: int, chance: Random) -> Act | None:
        """What is done at a step when a case comes there for the how-manieth time (from 0); None where nobody was ever there."""
        own = model.acts.get(step, [])
        if visit < len(own) and (own[visit].data is not None or own[visit].back_to):
            return own[visit]
        pooled = self._pool.get(step)
        return chance.choice(pooled) if pooled else None

    def refuses(self, step: Step, chance: Random) -> bool:
        """Whether a signer says no."""
        refused, every = self._signed.get(step, (0, 0))
        return chance.random() < refused / every if every else False

    def _learn(self, key: str, case: PastCase) -> None:
        model, known = Model(case.site_id), dict[str, JsonObject]()
        before: datetime | None = None
        for each in case.acts:
            step = (each.process or key, each.element_id or "")
            if each.type == "instance.started":
                model.start = Act(each.at, _submitted(each.values, known))
            elif each.type == "work_item.completed":
                act = Act(each.at, _submitted(each.values, known))
                model.acts[step].append(act)
                if act.data is not None and len(self._pool[step]) < _MOST_POOLED:
                    self._pool[step].append(act)
            elif each.type == "work_item.returned":
                model.acts[step].append(Act(each.at, None, str(each.detail.get("to", ""))))
            elif each.type == "approval.decided":
                refused, every = self._signed.get(step, (0, 0))
                self._signed[step] = (refused + (each.detail.get("decision") == "refuse"), every + 1)
            elif each.type == "message.received" and not each.is_system and before is not None:
                values = each.values or {}
                model.messages[str(each.detail.get("name", ""))].append((each.at - before, values.get("variables", {})))
            before = each.at
        self.models.append(model)


def _submitted(values: JsonObject | None, known: dict[str, JsonObject]) -> JsonObject | None:
    """What a submission put into the data, from the fields that it changed and those that stood before."""
    if values is None:
        return None
    form = values.get("form")
    if form is None:
        return dict(values.get("variables", {}))
    known[form] = {**known.get(form, {}), **values.get("after", {})}
    return {form: known[form]}


def moved(value: Any, by: timedelta) -> Any:
    """The same with every date and moment in it moved along: what was to be done in two days is so again."""
    if isinstance(value, dict):
        return {key: moved(each, by) for key, each in value.items()}
    if isinstance(value, list):
        return [moved(each, by) for each in value]
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        return value
    try:
        if len(value) == 10:
            return (date.fromisoformat(value) + timedelta(days=round(by / timedelta(days=1)))).isoformat()
        return (datetime.fromisoformat(value) + by).isoformat(timespec="seconds" if len(value) > 16 else "minutes")
    except (ValueError, OverflowError):
        return value
