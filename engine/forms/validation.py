"""Validates a whole submission: what is asked for, calculated, refused. The result is what the instance's data will hold."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from engine.errors import DataNotStorableError, FieldError, FormInvalidError, TooLargeError
from engine.forms.cleaning import FileInfo, Refused, Resolve, Surroundings, check_count, clean, computed, missing
from engine.forms.display import DEFAULT_ZONE
from engine.forms.expressions import number_of
from engine.forms.model import REFERENCES, Field, FieldKind, Form, Referenced, is_empty
from engine.forms.prefill import first_value
from engine.model import JsonObject
from engine.paths import lookup

MAX_BYTES = 256 * 2**10


def validate(
    form: Form,
    submitted: JsonObject,
    *,
    context: JsonObject,
    resolve: Resolve,
    file_info: FileInfo,
    now: datetime,
    zone: ZoneInfo = DEFAULT_ZONE,
    me: Referenced | None = None,
    max_bytes: int = MAX_BYTES,
) -> JsonObject:
    """The cleaned data of a submission: every field of the form, in the form's order, empty where it was not asked for.

    `context` is the instance's data; `now` the clock's time (needed for signatures and "not in the future"), `me` the person at
    work. Raises FormInvalidError with one FieldError a field, TooLargeError, or DataNotStorableError for data that is no JSON object.
    """
    _check_size(submitted, max_bytes)
    around = Surroundings(resolve, file_info, now, zone)
    return _Submission(form, submitted, context, around, me).cleaned()


def take_over(
    form: Form, submitted: JsonObject, *, resolve: Resolve, file_info: FileInfo, now: datetime, zone: ZoneInfo = DEFAULT_ZONE,
    context: JsonObject | None = None,
) -> JsonObject:
    """As `validate`, of what is known so far of a form that was filled in on paper: nothing has to be there, what is there has to fit.

    Fields that a page fills in by itself are taken as they are told; what is calculated is calculated where it was not told, from the
    instance's data as far as they are known (`context`).
    """
    _check_size(submitted, MAX_BYTES)
    return _Submission(form, submitted, context or {}, Surroundings(resolve, file_info, now, zone), None, is_whole=False).cleaned()


def _check_size(submitted: Any, max_bytes: int) -> None:
    if not isinstance(submitted, dict):
        raise DataNotStorableError(path="$", reason="必須是物件。")
    try:
        size = len(orjson.dumps(submitted))
    except (orjson.JSONEncodeError, RecursionError) as error:
        raise DataNotStorableError(path="$", reason="不是有效的 JSON。") from error
    if size > max_bytes:
        raise TooLargeError(what="表單內容", limit=f"{max_bytes // 1024} KB")


class _Submission:
    """One run of the validation."""

    def __init__(self, form: Form, submitted: JsonObject, context: JsonObject, around: Surroundings, me: Referenced | None, *,
                 is_whole: bool = True) -> None:
        self._is_whole = is_whole
        self._form = form
        self._submitted = submitted
        self._context = context
        self._around = around
        self._me = me
        self._values: JsonObject = {}
        self._errors: list[FieldError] = []

    def cleaned(self) -> JsonObject:
        fields = {field.name: field for field in self._form.fields}
        self._refuse_unknown(fields, self._submitted, "")
        for name in self._form.order:
            self._values[name] = self._value(fields[name])
        if not self._errors and self._is_whole:
            self._check()
        if self._errors:
            order = {name: number for number, name in enumerate(fields)}
            raise FormInvalidError(sorted(self._errors, key=lambda error: order.get(error.field.split(".")[0], len(order))))
        return {name: self._values[name] for name in fields}

    def _value(self, field: Field) -> Any:
        if not self._is_whole and not is_empty(self._submitted.get(field.name)):
            value = self._submitted[field.name]
            return self._rows(field, value) if field.kind is FieldKind.ROWS else self._one(field, value, field.name)
        if field.show_if and self._is_whole and not field.show_if.holds(self._values.get, lambda path: lookup(self._context, path)):
            return field.empty
        if field.compute:
            return computed(field, field.compute.evaluate(lambda parts: self._operand(parts, {}, {})))
        value = self._submitted.get(field.name)
        if field.read_only and self._is_whole:
            value = first_value(field, self._context, now=self._around.now, zone=self._around.zone, me=self._me)
            if field.kind in REFERENCES and not is_empty(value):
                # taken from the instance's data or the person at work, where it was resolved when it came in
                return value
        return self._rows(field, value) if field.kind is FieldKind.ROWS else self._one(field, value, field.name)

    def _one(self, field: Field, value: Any, path: str, **where: Any) -> Any:
        try:
            # a blank is no answer, and neither is an unticked box that had to be answered or confirmed
            blank = is_empty(value) or (isinstance(value, str) and not value.strip())
            if not blank:
                return clean(field, value, self._around)
            # a person cannot mend what is read-only
            if (field.required or field.must_be_true) and not field.read_only and self._is_whole:
                raise missing(field)
        except Refused as refused:
            self._refuse(field, refused, path, **where)
        return field.empty

    def _rows(self, field: Field, value: Any) -> list[JsonObject]:
        columns = {column.name: column for column in field.columns}
        rows: list[JsonObject] = []
        try:
            if is_empty(value):
                if field.required and not field.read_only and self._is_whole:
                    raise missing(field)
                return rows
            if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
                raise Refused("rows", "「{label}」必須是由多行組成的表格。")
            check_count(field, value)
        except Refused as refused:
            self._refuse(field, refused, field.name)
            return rows
        for number, raw in enumerate(value):
            path = f"{field.name}.{number}"
            self._refuse_unknown(columns, raw, f"{path}.", table=field.title, row=number + 1)
            row = {
                column.name: self._one(column, raw.get(column.name), f"{path}.{column.name}", table=field.title, row=number + 1)
                for column in field.columns
                if column.compute is None
            }
            rows.append(self._with_computed(field, row, columns))
        return rows

    def _with_computed(self, field: Field, row: JsonObject, columns: Mapping[str, Field]) -> JsonObject:
        for column in field.columns:
            if column.compute:
                row[column.name] = computed(column, column.compute.evaluate(lambda parts: self._operand(parts, row, columns)))
        return {column.name: row[column.name] for column in field.columns}

    def _operand(self, parts: tuple[str, ...], row: JsonObject, columns: Mapping[str, Field]) -> Any:
        """What a name in an expression stands for."""
        if parts[0] in columns and len(parts) == 1:
            return typed(columns[parts[0]], row.get(parts[0]))
        if parts[0] == "data":
            return number_of(lookup(self._context, ".".join(parts[1:])))
        field = self._form.field(parts[0])
        value = self._values.get(parts[0])
        if field is None:
            return None
        if len(parts) == 1:
            return typed(field, value)
        column = next(entry for entry in field.columns if entry.name == parts[1])
        return [typed(column, entry.get(parts[1])) for entry in value or []]

    def _check(self) -> None:
        for check in self._form.checks:
            operands = [self._operand(parts, {}, {}) for parts in check.that.names()]
            if any(operand is None or operand == "" for operand in operands):
                continue
            if not check.that.evaluate(lambda parts: self._operand(parts, {}, {})):
                field = self._form.field(check.field)
                assert field is not None
                self._refuse(field, Refused("check", check.message), check.field)

    def _refuse_unknown(self, known: Mapping[str, Field], raw: Mapping[str, Any], path: str, **where: Any) -> None:
        for name in sorted(set(raw) - set(known)):
            data = {"label": name[:60], **where}
            self._errors.append(FieldError(f"{path}{name[:60]}", "unknown_field", "表單沒有「{label}」這個欄位。", data))

    def _refuse(self, field: Field, refused: Refused, path: str, **where: Any) -> None:
        self._errors.append(FieldError(path, refused.code, refused.sentence, {"label": field.title, **refused.data, **where}))


def typed(field: Field, value: Any) -> Any:
    """A field's value as expressions see it, by the field's kind."""
    if field.kind in (FieldKind.TEXT, FieldKind.LONG_TEXT, FieldKind.CHOICE):
        return value
    if field.kind is FieldKind.MONEY and isinstance(value, str) and value:
        return Decimal(value)
    return number_of(value)
