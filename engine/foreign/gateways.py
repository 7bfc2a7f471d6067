"""Decisions that were drawn but never written down: named ways out without a condition become a question in the step before them."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from engine.diagram import HUMAN_KINDS, local_name
from engine.foreign.notes import Notes
from engine.foreign.questions import ForeignForm, Question
from engine.foreign.tree import tag, words

_MOST = 12


def questions(root: etree._Element, with_forms: set[str], notes: Notes) -> Iterator[tuple[etree._Element, ForeignForm]]:
    """(step, form) for each such decision right after a step of people's work that has no form; its conditions are written.

    The conditions name a variable of the form, as the other system's would, so that they are translated like theirs.
    """
    nodes = {node.get("id", ""): node for node in root.iter() if node.get("id") and local_name(node)}
    arriving: dict[str, list[etree._Element]] = {}
    leaving: dict[str, list[etree._Element]] = {}
    for flow in root.iter(tag("sequenceFlow")):
        arriving.setdefault(flow.get("targetRef", ""), []).append(flow)
        leaving.setdefault(flow.get("sourceRef", ""), []).append(flow)
    for gateway in root.iter(tag("exclusiveGateway")):
        into, out = (flows.get(gateway.get("id", ""), []) for flows in (arriving, leaving))
        step = nodes.get(into[0].get("sourceRef", "")) if len(into) == 1 else None
        if step is None or local_name(step) not in HUMAN_KINDS or step.get("id") in with_forms or not 1 < len(out) <= _MOST:
            continue
        if any((flow.findtext(tag("conditionExpression")) or "").strip() or not flow.get("name", "").strip() for flow in out):
            continue
        with_forms.add(step.get("id", ""))
        choices = _choices(out)
        variable = f"decided_at_{gateway.get('id')}"
        for flow, (value, _) in zip(out, choices, strict=True):
            for old in flow.findall(tag("conditionExpression")):
                flow.remove(old)
            if flow.get("id") != gateway.get("default"):
                etree.SubElement(flow, tag("conditionExpression")).text = f'{variable} == "{value}"'
        if gateway.get("default") is None:
            # one of them has to be left where none of the answers fits
            gateway.set("default", out[-1].get("id", ""))
            for old in out[-1].findall(tag("conditionExpression")):
                out[-1].remove(old)
        title = gateway.get("name", "").strip() or step.get("name", "").strip()
        notes.translated("gateway-question", gateway, "「{name}」只畫了走向（{ways}）而沒有條件，已在「{step}」加上一題讓辦理的人選。",
                         ways="、".join(each for _, each in choices), step=step.get("name") or step.get("id", ""))
        question = Question(variable, "choice", title, required=True, choices=choices)
        yield step, ForeignForm(step.get("id", ""), step.get("name", ""), [question])


def _choices(flows: list[etree._Element]) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    for number, flow in enumerate(flows, 1):
        title = " ".join(flow.get("name", "").split())
        value = words(title) or f"way_{number}"
        found[value if value not in found else f"{value}_{number}"] = title
    return tuple(found.items())
