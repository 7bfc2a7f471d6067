"""Paints one shape of a diagram as SVG: pools, lanes, events, gateways, activities, artefacts. Presentation attributes only."""

from __future__ import annotations

from collections.abc import Callable

from lxml import etree

from engine.drawing.interchange import Box, Shape
from engine.drawing.marks import ElementMark, Look, Status, look_of
from engine.drawing.symbols import EVENT_MARKERS, GATEWAY_MARKERS, TASK_ICONS, loop_marker
from engine.drawing.text import LEADING, below, centred, grown, line_at, width, wrap

INK = "#243b53"
_FAINT = "#9fb3c8"
_HEAD = "#f0f4f8"
NAME_SIZE = 12.5
LABEL_SIZE = 11.5

Translate = Callable[[str], str]


def kind_of(node: etree._Element) -> str:
    """Local name of a node of the model."""
    return etree.QName(node).localname


def paint(shape: Shape, mark: ElementMark | None, translate: Translate) -> str:
    """The inside of a shape's group: its figure and its name."""
    kind = kind_of(shape.node)
    name = translate(" ".join((shape.node.get("name") or "").split()))
    look = look_of(mark)
    if kind in ("participant", "lane"):
        return _pool_or_lane(shape, kind, name)
    if kind.endswith("Event"):
        return _event(shape, kind, look) + _label(shape, name)
    if kind.endswith("Gateway"):
        return _gateway(shape, kind, look) + _label(shape, name)
    if kind in ("dataObjectReference", "dataStoreReference", "dataInput", "dataOutput"):
        return _data(shape.box, kind) + _label(shape, name)
    if kind == "textAnnotation":
        return _annotation(shape, translate)
    if kind == "group":
        return f'<rect {_rect(shape.box)} rx="10" fill="none" stroke="{_FAINT}" stroke-dasharray="8 4 2 4"/>'
    return _activity(shape, kind, name, look)


def paint_mark(shape: Shape, mark: ElementMark) -> str:
    """What is laid over a marked shape: its badge, and a tick on what is done."""
    box, look = shape.box, look_of(mark)
    if mark.badge:
        text = mark.badge if len(mark.badge) <= 14 else mark.badge[:13] + "…"
        room = max(20.0, width(text, 11) + 12)
        x, y = box.x + box.width - room + 10, box.y - 11
        return (
            f'<rect {_rect(Box(x, y, room, 20))} rx="10" fill="{look.stroke}" stroke="none"/>'
            f'<g font-weight="700" fill="#ffffff">{line_at(text, x + room / 2, y + 14, 11, "bpmn-badge")}</g>'
        )
    if mark.status is Status.DONE and box.width > 60:
        x, y = box.x + box.width - 18, box.y + 12
        return f'<path d="M{x:g} {y:g}l4 4 7-8" fill="none" stroke="#486581" stroke-width="2.2"/>'
    return ""


def _pool_or_lane(shape: Shape, kind: str, name: str) -> str:
    box = shape.box
    is_empty_pool = kind == "participant" and not shape.node.get("processRef")
    fill = "#ffffff" if kind == "participant" else "none"
    figure = f'<rect {_rect(box)} fill="{fill}" stroke="{INK}" stroke-width="{1.5 if kind == "participant" else 1:g}"/>'
    if is_empty_pool:
        return figure + centred(name, *box.centre, box.width - 10, NAME_SIZE, css="bpmn-name")
    band = 30
    if shape.is_horizontal:
        figure += f'<rect {_rect(Box(box.x, box.y, band, box.height))} fill="{_HEAD}" stroke="{INK}" stroke-width="1"/>'
        return figure + _upright(name, box.x + band / 2, box.centre[1], box.height - 8)
    figure += f'<rect {_rect(Box(box.x, box.y, box.width, band))} fill="{_HEAD}" stroke="{INK}" stroke-width="1"/>'
    return figure + centred(name, box.centre[0], box.y + band / 2, box.width - 8, NAME_SIZE, css="bpmn-name")


