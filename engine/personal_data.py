"""A case's data as those see it who have no need of papers of identity, and these papers alone for those who have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine import definitions, instances, steps
from engine.forms.model import Form
from engine.forms.privacy import covered, holds_personal
from engine.model import JsonObject
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime


def covered_data(runtime: Runtime, uow: UnitOfWork, instance_id: int, data: JsonObject) -> JsonObject:
    """The data with papers of identity covered."""
    return {**data, **{form.key: covered(form, values) for form, values in _of_forms(runtime, uow, instance_id, data)}}


def personal_data(runtime: Runtime, uow: UnitOfWork, instance_id: int) -> JsonObject:
    """The papers of identity alone: form key → field → value, of tables whole. Note the look before it is shown to anybody."""
    found: JsonObject = {}
    for form, values in _of_forms(runtime, uow, instance_id, instances.inspect(runtime, uow, instance_id).variables):
        named = {field.name: values[field.name] for field in form.fields if holds_personal(field) and values.get(field.name)}
        if named:
            found[form.key] = named
    return found


def _of_forms(runtime: Runtime, uow: UnitOfWork, instance_id: int, data: Mapping[str, Any]) -> Iterator[tuple[Form, JsonObject]]:
    row = steps.load(uow, instance_id)
    content = definitions.instance_content(runtime, uow, row.definition_id, steps.bound(row))
    known = {key: form for each in (*content.called.values(), content.own) for key, form in each.forms.items()}
    for key, values in data.items():
        if key in known and isinstance(values, dict):
            yield known[key], values
