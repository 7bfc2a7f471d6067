"""The flow of one level of a process (the process itself or one embedded sub-process) as a graph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.diagram import Diagram, Element


def levels(diagram: Diagram) -> Iterator[str | None]:
    """None for the process itself, then the id of each embedded sub-process."""
    yield None
    parents = dict.fromkeys(element.parent_id for element in diagram.elements.values() if element.parent_id is not None)
    yield from parents


def followers(diagram: Diagram, parent_id: str | None) -> dict[str, list[str]]:
    """For each element of a level the elements that a token reaches from it; from an activity also its boundary events."""
    level = {element.id: element for element in diagram.children(parent_id)}
    graph: dict[str, list[str]] = {element_id: [] for element_id in level}
    for flow in diagram.flows:
        if flow.source in level and flow.target in level:
            graph[flow.source].append(flow.target)
    for element in level.values():
        if element.attached_to in level:
            graph[element.attached_to].append(element.id)
    return graph


#: where a token's way is not settled beforehand
_DECIDES = frozenset({"exclusiveGateway", "inclusiveGateway", "eventBasedGateway", "boundaryEvent"})


def undecided(diagram: Diagram, parent_id: str | None) -> dict[str, list[str]]:
    """The graph of a level without everything at which something is decided: what SpiffWorkflow predicts in one go."""
    graph = followers(diagram, parent_id)
    kept = {element_id for element_id in graph if diagram.elements[element_id].kind not in _DECIDES}
    return {element_id: [target for target in graph[element_id] if target in kept] for element_id in graph if element_id in kept}


def longest(graph: dict[str, list[str]]) -> int:
    """How many elements the longest path of a graph without cycles has."""
    lengths: dict[str, int] = {}
    for root in graph:
        stack = [root]
        while stack:
            node = stack[-1]
            open_targets = [target for target in graph[node] if target not in lengths]
            if node in lengths:
                stack.pop()
            elif open_targets:
                stack.extend(open_targets)
            else:
                lengths[node] = 1 + max((lengths[target] for target in graph[node]), default=0)
                stack.pop()
    return max(lengths.values(), default=0)


def reached(graph: dict[str, list[str]], starts: Iterable[str]) -> set[str]:
    """Everything that can be reached, the starts included."""
    found: set[str] = set()
    stack = list(starts)
    while stack:
        current = stack.pop()
        if current not in found:
            found.add(current)
            stack.extend(graph.get(current, ()))
    return found


def cycles(graph: dict[str, list[str]]) -> Iterator[set[str]]:
    """The strongly connected components that hold a cycle (Tarjan, without recursion: diagrams can be long)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    on_stack: set[str] = set()
    stack: list[str] = []
    for root in list(graph):
        if root in index:
            continue
        work: list[tuple[str, Iterator[str]]] = [(root, iter(graph[root]))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            node, targets = work[-1]
            target = next(targets, None)
            if target is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    component: set[str] = set()
                    while node not in component:
                        component.add(stack.pop())
                    on_stack -= component
                    if len(component) > 1 or node in graph[node]:
                        yield component
            elif target not in index:
                index[target] = low[target] = len(index)
                stack.append(target)
                on_stack.add(target)
                work.append((target, iter(graph[target])))
            elif target in on_stack:
                low[node] = min(low[node], index[target])


def ancestors(diagram: Diagram, element: Element) -> Iterator[Element]:
    """The embedded sub-processes around an element, innermost first."""
    parent_id = element.parent_id
    while parent_id is not None and parent_id in diagram.elements:
        parent = diagram.elements[parent_id]
        yield parent
        parent_id = parent.parent_id
