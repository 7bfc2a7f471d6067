"""Where a case stands, read from its saved state without building the workflow: for looking at thousands of cases at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from SpiffWorkflow.util.task import TaskState

from engine.migration_rules import Position
from engine.spiff.codec import document_of
from engine.spiff.placing import ARRIVED

#: what the library puts around a process, and beside an activity for the events on its border
_OWN = frozenset({"Root", "Start", "End"})
_CHILD, _BORDER = " [child]", ".BoundaryEvent"


def positions(state: bytes) -> tuple[Position, ...]:
    """Every element that a token has come to and not left, each once, in a fixed order; nothing for a case that is over."""
    _, _, completed, _, _, _, rows, subprocesses = document_of(state)
    if completed:
        return ()
    found: Counter[tuple[tuple[str, ...], str]] = Counter()
    paths: dict[str, tuple[str, ...]] = {}
    for level, path in _levels(rows, subprocesses, paths):
        for row in level:
            element_id = element_of(row[2])
            if element_id is None:
                continue
            paths[row[0]] = (*path, element_id)
            if row[3] & ARRIVED:
                # a repetition is told by its rounds
                found[path, element_id] += 1 if row[3] & TaskState.READY or not row[2].endswith(_CHILD) else 0
    return tuple(Position(path, element_id, count > 1) for (path, element_id), count in sorted(found.items()))


def element_of(name: str) -> str | None:
    """The diagram's element that a task specification stands for; None for the library's own."""
    if name in _OWN or _BORDER in name:
        return None
    return name.removesuffix(_CHILD)


def renamed(name: str, mapping: dict[str, str]) -> str:
    """What a task specification is called where its element has another id."""
    for tail in (_CHILD, f"{_BORDER}Split", f"{_BORDER}Join"):
        if name.endswith(tail):
            return mapping.get(name.removesuffix(tail), name.removesuffix(tail)) + tail
    return mapping.get(name, name)


def _levels(rows: list[Any], subprocesses: list[Any], paths: dict[str, tuple[str, ...]]) -> Iterator[tuple[list[Any], tuple[str, ...]]]:
    """Each process and sub-process with the elements around it; one is written after the one that holds it."""
    yield rows, ()
    for parent, _name, _success, completed, _last, _data, _correlations, inner in subprocesses:
        if not completed:
            yield inner, paths[parent]
