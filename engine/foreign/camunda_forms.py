"""Forms of Camunda 7: fields written into the diagram (generated forms), and files of its form editor (form-js)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lxml import etree

from engine.foreign.notes import Notes
from engine.foreign.questions import ForeignForm, Question
from engine.foreign.tree import CAMUNDA

_TYPES = {"string": "text", "long": "integer", "double": "number", "boolean": "yes_no", "date": "date", "enum": "choice"}
#: constraint of a generated form → our limit
_CONSTRAINTS = {"minlength": "minLength", "maxlength": "maxLength", "min": "minimum", "max": "maximum"}
_COMPONENTS = {
    "textfield": "text", "textarea": "long_text", "number": "number", "checkbox": "yes_no", "checklist": "choices", "taglist": "choices",
    "radio": "choice", "select": "choice", "filepicker": "files", "dynamiclist": "rows",
}
#: components that only arrange others
_FRAMES = frozenset({"group", "columns", "default"})
#: components that ask nothing and say nothing
_ORNAMENTS = frozenset({"button", "spacer", "separator"})
_VALIDATIONS = ("minLength", "maxLength", "pattern")


def generated(data: etree._Element, key: str, title: str, notes: Notes) -> ForeignForm:
    """The `formData` of a start event or a user task."""
    questions = []
    for entry in data.iterfind(f"{{{CAMUNDA}}}formField"):
        kind = _TYPES.get(entry.get("type", "string"))
        if kind is None:
            notes.open(
                "form-field", data, "表單欄位「{field}」的類型「{type}」沒有對應的欄位，已當作文字。",
                field=entry.get("id", ""), type=entry.get("type", ""))
        choices = tuple((each.get("id", ""), each.get("name", "")) for each in entry.iterfind(f"{{{CAMUNDA}}}value"))
        question = Question(entry.get("id", ""), kind or "text", entry.get("label", ""), choices=choices, default=entry.get("defaultValue"))
        for rule in entry.iterfind(f"{{{CAMUNDA}}}validation/{{{CAMUNDA}}}constraint"):
            _constrain(question, rule, notes, data)
        for each in entry.iterfind(f"{{{CAMUNDA}}}properties/{{{CAMUNDA}}}property"):
            notes.open("form-field", data, "表單欄位「{field}」的自訂屬性「{property}」沒有帶過來。",
                       field=question.variable, property=f"{each.get('id')}={each.get('value')}")
        if question.variable:
            questions.append(question)
    return ForeignForm(key, title, questions)


def _constrain(question: Question, rule: etree._Element, notes: Notes, owner: etree._Element) -> None:
    name, config = rule.get("name", ""), rule.get("config", "")
    if name == "required":
        question.required = config != "false"
    elif name == "readonly":
        question.read_only = config != "false"
    elif name in _CONSTRAINTS and config.lstrip("-").isdecimal():
        question.limits[_CONSTRAINTS[name]] = int(config)
    else:
        notes.open("form-field", owner, "表單欄位「{field}」的檢查「{check}」由原系統的程式執行，請改用這裡的限制或條件。",
                   field=question.variable, check=f"{name} {config}".strip())


def is_form_js(content: Mapping[str, Any]) -> bool:
    """Whether a JSON document is a file of the form editor."""
    return isinstance(content.get("components"), list)


def form_js(content: Mapping[str, Any], stem: str, notes: Notes) -> ForeignForm:
    """A `.form` file."""
    key = content.get("id")
    form = ForeignForm(key if isinstance(key, str) and key else stem, "", [])
    form.questions = list(_questions(content["components"], form, notes))
    return form


def _questions(components: Sequence[Any], form: ForeignForm, notes: Notes) -> Iterator[Question]:
    for each in components:
        if not isinstance(each, Mapping):
            continue
        kind = str(each.get("type", ""))
        if kind in _FRAMES:
            yield from _questions(_list(each.get("components")), form, notes)
        elif kind == "text":
            _keep_text(str(each.get("text", "")), form)
        elif kind in _COMPONENTS or kind == "datetime":
            yield _question(each, kind, form, notes)
        elif kind not in _ORNAMENTS:
            notes.open("form-field", form.key, "表單中的「{type}」沒有對應的欄位，已略去。",
                       type=f"{kind} {each.get('label') or each.get('key') or ''}".strip())


def _question(each: Mapping[str, Any], kind: str, form: ForeignForm, notes: Notes) -> Question:
    variable, checks = str(each.get("key") or each.get("path") or each.get("id") or "field"), each.get("validate")
    checks = checks if isinstance(checks, Mapping) else {}
    question = Question(
        variable, _kind(each, kind), str(each.get("label") or each.get("dateLabel") or each.get("timeLabel") or ""),
        required=bool(checks.get("required")), help=str(each.get("description") or ""), default=each.get("defaultValue"),
        read_only=bool(each.get("readonly") or each.get("disabled")))
    question.choices = tuple(
        (str(value.get("value", "")), str(value.get("label", ""))) for value in _list(each.get("values")) if isinstance(value, Mapping))
    question.limits = {name: checks[name] for name in _VALIDATIONS if name in checks}
    question.limits |= {ours: checks[theirs] for theirs, ours in (("min", "minimum"), ("max", "maximum")) if theirs in checks}
    question.columns = tuple(_questions(_list(each.get("components")), form, notes)) if question.kind == "rows" else ()
    if each.get("conditional"):
        notes.open("form-field", form.key, "欄位「{field}」有顯示條件「{condition}」，請在這裡的表單重新設定。",
                   field=variable, condition=str(each["conditional"])[:200])
    return question


def _kind(each: Mapping[str, Any], kind: str) -> str:
    checks = each.get("validate") if isinstance(each.get("validate"), Mapping) else {}
    if kind == "datetime":
        return {"time": "time", "datetime": "date_time"}.get(str(each.get("subtype")), "date")
    if kind == "textfield" and checks:
        return {"email": "email", "phone": "phone"}.get(str(checks.get("validationType")), "text")
    if kind == "number" and each.get("decimalDigits") == 0:
        return "integer"
    return _COMPONENTS[kind]


def _keep_text(text: str, form: ForeignForm) -> None:
    """A heading becomes the form's title, other text its explanation."""
    line = text.strip()
    if line.startswith("#") and not form.title and "\n" not in line:
        form.title = line.lstrip("# ")
    elif line:
        form.help = f"{form.help}\n{line}".strip()


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
