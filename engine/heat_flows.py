"""How often each sequence flow of a diagram was taken, from how often its ends were passed. Pure.

The history says which elements a step passed, not which flows. Where a flow is the only way out of an element, or into one, or the last
of a choice that isn't known yet, the passings tell; where they don't, nothing is said.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.diagram import Diagram
from engine.diagram.model import Flow

#: of their ways out one is taken
_CHOOSING = frozenset({"exclusiveGateway", "eventBasedGateway"})
#: of their ways out some are taken, of their ways in several belong together
_OPEN, _JOINING = "inclusiveGateway", frozenset({"parallelGateway", "inclusiveGateway"})


def taken(diagram: Diagram, passed: Mapping[str, int]) -> dict[str, int]:
    """Flow id → times, of those that can be told. `passed`: element id → how often it was passed in the period.

    Cases that entered an element before the period, or still stand at it, make a flow's number that much less exact.
    """
    out: dict[str, list[Flow]] = {}
    into: dict[str, list[Flow]] = {}
    for flow in diagram.flows:
        out.setdefault(flow.source, []).append(flow)
        into.setdefault(flow.target, []).append(flow)
    found: dict[str, int] = {}
    for source, flows in out.items():
        kind = diagram.elements[source].kind if source in diagram.elements else ""
        if len(flows) == 1 or (kind not in _CHOOSING and kind != _OPEN):
            found.update((flow.id, passed.get(source, 0)) for flow in flows)
    for target, flows in into.items():
        if len(flows) == 1 and flows[0].id not in found:
            found[flows[0].id] = passed.get(target, 0)
    # what is left of a choice, or of the ways into an element, is its last unknown flow
    for _ in range(len(diagram.flows)):
        before = len(found)
        for source, flows in out.items():
            if source in diagram.elements and diagram.elements[source].kind in _CHOOSING:
                _rest(flows, passed.get(source, 0), found)
        for target, flows in into.items():
            if target in diagram.elements and diagram.elements[target].kind not in _JOINING:
                _rest(flows, passed.get(target, 0), found)
        if len(found) == before:
            break
    return found


def _rest(flows: list[Flow], total: int, found: dict[str, int]) -> None:
    unknown = [flow for flow in flows if flow.id not in found]
    if len(unknown) == 1:
        found[unknown[0].id] = max(0, total - sum(found[flow.id] for flow in flows if flow.id in found))
