"""The form of one signer of a signature chain where the diagram names none: decision, opinion, signature. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import orjson

from engine.diagram import Diagram, Element
from engine.errors import InvalidError
from engine.forms import Form, load_form
from engine.signature_rules import Decision

KEY = "signer_decision"
#: targets of a send-back that need no element's id
APPLICANT, PREVIOUS = "applicant", "previous"
_WORDS = {
    "approve": Decision.APPROVE, "approved": Decision.APPROVE, "agree": Decision.APPROVE,
    "refuse": Decision.REFUSE, "refused": Decision.REFUSE, "reject": Decision.REFUSE, "disagree": Decision.REFUSE,
    "send_back": Decision.SEND_BACK, "return": Decision.SEND_BACK,
}
_SOURCE: dict[str, Any] = {
    "title": "會簽意見",
    "type": "object",
    "required": ["decision"],
    "properties": {
        "decision": {
            "type": "string", "title": "決定", "ui:widget": "radio",
            "oneOf": [
                {"const": "approve", "title": "同意"}, {"const": "refuse", "title": "不同意"}, {"const": "send_back", "title": "退回修改"},
            ],
        },
        "send_back_to": {
            "type": "string", "title": "退回到", "ui:show_if": {"field": "decision", "equals": "send_back"},
            "oneOf": [{"const": PREVIOUS, "title": "上一步"}, {"const": APPLICANT, "title": "申請人（最初一步）"}],
        },
        "opinion": {"type": "string", "ui:widget": "textarea", "title": "意見", "maxLength": 1000},
        "signature": {"type": "object", "format": "signature", "title": "簽名", "ui:prefill": "@me"},
    },
}


@cache
def built_in() -> Form:
    """The form itself."""
    return load_form(orjson.dumps(_SOURCE), KEY)


def forms_of(diagram: Diagram) -> dict[str, Form]:
    """The built-in form, where an element of the process uses it."""
    used = any(element.signers and not element.signer_form for element in diagram.elements.values())
    return {KEY: built_in()} if used else {}


def form_key(element: Element) -> str:
    """The form that a signer of the element fills in."""
    return element.signer_form or KEY


def without_sending_back(form: Form) -> Form:
    """The form as somebody outside the company sees it, who agrees or refuses."""
    fields = tuple(
        replace(field, choices=tuple(each for each in field.choices if _WORDS.get(each.value) is not Decision.SEND_BACK))
        if field.name == "decision" else field
        for field in form.fields if field.name != "send_back_to"
    )
    layout = tuple(replace(group, fields=tuple(name for name in group.fields if name != "send_back_to")) for group in form.layout)
    return replace(form, fields=fields, layout=layout)


def decision_of(answer: Mapping[str, Any]) -> Decision:
    """What a signer said; a form without a decision says yes by being sent."""
    said = answer.get("decision")
    if said in (None, ""):
        return Decision.APPROVE
    decision = _WORDS.get(str(said))
    if decision is None:
        raise InvalidError(reason="會簽的決定只能是同意、不同意或退回。")
    return decision


def opinion_of(answer: Mapping[str, Any]) -> str:
    """The opinion in words."""
    said = answer.get("opinion")
    return said.strip() if isinstance(said, str) else ""
