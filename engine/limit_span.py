"""Which elements of a diagram lie between what starts a limit's clock and what stops it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from engine.diagram import Diagram
from engine.limit_rules import Happening, Limit, Moment


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
    return frozenset(after & before)


def _side(
    diagram: Diagram, happenings: Iterable[Happening], edges: Mapping[str, set[str]], includes: Callable[[Happening], bool]
) -> set[str]:
    reached: set[str] = set()
    for happening in happenings:
        here, own = _places(diagram, happening)
        if not here:
            return set(diagram.elements)
        if not own or includes(happening):
            reached |= here
        reached |= _reach({target for place in here for target in edges.get(place, ())}, edges)
    return reached


def _places(diagram: Diagram, happening: Happening) -> tuple[set[str], bool]:
    """Where in this diagram it happens, and whether the element is the diagram's own."""
    if happening.element_id is None:
        return set(), True
    if happening.process_key == diagram.process_id:
        return {happening.element_id} & diagram.elements.keys(), True
    return {element.id for element in diagram.elements.values() if element.called == happening.process_key}, False


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
    edges: dict[str, set[str]] = {}
    for flow in diagram.flows:
        edges.setdefault(flow.source, set()).add(flow.target)
    leaving = {element_id: set(targets) for element_id, targets in edges.items()}
    for element in diagram.elements.values():
        if element.attached_to:
            edges.setdefault(element.attached_to, set()).add(element.id)
        parent = element.parent_id
        if parent is not None:
            if not element.incoming and not element.attached_to:
                edges.setdefault(parent, set()).add(element.id)
            if not element.outgoing:
                edges.setdefault(element.id, set()).update(leaving.get(parent, ()))
                # the token is also still in the sub-process around it
                edges[element.id].add(parent)
    return edges
