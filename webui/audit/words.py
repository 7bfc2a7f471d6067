"""Tells acts of the log in the reader's language, and where what they are about can be looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import flask

from engine.company.entries import KINDS
from engine.interventions import Verb
from engine.model import Actor
from engine.permissions import may
from engine.queries.audit import AuditRow
from engine.queries.audit_sources import AuditKind
from engine.retention.kinds import SUBJECTS, Kind
from engine.settings import purposes
from webui.cases import story
from webui.devices import device_name
from webui.directory import shown
from webui.display import channel_name, titled
from webui.language import gettext

#: source language
KINDS_OF_ACTS = {
    AuditKind.CASE: "案件", AuditKind.INTERVENTION: "批次介入", AuditKind.PEOPLE: "帳號與權限", AuditKind.DIRECTORY: "目錄與價目",
    AuditKind.SETTINGS: "規則與設定", AuditKind.PROCEDURE: "流程發布", AuditKind.IDENTITY: "查看身份資料", AuditKind.EXPORT: "匯出檔案",
    AuditKind.SESSION: "登入記錄", AuditKind.ERASURE: "刪除個人資料",
}
#: those that managers read of their sites
_SITED = (AuditKind.CASE, AuditKind.DIRECTORY)
_SENTENCES = {
    "identity.looked": "查看身份資料", "cases.intervened": "主管介入：{verb}（{total} 件）",
    "cases.migrated": "將 {total} 件案件改用第 {version} 版",
    "limit.set": "訂定要求 {target}，自 {effective_from} 起", "limit.withdrawn": "收回要求 {target}", "procedure.deployed": "發布流程",
    "procedure.granted": "更改誰可設計和發布", "procedure.rule_changed": "更改發布前是否須他人核准",
    "list.exported": "匯出{name}，{row_count} 列",
    "draft.kept": "保存草稿的第 {number} 版「{version_name}」", "proposal.asked": "提出新版本，請他人核准",
    "import.read": "讀入活頁簿，{line_count} 行",
    "import.confirmed": "確認匯入：新增 {new_count} 列、更改 {changed_count} 列",
    "personal.erased": "刪除個人資料：{done_count} 件、{value_count} 項資料、{file_count} 個檔案",
    "session.begun": "已登入", "session.ended": "結束了登入", "session.failed": "登入失敗",
}
#: of what is in no form of the directory
_ACTIONS = {**shown.ACTIONS, "revoked": "已撤銷", "retried": "已重新排入", "cancelled": "已取消", "held": "設定法律保全",
            "lifted": "解除法律保全", "removed": "改為跟隨一般規則", "resumed": "接手繼續", "undone": "撤銷", "deleted": "已永久刪除"}
_OF_DIRECTORY = {
    "person": "帳號", "substitute": "代理", "token": "程式權杖", "calendar": "工作曆", "numbering": "編號規則", "template": "訊息文字",
    "price": "價目", "job": "背景作業", "retention": "保存規則", "setting": "系統設定", "import": "匯入",
}
_LISTS = {
    "todo": "待辦", "done": "已辦", "started": "我發起的", "copied": "抄送我的", "cases": "全部案件", "audit": "操作記錄",
    "directory": "目錄", "ledger": "收費", "register": "台帳", "limit": "時限與指標", "month_pack": "月報",
    "event_log": "事件日誌", "interventions": "介入記錄", "bank": "託收檔案", "master_data": "主檔", "reconciliation": "對賬表",
}
#: source language
_DECISIONS = {"deployed": "核准並發布新版本", "refused": "不核准新版本", "withdrawn": "撤回新版本"}
_RUNS = {"interventions": "批次介入", "migrations": "案件改版", "imports": "匯入資料", "erasures": "按規則刪除個人資料",
         "plays": "推演"}
_RUN_PAGES = {
    "interventions": ("cases.intervention", "intervention_id"), "migrations": ("rollouts.run", "run_id"),
    "imports": ("imports.show", "import_id"), "erasures": ("retention.run", "run_id"),
}
_METHODS = {"password": "密碼", "oidc": "單一登入", "link": "設定密碼的連結"}


@dataclass(frozen=True, slots=True)
class Line:
    """One act, ready to be read."""

    at: datetime
    #: None for the system and the command line
    who: str | None
    kind: str
    text: str
    about: str
    #: where that is; None where there is no page of it
    address: str | None
    #: what else is known: a reason, an address, fields that were changed
    more: str
    way: str
    row: AuditRow
    is_bad: bool = False


def kinds(actor: Actor) -> list[tuple[str, str]]:
    """Kinds that one may ask for, as a form offers them."""
    return [(kind.value, gettext(name)) for kind, name in KINDS_OF_ACTS.items() if kind in _SITED or may(actor, "audit:read-all")]


def line(row: AuditRow) -> Line:
    """An act in words."""
    told = _case_words(row) if row.event is not None else None
    text, more, is_bad = told if told is not None else (_text(row), _more(row), row.action == "session.failed")
    who = row.actor_name
    if row.on_behalf_name:
        who = gettext("{name}（代 {away}）", name=row.actor_name, away=row.on_behalf_name)
    way = channel_name(row.channel) if row.channel else ""
    return Line(row.at, who, gettext(KINDS_OF_ACTS[row.kind]), text, _about(row), _address(row), more, way, row, is_bad)


def _case_words(row: AuditRow) -> tuple[str, str, bool]:
    assert row.event is not None
    assert row.definition_id is not None
    (told,) = story.tell((row.event,), int(row.about_id), row.definition_id)
    return told.text, told.reason, told.look == "bad"


def _text(row: AuditRow) -> str:
    if row.action == "proposal.decided":
        return gettext(_DECISIONS.get(str(row.detail.get("state")), "提出新版本，請他人核准"))
    sentence = _SENTENCES.get(row.action)
    if sentence is None:
        return gettext(_ACTIONS[row.action]) if row.action in _ACTIONS else row.action
    values = {name: str(value) for name, value in row.detail.items()}
    values |= {name: "—" for name in ("target", "effective_from", "total", "version", "row_count") if name not in values}
    if row.action == "cases.intervened":
        values["verb"] = gettext(story.VERBS[Verb(row.detail["verb"])])
    if row.action == "list.exported":
        values["name"] = gettext(_LISTS.get(row.about_id.partition(".")[0], row.about_id))
    wanted = {name: value for name, value in values.items() if f"{{{name}}}" in sentence}
    return gettext(sentence, **wanted) if wanted else gettext(sentence)


def _about(row: AuditRow) -> str:
    if row.about == "case":
        return row.title or row.business_key or f"#{row.about_id}"
    if row.about == "list":
        return ""
    if row.about == "setting":
        return gettext(purposes().get(row.about_id, row.about_id))
    if row.about == "run":
        kind, _, run_id = row.about_id.partition(":")
        name, _ = row.detail.get("name") or ("", None)
        return " ".join(filter(None, (gettext(_RUNS.get(kind, kind)), f"#{run_id}", name)))
    if row.about == "retention_run":
        return " · ".join(filter(None, (gettext(SUBJECTS[Kind(row.title)].name) if row.title else "", row.detail.get("procedure", ""))))
    if row.about == "retention":
        kind, _, procedure = row.about_id.partition(":")
        return " · ".join(filter(None, (gettext(SUBJECTS[Kind(kind)].name), procedure))) if kind in set(Kind) else gettext("法律保全")
    if row.kind in (AuditKind.PEOPLE, AuditKind.DIRECTORY, AuditKind.SETTINGS) and row.about != "limit":
        kind = gettext(KINDS[row.about].name if row.about in KINDS else _OF_DIRECTORY[row.about])
        return f"{titled(kind)} {row.title or _named(row)}".strip()
    return row.title or f"#{row.about_id}"


def _named(row: AuditRow) -> str:
    """What the change itself calls the entry, else its id or code."""
    for name in ("name", "display_name", "code") if row.about != "job" else ():
        pair = row.detail.get(name)
        if isinstance(pair, list) and pair[-1]:
            return str(pair[-1])
    return f"#{row.about_id}" if row.about_id.isdecimal() else row.about_id


def _more(row: AuditRow) -> str:
    detail = row.detail
    if row.action == "session.begun":
        method = gettext(_METHODS.get(str(detail.get("method")), ""))
        return " · ".join(part for part in (method, device_name(str(detail.get("device", ""))), str(detail.get("address", ""))) if part)
    if row.action == "session.failed":
        return str(detail.get("address", ""))
    if row.action == "identity.looked":
        return str(detail.get("what", ""))
    said = [str(detail[name]) for name in ("reason", "note") if isinstance(detail.get(name), str)]
    if row.kind in (AuditKind.PEOPLE, AuditKind.DIRECTORY, AuditKind.SETTINGS):
        said += [_pair(row.about, name, pair) for name, pair in detail.items()
                 if isinstance(pair, list) and len(pair) == 2 and any(value not in (None, "", []) for value in pair)
                 and not (row.about in _OF_DIRECTORY and name == "name")]
    if row.kind == AuditKind.EXPORT and detail.get("query"):
        query = str(detail["query"])
        said.append(query if query.startswith("/") else f"?{query}")
    return " · ".join(said)


def _pair(kind: str, name: str, pair: list[Any]) -> str:
    """A field with what it was and is; personal ones only for those who see them."""
    label = gettext(shown.changed_label(kind, name))
    was, now = (shown.changed_words(kind, name, value) for value in pair)
    return f"{label} {was} → {now}" if pair[0] not in (None, "", []) else f"{label} {now}"


def _address(row: AuditRow) -> str | None:
    made = _ADDRESSES.get(row.about)
    return made(row) if made is not None else None


def _run_address(kind: str, run_id: str) -> str | None:
    if kind not in _RUN_PAGES:
        # forgotten: the record is all that is left
        return None
    endpoint, name = _RUN_PAGES[kind]
    values: dict[str, Any] = {name: int(run_id)}
    return flask.url_for(endpoint, **values)


def _entry(row: AuditRow) -> str:
    return flask.url_for("directory.show", kind=row.about, entry_id=int(row.about_id))


_ADDRESSES: Mapping[str, Callable[[AuditRow], str | None]] = {
    "case": lambda row: flask.url_for("cases.show", instance_id=int(row.about_id)),
    **dict.fromkeys(("person", "site", "building", "unit", "tenant", "tenancy"), _entry),
    "price": lambda row: flask.url_for("prices.show", code=row.about_id),
    "calendar": lambda row: flask.url_for("house_rules.calendars"),
    "numbering": lambda row: flask.url_for("house_rules.numbering"),
    "template": lambda row: flask.url_for("delivery.template", key=row.about_id),
    "substitute": lambda row: flask.url_for("substitutes.overview"),
    "draft": lambda row: flask.url_for("designer.overview"),
    "proposal": lambda row: flask.url_for("rollouts.show", proposal_id=int(row.about_id)),
    "import": lambda row: flask.url_for("imports.show", import_id=int(row.about_id)),
    "run": lambda row: _run_address(*row.about_id.split(":")),
    "setting": lambda row: flask.url_for("settings.overview"),
    "retention": lambda row: flask.url_for("retention.holds" if row.about_id.startswith("hold:") else "retention.overview"),
    "retention_run": lambda row: flask.url_for("retention.run", run_id=int(row.about_id)),
    "job": lambda row: flask.url_for("jobs.overview"),
    "token": lambda row: flask.url_for("tokens.overview"),
    "limit": lambda row: flask.url_for("limits.show", limit_id=row.about_id),
    "procedure": lambda row: flask.url_for("rollouts.overview"),
    "migration": lambda row: flask.url_for("rollouts.run", run_id=int(row.about_id)),
    "intervention": lambda row: flask.url_for("cases.intervention", intervention_id=int(row.about_id)),
}
