"""Reads a scenario's YAML into `story` values, and says file and line of whatever it cannot read. Runs nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import isodate

from engine.model import JsonObject
from engine.scenarios.story import (
    IMPERSONAL_VERBS,
    ITEM_VERBS,
    UNSAID,
    Additions,
    Expectation,
    ExpectedItem,
    ExpectedRecord,
    ExtraPerson,
    ExtraTenant,
    ItemChoice,
    Performer,
    Refusal,
    RelativeTime,
    Scenario,
    Step,
    Verb,
)
from engine.scenarios.yaml_text import Node, ScenarioUnreadableError, read_yaml

__all__ = ["ScenarioUnreadableError", "read_scenario", "read_scenarios"]

_HEAD = frozenset({"name", "clauses", "at", "company", "timers", "start", "steps"})
_START = frozenset({"process", "as", "data", "site", "note", "expect", "refused"})
_VERBS = frozenset(verb.value for verb in Verb)
_ANY_STEP = frozenset({"note", "expect", "refused"})
#: verb → keys that it takes besides `note`, `expect`, `refused`
_STEP_KEYS: dict[Verb, frozenset[str]] = {
    Verb.START: frozenset({"as", "data", "site"}),
    Verb.COMPLETE: frozenset({"as", "data", "item", "in"}),
    Verb.CLAIM: frozenset({"as", "item", "in"}),
    Verb.UNCLAIM: frozenset({"as", "item", "in"}),
    Verb.ASSIGN: frozenset({"as", "to", "item", "in"}),
    Verb.DELEGATE: frozenset({"as", "to", "item", "in"}),
    Verb.RESOLVE: frozenset({"as", "data", "item", "in"}),
    Verb.RETURN: frozenset({"as", "to", "reason", "item", "in"}),
    Verb.CANCEL: frozenset({"as", "in"}),
    Verb.SUSPEND: frozenset({"as", "in"}),
    Verb.RESUME: frozenset({"as", "in"}),
    Verb.RETRY: frozenset({"as", "in"}),
    Verb.SEND: frozenset({"as", "correlation", "data"}),
    Verb.SIGNAL: frozenset({"as", "data"}),
    Verb.ADVANCE: frozenset(),
    Verb.UNTIL: frozenset(),
    Verb.EXPECT: frozenset(),
}
_EXPECT = frozenset({"open", "includes", "absent", "overdue", "late", "limits", "figures", "ended", "state", "incident", "data", "records",
                     "history", "title", "business_key", "sent", "in"})
_ITEM = frozenset({"element", "role", "assignee", "owner", "state", "escalated", "overdue", "outside", "data"})
_LIMIT_STATES = frozenset({"running", "met", "breached", "missed", "apart", "cancelled", "none"})
_FIGURES = frozenset({"met", "missed", "apart", "running", "excluded", "gaps", "share", "average", "reached"})
_UNIT = re.compile(r"[^-\s]+-\S+")


def read_scenarios(files: Mapping[str, bytes]) -> tuple[list[Scenario], list[ScenarioUnreadableError]]:
    """Every `scenarios/*.yaml` of a deployment's files, in order of their names, and what could not be read."""
    scenarios: list[Scenario] = []
    errors: list[ScenarioUnreadableError] = []
    for name in sorted(files):
        if name.startswith("scenarios/") and name.endswith((".yaml", ".yml")):
            try:
                scenarios.append(read_scenario(files[name], name))
            except ScenarioUnreadableError as error:
                errors.append(error)
    return scenarios, errors


def read_scenario(raw: bytes, file: str) -> Scenario:
    """One scenario. ScenarioUnreadableError names the line and what was wrong there."""
    root = read_yaml(raw, file, {"!now": _relative_now, "!today": _relative_today})
    head = root.mapping("情境", _HEAD)
    for key in ("name", "at", "start"):
        if key not in head:
            raise root.error("缺少「{key}」", key=key)
    names = {key: entry.text("名稱") for key, entry in head["name"].mapping("名稱", frozenset({"zh-Hant", "en"})).items()}
    if set(names) != {"zh-Hant", "en"}:
        raise head["name"].error("名稱需有 zh-Hant 和 en")
    steps = [_start(head["start"])]
    if "steps" in head:
        steps += [_step(entry) for entry in head["steps"].items("steps")]
    return Scenario(
        file=file, names=names,
        clauses=tuple(_texts(head["clauses"], "clauses")) if "clauses" in head else (),
        begins_at=_moment(head["at"]),
        company=_additions(head["company"]) if "company" in head else Additions(),
        steps=tuple(steps),
        timers=tuple(_texts(head["timers"], "timers")) if "timers" in head else None,
    )


def _start(node: Node) -> Step:
    entries = node.mapping("start", _START)
    for key in ("process", "as"):
        if key not in entries:
            raise node.error("缺少「{key}」", key=key)
    return Step(Verb.START, node.line, entries["process"].text("process"), _performer(entries["as"]), site=_optional_text(entries, "site"),
                data=_data(entries), expect=_expectation(entries["expect"]) if "expect" in entries else None,
                refused=_refusal(entries["refused"]) if "refused" in entries else None)


