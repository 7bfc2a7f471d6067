"""Whether a diagram is drawn whole, and a drawing by lanes where it isn't."""

from __future__ import annotations

import math

from lxml import etree

from engine.diagram import FLOW_NODE_KINDS, local_name
from engine.foreign.intake import ForeignRefusedError
from engine.foreign.notes import Notes
from engine.foreign.tree import tag
from engine.layout import lay_out

_DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
_DC = "{http://www.omg.org/spec/DD/20100524/DC}"
_WAYPOINT = "{http://www.omg.org/spec/DD/20100524/DI}waypoint"


#: steps of a drawing that is laid out while somebody waits: a few seconds; one that is drawn may have as many as a deployment takes
MOST = 500


def is_too_large(root: etree._Element) -> bool:
    """Whether it has more steps than can be laid out while somebody waits."""
    return sum(local_name(node) in FLOW_NODE_KINDS for node in root.iter()) > MOST


def is_drawn(root: etree._Element) -> bool:
    """Whether every step, lane and flow has its place."""
    shapes = {_local(shape): shape.find(f"{_DC}Bounds") for shape in root.iter(f"{_DI}BPMNShape")}
    edges = {_local(edge): edge.findall(_WAYPOINT) for edge in root.iter(f"{_DI}BPMNEdge")}
    wanted = [node.get("id", "") for node in root.iter() if local_name(node) in FLOW_NODE_KINDS | {"participant", "lane"}]
    if not all(_is_place(shapes.get(identity)) for identity in wanted):
        return False
    return all(len(edges.get(flow.get("id", ""), ())) > 1 for flow in root.iter(tag("sequenceFlow")))


def draw(root: etree._Element, notes: Notes, *, why: str) -> bytes:
    """The file laid out anew; `why` is a source sentence."""
    if is_too_large(root):
        raise ForeignRefusedError(
            "圖形沒有座標，而且步驟過多（上限 {limit} 個），無法排版。請在原來的工具中分成幾張圖。", notes.file, limit=MOST)
    left = list(root.iter(*map(tag, ("textAnnotation", "group", "dataObjectReference", "dataStoreReference"))))
    for node in left:
        text = (node.findtext(tag("text")) or node.get("name") or node.get("id") or "").strip()
        notes.open("not-drawn", node, "註解或資料「{text}」仍在檔案中，但重畫後沒有位置。需要時請在圖上再畫一次。", text=text[:200])
    process = next(root.iter(tag("process")), None)
    notes.translated("laid-out", process, why)
    return lay_out(etree.tostring(root, encoding="UTF-8"))


def _is_place(bounds: etree._Element | None) -> bool:
    try:
        return bounds is not None and all(math.isfinite(float(bounds.get(name, "nan"))) for name in ("x", "y", "width", "height"))
    except ValueError:
        return False


def _local(node: etree._Element) -> str:
    return node.get("bpmnElement", "").rpartition(":")[2]
