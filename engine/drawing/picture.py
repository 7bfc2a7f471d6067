"""Draws a diagram, and where an instance of it stands, as one SVG document."""

from __future__ import annotations

import math
from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from engine.diagram import parse_xml
from engine.drawing.interchange import Edge, Plane, Shape, read_plane
from engine.drawing.marks import ElementMark, Status, look_of
from engine.drawing.shapes import INK, LABEL_SIZE, Translate, kind_of, label_in, paint, paint_mark
from engine.drawing.symbols import arrow_heads
from engine.drawing.text import centred, width
from engine.layout import lay_out

__all__ = ["ElementMark", "Status", "draw"]

_FONTS = (
    "'Noto Sans CJK TC','Noto Sans TC','PingFang TC','Microsoft JhengHei','Noto Sans CJK SC','PingFang SC','Microsoft YaHei',sans-serif"
)
_MARGIN = 20
_BEHIND = ("participant", "lane", "group")


def _same(text: str) -> str:
    return text


def draw(
    xml: bytes,
    process_id: str | None = None,
    state: Mapping[str, ElementMark] | None = None,
    translate: Translate = _same,
    *,
    label: str | None = None,
) -> str:
    """The diagram as SVG, ready to stand in a page under a strict content security policy or in a file of its own.

    `process_id` chooses the drawing where a file has several; a file without coordinates is laid out first. `state` marks elements
    by id, `translate` gives names in the reader's language, `label` replaces the picture's spoken name. Nothing of the file reaches the
    output unescaped.
    """
    root = parse_xml(xml)
    plane = read_plane(root, process_id)
    if plane is None:
        plane = read_plane(parse_xml(lay_out(xml)), process_id) or Plane((), ())
    marks = state or {}
    prefix = f"bpmn-{process_id or 'diagram'}"
    left, top, wide, high = _extent(plane)
    layers = [_group(shape, marks, translate) for shape in _in_order(plane.shapes, behind=True)]
    layers += [_edge(edge, prefix, marks, translate) for edge in plane.edges]
    layers += [_group(shape, marks, translate) for shape in _in_order(plane.shapes, behind=False)]
    layers += [_flow_label(edge, translate) for edge in plane.edges]
    name = label if label is not None else translate(_name_of(root, process_id))
    # what is marked can be reached by keyboard, and nothing inside an image can
    role = "group" if marks else "img"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="bpmn-picture" role="{role}" aria-label={quoteattr(name)} '
        f'viewBox="{left:g} {top:g} {wide:g} {high:g}" width="{wide:g}" height="{high:g}" font-family={quoteattr(_FONTS)} fill="{INK}">'
        f"<title>{escape(name)}</title><defs>{arrow_heads(escape(prefix))}</defs>"
        f'<rect x="{left:g}" y="{top:g}" width="{wide:g}" height="{high:g}" fill="#ffffff"/>{"".join(layers)}</svg>'
    )


def _in_order(shapes: tuple[Shape, ...], *, behind: bool) -> list[Shape]:
    """Pools, lanes and open sub-processes lie under the flows, boundary events over the activities that they hang on."""
    chosen = [shape for shape in shapes if (kind_of(shape.node) in _BEHIND or shape.is_expanded) is behind]
    order = {"participant": 0, "lane": 1}
    return sorted(chosen, key=lambda shape: order.get(kind_of(shape.node), 3 if kind_of(shape.node) == "boundaryEvent" else 2))


def _group(shape: Shape, marks: Mapping[str, ElementMark], translate: Translate) -> str:
    element_id = shape.node.get("id", "")
    mark = marks.get(element_id)
    kind = kind_of(shape.node)
    classes = f"bpmn-element bpmn-{kind}" + (f" is-{mark.status.value}" if mark else "")
    title = mark.title if mark and mark.title else _name(shape.node, translate)
    focus = ' tabindex="0"' if mark else ""
    return (
        f'<g class="{classes}" data-element-id={quoteattr(element_id)}{focus}>{_title(title)}'
        f"{paint(shape, mark, translate)}{paint_mark(shape, mark) if mark else ''}</g>"
    )


