"""Differences, groups of cases and reasons as people say them."""

from __future__ import annotations

from engine.comparison import ElementChange, Property
from engine.migration import WORDS
from engine.migration_rules import Blocked
from webui.language import gettext

CHANGES = {"added": "新加", "removed": "刪去", "changed": "更改", "moved": "只移動位置"}
AREAS = {
    "form": "表單", "decision": "決策表", "record": "單據", "register": "台帳", "limits": "時限", "clauses": "手冊條款",
    "scenario": "情境測試", "words": "譯文", "diagram": "流程圖", "other": "其他檔案",
}
VERDICTS = {"blocked": "不能改用", "movable": "可以改用", "unaffected": "不受影響"}
RUNS = {"running": "進行中", "stopped": "已停止", "finished": "已完成", "undoing": "撤銷中", "undone": "已撤銷"}
RESULTS = {"planned": "等待中", "moved": "已改用", "refused": "未改用", "undone": "已撤銷", "kept": "未能撤銷"}
PROPOSALS = {"draft": "待部署", "asked": "等待核准", "deployed": "已部署", "refused": "未核准", "withdrawn": "已收回"}

_KINDS = {
    "userTask": "步驟", "manualTask": "步驟", "task": "步驟", "scriptTask": "自動步驟", "serviceTask": "自動步驟",
    "sendTask": "送出訊息", "receiveTask": "等待訊息", "businessRuleTask": "決策", "callActivity": "另一個流程",
    "subProcess": "階段", "transaction": "階段", "exclusiveGateway": "分岔", "parallelGateway": "同時進行",
    "inclusiveGateway": "分岔", "eventBasedGateway": "等待其一", "startEvent": "開始", "endEvent": "結束",
    "intermediateCatchEvent": "等待", "intermediateThrowEvent": "送出", "boundaryEvent": "步驟上的事件", "sequenceFlow": "路線",
    "messageFlow": "訊息路線", "lane": "角色的泳道", "participant": "流程的框", "process": "整個流程", "message": "訊息",
    "signal": "通知", "error": "錯誤", "escalation": "升級", "textAnnotation": "註記", "association": "註記的連線",
    "group": "框線",
}
_PROPERTIES = {
    "name": "名稱", "kind": "種類", "lane": "泳道", "inside": "所在階段", "documentation": "說明",
    "condition": "走這條路線的條件", "script": "自動執行的內容", "repeated": "逐項辦理", "default": "其他情況走的路線",
    "sourceRef": "起點", "targetRef": "終點", "calledElement": "另一個流程", "attachedToRef": "附在哪一步",
    "cancelActivity": "發生時中斷這一步", "isExecutable": "可以執行", "isInterrupting": "發生時中斷",
    "triggeredByEvent": "由事件開始", "messageRef": "訊息", "processRef": "流程", "text": "文字", "property:form": "表單",
    "property:record": "單據", "property:clause": "手冊條款", "property:due": "期限", "property:warn": "提前提醒",
    "property:calendar": "時間計法", "property:escalate_to": "逾期升級給", "property:require": "放行條件",
    "property:require_message": "不放行時的說明", "property:candidate_roles": "承辦角色（計算）",
    "property:assignee": "承辦人（計算）", "property:signers": "會簽人", "property:signature_rule": "會簽規則",
    "property:signer_form": "會簽人的表單", "property:signature": "須簽名的欄位", "property:outside": "由誰填寫",
    "property:attended_by": "由誰協助", "property:hand_over": "交給外部的方式", "property:channel": "辦理方式",
    "property:title": "案件標題", "property:number": "編號系列", "property:start_roles": "可發起的角色",
    "property:group": "發起頁的分組", "property:linked_to": "附在哪個流程的案件", "property:role": "角色",
    "property:correlation": "訊息怎樣對應案件", "event:timer": "時間", "event:message": "訊息", "event:signal": "通知",
    "event:conditional": "條件", "event:error": "錯誤", "event:escalation": "升級", "event:terminate": "結束整個流程",
    "extension:instructionsForEndUser": "給承辦人的說明", "extension:serviceTaskOperator": "自動辦理的動作",
    "extension:calledDecisionId": "決策表",
}


#: parts of a place in a form or in a file of limits
_PLACES = {
    "title": "標題", "description": "說明", "type": "類型", "format": "格式", "required": "必填欄位", "enum": "選項",
    "target": "時限", "warn": "提前提醒", "escalate_to": "逾期升級給", "from": "起算", "to": "停算", "name": "名稱",
    "clause": "手冊條款", "goal": "目標",
}


def kind_words(kind: str) -> str:
    """What an element of the diagram is."""
    return gettext(_KINDS.get(kind, "元素"))


def property_words(name: str) -> str:
    """What is said of it; an unknown one by its own name."""
    if " › " in name:
        return " › ".join(gettext(_PLACES[part]) if part in _PLACES else part for part in name.split(" › "))
    known = _PROPERTIES.get(name)
    return gettext(known) if known else name.removeprefix("property:").removeprefix("extension:")


def value_words(part: Property, value: str | None) -> str:
    """A property's value."""
    if value is None or value == "":
        return "—"
    if part.name == "kind":
        return kind_words(value)
    if value in ("true", "false"):
        return gettext("是") if value == "true" else gettext("否")
    return value


def title_of(change: ElementChange) -> str:
    """What is read aloud of it, and shown on hover."""
    lines = [f"{kind_words(change.kind)} {change.name or ''}".strip(), gettext(CHANGES[change.change.value])]
    lines += [f"{property_words(each.name)}: {value_words(each, each.before)} → {value_words(each, each.after)}"
              for each in change.properties[:6] if change.change.value == "changed"]  # fmt: skip
    return "\n".join(lines)


def reason_words(blocked: Blocked) -> str:
    """Why cases cannot be moved, without the step."""
    return gettext(WORDS[blocked.reason])
