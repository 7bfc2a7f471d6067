"""Reads one field of a form: which kind it is, what limits it, and whether its hints are written rightly."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import jsonschema_rs

from engine.forms.conditions import Condition, ConditionError, read_condition
from engine.forms.expressions import FUNCTIONS, Expression, ExpressionSyntaxError, read_expression
from engine.forms.model import DESK_PARTS, DOSSIER_TOPICS, REFERENCES, Choice, Field, FieldKind

NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
#: would be mistaken for something else in the engine's state or in an expression
RESERVED = frozenset({"typename", "data", "true", "false", "none", *FUNCTIONS, *keyword.kwlist})
DEFAULT_LENGTH = {FieldKind.TEXT: 200, FieldKind.LONG_TEXT: 4_000}
DEFAULT_ITEMS = {FieldKind.ROWS: 50, FieldKind.PHOTOS: 5, FieldKind.FILES: 5}
MAX_ITEMS = 500
MAX_TEXT = 20_000
RADIO_UP_TO = 5

_COMMON = frozenset(
    {
        "title",
        "description",
        "type",
        "format",
        "default",
        "readOnly",
        "$comment",
        "ui:prefill",
        "ui:show_if",
        "ui:compute",
        "ui:width",
        "ui:placeholder",
        "ui:desk",
        "ui:dossier",
        "ui:personal",
        "ui:contact",
        "index",
    }
)
_LENGTHS = {"minLength", "maxLength", "pattern", "ui:pattern_message", "ui:widget"}
_NUMBERS = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "ui:unit"}
_OWN: dict[FieldKind, set[str]] = {
    FieldKind.TEXT: _LENGTHS,
    FieldKind.LONG_TEXT: _LENGTHS,
    FieldKind.NUMBER: _NUMBERS,
    FieldKind.INTEGER: _NUMBERS,
    FieldKind.MONEY: {"minimum", "maximum"},
    FieldKind.DATE: set(),
    FieldKind.TIME: set(),
    FieldKind.DATE_TIME: {"ui:not_future"},
    FieldKind.CHOICE: {"oneOf", "ui:widget"},
    FieldKind.CHOICES: {"items", "minItems", "maxItems", "uniqueItems"},
    FieldKind.YES_NO: {"const"},
    FieldKind.PERSON: {"ui:role"},
    FieldKind.UNIT: set(),
    FieldKind.TENANT: set(),
    FieldKind.PHOTOS: {"minItems", "maxItems"},
    FieldKind.FILES: {"minItems", "maxItems"},
    FieldKind.SIGNATURE: set(),
    FieldKind.ROWS: {"items", "minItems", "maxItems"},
}
_LIMITS = frozenset(
    {
        "minLength",
        "maxLength",
        "pattern",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minItems",
        "maxItems",
    }
)
#: (type, format) → kind, where these two decide it
_KINDS = {
    ("string", "money"): FieldKind.MONEY,
    ("string", "date"): FieldKind.DATE,
    ("string", "time"): FieldKind.TIME,
    ("string", "date-time"): FieldKind.DATE_TIME,
    ("string", "email"): FieldKind.TEXT,
    ("string", "phone"): FieldKind.TEXT,
    ("number", ""): FieldKind.NUMBER,
    ("integer", ""): FieldKind.INTEGER,
    ("boolean", ""): FieldKind.YES_NO,
    ("object", "person"): FieldKind.PERSON,
    ("object", "unit"): FieldKind.UNIT,
    ("object", "tenant"): FieldKind.TENANT,
    ("object", "signature"): FieldKind.SIGNATURE,
    ("array", "photo"): FieldKind.PHOTOS,
    ("array", "file"): FieldKind.FILES,
}
_NOT_OF_COLUMNS = frozenset({"ui:show_if", "index", "ui:prefill", "readOnly", "ui:desk", "ui:dossier"})
_COMPUTABLE = frozenset({FieldKind.TEXT, FieldKind.NUMBER, FieldKind.INTEGER, FieldKind.MONEY, FieldKind.YES_NO})


class FieldRefused(ValueError):  # noqa: N818 - it is turned into FormDefinitionError where the form's key is known
    """Something at `path` is written wrongly; `reason` says what, in the source language."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(reason)
        self.path = path
        self.reason = reason


