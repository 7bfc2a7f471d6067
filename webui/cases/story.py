"""Tells the events of a case in sentences. What no sentence is known for is told by its kind, never left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from engine import corrections
from engine.forms.display import text_of
from engine.interventions import Verb
from engine.model import Channel
from engine.queries.history import HistoryRow
from engine.queries.people import names
from engine.retention.kinds import SUBJECTS, Kind
from webui.display import moment, role_name
from webui.language import gettext
from webui.unit_of_work import current
from webui.wording import called_by, content, limit_name, texts, worded

#: event → (sentence, look: `done`, `bad` or nothing)
SENTENCES: dict[str, tuple[str, str]] = {
    "instance.started": ("發起案件", "done"),
    "instance.taken_over": ("自紙本轉入，停在「{step}」", "done"),
    "instance.completed": ("案件完成", "done"),
    "instance.suspended": ("暫停案件", ""),
    "instance.resumed": ("恢復案件", ""),
    "instance.cancelled": ("取消案件", "bad"),
    "work_item.claimed": ("簽收「{step}」", ""),
    "work_item.unclaimed": ("放回「{step}」", ""),
    "work_item.assigned": ("將「{step}」指派給{person}", ""),
    "work_item.delegated": ("將「{step}」委派給{person}", ""),
    "work_item.resolved": ("答覆並交回「{step}」", ""),
    "work_item.completed": ("辦結「{step}」", "done"),
    "work_item.returned": ("由「{step}」退回到「{target}」", "bad"),
    "work_item.moved": ("將案件由「{step}」移到「{target}」", "bad"),
    "work_item.warned": ("「{step}」即將到期，已提醒", ""),
    "work_item.overdue": ("「{step}」已逾期", "bad"),
    "work_item.rescheduled": ("工作曆更改，「{step}」的期限改為 {due}", ""),
    "work_item.due_changed": ("將「{step}」的期限改為 {due}", ""),
    "variable.corrected": ("更正「{field}」：{was}，改為 {now}", "bad"),
    "instance.intervened": ("主管介入：{verb}", ""),
    "work_item.escalated": ("「{step}」逾期，已升級給{role}", "bad"),
    "limit.started": ("時限開始：{limit}", ""),
    "limit.stopped": ("時限結束：{limit}", ""),
    "limit.kept": ("按時完成：{limit}", "done"),
    "limit.warned": ("時限將到：{limit}", ""),
    "limit.breached": ("超過時限：{limit}", "bad"),
    "limit.missed": ("未達規定：{limit}", "bad"),
    "limit.paused": ("時限暫停：{limit}", ""),
    "limit.resumed": ("時限繼續：{limit}", ""),
    "limit.rescheduled": ("工作曆更改，{limit}改至 {due}", ""),
    "limit.cancelled": ("時限取消：{limit}", ""),
    "limit.settled": ("月份已結，指標不再改變：{limit}", ""),
    "limit.failed": ("時限無法計算：{limit}", "bad"),
    "timer.fired": ("到了預定時間", ""),
    "message.received": ("收到訊息「{name}」", ""),
    "message.sent": ("送出訊息「{name}」", ""),
    "signal.received": ("收到通知「{name}」", ""),
    "incident.created": ("執行「{step}」時出錯，等待主管處理", "bad"),
    "incident.resolved": ("異常已處理", ""),
    "record.issued": ("開出單據 {record}", "done"),
    "tenancy.opened": ("業戶 {tenant} 入住單元 {unit}，自 {since} 起計費", "done"),
    "tenancy.ended": ("業戶 {tenant} 搬離單元 {unit}", "done"),
    "values.erased": ("按保存規則刪除：{kinds}", ""),
    "record.voided": ("作廢單據 {record}", "bad"),
    "instance.migrated": ("改用第 {version} 版流程", ""),
    "instance.migration_undone": ("撤銷改版，回到第 {version} 版流程", ""),
    "instance.moved": ("案件繼續", ""),
    "time.corrected": ("更正「{what}」的發生時刻：{before}，改為 {after}{closed}", ""),
    "outside_link.created": ("為「{step}」建立一次性連結", ""),
    "outside_link.revoked": ("收回「{step}」的一次性連結", ""),
    "instance.revoked": ("撤銷案件", "bad"),
    "instance.voided": ("作廢案件", "bad"),
    "reporter.added": ("又有人報告同一件事", ""),
    "reporter.told": ("已告知報告人", "done"),
    "reporter.not_reached": ("報告人聯絡不上", ""),
    "instance.copied": ("抄送案件", ""),
    "comment.added": ("寫了留言", ""),
    "comment.edited": ("修改留言", ""),
    "comment.struck": ("劃去留言", "bad"),
    "attachment.added": ("加入附件「{file}」", ""),
    "attachment.struck": ("劃去附件「{file}」", "bad"),
    "work_item.nudged": ("催辦「{step}」", ""),
    "phone_call.recorded": ("電話通知{contact}：{result}", ""),
    "approval.decided": ("{role}簽署「{step}」：{decision}", "done"),
    "approval.withdrawn": ("撤回對「{step}」的會簽", ""),
    "approval.signer_added": ("為「{step}」加簽：{role}", ""),
    "approval.signer_removed": ("為「{step}」減簽：{role}", ""),
    "approval.handed_over": ("將「{step}」的會簽轉給{person}", ""),
}

#: what managers do with a case
VERBS = {
    Verb.REASSIGN: "改派", Verb.REMIND: "催辦", Verb.DUE: "更改期限", Verb.SUSPEND: "暫停", Verb.RESUME: "恢復", Verb.CANCEL: "取消案件",
    Verb.RETRY: "重試異常", Verb.CORRECT: "更正欄位", Verb.REPEAT: "由某步重新辦理",
}
#: what came of a telephone call
CALL_RESULTS = {"reached": "已通知到", "not_reached": "未接通", "calls_back": "對方稍後回電"}
#: what a signer said
DECISIONS = {"approve": "已同意", "refuse": "未同意", "send_back": "已退回"}


@dataclass(frozen=True, slots=True)
class Told:
    """One event, ready to be read."""

    text: str
    at: datetime
    #: when it is said to have happened, where that differs
    claimed_at: datetime | None
    #: None for the system
    who: str | None
    channel: str
    #: `done`, `bad` or empty
    look: str
    #: free text that somebody gave with it
    reason: str = ""
    element_id: str | None = None
    #: number of the event, where this person may say that it happened at another time
    correctable: int | None = None
    #: when it is said to have happened since it was put right
    corrected_to: datetime | None = None


def tell(rows: Iterable[HistoryRow], instance_id: int, definition_id: int, *, may_correct: bool = False) -> tuple[Told, ...]:
    """The events of one case in the reader's language, in the order given."""
    rows = tuple(rows)
    steps = _Steps(instance_id)
    wanted = {row.detail["to"] for row in rows if isinstance(row.detail.get("to"), int)}
    people = names(current(), wanted) if wanted else {}
    told = (_told(row, definition_id, people, steps) for row in rows)
    return tuple(
        replace(each, correctable=row.seq) if may_correct and corrections.is_correctable(row) else each
        for row, each in zip(rows, told, strict=True)
    )


