"""Reads a form's JSON into a `Form`, or says where in the file and why it cannot be one. Unknown keywords are errors, not noise."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from engine.errors import InvalidError
from engine.forms.conditions import Condition
from engine.forms.expressions import Expression, ExpressionSyntaxError, read_expression
from engine.forms.field_loading import NAME, RESERVED, FieldRefused, read_field
from engine.forms.model import Check, Field, FieldKind, Form, Group, Shown

MAX_BYTES = 200_000
MAX_FIELDS = 300
_KEYWORDS = frozenset(
    {"$schema", "$id", "$comment", "title", "description", "type", "required", "properties", "ui:layout", "ui:show", "ui:check", "ui:log"}
)
_PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*")


class FormDefinitionError(InvalidError):
    """The file is no form of ours; nothing was deployed."""

    code = "form_definition_invalid"
    sentence = "表單「{key}」的 {path} 有誤：{reason}"


def load_form(raw: bytes, key: str) -> Form:
    """A form from the bytes of its file. FormDefinitionError names the place (`properties.materials.items`) and the reason."""
    try:
        return _load(raw, key)
    except FieldRefused as error:
        raise FormDefinitionError(key=key, path=error.path or "$", reason=error.reason) from error


def _load(raw: bytes, key: str) -> Form:
    schema = _schema(raw, key)
    required = _names(schema.get("required", []), "required")
    properties = schema.get("properties")
    if not isinstance(properties, dict) or not properties or len(properties) > MAX_FIELDS:
        raise FieldRefused("properties", "須為物件，且至少有一個欄位。")
    fields = tuple(read_field(name, entry, name in required, f"properties.{name}") for name, entry in properties.items())
    names = {field.name for field in fields}
    if unknown := sorted(required - names):
        raise FieldRefused(f"required.{unknown[0]}", "沒有這個欄位。")
    form = Form(
        key=key,
        title=_text(schema, "title", required=True),
        description=_text(schema, "description"),
        schema=schema,
        fields=fields,
        layout=_layout(schema.get("ui:layout", []), fields),
        shown=tuple(_shown(schema.get("ui:show", []))),
        checks=tuple(_checks(schema.get("ui:check", []), names)),
        is_logged=_is_logged(schema),
    )
    _check_references(form)
    _check_desk(fields)
    return Form(**{**_as_arguments(form), "order": _order(form)})


def _schema(raw: bytes, key: str) -> dict[str, Any]:
    if len(raw) > MAX_BYTES:
        raise FieldRefused("", "檔案過大。")
    if not NAME.fullmatch(key) or key in RESERVED:
        raise FieldRefused("", "檔名須為小寫英文、數字和底線。")
    try:
        schema = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise FieldRefused(f"line {error.lineno}", "不是有效的 JSON。") from error
    if not isinstance(schema, dict) or schema.get("type") != "object":
        raise FieldRefused("type", "須為 object。")
    if unknown := sorted(set(schema) - _KEYWORDS):
        raise FieldRefused(unknown[0], "不認識這個關鍵字。")
    return schema


def _as_arguments(form: Form) -> dict[str, Any]:
    return {name: getattr(form, name) for name in Form.__dataclass_fields__}


def _text(raw: Mapping[str, Any], name: str, *, required: bool = False) -> str:
    text = raw.get(name, "")
    if not isinstance(text, str) or (required and not text.strip()):
        raise FieldRefused(name, "須為文字。")
    return text


def _is_logged(schema: Mapping[str, Any]) -> bool:
    value = schema.get("ui:log", False)
    if not isinstance(value, bool):
        raise FieldRefused("ui:log", "須為 true 或 false。")
    return value


def _names(raw: Any, path: str) -> set[str]:
    if not isinstance(raw, list) or not all(isinstance(name, str) for name in raw):
        raise FieldRefused(path, "須為欄位名稱的列表。")
    return set(raw)


def _layout(raw: Any, fields: tuple[Field, ...]) -> tuple[Group, ...]:
    if not isinstance(raw, list):
        raise FieldRefused("ui:layout", "須為列表。")
    left = {field.name: None for field in fields}
    groups = []
    for number, entry in enumerate(raw):
        path = f"ui:layout.{number}"
        if not isinstance(entry, dict) or set(entry) - {"title", "fields"}:
            raise FieldRefused(path, "須有 title 和 fields。")
        for name in entry.get("fields", []):
            if name not in left:
                raise FieldRefused(f"{path}.{name}", "沒有這個欄位，或它已在別的組中。")
            del left[name]
        groups.append(Group(_text(entry, "title"), tuple(entry.get("fields", []))))
    if left:
        groups.append(Group("", tuple(left)))
    return tuple(groups)


def _shown(raw: Any) -> Iterator[Shown]:
    if not isinstance(raw, list):
        raise FieldRefused("ui:show", "須為列表。")
    for number, entry in enumerate(raw):
        shown = {"path": entry} if isinstance(entry, str) else entry
        if not isinstance(shown, dict) or set(shown) - {"path", "title"} or not _PATH.fullmatch(str(shown.get("path", ""))):
            raise FieldRefused(f"ui:show.{number}", "須為資料路徑，例如 registration.phone。")
        yield Shown(shown["path"], _text(shown, "title"))


def _checks(raw: Any, names: set[str]) -> Iterator[Check]:
    if not isinstance(raw, list):
        raise FieldRefused("ui:check", "須為列表。")
    for number, entry in enumerate(raw):
        path = f"ui:check.{number}"
        if not isinstance(entry, dict) or set(entry) != {"that", "field", "message"} or entry["field"] not in names:
            raise FieldRefused(path, "須有 that、field（本表單的欄位）和 message。")
        try:
            yield Check(read_expression(entry["that"]), entry["field"], _text(entry, "message", required=True))
        except ExpressionSyntaxError as error:
            raise FieldRefused(f"{path}.that", str(error)) from error


def _check_references(form: Form) -> None:
    """Every name in a condition or an expression is a field."""
    known = {field.name: field for field in form.fields}
    for field in form.fields:
        _check_condition(field.show_if, known, f"properties.{field.name}.ui:show_if")
        if field.compute:
            _check_expression(field.compute, known, {}, f"properties.{field.name}.ui:compute")
        columns = {column.name: column for column in field.columns}
        for column in field.columns:
            if column.compute:
                _check_expression(column.compute, known, columns, f"properties.{field.name}.items.properties.{column.name}.ui:compute")
    for number, check in enumerate(form.checks):
        _check_expression(check.that, known, {}, f"ui:check.{number}.that")


def _check_desk(fields: tuple[Field, ...]) -> None:
    """Each part that the front desk asks for is one field."""
    seen: dict[str, str] = {}
    for field in fields:
        if field.desk and seen.setdefault(field.desk, field.name) != field.name:
            raise FieldRefused(f"properties.{field.name}.ui:desk", "前台的同一項只能有一個欄位。")


def _check_condition(condition: Condition | None, known: Mapping[str, Field], path: str) -> None:
    unknown = sorted(condition.fields() - set(known)) if condition else []
    if unknown:
        raise FieldRefused(f"{path}.{unknown[0]}", "沒有這個欄位。")


def _check_expression(expression: Expression, known: Mapping[str, Field], columns: Mapping[str, Field], path: str) -> None:
    for parts in expression.names():
        if parts[0] == "data" or (len(parts) == 1 and (parts[0] in known or parts[0] in columns)):
            continue
        table = known.get(parts[0])
        if len(parts) != 2 or table is None or table.kind is not FieldKind.ROWS or parts[1] not in {each.name for each in table.columns}:
            raise FieldRefused(f"{path}.{'.'.join(parts)}", "沒有這個欄位。")


def depends_on(field: Field) -> frozenset[str]:
    """Names of the fields of the form that must be known before this one."""
    names = set(field.show_if.fields()) if field.show_if else set()
    if field.compute:
        names |= {parts[0] for parts in field.compute.names()}
    own = {column.name for column in field.columns}
    for column in field.columns:
        if column.compute:
            names |= {parts[0] for parts in column.compute.names() if parts[0] not in own}
    return frozenset(names - {"data"})


def _order(form: Form) -> tuple[str, ...]:
    fields = {field.name: field for field in form.fields}
    done: dict[str, None] = {}

    def visit(name: str, above: tuple[str, ...]) -> None:
        if name in above:
            raise FieldRefused(f"properties.{name}", "條件或計算互相引用，無法決定先後。")
        if name not in done:
            for other in sorted(depends_on(fields[name])):
                visit(other, (*above, name))
            done[name] = None

    for name in fields:
        visit(name, ())
    return tuple(done)
