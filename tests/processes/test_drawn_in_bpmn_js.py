"""Other modelers read our diagrams as we do: bpmn-js opens each without a warning and shows every element of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import etree
from playwright.sync_api import Page

from engine.diagram import BPMN

ROOT = Path(__file__).parents[2]
VIEWER = ROOT / "webui" / "frontend" / "node_modules" / "bpmn-js" / "dist" / "bpmn-viewer.production.min.js"
DIAGRAMS = sorted(ROOT.glob("bpmn/*/*.bpmn"))
OPEN = """async (xml) => {
    const viewer = new BpmnJS({container: document.body});
    try {
        const {warnings} = await viewer.importXML(xml);
        return {warnings: warnings.map((each) => each.message), shown: viewer.get("elementRegistry").getAll().map((each) => each.id)};
    } finally {
        viewer.destroy();
    }
}"""
#: what has an id and is no picture
UNSEEN = {"definitions", "process", "collaboration", "laneSet", "message", "signal", "error", "escalation", "timerEventDefinition",
          "messageEventDefinition", "terminateEventDefinition", "signalEventDefinition", "errorEventDefinition"}  # fmt: skip


def seen(xml: bytes) -> set[str]:
    """The ids of everything in a file that a diagram shows."""
    elements = (node for node in etree.fromstring(xml).iter(f"{{{BPMN}}}*") if node.get("id"))
    return {node.get("id", "") for node in elements if etree.QName(node).localname not in UNSEEN}


@pytest.mark.browser
def test_every_diagram_opens_whole(new_page: Callable[..., Page]) -> None:
    """One page for all of them."""
    page = new_page()
    page.add_script_tag(path=VIEWER)
    for path in DIAGRAMS:
        opened = page.evaluate(OPEN, path.read_text("utf-8"))
        assert opened["warnings"] == [], path.name
        assert seen(path.read_bytes()) - set(opened["shown"]) == set(), path.name
