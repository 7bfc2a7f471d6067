"""A small procedure that has one of everything a scenario can speak of; each file can be replaced by name."""

from __future__ import annotations

import json
from typing import Any

from engine.content import Organisation, read_organisation
from tests.engine.spiff.xml import bpmn, chain, flow, message, node, properties, timer

ORGANISATION: Organisation = read_organisation("""
fallback_role = "manager"
[roles]
clerk = {name = "文員", en = "Clerk"}
worker = {name = "工人", en = "Worker"}
manager = {name = "經理", en = "Manager"}
director = {name = "總監", en = "Director"}
administrator = {name = "管理員", en = "Administrator"}
tenant = {name = "業戶", en = "Tenant", outside = true}
[numbering]
slip = "S{yyyy}-{seq:03}"
""".encode())


def form(title: str, required: list[str], **fields: dict[str, Any]) -> bytes:
    """A form's file."""
    return json.dumps({"title": title, "type": "object", "required": required, "properties": fields}).encode()


def _text(title: str, **more: Any) -> dict[str, Any]:
    return {"type": "string", "title": title, **more}


def _lane(role: str, *elements: str) -> str:
    inside = "".join(f"<flowNodeRef>{element}</flowNodeRef>" for element in elements)
    return f'<lane id="{role}" name="{role}">{inside}</lane>'


DIAGRAM = bpmn(
    "<extensionElements><spiffworkflow:properties>"
    '<spiffworkflow:property name="title" value="{application.unit.label} {application.items}"/>'
    '<spiffworkflow:property name="number" value="slip"/></spiffworkflow:properties></extensionElements>'
    + "<laneSet id='lanes'>" + _lane("clerk", "begin", "correct") + _lane("manager", "review", "look_after")
    + _lane("worker", "carry_out", "check_each") + _lane("tenant", "sign_off") + "</laneSet>"
    + node("begin", "start", properties(form="application"))
    + node("review", "user", properties(form="review", due="PT1H", escalate_to="director", clause="small 1.1", record="slip"))
    + node("correct", "user")
    + node("carry_out", "user", properties(form="work", require='work["photos"] != []', require_message="須附照片。", clause="small 1.2"))
    + node("check_each", "user", properties(form="checking") + "<multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality>"
           "</multiInstanceLoopCharacteristics>")
    + node("sign_off", "user", properties(form="sign_off", outside="tenant", attended_by="clerk"))
    + chain("begin review") + node("is_approved", "xor", default="is_approved_correct") + chain("review is_approved")
    + flow("is_approved", "carry_out", 'review["outcome"] == "ok"') + flow("is_approved", "correct") + chain("correct review")
    + chain("carry_out check_each sign_off done:end")
    + node("stopped", "boundary", message("stop"), attachedToRef="carry_out") + chain("stopped stopped_early:end")
    + node("too_long", "boundary", timer("Duration", "P2D"), attachedToRef="carry_out", cancelActivity="false")
    + chain("too_long look_after:manual reminded:end"),
    before='<message id="stop" name="stop"/>', process='id="small" name="小流程" isExecutable="true"',
)

FILES: dict[str, bytes] = {
    "small.bpmn": DIAGRAM,
    "forms/application.json": form("申請", ["items"], items=_text("事項", index=True),
                                   unit={"type": "object", "format": "unit", "title": "單元"},
                                   tenant={"type": "object", "format": "tenant", "title": "業戶"},
                                   worker={"type": "object", "format": "person", "title": "工人"}),
    "forms/review.json": form("審核", ["outcome"], outcome=_text("結果", default="ok", oneOf=[
        {"const": "ok", "title": "同意"}, {"const": "back", "title": "退回"}]), note=_text("意見")),
    "forms/work.json": form("施工", [], photos={"type": "array", "format": "photo", "title": "照片"},
                            done_at=_text("時間", format="date-time")),
    "forms/checking.json": form("檢查", [], result=_text("結果")),
    "forms/sign_off.json": form("簽認", ["signature"], signature={"type": "object", "format": "signature", "title": "簽名"}),
    "records/slip.html": "<article><p>事項：{{application.items}}</p></article>".encode(),
    "limits.toml": """
[[limit]]
id = "reviewed"
name = "兩小時內審核"
clause = "small 1.1"
from = "begin:completed"
to = "review:completed"
target = "PT2H"
""".encode(),
    "clauses.toml": """
[[clause]]
number = "small 1.1"
zh-Hant = "及時審核。"
en = "Reviewed in time."
[[clause]]
number = "small 1.2"
zh-Hant = "施工留照片。"
en = "Work leaves photographs."
""".encode(),
}

HEAD = """\
name: {zh-Hant: 小事, en: A small thing}
clauses: [small 1.1]
at: 2026-03-02T09:00:00+08:00
start: {process: small, as: clerk, data: {items: 換燈, unit: A-1201, tenant: T-001, worker: worker}}
steps:
"""
