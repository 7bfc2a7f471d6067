"""One field of a case's forms to be put right: drawn as its form draws it, read as its form reads it, with what is wrong beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import flask

from engine import data_corrections, instances
from engine.data_corrections import Correctable
from engine.errors import FieldError, FormInvalidError, InvalidError
from engine.forms import FieldView, edit_view, parse_html, text_of
from webui import session
from webui.unit_of_work import current, runtime_of
from webui.wording import texts

#: what the control is called on the page: the form's own name for it may be one of the page's
_NAME = "value"


def offered(instance_id: int) -> Sequence[Correctable]:
    """What can be put right in a case."""
    return data_corrections.correctable(runtime_of(), current(), instance_id)


def words(found: Correctable) -> str:
    """What a field holds, as people read it."""
    return text_of(found.field, found.value, texts(found.definition_id))


def sent(instance_id: int, variable: str) -> Any:
    """What the page sent for the field; None for nothing, and for a field that the case doesn't have, which the verb refuses."""
    found = _found(instance_id, variable)
    return None if found is None else _read(found)


def check(instance_id: int, variable: str, value: Any) -> None:
    """FormInvalidError, NotFilledInError."""
    found = data_corrections.named(runtime_of(), current(), instance_id, variable)
    data_corrections.check(runtime_of(), current(), session.actor(), instance_id, found, value)


def control(instance_id: int, variable: str, error: InvalidError | None) -> FieldView | None:
    """The field ready to be drawn, with what was sent or what the case holds; None where none is chosen."""
    found = _found(instance_id, variable)
    if found is None:
        return None
    name, form = found.field.name, found.form
    value = _read(found) if "reason" in flask.request.form else found.value
    view = edit_view(
        form, {name: value}, texts(found.definition_id), context=instances.inspect(runtime_of(), current(), instance_id).variables,
        errors=_errors(error),
    )  # fmt: skip
    drawn = next(field for group in view.groups for field in group.fields if field.name == name)
    # alone on the page it depends on no other field
    return replace(drawn, name=_NAME, show_if="", width="full")


def _errors(error: InvalidError | None) -> Sequence[FieldError]:
    return error.errors if isinstance(error, FormInvalidError) else ()


def _found(instance_id: int, variable: str) -> Correctable | None:
    return next((each for each in offered(instance_id) if each.name == variable), None)


def _read(found: Correctable) -> Any:
    name = found.field.name
    return parse_html(found.form, {name: flask.request.form.getlist(_NAME)}).get(name)
