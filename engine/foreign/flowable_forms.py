"""Forms of Flowable and Activiti: properties written into the diagram, and files of its form editor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lxml import etree

from engine.foreign.notes import Notes
from engine.foreign.questions import ForeignForm, Question

_TYPES = {"string": "text", "long": "integer", "integer": "integer", "double": "number", "boolean": "yes_no", "date": "date",
          "enum": "choice", "user": "person"}
_FIELDS = {
    "text": "text", "multi-line-text": "long_text", "integer": "integer", "decimal": "number", "amount": "money", "date": "date",
    "boolean": "yes_no", "dropdown": "choice", "radio-buttons": "choice", "people": "person", "upload": "files",
}
_ORNAMENTS = frozenset({"spacer", "horizontal-line", "headline", "headline-with-line"})
#: the field that holds which button a person pressed
OUTCOME = "outcome"


def properties(entries: list[etree._Element], key: str, title: str, notes: Notes) -> ForeignForm:
    """The `formProperty` elements of a start event or a user task."""
    questions = []
    for entry in entries:
        variable = entry.get("variable") or entry.get("id", "")
        kind = _TYPES.get(entry.get("type", "string"))
        if kind is None:
            notes.open("form-field", entry, "表單欄位「{field}」的類型「{type}」沒有對應的欄位，已當作文字。",
                       field=variable, type=entry.get("type", ""))
        if entry.get("expression"):
            notes.open("form-field", entry, "表單欄位「{field}」的值由運算式「{expression}」算出，請在這裡的表單設定預填或計算。",
                       field=variable, expression=entry.get("expression", ""))
        choices = tuple((each.get("id", ""), each.get("name", "")) for each in entry if etree.QName(each).localname == "value")
        if variable:
            questions.append(Question(
                variable, kind or "text", entry.get("name", ""), required=entry.get("required") == "true", choices=choices,
                default=entry.get("default"), read_only=entry.get("writable") == "false"))
    return ForeignForm(key, title, questions)


def is_form(content: Mapping[str, Any]) -> bool:
    """Whether a JSON document is a form of Flowable's."""
    return isinstance(content.get("fields"), list)


def form(content: Mapping[str, Any], stem: str, notes: Notes) -> ForeignForm:
    """A form file. The buttons that a form ends with become a choice."""
    key = str(content.get("key") or stem)
    found = ForeignForm(key, str(content.get("name") or ""), [], help=str(content.get("description") or ""))
    found.questions = list(_questions(content["fields"], key, notes))
    buttons = content.get("outcomes")
    outcomes = tuple(
        (str(each.get("id") or each.get("name") or ""), str(each.get("name") or each.get("id") or ""))
        for each in (buttons if isinstance(buttons, list) else ()) if isinstance(each, Mapping))
    if outcomes:
        variable = str(content.get("outcomeVariableName") or f"form_{key}_outcome")
        found.questions.append(Question(OUTCOME, "choice", "處理結果", required=True, choices=outcomes))
        found.aliases[variable] = OUTCOME
        notes.translated("form-outcomes", key, "表單的按鈕「{outcomes}」已成為選項欄位「{field}」。",
                         outcomes="、".join(title for _, title in outcomes), field=OUTCOME)
    return found


def _questions(fields: list[Any], key: str, notes: Notes) -> Iterator[Question]:
    for each in fields:
        if not isinstance(each, Mapping):
            continue
        kind = str(each.get("type", ""))
        if kind == "container":
            columns = each.get("fields")
            rows = columns.values() if isinstance(columns, Mapping) else [columns or []]
            for row in rows:
                yield from _questions(row if isinstance(row, list) else [], key, notes)
        elif kind in _FIELDS:
            yield _question(each, kind)
        elif kind not in _ORNAMENTS:
            notes.open("form-field", key, "表單中的「{type}」沒有對應的欄位，已略去。",
                       type=f"{kind} {each.get('name') or each.get('id') or ''}".strip())


def _question(each: Mapping[str, Any], kind: str) -> Question:
    params = each.get("params")
    params = params if isinstance(params, Mapping) else {}
    offered = each.get("options")
    question = Question(
        str(each.get("id") or "field"), _FIELDS[kind], str(each.get("name") or ""), required=bool(each.get("required")),
        default=each.get("value"), placeholder=str(each.get("placeholder") or ""), read_only=bool(each.get("readOnly")))
    question.choices = tuple(
        (str(option.get("id") or option.get("name") or ""), str(option.get("name") or ""))
        for option in (offered if isinstance(offered, list) else ()) if isinstance(option, Mapping) and not _is_prompt(option, each))
    named = (("minLength", "minLength"), ("maxLength", "maxLength"), ("regexPattern", "pattern"), ("minValue", "minimum"),
             ("maxValue", "maximum"))
    for theirs, ours in named:
        if isinstance(value := params.get(theirs), int | float) or (ours == "pattern" and isinstance(value, str) and value):
            question.limits[ours] = value
    return question


def _is_prompt(option: Mapping[str, Any], each: Mapping[str, Any]) -> bool:
    """The first line of a drop-down that only says `Please choose one...`."""
    return bool(each.get("hasEmptyValue")) and option is each["options"][0] and not option.get("id")
