"""Reads the diagram interchange of a BPMN file: where its author put each shape and edge. Knows nothing of how they look."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from engine.diagram import BPMN

DI = "http://www.omg.org/spec/BPMN/20100524/DI"
DC = "http://www.omg.org/spec/DD/20100524/DC"
DD = "http://www.omg.org/spec/DD/20100524/DI"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in the diagram's pixels."""

    x: float
    y: float
    width: float
    height: float

    @property
    def centre(self) -> tuple[float, float]:
        """Its middle."""
        return self.x + self.width / 2, self.y + self.height / 2


@dataclass(frozen=True, slots=True)
class Shape:
    """A node as it is drawn."""

    node: etree._Element
    box: Box
    label: Box | None
    is_expanded: bool
    is_horizontal: bool
    is_marker_visible: bool


@dataclass(frozen=True, slots=True)
class Edge:
    """A flow or an association as it is drawn."""

    node: etree._Element
    points: tuple[tuple[float, float], ...]
    label: Box | None


@dataclass(frozen=True, slots=True)
class Plane:
    """One drawing of a file."""

    shapes: tuple[Shape, ...]
    edges: tuple[Edge, ...]


def read_plane(root: etree._Element, process_id: str | None = None) -> Plane | None:
    """The drawing that shows the process (None: the first one); None where the file has no coordinates for it."""
    # parameters of our own have ids too, which may be those of a lane
    nodes = {identifier: node for node in root.iter(f"{{{BPMN}}}*") if (identifier := node.get("id"))}
    for plane in root.iter(f"{{{DI}}}BPMNPlane"):
        shapes = tuple(_shapes(plane, nodes))
        if shapes and (process_id is None or _shows(nodes.get(_local(plane.get("bpmnElement"))), shapes, process_id)):
            return Plane(shapes, tuple(_edges(plane, nodes)))
    return None


def _shows(drawn: etree._Element | None, shapes: tuple[Shape, ...], process_id: str) -> bool:
    if drawn is not None and drawn.get("id") == process_id:
        return True
    return any(process_id in (shape.node.get("processRef"), _process_of(shape.node)) for shape in shapes)


def _process_of(node: etree._Element) -> str | None:
    process = next((above for above in node.iterancestors() if etree.QName(above).localname == "process"), None)
    return process.get("id") if process is not None else None


def _shapes(plane: etree._Element, nodes: dict[str, etree._Element]) -> Iterator[Shape]:
    for shape in plane.iterfind(f"{{{DI}}}BPMNShape"):
        node, box = nodes.get(_local(shape.get("bpmnElement"))), _bounds(shape)
        if node is not None and box is not None:
            yield Shape(
                node, box, _label(shape), is_expanded=shape.get("isExpanded") == "true", is_horizontal=shape.get("isHorizontal") != "false",
                is_marker_visible=shape.get("isMarkerVisible") != "false",
            )


def _edges(plane: etree._Element, nodes: dict[str, etree._Element]) -> Iterator[Edge]:
    for edge in plane.iterfind(f"{{{DI}}}BPMNEdge"):
        node = nodes.get(_local(edge.get("bpmnElement")))
        points = tuple((float(point.get("x", "0")), float(point.get("y", "0"))) for point in edge.iterfind(f"{{{DD}}}waypoint"))
        if node is not None and len(points) > 1:
            yield Edge(node, points, _label(edge))


def _label(owner: etree._Element) -> Box | None:
    label = owner.find(f"{{{DI}}}BPMNLabel")
    return _bounds(label) if label is not None else None


def _bounds(owner: etree._Element) -> Box | None:
    bounds = owner.find(f"{{{DC}}}Bounds")
    if bounds is None:
        return None
    x, y, width, height = (float(bounds.get(name, "0")) for name in ("x", "y", "width", "height"))
    return Box(x, y, width, height)


def _local(reference: str | None) -> str:
    """Other modelers write references with a namespace prefix."""
    return (reference or "").rpartition(":")[2]