def read_field(name: str, raw: Any, required: bool, path: str, *, column: bool = False) -> Field:
    """One field, or with `column` one column of a table of rows."""
    if not NAME.fullmatch(name) or name in RESERVED:
        raise FieldRefused(path, "欄位名須為小寫英文、數字和底線，且不能是保留字。")
    if not isinstance(raw, Mapping):
        raise FieldRefused(path, "欄位須為物件。")
    kind = _kind(raw, path)
    if column and (kind in (FieldKind.SIGNATURE, FieldKind.ROWS) or _NOT_OF_COLUMNS & set(raw)):
        raise FieldRefused(path, "表格的欄不能是簽名或表格，也不能有條件、預填、唯讀和索引。")
    if unknown := sorted(set(raw) - _COMMON - _OWN[kind]):
        raise FieldRefused(f"{path}.{unknown[0]}", "這種欄位沒有這個關鍵字。")
    compute = _compute(raw, kind, path)
    field = Field(
        name=name,
        kind=kind,
        title=_string(raw, "title", path, needed=True),
        required=required and compute is None,
        help=_string(raw, "description", path),
        choices=_choices(raw, kind, path),
        columns=_columns(raw, path) if kind is FieldKind.ROWS else (),
        limits=_limits(raw, kind, path),
        pattern_message=_string(raw, "ui:pattern_message", path),
        text_format=_string(raw, "format", path) if kind is FieldKind.TEXT else "",
        not_future=_flag(raw, "ui:not_future", path),
        must_be_true=raw.get("const") is True,
        as_radio=_as_radio(raw, kind),
        role=_string(raw, "ui:role", path),
        show_if=_condition(raw, path),
        compute=compute,
        prefill=_prefill(raw, kind, path),
        default=raw.get("default"),
        read_only=_flag(raw, "readOnly", path),
        indexed=_flag(raw, "index", path),
        width=_one_of(raw, "ui:width", ("full", "half", "third"), path),
        placeholder=_string(raw, "ui:placeholder", path),
        unit=_string(raw, "ui:unit", path),
        desk=_desk(raw, kind, path),
        dossier=_one_of(raw, "ui:dossier", ("", *DOSSIER_TOPICS), path),
        personal=_one_of(raw, "ui:personal", ("", "identity"), path),
        is_contact=_flag(raw, "ui:contact", path),
    )
    if field.is_contact and kind is not FieldKind.TEXT:
        raise FieldRefused(f"{path}.ui:contact", "只有單行文字欄位可以是聯絡資料。")
    if field.indexed and kind in (FieldKind.SIGNATURE, FieldKind.FILES, FieldKind.PHOTOS):
        raise FieldRefused(f"{path}.index", "這種欄位不能建索引。")
    if "const" in raw and raw["const"] is not True:
        raise FieldRefused(f"{path}.const", "const 只能為 true。")
    return field


def _kind(raw: Mapping[str, Any], path: str) -> FieldKind:
    kind, form = raw.get("type"), raw.get("format", "")
    if kind == "string" and "oneOf" in raw and not form:
        return FieldKind.CHOICE
    if kind == "array" and not form and isinstance(raw.get("items"), Mapping):
        return FieldKind.ROWS if raw["items"].get("type") == "object" else FieldKind.CHOICES
    if kind == "string" and not form:
        return FieldKind.LONG_TEXT if _one_of(raw, "ui:widget", ("text", "textarea"), path) == "textarea" else FieldKind.TEXT
    found = _KINDS.get((kind, form)) if isinstance(kind, str) and isinstance(form, str) else None
    if found is None:
        raise FieldRefused(path, "type 和 format 的組合不是任何一種欄位。")
    return found


def _choices(raw: Mapping[str, Any], kind: FieldKind, path: str) -> tuple[Choice, ...]:
    if kind not in (FieldKind.CHOICE, FieldKind.CHOICES):
        return ()
    offered = raw.get("oneOf") if kind is FieldKind.CHOICE else raw["items"].get("oneOf")
    if kind is FieldKind.CHOICES and set(raw["items"]) - {"type", "oneOf"}:
        raise FieldRefused(f"{path}.items", "多選的 items 只有 type 和 oneOf。")
    if not isinstance(offered, list) or not offered:
        raise FieldRefused(path, "選項須為 oneOf 列表。")
    for entry in offered:
        if (
            not isinstance(entry, Mapping)
            or set(entry) != {"const", "title"}
            or not all(isinstance(text, str) and text for text in entry.values())
        ):
            raise FieldRefused(path, "每個選項須有 const 和 title，都是文字。")
    choices = tuple(Choice(entry["const"], entry["title"]) for entry in offered)
    if len({choice.value for choice in choices}) < len(choices):
        raise FieldRefused(path, "選項的值重複。")
    return choices


def _columns(raw: Mapping[str, Any], path: str) -> tuple[Field, ...]:
    items = raw["items"]
    properties, required = items.get("properties"), items.get("required", [])
    if (
        set(items) - {"type", "properties", "required"}
        or not isinstance(properties, Mapping)
        or not properties
        or not isinstance(required, list)
    ):
        raise FieldRefused(f"{path}.items", "表格的 items 須有 type、properties 和 required。")
    if unknown := [name for name in required if name not in properties]:
        raise FieldRefused(f"{path}.items.required.{unknown[0]}", "沒有這個欄位。")
    columns = tuple(
        read_field(name, entry, name in required, f"{path}.items.properties.{name}", column=True) for name, entry in properties.items()
    )
    computed = {column.name for column in columns if column.compute}
    for column in columns:
        if column.compute and computed & {parts[0] for parts in column.compute.names()}:
            raise FieldRefused(f"{path}.items.properties.{column.name}.ui:compute", "計算欄不能引用同一行的計算欄。")
    return columns


