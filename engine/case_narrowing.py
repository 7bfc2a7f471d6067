"""By what people may look for cases: the steps and indexed fields of the procedures that are in force, and what they typed as a filter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from engine import definitions, list_columns
from engine.definitions import DefinitionInfo
from engine.diagram import Element
from engine.errors import InvalidError
from engine.forms import FieldKind
from engine.list_columns import VariableColumn
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.case_filters import StepFilter, VariableFilter
from engine.runtime import Runtime

#: how a value is compared: is (or begins so), at least, at most
OPERATORS = ("eq", "ge", "le")
_NUMBERS = (FieldKind.NUMBER, FieldKind.INTEGER, FieldKind.MONEY)
#: texts that are one of few
_EXACT = (FieldKind.CHOICE, FieldKind.YES_NO)
#: numbers beyond this are in no column
_LARGEST = Decimal(10) ** 14
#: where a case can stand
_STANDS = ("userTask", "manualTask", "receiveTask", "intermediateCatchEvent", "serviceTask", "scriptTask", "businessRuleTask", "sendTask")


class ValueUnusableError(InvalidError):
    """Expected a value that the field can hold."""

    code = "value_unusable"
    sentence = "「{value}」不能用來篩選「{label}」：應為{expected}。"


@dataclass(frozen=True, slots=True)
class ProcedureFields:
    """What the forms of a procedure index."""

    info: DefinitionInfo
    columns: Mapping[str, VariableColumn]


@dataclass(frozen=True, slots=True)
class ProcedureSteps:
    """The names of a process's steps, source language, with their ids."""

    info: DefinitionInfo
    steps: Mapping[str, tuple[str, ...]]


def fields(runtime: Runtime, uow: UnitOfWork, key: str | None = None) -> list[ProcedureFields]:
    """Of every procedure that indexes something, or of one."""
    found = [ProcedureFields(info, list_columns.of_definition(runtime, uow, info.id)) for info in _procedures(runtime, uow, key)]
    return [each for each in found if each.columns]


def steps(runtime: Runtime, uow: UnitOfWork, key: str | None = None) -> list[ProcedureSteps]:
    """Of every process, called ones too, or of one."""
    found = []
    for info in _procedures(runtime, uow, key):
        named: dict[str, list[str]] = {}
        for element in _standing(runtime, uow, info):
            named.setdefault(element.name, []).append(element.id)
        if named:
            found.append(ProcedureSteps(info, {name: tuple(ids) for name, ids in named.items()}))
    return found


def step_filter(runtime: Runtime, uow: UnitOfWork, name: str) -> StepFilter | None:
    """Steps of that name (or id) in any process; None where there is none such."""
    found = [(info.key, element.id) for info in _procedures(runtime, uow, None) for element in _standing(runtime, uow, info)
             if name in (element.name, element.id)]
    return StepFilter(tuple(found)) if found else None


def variable_filter(column: VariableColumn, operator: str, value: str, zone: ZoneInfo) -> VariableFilter:
    """What was typed about a field, as queries take it. ValueUnusableError for what it can never hold."""
    kind, value = column.field.kind, value.strip()
    if kind in _NUMBERS:
        number = _number(column, value)
        low, high = (None if operator == "le" else number), (None if operator == "ge" else number)
        return VariableFilter(column.name, number=(low, high))
    if kind is FieldKind.DATE_TIME:
        begins = datetime.combine(_day(column, value), time(), zone)
        ends = begins + timedelta(days=1)
        return VariableFilter(column.name, at=(None if operator == "le" else begins, None if operator == "ge" else ends))
    if kind is FieldKind.CHOICE:
        value = next((choice.value for choice in column.field.choices if value in (choice.value, choice.title)), value)
    return VariableFilter(column.name, text=value, is_beginning=kind not in _EXACT)


def _procedures(runtime: Runtime, uow: UnitOfWork, key: str | None) -> list[DefinitionInfo]:
    return [info for info in definitions.list_latest(runtime, uow) if key in (None, info.key)]


def _standing(runtime: Runtime, uow: UnitOfWork, info: DefinitionInfo) -> Iterator[Element]:
    elements = definitions.content(runtime, uow, info.id).diagram.elements
    return (element for element in elements.values() if element.kind in _STANDS and element.name)


def _number(column: VariableColumn, value: str) -> Decimal:
    try:
        number = Decimal(value)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number) > _LARGEST:
        raise ValueUnusableError(value=value[:40], label=column.field.title, expected="數字")
    return number


def _day(column: VariableColumn, value: str) -> date:
    try:
        day = date.fromisoformat(value[:10])
    except ValueError as error:
        raise ValueUnusableError(value=value[:40], label=column.field.title, expected="日期，例如 2026-03-02") from error
    if not 1970 < day.year < 9000:
        raise ValueUnusableError(value=value[:40], label=column.field.title, expected="日期，例如 2026-03-02")
    return day
