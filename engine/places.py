"""Where a single token can be put by hand: which people's steps and waits of a diagram stand by themselves. Pure.

A step inside a parallel branch waits for branches that would never come; one inside a repetition belongs to a round that never began.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from engine.content import InstanceContent
from engine.diagram import Diagram, Element
from engine.errors import InvalidError
from engine.folding import fold

#: what a token can stand at besides people's work
_WAITS = frozenset({"intermediateCatchEvent", "receiveTask", "eventBasedGateway"})
_CONTAINERS = frozenset({"callActivity", "subProcess", "transaction"})
#: what works something out of the case's data and does nothing else
_DECISIONS = frozenset({"businessRuleTask", "scriptTask"})
#: of several ways out one is taken; anything else goes all of them at once
_CHOOSING = frozenset({"exclusiveGateway", "eventBasedGateway", "complexGateway"})
_MOST_NAMED = 30


class PlaceNotUsableError(InvalidError):
    """Expected a step that one token can stand at by itself."""

    code = "place_not_usable"
    sentence = "案件不能放在「{step}」。可用的步驟：{usable}。"


class PlaceAmbiguousError(InvalidError):
    """Expected a name that only one step has."""

    code = "place_ambiguous"
    sentence = "有幾個步驟都叫「{step}」，請改用代號：{usable}。"


@dataclass(frozen=True, slots=True)
class Place:
    """A step that a token can be put to."""

    #: element ids from the case's own process inwards; all but the last are calls or sub-processes
    path: tuple[str, ...]
    #: the process that holds the element
    process_key: str
    element: Element
    #: where the token is put: the element, or an automatic decision right before it, which is made anew
    entry: tuple[str, ...]
    #: names of the calls and sub-processes around it, outermost first
    around: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """What a person may write instead of the name: the path with slashes."""
        return "/".join(self.path)

    @property
    def name(self) -> str:
        """What people call it, source language."""
        return self.element.name or self.element.id


def usable(content: InstanceContent) -> list[Place]:
    """Every place of a procedure, those in called processes included, in the order of the diagrams."""
    return list(_inside(content, content.own.diagram, content.own.key, None, (), (), frozenset({content.own.key})))


def find(content: InstanceContent, step: str) -> Place:
    """The place that a person names: by path, by the element's id, or by its name.

    PlaceNotUsableError names those that can be used; PlaceAmbiguousError the ids to choose from.
    """
    places = usable(content)
    step = step.strip()
    for matches in (
        [place for place in places if place.id == step],
        [place for place in places if place.element.id == step],
        [place for place in places if fold(place.name) == fold(step)],
    ):
        if len(matches) == 1:
            return matches[0]
        if matches:
            raise PlaceAmbiguousError(step=step[:60], usable="、".join(place.id for place in matches))
    raise PlaceNotUsableError(step=step[:60] or "—", usable="、".join(dict.fromkeys(place.name for place in places[:_MOST_NAMED])))


def _inside(
    content: InstanceContent, diagram: Diagram, process_key: str, parent_id: str | None, path: tuple[str, ...], around: tuple[str, ...],
    entered: frozenset[str],
) -> Iterator[Place]:
    alone = _standing_alone(diagram, parent_id)
    for element in diagram.children(parent_id):
        if element.id not in alone or element.triggered_by_event:
            continue
        here = (*path, element.id)
        if element.is_human or element.kind in _WAITS:
            yield Place(here, process_key, element, (*path, _decided_before(diagram, element, alone)), around)
        elif element.kind in _CONTAINERS and element.repeated is None:
            outer = (*around, element.name or element.id)
            if element.called is None:
                yield from _inside(content, diagram, process_key, element.id, here, outer, entered)
            elif element.called in content.called and element.called not in entered:
                called = content.called[element.called].diagram
                yield from _inside(content, called, element.called, None, here, outer, entered | {element.called})


def _decided_before(diagram: Diagram, element: Element, alone: set[str]) -> str:
    """The first of the decisions that lead to the element and nowhere else: who signs is such a one. The element itself without any."""
    here = element
    seen = {element.id}
    while True:
        sources = {flow.source for flow in diagram.flows if flow.target == here.id}
        before = diagram.elements[sources.pop()] if len(sources) == 1 else None
        if before is None or before.id in seen or before.kind not in _DECISIONS or before.id not in alone or len(before.outgoing) != 1:
            return here.id
        seen.add(before.id)
        here = before


def _standing_alone(diagram: Diagram, parent_id: str | None) -> set[str]:
    """Elements of one level that a token reaches without any other having to be under way."""
    level = {element.id: element for element in diagram.children(parent_id)}
    ways = _ways(diagram, level)
    starts = [element.id for element in level.values() if element.kind == "startEvent"]
    alone = _reach(starts, ways)
    for element in level.values():
        targets = ways[element.id]
        if element.kind == "eventBasedGateway":
            # what it waits for beside that one would be missing
            alone -= {target for target in targets if len(level[target].incoming) == 1}
        split = _split_targets(element, level, targets)
        if len(split) > 1:
            branches = [_reach([target], ways, avoiding=element.id) for target in split]
            shared = set.intersection(*branches)
            alone -= set.union(*branches) - shared - _reach(starts, ways, avoiding=element.id)
        if element.kind == "boundaryEvent" and not element.interrupting:
            alone -= _reach([element.id], ways) - _reach(starts, ways, avoiding=element.id)
    return alone


def _ways(diagram: Diagram, level: Mapping[str, Element]) -> dict[str, list[str]]:
    ways: dict[str, list[str]] = {element_id: [] for element_id in level}
    for flow in diagram.flows:
        if flow.source in level and flow.target in level:
            ways[flow.source].append(flow.target)
    for element in level.values():
        if element.attached_to is not None and element.attached_to in level:
            ways[element.attached_to].append(element.id)
    return ways


def _split_targets(element: Element, level: Mapping[str, Element], targets: list[str]) -> list[str]:
    """Where tokens go at once when the element is left by its flows."""
    if element.kind in _CHOOSING:
        return []
    return [target for target in targets if level[target].attached_to != element.id]


def _reach(starts: Iterable[str], ways: Mapping[str, list[str]], avoiding: str | None = None) -> set[str]:
    reached: set[str] = set()
    waiting = [start for start in starts if start != avoiding]
    while waiting:
        here = waiting.pop()
        if here in reached:
            continue
        reached.add(here)
        waiting.extend(target for target in ways.get(here, ()) if target != avoiding)
    return reached