def _upright(name: str, x: float, y: float, room: float) -> str:
    """A lane's name read from below; Chinese characters stand upright one under the other, as on paper, where they fit."""
    if name and all(ord(character) > 0x2E80 for character in name) and len(name) * (NAME_SIZE + 2) <= room:
        top = y - (len(name) - 1) * (NAME_SIZE + 2) / 2 + NAME_SIZE * 0.36
        return "".join(
            line_at(character, x, top + index * (NAME_SIZE + 2), NAME_SIZE, "bpmn-name") for index, character in enumerate(name)
        )
    size = NAME_SIZE if width(name, NAME_SIZE) <= room else 10.5
    return f'<g transform="translate({x:g} {y:g}) rotate(-90)">{centred(name, 0, 0, room, size, css="bpmn-name")}</g>'


def _event(shape: Shape, kind: str, look: Look) -> str:
    (x, y), radius = shape.box.centre, shape.box.width / 2
    line = max(look.width, 4) if kind == "endEvent" else look.width
    dashes = _dashed(look.dashes or ("5 3" if _is_non_interrupting(shape.node) else ""))
    figure = _circle(x, y, radius, f'fill="{look.fill}" stroke="{look.stroke}" stroke-width="{line:g}"{dashes}')
    if kind in ("intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"):
        figure += _circle(x, y, radius - 3.5, f'fill="none" stroke="{look.stroke}" stroke-width="1.3"{dashes}')
    kinds = (kind_of(child) for child in shape.node.iterchildren(etree.Element))
    marker = EVENT_MARKERS.get(next((each.removesuffix("EventDefinition") for each in kinds if each.endswith("EventDefinition")), ""), "")
    if marker:
        is_thrown = kind in ("endEvent", "intermediateThrowEvent")
        paint_with = f'fill="{INK}" stroke="#ffffff"' if is_thrown else f'fill="none" stroke="{INK}"'
        figure += f'<g transform="translate({x:g} {y:g})" {paint_with} stroke-width="1.2">{marker}</g>'
    return figure


def _circle(x: float, y: float, radius: float, paint_with: str) -> str:
    return f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}" {paint_with}/>'


def _is_non_interrupting(node: etree._Element) -> bool:
    return node.get("cancelActivity") == "false" or node.get("isInterrupting") == "false"


def _gateway(shape: Shape, kind: str, look: Look) -> str:
    box = shape.box
    x, y = box.centre
    figure = (
        f'<path d="M{x:g} {box.y:g}L{box.x + box.width:g} {y:g}L{x:g} {box.y + box.height:g}L{box.x:g} {y:g}z" fill="{look.fill}" '
        f'stroke="{look.stroke}" stroke-width="{look.width:g}"{_dashed(look.dashes)}/>'
    )
    path, line = GATEWAY_MARKERS.get(kind, ("", 1))
    if not path or (kind == "exclusiveGateway" and not shape.is_marker_visible):
        return figure
    return figure + f'<path transform="translate({x:g} {y:g})" d="{path}" fill="none" stroke="{INK}" stroke-width="{line:g}"/>'


def _activity(shape: Shape, kind: str, name: str, look: Look) -> str:
    box = shape.box
    x, y = box.centre
    is_container = kind in ("subProcess", "transaction", "adHocSubProcess")
    line = max(look.width, 4) if kind == "callActivity" else look.width
    dashes = look.dashes or ("2 4" if shape.node.get("triggeredByEvent") == "true" else "")
    figure = f'<rect {_rect(box)} rx="10" fill="{look.fill}" stroke="{look.stroke}" stroke-width="{line:g}"{_dashed(dashes)}/>'
    if kind == "transaction":
        inner = Box(box.x + 3, box.y + 3, box.width - 6, box.height - 6)
        figure += f'<rect {_rect(inner)} rx="8" fill="none" stroke="{look.stroke}" stroke-width="1"/>'
    if kind in TASK_ICONS:
        corner = f"translate({box.x + 6:g} {box.y + 6:g})"
        figure += f'<g transform="{corner}" fill="none" stroke="{INK}" stroke-width="1.1">{TASK_ICONS[kind]}</g>'
    bottom = box.y + box.height
    has_plus = not shape.is_expanded and (is_container or kind == "callActivity")
    if has_plus:
        plus = f"M{x - 7:g} {bottom - 17:g}h14v14h-14zM{x:g} {bottom - 14:g}v8M{x - 4:g} {bottom - 10:g}h8"
        figure += f'<path d="{plus}" fill="none" stroke="{INK}"/>'
    repeated = _repeated(shape.node)
    if repeated:
        figure += loop_marker(repeated, x - (16 if has_plus else 0), bottom)
    if is_container and shape.is_expanded:
        return figure + below(name, x, box.y + 8, box.width - 20, NAME_SIZE, css="bpmn-name")
    lines = len(wrap(name, box.width - 15, NAME_SIZE))
    # Three lines and more need the room beside the icon, so the text moves down a little.
    shift = 5 if kind in TASK_ICONS and lines > 2 else (-5 if has_plus else 0)
    return figure + centred(name, x, y + shift, box.width - 15, NAME_SIZE if lines <= 3 else 11, css="bpmn-name")


