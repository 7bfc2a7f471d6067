"""A form of another system as plain questions, and how it is written as a form of ours."""

from __future__ import annotations

import keyword
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from engine.foreign.notes import Notes
from engine.foreign.tree import words
from engine.forms.expressions import FUNCTIONS

_RESERVED = frozenset({"typename", "data", "true", "false", "none", *FUNCTIONS, *keyword.kwlist})
#: kind → what makes a field of it
_SHAPES: dict[str, dict[str, Any]] = {
    "text": {"type": "string"},
    "long_text": {"type": "string", "ui:widget": "textarea"},
    "email": {"type": "string", "format": "email"},
    "phone": {"type": "string", "format": "phone"},
    "number": {"type": "number"},
    "integer": {"type": "integer"},
    "money": {"type": "string", "format": "money"},
    "date": {"type": "string", "format": "date"},
    "time": {"type": "string", "format": "time"},
    "date_time": {"type": "string", "format": "date-time"},
    "choice": {"type": "string"},
    "choices": {"type": "array"},
    "yes_no": {"type": "boolean"},
    "person": {"type": "object", "format": "person"},
    "signature": {"type": "object", "format": "signature"},
    "photos": {"type": "array", "format": "photo"},
    "files": {"type": "array", "format": "file"},
    "rows": {"type": "array"},
}
_LIMITS = {
    "text": ("minLength", "maxLength", "pattern"), "long_text": ("minLength", "maxLength", "pattern"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    "integer": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    "choices": ("minItems", "maxItems"), "rows": ("minItems", "maxItems"), "files": ("minItems", "maxItems"),
    "photos": ("minItems", "maxItems"),
}  # fmt: skip
_NO_DEFAULT = frozenset({"person", "signature", "files", "photos", "rows"})
_NOT_A_COLUMN = frozenset({"signature", "rows"})


@dataclass(slots=True)
class Question:
    """One field."""

    #: the other system's variable
    variable: str
    #: one of `_SHAPES`
    kind: str
    title: str = ""
    required: bool = False
    help: str = ""
    #: (value, title)
    choices: tuple[tuple[str, str], ...] = ()
    limits: dict[str, Any] = field(default_factory=dict)
    default: Any = None
    placeholder: str = ""
    columns: tuple[Question, ...] = ()
    read_only: bool = False


@dataclass(slots=True)
class ForeignForm:
    """A form as it was found."""

    #: how the diagram names it
    key: str
    title: str
    questions: list[Question]
    #: variables that the other engine makes of it besides the fields, and the field that they mean here
    aliases: dict[str, str] = field(default_factory=dict)
    help: str = ""


@dataclass(frozen=True, slots=True)
class WrittenForm:
    """A form of ours."""

    key: str
    content: bytes
    #: the other system's variable → our field
    fields: dict[str, str]


def write(form: ForeignForm, key: str, notes: Notes) -> WrittenForm | None:
    """The form under our `key`; None where it asks nothing that can be asked here."""
    properties, required, names = _properties(form.questions, notes, key)
    if not properties:
        return None
    schema: dict[str, Any] = {"title": form.title.strip() or key, "type": "object"}
    if form.help.strip():
        schema["description"] = form.help.strip()[:2_000]
    if required:
        schema["required"] = required
    schema["properties"] = properties
    aliases = {variable: names[meant] for variable, meant in form.aliases.items() if meant in names}
    return WrittenForm(key, orjson.dumps(schema, option=orjson.OPT_INDENT_2) + b"\n", {**names, **aliases})


def _properties(questions: Sequence[Question], notes: Notes, key: str) -> tuple[dict[str, Any], list[str], dict[str, str]]:
    properties: dict[str, Any] = {}
    required: list[str] = []
    names: dict[str, str] = {}
    for question in questions:
        name = _field_name(question.variable, properties)
        if question.kind in ("choice", "choices") and not question.choices:
            notes.open("form-field", key, "欄位「{field}」的選項來自原系統的資料，這裡沒有；已改為文字欄位，請補上選項。",
                       field=question.variable)
            question.kind = "text"
        properties[name] = _field(question, notes, key)
        names[question.variable] = name
        if name != question.variable:
            notes.translated(
                "form-field-name", key,
                "欄位「{field}」改名為「{ours}」，引用它的條件已一併更改。",
                field=question.variable, ours=name)
        if question.required:
            required.append(name)
    return properties, required, names


def _field_name(variable: str, taken: dict[str, Any]) -> str:
    base = words(variable) or "field"
    if base in _RESERVED:
        base = f"{base}_value"
    name, number = base, 2
    while name in taken:
        name, number = f"{base}_{number}", number + 1
    return name


def _field(question: Question, notes: Notes, key: str) -> dict[str, Any]:
    written = {**_SHAPES[question.kind], "title": question.title.strip() or question.variable}
    if question.help.strip():
        written["description"] = question.help.strip()[:1_000]
    offered = [{"const": value, "title": title} for value, title in dict(question.choices).items() if value]
    if question.kind == "choice":
        written["oneOf"] = [{**each, "title": each["title"] or each["const"]} for each in offered]
    elif question.kind == "choices":
        written["items"] = {"type": "string", "oneOf": [{**each, "title": each["title"] or each["const"]} for each in offered]}
    elif question.kind == "rows":
        columns = [column for column in question.columns if column.kind not in _NOT_A_COLUMN]
        inner, required, _ = _properties(columns, notes, key)
        written["items"] = {"type": "object", "properties": inner, **({"required": required} if required else {})}
    written.update({name: question.limits[name] for name in _LIMITS.get(question.kind, ()) if question.limits.get(name) is not None})
    if question.placeholder and question.kind in ("text", "long_text", "number", "integer"):
        written["ui:placeholder"] = question.placeholder[:200]
    default = _default(question, {each["const"] for each in offered})
    if default is not None:
        written["default"] = default
        if question.read_only:
            written["readOnly"] = True
    elif question.read_only:
        notes.open("form-field", key, "欄位「{field}」在原系統中只供查看；這裡請改用「顯示」其他表單的欄位。", field=question.variable)
    return written


def _default(question: Question, offered: set[str]) -> Any:
    """The default where it fits the field; an expression of the other system never does."""
    value, kind = question.default, question.kind
    if value is None or kind in _NO_DEFAULT or (isinstance(value, str) and value.startswith(("${", "#{", "="))):
        return None
    if kind == "yes_no":
        return value if isinstance(value, bool) else {"true": True, "false": False}.get(str(value).lower())
    if kind == "integer":
        return int(value) if str(value).lstrip("-").isdecimal() else None
    if kind == "number":
        try:
            return float(value)
        except (TypeError, ValueError):
            return None
    if kind == "choices":
        return [each for each in value if isinstance(each, str) and each in offered] if isinstance(value, list) else None
    if kind == "choice":
        return value if isinstance(value, str) and value in offered else None
    return value if isinstance(value, str) and kind in ("text", "long_text") and value else None
