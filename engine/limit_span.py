"""Which elements of a diagram lie between what starts a limit's clock and what stops it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from engine.diagram import CONTAINERS, Diagram
from engine.limit_rules import Happening, Limit, Moment

#: after the id of a sub-process: the way out of it, where its id alone is the way in
_EXIT = "!"


def elements_between(diagram: Diagram, limit: Limit) -> frozenset[str]:
    """Elements that a token may stand at on some way from a start to a stop, both included where they count.

    A start or stop of the whole instance leaves that side open. One inside a called process stands for the call activity.
    """
    onward = _edges(diagram)
    backward: dict[str, set[str]] = {}
    for source, targets in onward.items():
        for target in targets:
            backward.setdefault(target, set()).add(source)
    after = _side(diagram, limit.starts, onward, includes=lambda happening: happening.moment is Moment.CREATED)
    before = _side(diagram, limit.stops, backward, includes=lambda happening: happening.moment is not Moment.CREATED)
    return frozenset(place.removesuffix(_EXIT) for place in after & before)


def _side(
    diagram: Diagram, happenings: Iterable[Happening], edges: Mapping[str, set[str]], includes: Callable[[Happening], bool]
) -> set[str]:
    reached: set[str] = set()
    for happening in happenings:
        here, own = _places(diagram, happening)
        if not here:
            return {*diagram.elements, *(element_id + _EXIT for element_id in diagram.elements)}
        if not own or includes(happening):
            reached |= here
        reached |= _reach({target for place in here for target in edges.get(place, ())}, edges)
    return reached


def _places(diagram: Diagram, happening: Happening) -> tuple[set[str], bool]:
    """Where in this diagram it happens, and whether the element is the diagram's own."""
    if happening.element_id is None:
        return set(), True
    if happening.process_key != diagram.process_id:
        return {element.id for element in diagram.elements.values() if element.called == happening.process_key}, False
    element = diagram.elements.get(happening.element_id)
    if element is None:
        return set(), True
    is_exit = element.kind in CONTAINERS and happening.moment is not Moment.CREATED
    return {element.id + _EXIT if is_exit else element.id}, True


def _reach(start: set[str], edges: Mapping[str, set[str]]) -> set[str]:
    reached, waiting = set(start), list(start)
    while waiting:
        for target in edges.get(waiting.pop(), ()):
            if target not in reached:
                reached.add(target)
                waiting.append(target)
    return reached


def _edges(diagram: Diagram) -> dict[str, set[str]]:
    """Where a token may go next: along flows, off to boundary events, into and out of sub-processes."""
    containers = {element.id for element in diagram.elements.values() if element.kind in CONTAINERS}
    edges: dict[str, set[str]] = {}

    def connect(source: str, target: str) -> None:
        edges.setdefault(source, set()).add(target)

    for flow in diagram.flows:
        connect(flow.source + _EXIT if flow.source in containers else flow.source, flow.target)
    for element in diagram.elements.values():
        if element.attached_to:
            connect(element.attached_to, element.id)
            # whatever a sub-process is at, the event takes it away from there
            for inner in diagram.children(element.attached_to):
                connect(inner.id, element.id)
        if element.parent_id is not None:
            if not element.incoming and not element.attached_to:
                connect(element.parent_id, element.id)
            if not element.outgoing:
                connect(element.id + _EXIT if element.id in containers else element.id, element.parent_id + _EXIT)
    return edges
