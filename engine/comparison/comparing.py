"""Lays two packages side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

from engine.comparison import diagrams
from engine.comparison.files import area_of, compare_file, properties_of
from engine.comparison.values import Change, ElementChange, FileChange, Property

#: kinds that are drawn without being done: what becomes of them touches no case
_ONLY_DRAWN = frozenset({"textAnnotation", "association", "group", "category", "participant"})


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that is different."""

    elements: tuple[ElementChange, ...]
    files: tuple[FileChange, ...]

    @property
    def is_same(self) -> bool:
        """Whether nothing is."""
        return not self.elements and not self.files

    def count(self, change: Change) -> int:
        """Elements of which that became."""
        return sum(each.change == change for each in self.elements)

    def of_area(self, *areas: str) -> tuple[FileChange, ...]:
        """Changed files of some areas."""
        return tuple(each for each in self.files if each.area in areas)


def compare(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> Comparison:
    """From one package (path → bytes) to another. Diagrams by element id whatever file holds them, the others file by file.

    A diagram that is no XML is compared as text.
    """
    found: list[FileChange] = []
    held: tuple[dict[tuple[str, str], diagrams.Held], ...] = ({}, {})
    for path in sorted({*before, *after}):
        if area_of(path) == "diagram" and before.get(path) != after.get(path):
            try:
                read = [diagrams.read(files[path]) if path in files else {} for files in (before, after)]
            except etree.XMLSyntaxError:
                read = None
            if read is not None:
                for into, each in zip(held, read, strict=True):
                    into.update(each)
                continue
        changed = compare_file(path, before.get(path), after.get(path))
        if changed is not None:
            found.append(changed)
    return Comparison(tuple(_elements(*held)), tuple(found))


def touched(comparison: Comparison) -> set[tuple[str, str]]:
    """What a case must still come to for the difference to mean anything to it: process and element id in the earlier package.

    A new element is met by the flows that lead to it, which are new or changed themselves; so their beginnings stand for it. An empty
    element id stands for the process as a whole.
    """
    found: set[tuple[str, str]] = set()
    for each in comparison.elements:
        if each.change is Change.MOVED or each.kind in _ONLY_DRAWN:
            continue
        if each.joins is not None:
            found.add((each.process_key, each.joins[0]))
            found |= {(each.process_key, said) for said in _said(each.properties, "sourceRef")}
        elif each.kind == "boundaryEvent":
            found |= {(each.process_key, said) for said in _said(each.properties, "attachedToRef")}
            found.add((each.process_key, each.element_id))
        elif each.change is Change.ADDED and any(part.name == "triggeredByEvent" for part in each.properties):
            found.add((each.process_key, ""))
        elif each.kind not in ("process", "lane"):
            found.add((each.process_key, each.element_id))
    return found


def _said(properties: tuple[Property, ...], name: str) -> set[str]:
    return {text for each in properties if each.name == name for text in (each.before, each.after) if text}


def _elements(before: Mapping[tuple[str, str], diagrams.Held], after: Mapping[tuple[str, str], diagrams.Held]) -> list[ElementChange]:
    found = []
    for key in dict.fromkeys([*after, *before]):
        old, new = before.get(key), after.get(key)
        shown = new or old
        assert shown is not None
        facts = [{} if each is None else {"kind": each.kind, **each.facts} for each in (old, new)]
        properties = tuple(properties_of(*facts))
        if old is None or new is None:
            change = Change.ADDED if old is None else Change.REMOVED
        elif properties:
            change = Change.CHANGED
        elif old.drawn != new.drawn:
            change = Change.MOVED
        else:
            continue
        found.append(ElementChange(shown.process_key, shown.element_id, shown.kind, shown.name, change, properties, shown.joins))
    return found
