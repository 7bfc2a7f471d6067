"""A refused form comes back whole: what was typed, and what is only to be read, which no browser sends."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.runtime import Runtime
from tests.builders import deploy, make_user, simple_process
from tests.webui.visitor import Visitor, text_of

pytestmark = pytest.mark.databases("sqlite")
_NAMESPACE = "http://spiffworkflow.org/bpmn/schema/1.0/core"
_PROPERTY = '<s:property name="{}" value="{}"/>'
_FORM = """{"title": "來電", "type": "object", "required": ["facts"], "properties": {
  "facts": {"type": "string", "title": "事實", "ui:desk": "words"}, "note": {"type": "string", "title": "備註"},
  "taken_by": {"type": "object", "format": "person", "title": "登記人", "ui:prefill": "@me", "readOnly": true}}}"""


def _with(properties: str) -> str:
    return f'<extensionElements xmlns:s="{_NAMESPACE}"><s:properties>{properties}</s:properties></extensionElements>'


@pytest.mark.parametrize("address", ["/start/call", "/desk/calls/call"])
def test_what_is_only_to_be_read_stays_on_the_page(runtime: Runtime, visit: Callable[..., Visitor], address: str) -> None:
    drawn = simple_process("call", ("file_it", "customer_service")).decode()
    start = f'<startEvent id="start">{_with(_PROPERTY.format("form", "call"))}</startEvent>'
    at_desk = f"</documentation>{_with(_PROPERTY.format('desk', '1'))}"
    drawn = drawn.replace('<startEvent id="start"/>', start).replace("</documentation>", at_desk)
    deploy(runtime, {"call.bpmn": drawn.encode(), "forms/call.json": _FORM.encode()})
    clerk = make_user(runtime, "customer_service")
    refused = visit(clerk).post(address, {"facts": "", "note": "請回電"})
    assert refused.status_code == 422
    page = refused.get_data(as_text=True)
    assert "請回電" in page
    form = page[page.index("登記人"):]
    assert clerk.name in form, text_of(refused)
