"""Keeps the drawing of a diagram whole when the normaliser adds a gateway. Nothing here changes what a diagram means."""

from __future__ import annotations

from lxml import etree

_BPMNDI = "http://www.omg.org/spec/BPMN/20100524/DI"
_DC = "http://www.omg.org/spec/DD/20100524/DC"
_DI = "http://www.omg.org/spec/DD/20100524/DI"
_SIZE = 30.0
_GAP = 10.0


def draw_gateway_after(node: etree._Element, gateway_id: str, flow_id: str) -> None:
    """Draw a small gateway to the right of a node and the flow between them; nothing where the node isn't drawn."""
    root = node.getroottree().getroot()
    for shape in list(root.iter(f"{{{_BPMNDI}}}BPMNShape")):
        bounds = shape.find(f"{{{_DC}}}Bounds")
        if shape.get("bpmnElement") != node.get("id") or bounds is None:
            continue
        try:
            x, y, width, height = (float(bounds.get(name, "")) for name in ("x", "y", "width", "height"))
        except ValueError:
            continue
        right, middle = x + width, y + height / 2
        added = etree.Element(f"{{{_BPMNDI}}}BPMNShape", id=f"{gateway_id}_di", bpmnElement=gateway_id)
        etree.SubElement(
            added, f"{{{_DC}}}Bounds", x=_number(right + _GAP), y=_number(middle - _SIZE / 2), width=_number(_SIZE), height=_number(_SIZE)
        )
        edge = etree.Element(f"{{{_BPMNDI}}}BPMNEdge", id=f"{flow_id}_di", bpmnElement=flow_id)
        for end in (right, right + _GAP):
            etree.SubElement(edge, f"{{{_DI}}}waypoint", x=_number(end), y=_number(middle))
        shape.addnext(edge)
        shape.addnext(added)
        return


def _number(value: float) -> str:
    return f"{value:g}"
