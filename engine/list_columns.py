"""What of a procedure's data lists can show as columns, and which of its fields name units: indexed fields of what is deployed now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine import definitions
from engine.forms import Field, FieldKind, Form
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime


@dataclass(frozen=True, slots=True)
class VariableColumn:
    """An indexed field as a column."""

    #: `form.field`
    name: str
    field: Field
    #: whose texts it speaks
    definition_id: int


def of_procedure(runtime: Runtime, uow: UnitOfWork, key: str) -> dict[str, VariableColumn]:
    """Indexed fields by `form.field`, of the procedure's own forms in their order; empty where there is no such procedure."""
    info = next((each for each in definitions.list_latest(runtime, uow) if each.key == key), None)
    return of_definition(runtime, uow, info.id) if info is not None else {}


def of_definition(runtime: Runtime, uow: UnitOfWork, definition_id: int) -> dict[str, VariableColumn]:
    """The same of one version."""
    return dict(_columns(definition_id, _forms(runtime, uow, definition_id)))


def unit_fields(runtime: Runtime, uow: UnitOfWork) -> tuple[str, ...]:
    """Every indexed field that names a unit, of all procedures."""
    found: dict[str, None] = {}
    for info in definitions.list_latest(runtime, uow):
        for name, column in _columns(info.id, _forms(runtime, uow, info.id)):
            if column.field.kind is FieldKind.UNIT:
                found[name] = None
    return tuple(found)


def _forms(runtime: Runtime, uow: UnitOfWork, definition_id: int) -> Mapping[str, Form]:
    return definitions.content(runtime, uow, definition_id).forms


def _columns(definition_id: int, forms: Mapping[str, Form]) -> list[tuple[str, VariableColumn]]:
    return [
        (f"{form.key}.{field.name}", VariableColumn(f"{form.key}.{field.name}", field, definition_id))
        for form in forms.values()
        for field in form.fields
        # lists go out as files: papers of identity are in none
        if field.indexed and field.kind is not FieldKind.ROWS and not field.personal
    ]
