"""Reads a posted page into the object that `validate` takes, and serves the buttons that add and remove rows without JavaScript.

Names on the page: `phone`; `materials-0-quantity` for a cell; `unit`, `unit-id`, `unit-label` for a reference that is typed and
`unit-chosen` beside one from a list; `sign-image`, `sign-file`, `sign-signer` for a signature. What cannot be converted is passed on as
it is, for `validate` to refuse with the field's name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from engine.forms.cleaning import plain_number
from engine.forms.model import FILE_LISTS, REFERENCES, Field, FieldKind, Form
from engine.model import JsonObject

#: names that pages post beside the form's own; so are all that begin with `_`
PAGE_NAMES = frozenset({"csrf_token", "idempotency_key", "action", "next"})
#: name of the buttons that add and remove rows; the value is `materials` or `materials-2`
ADD_ROW = "_add_row"
REMOVE_ROW = "_remove_row"
#: rows that a page may post; far more than any table may hold
MAX_ROW_NUMBER = 9_999

#: what a browser posts: every name with all its values
Posted = Mapping[str, Sequence[str]]
_PARTS = re.compile(r"([a-z][a-z0-9_]*)(?:-(\d{1,4})-([a-z][a-z0-9_]*))?(?:-(id|label|chosen|image|file|signer))?")


def parse_html(form: Form, posted: Any, uploaded: Mapping[str, Sequence[int]] | None = None) -> JsonObject:
    """The submitted object. `posted` maps names to lists of values (a Werkzeug MultiDict will do); `uploaded` maps names of file inputs
    to the ids of the files just stored. Names that are neither a field nor the page's own stay in, so that they are refused."""
    values = _lists(posted)
    uploaded = uploaded or {}
    submitted: JsonObject = {}
    for field in form.fields:
        if not field.is_submitted:
            continue
        if field.kind is FieldKind.ROWS:
            submitted[field.name] = _rows(field, values, uploaded)
        else:
            submitted[field.name] = _one(field, field.name, values, uploaded)
    for name in values:
        if name not in PAGE_NAMES and not name.startswith("_") and not _is_ours(form, name):
            submitted[name[:60]] = values[name][0] if values[name] else ""
    return {name: value for name, value in submitted.items() if value is not None}


def edit_rows(form: Form, submitted: JsonObject, posted: Any) -> JsonObject | None:
    """With a row added or removed, when the post came from such a button; None when it was a real submission."""
    values = _lists(posted)
    tables = {field.name: field for field in form.of_kind(FieldKind.ROWS)}
    if table := tables.get(_first(values, ADD_ROW)):
        return {**submitted, table.name: [*submitted.get(table.name, []), {}]}
    name, _, number = _first(values, REMOVE_ROW).partition("-")
    if (table := tables.get(name)) and number.isdigit():
        # the button counts the rows of the page, blank ones included
        shown = _row_numbers(table, values)
        rows = _rows(table, values, {}, keep_blank=True)
        return {**submitted, name: [row for position, row in zip(shown, rows, strict=True) if position != int(number)]}
    return None


def _rows(field: Field, values: Posted, uploaded: Mapping[str, Sequence[int]], *, keep_blank: bool = False) -> list[JsonObject]:
    rows = []
    for number in _row_numbers(field, values, uploaded):
        cells = {
            column.name: _one(column, f"{field.name}-{number}-{column.name}", values, uploaded)
            for column in field.columns
            if column.is_submitted
        }
        filled = {name: value for name, value in cells.items() if value is not None}
        if keep_blank or any(value not in ("", False, []) for value in filled.values()):
            rows.append(filled)
    return rows


def _row_numbers(field: Field, values: Posted, uploaded: Mapping[str, Sequence[int]] | None = None) -> list[int]:
    numbers = set()
    for name in (*values, *(uploaded or ())):
        match = _PARTS.fullmatch(name)
        if match and match[1] == field.name and match[2] is not None:
            numbers.add(int(match[2]))
    return sorted(numbers)[:MAX_ROW_NUMBER]


def _one(field: Field, name: str, values: Posted, uploaded: Mapping[str, Sequence[int]]) -> Any:
    if field.kind in FILE_LISTS:
        ids = [*values.get(name, ()), *uploaded.get(name, ())]
        return [{"id": _whole(entry) if isinstance(entry, str) else entry} for entry in ids if entry != ""]
    if field.kind is FieldKind.CHOICES:
        return [entry for entry in values.get(name, ()) if entry != ""]
    if field.kind is FieldKind.SIGNATURE:
        return _signature(name, values)
    text = _first(values, name)
    if field.kind is FieldKind.YES_NO:
        return {"true": True, "false": False, "": None}.get(text, text)
    if field.kind in REFERENCES:
        return _reference(name, text.strip(), values)
    if field.kind in (FieldKind.NUMBER, FieldKind.INTEGER):
        return _number(text)
    if field.kind in (FieldKind.MONEY, FieldKind.DATE, FieldKind.TIME, FieldKind.DATE_TIME):
        # people type full-width digits and thousands' commas
        plain = unicodedata.normalize("NFKC", text).strip()
        return plain.replace(",", "") if field.kind is FieldKind.MONEY else plain
    return text


def _reference(name: str, text: str, values: Posted) -> Any:
    """What was picked from a list is an id; what was typed is for the directory to find, unless it still says what was picked."""
    if _first(values, f"{name}-chosen"):
        return {"id": _whole(text)} if text else ""
    picked, label = _first(values, f"{name}-id"), _first(values, f"{name}-label")
    return {"id": _whole(picked), "label": label} if picked and text == label.strip() else text


def _signature(name: str, values: Posted) -> JsonObject | None:
    image, kept, signer = (_first(values, f"{name}-{part}") for part in ("image", "file", "signer"))
    if not image and not kept:
        return None
    drawn: JsonObject = {"image": image} if image else {"file": _whole(kept)}
    return {**drawn, "signer": signer.strip()}


def _number(text: str) -> Any:
    plain = unicodedata.normalize("NFKC", text).strip().replace(",", "")
    if not plain:
        return None
    try:
        number = Decimal(plain)
        return plain_number(number) if number.is_finite() and abs(number.adjusted()) < 30 else text
    except InvalidOperation:
        return text


def _whole(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else text


def _is_ours(form: Form, name: str) -> bool:
    match = _PARTS.fullmatch(name)
    field = form.field(match[1]) if match else None
    if field is None or match is None:
        return False
    return match[2] is None or (field.kind is FieldKind.ROWS and any(column.name == match[3] for column in field.columns))


def _first(values: Posted, name: str) -> str:
    found = values.get(name)
    return found[0] if found else ""


def _lists(posted: Any) -> Posted:
    if hasattr(posted, "to_dict"):
        lists: Posted = posted.to_dict(flat=False)
        return lists
    return {name: [value] if isinstance(value, str) else value for name, value in posted.items()}