def _repeated(node: etree._Element) -> str:
    for child in node.iterchildren(etree.Element):
        if kind_of(child) == "multiInstanceLoopCharacteristics":
            return "sequential" if child.get("isSequential") == "true" else "parallel"
        if kind_of(child) == "standardLoopCharacteristics":
            return "loop"
    return ""


def _data(box: Box, kind: str) -> str:
    if kind == "dataStoreReference":
        x, y, right, bottom = box.x, box.y + 6, box.x + box.width, box.y + box.height - 6
        half = box.width / 2
        top = f"A{half:g} 6 0 0 0 {right:g} {y:g}A{half:g} 6 0 0 0 {x:g} {y:g}"
        return f'<path d="M{x:g} {y:g}{top}V{bottom:g}A{half:g} 6 0 0 0 {right:g} {bottom:g}V{y:g}" fill="#fff" stroke="{INK}"/>'
    fold = min(10.0, box.width / 3)
    return (
        f'<path d="M{box.x:g} {box.y:g}h{box.width - fold:g}l{fold:g} {fold:g}v{box.height - fold:g}h{-box.width:g}z'
        f'M{box.x + box.width - fold:g} {box.y:g}v{fold:g}h{fold:g}" fill="#fff" stroke="{INK}"/>'
    )


def _annotation(shape: Shape, translate: Translate) -> str:
    box = shape.box
    text = next((" ".join((child.text or "").split()) for child in shape.node.iterchildren(etree.Element) if kind_of(child) == "text"), "")
    figure = f'<path d="M{box.x + 10:g} {box.y:g}h-10v{box.height:g}h10" fill="none" stroke="{INK}"/>'
    return figure + centred(translate(text), *box.centre, box.width - 12, LABEL_SIZE, css="bpmn-label")


def _label(shape: Shape, name: str) -> str:
    if not name:
        return ""
    if shape.label is not None:
        return label_in(shape.label, name, shape.box.centre)
    box = shape.box
    return below(name, box.centre[0], box.y + box.height + 4, 90, LABEL_SIZE, css="bpmn-label")


def label_in(box: Box, name: str, owner: tuple[float, float]) -> str:
    """A label in the place that its author gave it. What doesn't fit there, a translation, grows away from what it belongs to."""
    x, y = box.centre
    lines = wrap(name, box.width + 4, LABEL_SIZE)
    if len(lines) * LABEL_SIZE * LEADING <= box.height + 6 and all(width(line, LABEL_SIZE) <= box.width + 4 for line in lines):
        return centred(name, x, y, box.width + 4, LABEL_SIZE, css="bpmn-label")
    is_beside = abs(x - owner[0]) > 8
    anchor = ("start" if x > owner[0] else "end") if is_beside else "middle"
    edge = {"start": box.x + 2, "end": box.x + box.width - 2, "middle": x}[anchor]
    upward = y < owner[1]
    room = max(box.width, 92.0)
    return grown(name, edge, box.y + box.height if upward else box.y, room, LABEL_SIZE, anchor=anchor, upward=upward, css="bpmn-label")


def _rect(box: Box) -> str:
    return f'x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}"'


def _dashed(dashes: str) -> str:
    return f' stroke-dasharray="{dashes}"' if dashes else ""
