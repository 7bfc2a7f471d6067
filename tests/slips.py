"""A small procedure `p` that is numbered by its slip: a step with a limit, a wait of two days, another step; and a permit beside it."""

from __future__ import annotations

from tests.engine.spiff.xml import bpmn, chain, node, timer

_LIMITS = b"""
[[limit]]
id = "first"
name = "from the start to the first step"
clause = "x 1"
from = "instance:started"
to = "a:completed"
target = "PT4H"
"""
_BODY = (
    '<extensionElements><spiffworkflow:properties><spiffworkflow:property name="number" value="slip"/></spiffworkflow:properties>'
    "</extensionElements>" + node("s", "start")
    + node("a", "user", '<extensionElements><spiffworkflow:properties><spiffworkflow:property name="due" value="P1D"/>'
           "</spiffworkflow:properties></extensionElements>")
    + node("wait", "catch", timer("Duration", '"P2D"')) + node("b", "user") + node("e", "end") + chain("s a wait b e")
)
_PAPER = "<article><h1>slip</h1><p>{record.number}</p></article>".replace("{", "{{").replace("}", "}}").encode()

SLIPS = {"p.bpmn": bpmn(_BODY), "records/slip.html": _PAPER, "records/permit.html": _PAPER, "limits.toml": _LIMITS}