def _told(row: HistoryRow, definition_id: int, people: Mapping[int, str], steps: _Steps) -> Told:
    sentence, look = SENTENCES.get(row.type, ("{type}", ""))
    version = row.definition_id or definition_id
    fields = _Lazy({
        "step": lambda: steps.name(row.element_id, version), "target": lambda: steps.name(row.detail.get("to"), version),
        "person": lambda: people.get(row.detail.get("to", 0), "—"),
        "limit": lambda: limit_name(str(row.detail.get("limit", "")), version, definition_id),
        "role": lambda: _role(row.detail), "record": lambda: str(row.detail.get("number") or row.detail.get("record") or ""),
        "decision": lambda: gettext(DECISIONS.get(str(row.detail.get("decision", "")), "")),
        "file": lambda: str(row.values.get("file") or "—"),
        "contact": lambda: str(row.values.get("name", "—")), "result": lambda: gettext(CALL_RESULTS.get(str(row.detail.get("result")), "")),
        "name": lambda: str(row.detail.get("name", "")), "type": lambda: row.type, "version": lambda: str(row.detail.get("version", "")),
        "tenant": lambda: str(row.values.get("tenant_name") or row.detail.get("tenant", "—")),
        "what": lambda: steps.name(row.element_id, version) if row.element_id else gettext("發起案件"),
        "before": lambda: _moment(row.detail.get("before")), "after": lambda: _moment(row.detail.get("after")),
        "kinds": lambda: texts(version).listed([gettext(SUBJECTS[Kind(each)].name) for each in row.detail["kinds"]]),
        "closed": lambda: gettext("（所屬月份已結，時限的數字不變）") if row.detail.get("kept") else "",
        "unit": lambda: str(row.detail.get("unit", "")), "since": lambda: str(row.detail.get("since", "")),
        "due": lambda: _moment(row.detail.get("due_at")),
        "verb": lambda: gettext(VERBS[Verb(row.detail["verb"])]),
        **{name: partial(_corrected, row, name, version) for name in ("field", "was", "now")},
    })
    needed = {name: fields.get(name) for name in fields.known if f"{{{name}}}" in sentence}
    spoken = next((row.values[name] for name in ("reason", "opinion", "text", "note") if row.values.get(name)), None)
    reason = spoken or _answer(row.values.get("answer"))
    return Told(
        text=gettext(sentence, **needed) if needed else gettext(sentence), at=row.at,
        claimed_at=row.claimed_at if row.claimed_at and abs((row.at - row.claimed_at).total_seconds()) >= 60 else None,
        who=_who(row), channel=row.channel, look=look,
        reason=reason if isinstance(reason, str) else "", element_id=row.element_id, corrected_to=row.corrected_to,
    )


