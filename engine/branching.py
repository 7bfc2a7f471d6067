"""Which steps of a diagram are under way beside others, and by which branch a token came: pure, for comparing two versions.

A branching is a split, or an event on a border that interrupts nothing. What it holds is everything that a token cannot come to
without it, up to the joins where its branches meet. A chain is what lies between two points of it where ways part, meet or end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from engine.diagram import Diagram, Element

#: of several ways out one is taken
_CHOOSING = frozenset({"exclusiveGateway", "eventBasedGateway", "complexGateway"})
_JOINING = frozenset({"parallelGateway", "inclusiveGateway"})


@dataclass(frozen=True, slots=True)
class Chain:
    """A run of steps without a branch."""

    begin: str
    #: empty where it leads out of the branching
    end: str
    #: in order; may be empty
    steps: tuple[str, ...]

    @property
    def before_end(self) -> str:
        """The last step of it."""
        return self.steps[-1] if self.steps else self.begin


@dataclass(frozen=True, slots=True)
class Branching:
    """What lies between a split and where its branches meet."""

    id: str
    inside: frozenset[str]
    #: kind of each point where ways part, meet or end
    points: Mapping[str, str]
    chains: tuple[Chain, ...]

    def chain_of(self, element_id: str) -> Chain | None:
        """The chain that a step lies on; None for a point."""
        return next((chain for chain in self.chains if element_id in chain.steps), None)


class Level:
    """One process or embedded sub-process of a diagram."""

    def __init__(self, diagram: Diagram, parent_id: str | None) -> None:
        self.elements: dict[str, Element] = {element.id: element for element in diagram.children(parent_id)}
        self._ways: dict[str, list[str]] = {element_id: [] for element_id in self.elements}
        for flow in diagram.flows:
            if flow.source in self._ways and flow.target in self._ways:
                self._ways[flow.source].append(flow.target)
        for element in self.elements.values():
            if element.attached_to in self._ways:
                self._ways[element.attached_to].append(element.id)
        self._sources: dict[str, list[str]] = {element_id: [] for element_id in self.elements}
        for source, targets in self._ways.items():
            for target in targets:
                self._sources[target].append(source)
        self._starts = [element.id for element in self.elements.values() if element.kind == "startEvent"]
        self.branchings: dict[str, Branching] = {found.id: found for found in self._branchings()}

    def around(self, element_id: str) -> frozenset[str]:
        """Ids of the branchings in which an element lies."""
        return frozenset(each.id for each in self.branchings.values() if element_id in each.inside)

    def targets(self, element_id: str) -> frozenset[str]:
        """Where the flows of an element lead."""
        return frozenset(self._ways[element_id])

    def ahead(self, element_id: str) -> frozenset[str]:
        """Everything that a token can come to from an element, itself included."""
        return frozenset(self._reach([element_id]))

    def _branchings(self) -> Iterator[Branching]:
        for element in self.elements.values():
            if element.kind == "boundaryEvent":
                branches = [] if element.interrupting else [element.id]
            elif element.kind in _CHOOSING:
                branches = []
            else:
                branches = [target for target in self._ways[element.id] if self.elements[target].attached_to != element.id]
                branches = branches if len(branches) > 1 else []
            if branches:
                yield self._branching(element, branches)

    def _branching(self, element: Element, branches: list[str]) -> Branching:
        reached = [self._reach([target], avoiding=None if target == element.id else element.id) for target in branches]
        shared = set.intersection(*reached) if len(reached) > 1 else set()
        inside = set.union(*reached) - shared - self._reach(self._starts, avoiding=element.id)
        joins = {
            each for each in shared
            if self.elements[each].kind in _JOINING and any(source in inside or source == element.id for source in self._sources[each])
        }
        inside |= joins
        points = {
            each: self.elements[each].kind for each in inside | {element.id}
            if each == element.id or each in joins or len(self._ways[each]) != 1 or len(self._sources[each]) != 1
        }
        found = (
            self._chain(point, target, inside, points)
            for point in points if point not in joins
            for target in self._ways[point] if point != element.id or self.elements[target].attached_to != element.id
        )
        chains = tuple(sorted(found, key=lambda chain: (chain.begin, chain.end, chain.steps)))
        return Branching(element.id, frozenset(inside), points, chains)

    def _chain(self, begin: str, target: str, inside: set[str], points: Mapping[str, str]) -> Chain:
        steps: list[str] = []
        while target in inside and target not in points and target not in steps:
            steps.append(target)
            target = self._ways[target][0]
        return Chain(begin, target if target in inside else "", tuple(steps))

    def _reach(self, starts: Iterable[str], avoiding: str | None = None) -> set[str]:
        reached: set[str] = set()
        waiting = [start for start in starts if start != avoiding]
        while waiting:
            here = waiting.pop()
            if here not in reached:
                reached.add(here)
                waiting.extend(target for target in self._ways.get(here, ()) if target != avoiding)
        return reached
