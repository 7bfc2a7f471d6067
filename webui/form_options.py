"""What a form's pickers may offer at once. Lists that can be long are looked up while typing instead."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engine.forms import Field, FieldKind
from engine.queries import work_items
from webui.unit_of_work import current


def options(site_id: int | None) -> Callable[[Field], Sequence[Mapping[str, Any]] | None]:
    """People of a role, by name: there are few. Units and tenants: None, for the person to type."""

    def of(field: Field) -> Sequence[Mapping[str, Any]] | None:
        if field.kind is not FieldKind.PERSON or not field.role:
            return None
        return [{"id": person.id, "label": person.name} for person in work_items.candidates(current(), field.role, site_id)]

    return of