def _who(row: HistoryRow) -> str | None:
    """Who it was, and for whom; None for the system."""
    if row.actor_id is None and row.channel != Channel.LINK:
        return None
    if row.on_behalf_name:
        return gettext("{name}（代 {away}）", name=row.actor_name, away=row.on_behalf_name)
    return row.actor_name


class _Steps:
    """Names of steps; those of called procedures are looked up only when the case's own diagram doesn't know one."""

    def __init__(self, instance_id: int) -> None:
        self._instance_id = instance_id
        self._called: tuple[int, ...] | None = None

    def name(self, element_id: Any, definition_id: int) -> str:
        found = self._named(str(element_id), definition_id)
        if found is None and element_id:
            if self._called is None:
                self._called = called_by(self._instance_id)
            found = next((name for each in self._called if (name := self._named(str(element_id), each))), None)
        return found or str(element_id or "—")

    def _named(self, element_id: str, definition_id: int) -> str | None:
        element = content(definition_id).diagram.elements.get(element_id)
        return worded(element.name, definition_id) if element is not None and element.name else None


class _Lazy:
    """Fields of a sentence, worked out only where it has them."""

    def __init__(self, makers: Mapping[str, Callable[[], str]]) -> None:
        self.known = tuple(makers)
        self._makers = makers

    def get(self, name: str) -> str:
        return self._makers[name]()


def _corrected(row: HistoryRow, part: str, definition_id: int) -> str:
    """The field that was put right, or what it holds, as people read it."""
    form_key, _, name = str(row.detail.get("variable", "")).partition(".")
    form = content(definition_id).forms.get(form_key)
    field = next((each for each in form.fields if each.name == name), None) if form is not None else None
    if part == "field":
        return worded(field.title, definition_id) if field is not None else name
    value = (row.values.get("before" if part == "was" else "after") or {}).get(name)
    return (text_of(field, value, texts(definition_id)) if field is not None else str(value or "")) or "—"


def _moment(value: Any) -> str:
    return moment(datetime.fromisoformat(value)) if isinstance(value, str) else "—"


def _role(detail: Mapping[str, Any]) -> str:
    return role_name(str(detail.get("role", detail.get("to", ""))))


def _answer(answer: Any) -> str:
    if isinstance(answer, Mapping):
        return "；".join(str(value) for value in answer.values() if isinstance(value, str) and value)
    return ""