def _step(node: Node) -> Step:
    entries = node.mapping("步驟")
    verbs = [key for key in entries if key in _VERBS and key != Verb.EXPECT]
    if not verbs and Verb.EXPECT in entries:
        verbs = [Verb.EXPECT]
    if len(verbs) != 1:
        every = ", ".join(verb.value for verb in Verb)
        raise node.error("每一步須有且只有一個動作（{verbs}），這一步有：{found}", verbs=every, found=", ".join(verbs) or "—")
    verb = Verb(verbs[0])
    entries = node.mapping(f"「{verb}」步驟", _STEP_KEYS[verb] | _ANY_STEP | {verb.value})
    performer = _performer(entries["as"]) if "as" in entries else None
    if performer is None and verb not in IMPERSONAL_VERBS:
        raise node.error("「{verb}」缺少「as」：由誰來做", verb=verb.value)
    if "refused" in entries and verb in IMPERSONAL_VERBS:
        raise entries["refused"].error("「{verb}」不會被拒絕", verb=verb.value)
    subject = entries[verb.value]
    return Step(
        verb, node.line, "" if verb is Verb.EXPECT else subject.text(verb), performer, _data(entries),
        to=_performer(_needed(node, entries, "to")) if verb in (Verb.ASSIGN, Verb.DELEGATE) else None,
        to_element=_needed(node, entries, "to").text("to") if verb is Verb.RETURN else "",
        reason=_needed(node, entries, "reason").text("reason") if verb is Verb.RETURN else "",
        correlation=_object(entries["correlation"]) if "correlation" in entries else {},
        item=_item_choice(entries["item"]) if "item" in entries and verb in ITEM_VERBS else None,
        process=_optional_text(entries, "in"), site=_optional_text(entries, "site"),
        advance=_duration(subject) if verb is Verb.ADVANCE else None,
        until=_moment(subject) if verb is Verb.UNTIL else None,
        expect=_expectation(entries["expect"]) if "expect" in entries else None,
        refused=_refusal(entries["refused"]) if "refused" in entries else None,
    )


def _expectation(node: Node) -> Expectation:
    entries = node.mapping("expect", _EXPECT)
    limits = {key: entry.text("limits") for key, entry in entries["limits"].mapping("limits").items()} if "limits" in entries else {}
    for limit, state in limits.items():
        if state not in _LIMIT_STATES:
            states = ", ".join(sorted(_LIMIT_STATES))
            raise entries["limits"].error("時限「{limit}」的狀態應為 {states}", limit=limit, states=states)
    return Expectation(
        line=node.line,
        open=_items(entries["open"]) if "open" in entries else None,
        includes=_items(entries["includes"]) if "includes" in entries else (),
        absent=_texts(entries["absent"], "absent") if "absent" in entries else (),
        overdue=_texts(entries["overdue"], "overdue") if "overdue" in entries else None,
        late=_boolean(entries["late"]) if "late" in entries else UNSAID,
        limits=limits,
        figures=_figures(entries["figures"]) if "figures" in entries else {},
        ended=_ended(entries["ended"]) if "ended" in entries else UNSAID,
        state=entries["state"].text("state") if "state" in entries else UNSAID,
        incident=entries["incident"].value() if "incident" in entries else UNSAID,
        data=_object(entries["data"]) if "data" in entries else {},
        records=tuple(_record(entry) for entry in entries["records"].items("records")) if "records" in entries else (),
        history=_texts(entries["history"], "history") if "history" in entries else (),
        title=entries["title"].value() if "title" in entries else UNSAID,
        business_key=entries["business_key"].value() if "business_key" in entries else UNSAID,
        sent=_texts(entries["sent"], "sent") if "sent" in entries else (),
        process=_optional_text(entries, "in"),
    )


def _figures(node: Node) -> dict[str, dict[str, Any]]:
    return {key: {name: each.value() for name, each in entry.mapping("figures", _FIGURES).items()}
            for key, entry in node.mapping("figures").items()}  # fmt: skip


def _items(node: Node) -> tuple[ExpectedItem, ...]:
    return tuple(_item(entry) for entry in node.items("工作清單"))


def _item(node: Node) -> ExpectedItem:
    if not node.is_mapping():
        return ExpectedItem(node.text("元素"))
    entries = node.mapping("工作", _ITEM)
    plain = _ITEM - {"element", "overdue", "data"}
    said: dict[str, Any] = {key: entries[key].value() for key in plain if key in entries}
    if "overdue" in entries:
        said["overdue"] = _boolean(entries["overdue"])
    return ExpectedItem(_needed(node, entries, "element").text("element"), data=_data(entries), **said)