def _edge(edge: Edge, prefix: str, marks: Mapping[str, ElementMark], translate: Translate) -> str:
    kind, ends = kind_of(edge.node), escape(prefix)
    element_id = edge.node.get("id", "")
    mark = marks.get(element_id)
    under = ""
    if mark is not None:
        # the line itself stays as it is, for its dashes say what kind of flow it is
        look = look_of(mark)
        dashes = f' stroke-dasharray="{look.dashes}"' if look.dashes else ""
        broad = f'stroke="{look.stroke}" stroke-width="{mark.width:g}" opacity="0.45"{dashes}'
        under = f'<path d="{_rounded(edge.points)}" fill="none" {broad}/>'
    title = mark.title if mark is not None and mark.title else _name(edge.node, translate)
    state = f' is-{mark.status.value}" tabindex="0' if mark is not None else ""
    if kind == "sequenceFlow":
        line = f'stroke-width="1.5" marker-end="url(#{ends}-arrow)"'
    elif kind == "messageFlow":
        line = f'stroke-width="1.5" stroke-dasharray="8 5" marker-start="url(#{ends}-dot)" marker-end="url(#{ends}-message)"'
    else:
        line = 'stroke-width="1.3" stroke-dasharray="1 4" stroke-linecap="round"'
    return (
        f'<g class="bpmn-element bpmn-{kind}{state}" data-element-id={quoteattr(element_id)}>{_title(title)}{under}'
        f'<path d="{_rounded(edge.points)}" fill="none" stroke="{INK}" {line}/>{_default_slash(edge)}</g>'
    )


def _default_slash(edge: Edge) -> str:
    """The small stroke across the flow that is taken when no other is."""
    parent = edge.node.getparent()
    source = edge.node.get("sourceRef")
    siblings = parent.iterchildren(etree.Element) if parent is not None else ()
    if not any(node.get("id") == source and node.get("default") == edge.node.get("id") for node in siblings):
        return ""
    (x1, y1), (x2, y2) = edge.points[:2]
    length = math.dist((x1, y1), (x2, y2)) or 1
    step = min(9.0, length / 2)
    x, y = x1 + (x2 - x1) * step / length, y1 + (y2 - y1) * step / length
    along, across = (3.0, 5.0) if abs(x2 - x1) >= abs(y2 - y1) else (5.0, 3.0)
    return f'<path d="M{x - along:g} {y + across:g}L{x + along:g} {y - across:g}" stroke="{INK}" stroke-width="1.5"/>'


def _flow_label(edge: Edge, translate: Translate) -> str:
    name = _name(edge.node, translate)
    if not name:
        return ""
    if edge.label is not None:
        return label_in(edge.label, name, edge.points[0])
    middle = len(edge.points) // 2
    (x1, y1), (x2, y2) = edge.points[middle - 1 : middle + 1]
    return centred(name, (x1 + x2) / 2, (y1 + y2) / 2 - 10, max(90.0, width(name, LABEL_SIZE) / 2), LABEL_SIZE, css="bpmn-label")


def _rounded(points: tuple[tuple[float, float], ...], radius: float = 6) -> str:
    path = f"M{points[0][0]:g} {points[0][1]:g}"
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        into, out = math.dist(before, corner), math.dist(corner, after)
        cut = min(radius, into / 2, out / 2)
        if cut <= 0:
            continue
        (bx, by), (cx, cy), (ax, ay) = before, corner, after
        path += (
            f"L{round(cx - (cx - bx) * cut / into, 2):g} {round(cy - (cy - by) * cut / into, 2):g}"
            f"Q{cx:g} {cy:g} {round(cx + (ax - cx) * cut / out, 2):g} {round(cy + (ay - cy) * cut / out, 2):g}"
        )
    return path + f"L{points[-1][0]:g} {points[-1][1]:g}"


def _extent(plane: Plane) -> tuple[float, float, float, float]:
    boxes = [shape.box for shape in plane.shapes]
    boxes += [shape.label for shape in plane.shapes if shape.label is not None]
    boxes += [edge.label for edge in plane.edges if edge.label is not None]
    xs = [box.x for box in boxes] + [box.x + box.width for box in boxes] + [x for edge in plane.edges for x, _ in edge.points]
    ys = [box.y for box in boxes] + [box.y + box.height for box in boxes] + [y for edge in plane.edges for _, y in edge.points]
    if not xs:
        return 0, 0, 2 * _MARGIN, 2 * _MARGIN
    left, top = min(xs) - _MARGIN, min(ys) - _MARGIN
    return left, top, max(xs) + _MARGIN - left, max(ys) + _MARGIN - top


def _name(node: etree._Element, translate: Translate) -> str:
    name = " ".join((node.get("name") or "").split())
    return translate(name) if name else ""


def _title(text: str) -> str:
    return f"<title>{escape(text)}</title>" if text else ""


def _name_of(root: etree._Element, process_id: str | None) -> str:
    for node in root.iterchildren(etree.Element):
        if kind_of(node) == "process" and process_id in (None, node.get("id")):
            return node.get("name") or node.get("id") or ""
    return ""
