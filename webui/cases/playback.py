"""How a case went, as frames that a page can play on its diagram: what was reached and what was done, in order, with times and names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engine.content import DefinitionContent
from engine.model import WorkItemState
from engine.queries.work_items import WorkItemRow
from webui.display import short_moment
from webui.language import gettext
from webui.wording import worded


@dataclass(slots=True)
class _Frame:
    at: datetime
    done: list[str] = field(default_factory=list)
    here: list[str] = field(default_factory=list)
    #: what left without being done: sent back, withdrawn
    gone: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)


def frames(held: DefinitionContent, items: Sequence[WorkItemRow], passed: Sequence[str]) -> list[dict[str, Any]]:
    """One a moment, oldest first, as JSON. `items`: of the whole case; `passed`: elements of this diagram in the order they were done."""
    found: dict[datetime, _Frame] = {}
    calls = {element.called: element.id for element in held.diagram.elements.values() if element.called}

    def at(moment: datetime) -> _Frame:
        return found.setdefault(moment, _Frame(moment))

    for item in items:
        if item.definition_key != held.key:
            continue
        name = worded(item.name, held.id)
        if item.state == WorkItemState.WITHDRAWN:
            # when it left is when what came instead arrived
            later = [other.created_at for other in items if other.id > item.id]
            if later and min(later) == item.created_at:
                continue
            if later:
                at(min(later)).gone.append(item.element_id)
        arrived = at(item.created_at)
        arrived.here.append(item.element_id)
        arrived.words.append(gettext("到達「{step}」", step=name))
        if item.completed_at is not None:
            left = at(item.completed_at)
            left.done.append(item.element_id)
            words = gettext("{who} 辦結「{step}」", who=item.completed_by_name or gettext("系統"), step=name)
            left.words.insert(0, words)
    for key, element_id in calls.items():
        inside = [item for item in items if item.definition_key == key]
        if inside:
            at(inside[0].created_at).here.append(element_id)
            ends = [item.completed_at for item in inside]
            if element_id in passed and all(ends):
                at(max(end for end in ends if end is not None)).done.append(element_id)
    ordered = [found[moment] for moment in sorted(found)]
    _fill_in(ordered, passed)
    return [
        {"at": short_moment(frame.at), "words": "；".join(dict.fromkeys(frame.words)), "done": frame.done, "gone": frame.gone,
         "here": frame.here}
        for frame in ordered
    ]  # fmt: skip


def rounds(items: Sequence[WorkItemRow], key: str) -> Mapping[str, int]:
    """How often each step of a procedure was done."""
    counted: dict[str, int] = defaultdict(int)
    for item in items:
        if item.definition_key == key and item.completed_by is not None:
            counted[item.element_id] += 1
    return counted


def _fill_in(ordered: list[_Frame], passed: Sequence[str]) -> None:
    """What no person did was passed in the same moment as the step before it."""
    if not ordered:
        return
    moment_of: dict[str, _Frame] = {}
    for frame in ordered:
        for element_id in frame.done:
            moment_of.setdefault(element_id, frame)
    current = ordered[0]
    for element_id in passed:
        if element_id in moment_of:
            current = moment_of[element_id]
        else:
            current.done.append(element_id)