def _record(node: Node) -> ExpectedRecord:
    if not node.is_mapping():
        return ExpectedRecord(node.text("記錄"))
    entries = node.mapping("記錄", frozenset({"record", "number", "shows"}))
    number = entries["number"].value() if "number" in entries else UNSAID
    shows = _texts(entries["shows"], "shows") if "shows" in entries else ()
    return ExpectedRecord(_needed(node, entries, "record").text("record"), number, shows)


def _ended(node: Node) -> Any:
    if node.is_list():
        return _texts(node, "ended")
    value = node.value()
    if value is False:
        return False
    if not isinstance(value, str):
        raise node.error("ended 應為結束事件的編號、其清單，或 false")
    return (value,)


def _refusal(node: Node) -> Refusal:
    if not node.is_mapping():
        return Refusal(node.text("refused"))
    entries = node.mapping("refused", frozenset({"code", "field"}))
    if not entries:
        raise node.error("refused 需有 code 或 field")
    return Refusal(_optional_text(entries, "code"), _optional_text(entries, "field"))


def _item_choice(node: Node) -> ItemChoice:
    if node.is_mapping():
        return _object(node)
    value = node.value()
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise node.error("item 應為從 1 起的序號，或「資料路徑: 值」")
    return value


def _performer(node: Node) -> Performer:
    if not node.is_mapping():
        return Performer(node.text("as"))
    entries = node.mapping("as", frozenset({"role", "person"}))
    return Performer(_needed(node, entries, "role").text("role"), _optional_text(entries, "person"))


def _additions(node: Node) -> Additions:
    entries = node.mapping("company", frozenset({"units", "tenants", "people"}))
    units = _texts(entries["units"], "units") if "units" in entries else ()
    for unit in units:
        if not _UNIT.fullmatch(unit):
            raise entries["units"].error("單元「{unit}」應寫作「樓座-室號」，例如 A-1203", unit=unit)
    tenants = tuple(_tenant(entry) for entry in entries["tenants"].items("tenants")) if "tenants" in entries else ()
    people = tuple(_person(entry) for entry in entries["people"].items("people")) if "people" in entries else ()
    return Additions(units, tenants, people)


def _tenant(node: Node) -> ExtraTenant:
    entries = node.mapping("業戶", frozenset({"code", "name", "unit"}))
    code, name = (_needed(node, entries, key).text(key) for key in ("code", "name"))
    return ExtraTenant(code, name, _optional_text(entries, "unit"))


def _person(node: Node) -> ExtraPerson:
    entries = node.mapping("人員", frozenset({"name", "roles"}))
    return ExtraPerson(_needed(node, entries, "name").text("name"), _texts(_needed(node, entries, "roles"), "roles"))


def _needed(node: Node, entries: Mapping[str, Node], key: str) -> Node:
    if key not in entries:
        raise node.error("缺少「{key}」", key=key)
    return entries[key]


def _optional_text(entries: Mapping[str, Node], key: str) -> str | None:
    return entries[key].text(key) if key in entries else None


def _texts(node: Node, what: str) -> tuple[str, ...]:
    return tuple(entry.text(what) for entry in node.items(what))


def _data(entries: Mapping[str, Node]) -> JsonObject:
    return _object(entries["data"]) if "data" in entries else {}


def _object(node: Node) -> JsonObject:
    node.mapping("資料")
    value: JsonObject = node.value()
    return value


def _boolean(node: Node) -> bool:
    value = node.value()
    if not isinstance(value, bool):
        raise node.error("應為 true 或 false")
    return value


def _duration(node: Node) -> timedelta:
    return _parse_duration(node, node.text("時長"), negative=False)


def _parse_duration(node: Node, text: str, *, negative: bool) -> timedelta:
    if not any(character.isdigit() for character in text):
        raise node.error("「{text}」不是 ISO 8601 時長，例如 PT20M", text=text)
    try:
        value = isodate.parse_duration(text)
    except (isodate.ISO8601Error, ValueError) as error:
        raise node.error("「{text}」不是 ISO 8601 時長，例如 PT20M", text=text) from error
    if not isinstance(value, timedelta):
        raise node.error("「{text}」含年或月，長短不定，請改用天", text=text)
    if value < timedelta(0) and not negative:
        raise node.error("「{text}」為負，時鐘只能前進", text=text)
    return value


def _moment(node: Node) -> datetime:
    text = node.text("時間")
    try:
        value = datetime.fromisoformat(text)
    except ValueError as error:
        raise node.error("「{text}」不是日期時間，例如 2026-03-02T09:00:00+08:00", text=text) from error
    if value.tzinfo is None:
        raise node.error("「{text}」缺少時區，例如 2026-03-02T09:00:00+08:00", text=text)
    return value


def _relative_now(node: Node, text: str) -> RelativeTime:
    return RelativeTime(_parse_duration(node, text, negative=True) if text else timedelta(0))


def _relative_today(node: Node, text: str) -> RelativeTime:
    return RelativeTime(_parse_duration(node, text, negative=True) if text else timedelta(0), is_date=True)
