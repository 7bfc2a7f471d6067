"""The smallest process in which somebody without an account fills in a form: a tenant agrees to a price, attended by the worker."""

from __future__ import annotations

import orjson

from engine.runtime import Runtime
from tests.builders import Definition, deploy

QUOTE = {"title": "報價", "type": "object", "properties": {"amount": {"type": "string", "title": "金額"}, "unit": {
    "type": "object", "format": "unit", "title": "房號"}}}
ANSWER = {
    "title": "報價確認",
    "type": "object",
    "required": ["agreed"],
    "properties": {
        "agreed": {"type": "boolean", "title": "同意以上報價"},
        "remark": {"type": "string", "title": "意見", "maxLength": 50},
        "photos": {"type": "array", "format": "photo", "title": "照片"},
    },
    "ui:show": ["quote.amount"],
}
SIGNED = {
    **ANSWER,
    "required": ["agreed", "signature"],
    "properties": {**ANSWER["properties"], "signature": {"type": "object", "format": "signature", "title": "業戶簽名"}},  # type: ignore[dict-item]
}
PO = """msgid "業戶確認報價"
msgstr "Tenant agrees to the price"

msgid "同意以上報價"
msgstr "I agree to the price above"

msgid "金額"
msgstr "Amount"
"""


def deploy_pricing(runtime: Runtime, *, is_signed: bool = False, hand_over: str = "", outside: str = "tenant") -> Definition:
    """Deploy `pricing`: the form `quote`, then `agree_price` by the outside person, then `carry_out`."""
    extra = f'<s:property name="hand_over" value="{hand_over}"/>' if hand_over else ""
    bpmn = f"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="urn:t"
    xmlns:s="http://spiffworkflow.org/bpmn/schema/1.0/core">
  <collaboration id="c"><participant id="p" name="報價" processRef="pricing"/></collaboration>
  <process id="pricing" name="報價" isExecutable="true">
    <extensionElements><s:properties><s:property name="title" value="報價 {{quote.amount}}"/></s:properties></extensionElements>
    <laneSet id="lanes">
      <lane id="repair_worker" name="維修"><flowNodeRef>begin</flowNodeRef><flowNodeRef>carry_out</flowNodeRef>
        <flowNodeRef>finish</flowNodeRef></lane>
      <lane id="tenant" name="租戶"><flowNodeRef>agree_price</flowNodeRef></lane>
    </laneSet>
    <startEvent id="begin"><extensionElements><s:properties><s:property name="form" value="quote"/></s:properties></extensionElements>
      <outgoing>f1</outgoing></startEvent>
    <userTask id="agree_price" name="業戶確認報價">
      <extensionElements><s:properties><s:property name="form" value="answer"/><s:property name="outside" value="{outside}"/>
        <s:property name="attended_by" value="repair_worker"/>{extra}</s:properties></extensionElements>
      <incoming>f1</incoming><outgoing>f2</outgoing>
    </userTask>
    <userTask id="carry_out" name="維修"><incoming>f2</incoming><outgoing>f3</outgoing></userTask>
    <endEvent id="finish"><incoming>f3</incoming></endEvent>
    <sequenceFlow id="f1" sourceRef="begin" targetRef="agree_price"/>
    <sequenceFlow id="f2" sourceRef="agree_price" targetRef="carry_out"/>
    <sequenceFlow id="f3" sourceRef="carry_out" targetRef="finish"/>
  </process>
</definitions>"""
    files = {
        "pricing.bpmn": bpmn.encode(),
        "forms/quote.json": orjson.dumps(QUOTE),
        "forms/answer.json": orjson.dumps(SIGNED if is_signed else ANSWER),
        "locale/en.po": PO.encode(),
    }
    return deploy(runtime, files)