def _limits(raw: Mapping[str, Any], kind: FieldKind, path: str) -> dict[str, Any]:
    limits = {name: raw[name] for name in _LIMITS & set(raw)}
    for name, value in limits.items():
        if name == "pattern":
            _pattern(value, f"{path}.pattern")
        elif isinstance(value, bool) or not isinstance(value, int | float):
            raise FieldRefused(f"{path}.{name}", "須為數字。")
        elif name.endswith(("Length", "Items")) and (not isinstance(value, int) or value < 0):
            raise FieldRefused(f"{path}.{name}", "須為不小於 0 的整數。")
    if limits.get("multipleOf", 1) <= 0:
        raise FieldRefused(f"{path}.multipleOf", "須大於 0。")
    if kind is FieldKind.MONEY:
        limits.setdefault("minimum", 0)
    if kind in DEFAULT_LENGTH:
        limits["maxLength"] = min(limits.get("maxLength", DEFAULT_LENGTH[kind]), MAX_TEXT)
    if kind in DEFAULT_ITEMS:
        limits["maxItems"] = min(limits.get("maxItems", DEFAULT_ITEMS[kind]), MAX_ITEMS)
    for least, most in (("minLength", "maxLength"), ("minItems", "maxItems"), ("minimum", "maximum")):
        if least in limits and most in limits and Decimal(str(limits[least])) > Decimal(str(limits[most])):
            raise FieldRefused(f"{path}.{least}", "下限大於上限。")
    return limits


def _pattern(value: Any, path: str) -> None:
    try:
        jsonschema_rs.Draft202012Validator({"pattern": value}, pattern_options=jsonschema_rs.RegexOptions())
    except (ValueError, jsonschema_rs.ValidationError) as error:
        raise FieldRefused(path, "不是有效的規則運算式。") from error


def _as_radio(raw: Mapping[str, Any], kind: FieldKind) -> bool:
    if kind is not FieldKind.CHOICE:
        return False
    offered = raw["oneOf"]
    return bool(raw.get("ui:widget", "radio" if len(offered) <= RADIO_UP_TO else "select") == "radio")


def _compute(raw: Mapping[str, Any], kind: FieldKind, path: str) -> Expression | None:
    if "ui:compute" not in raw:
        return None
    if kind not in _COMPUTABLE:
        raise FieldRefused(f"{path}.ui:compute", "這種欄位不能計算。")
    try:
        return read_expression(raw["ui:compute"])
    except ExpressionSyntaxError as error:
        raise FieldRefused(f"{path}.ui:compute", str(error)) from error


def _condition(raw: Mapping[str, Any], path: str) -> Condition | None:
    if "ui:show_if" not in raw:
        return None
    try:
        return read_condition(raw["ui:show_if"])
    except ConditionError as error:
        raise FieldRefused(f"{path}.ui:show_if", str(error)) from error


def _prefill(raw: Mapping[str, Any], kind: FieldKind, path: str) -> str:
    prefill = _string(raw, "ui:prefill", path)
    fitting = {
        "@now": {FieldKind.DATE_TIME, FieldKind.TIME},
        "@today": {FieldKind.DATE},
        "@me": {FieldKind.PERSON, FieldKind.TEXT, FieldKind.SIGNATURE},
    }
    if prefill.startswith("@") and kind not in fitting.get(prefill, set()):
        raise FieldRefused(f"{path}.ui:prefill", "這種欄位不能這樣預填。")
    if raw.get("readOnly") and not prefill and "default" not in raw:
        raise FieldRefused(f"{path}.readOnly", "唯讀欄位須有 ui:prefill 或 default。")
    if raw.get("readOnly") and kind is FieldKind.SIGNATURE:
        raise FieldRefused(f"{path}.readOnly", "簽名不能唯讀。")
    if "default" in raw and (kind in REFERENCES or kind in (FieldKind.SIGNATURE, FieldKind.FILES, FieldKind.PHOTOS)):
        raise FieldRefused(f"{path}.default", "這種欄位不能有 default。")
    return prefill


def _desk(raw: Mapping[str, Any], kind: FieldKind, path: str) -> str:
    part = _one_of(raw, "ui:desk", ("", *DESK_PARTS), path)
    if part and DESK_PARTS[part] is not kind and not (part == "words" and kind is FieldKind.TEXT):
        raise FieldRefused(f"{path}.ui:desk", "這種欄位在前台不能這樣用。")
    return part


def _string(raw: Mapping[str, Any], name: str, path: str, *, needed: bool = False) -> str:
    text = raw.get(name, "")
    if not isinstance(text, str) or (needed and not text.strip()):
        raise FieldRefused(f"{path}.{name}", "須為文字。")
    return text


def _flag(raw: Mapping[str, Any], name: str, path: str) -> bool:
    flag = raw.get(name, False)
    if not isinstance(flag, bool):
        raise FieldRefused(f"{path}.{name}", "須為 true 或 false。")
    return flag


def _one_of(raw: Mapping[str, Any], name: str, offered: tuple[str, ...], path: str) -> str:
    value = raw.get(name, offered[0])
    if value not in offered:
        raise FieldRefused(f"{path}.{name}", "不是可用的值。")
    return str(value)
