"""Operators that add up over all cases: what forms say in fields that lists can search, and what is held in deposits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import case, func, select

from engine.errors import InvalidError
from engine.model import DROPPED_STATES, Parameter
from engine.operators.months import month_of
from engine.operators.operation import LookUp
from engine.persistence.tables import instance, instance_variable
from engine.queries import ledger as queries
from engine.queries.ledger import DEPOSIT

if TYPE_CHECKING:
    from engine.persistence.unit_of_work import UnitOfWork
    from engine.runtime import Runtime


class SumUnclearError(InvalidError):
    """Expected fields to add up, each with the moment that it counts by."""

    code = "sum_invalid"
    sentence = "要加總的「{value}」須寫明 field 和 at。"


def sum_fields(runtime: Runtime, uow: UnitOfWork, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Sums over all cases but cancelled ones: `fields` names each sum and gives `field` (a number) and `at` (the moment it counts by), both
    `form.field` with `index: true`; `month` is `2026-11` or `previous`. Answers `{"month": "2026-10", "before": {…}, "within": {…}}`.
    """
    first, end = month_of(runtime, str(parameters["month"]))
    before: dict[str, int | str] = {}
    within: dict[str, int | str] = {}
    for name, wanted in parameters["fields"].items():
        if not isinstance(wanted, Mapping) or not {"field", "at"} <= set(wanted):
            raise SumUnclearError(value=str(name)[:40])
        before[name], within[name] = _sums(uow, str(wanted["field"]), str(wanted["at"]), first, end)
    return {"month": f"{first:%Y-%m}", "before": before, "within": within}


def average_fields(runtime: Runtime, uow: UnitOfWork, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Means over the cases of `process` that are linked to the case `parent`, cancelled ones left out: `fields` names each and gives a
    number, `form.field` with `index: true`. Answers `{name: {"mean": 4.13, "count": 17}}`; without any answer the mean is None.
    """
    wanted = {name: str(field) for name, field in parameters["fields"].items()}
    query = (
        select(instance_variable.c.name, func.avg(instance_variable.c.number), func.count(instance_variable.c.number))
        .join(instance, instance.c.id == instance_variable.c.instance_id)
        .where(
            instance.c.parent_id == parameters["parent"], instance.c.definition_key == parameters["process"],
            instance.c.state.not_in(DROPPED_STATES), instance_variable.c.name.in_(sorted(set(wanted.values()))),
        )
        .group_by(instance_variable.c.name)
    )
    found = {field: (mean, count) for field, mean, count in uow.reading.execute(query)}
    means = {name: found.get(field, (None, 0)) for name, field in wanted.items()}
    return {name: {"mean": None if mean is None else round(float(mean), 2), "count": count} for name, (mean, count) in means.items()}


def deposits_held(runtime: Runtime, uow: UnitOfWork, parameters: Mapping[str, Any]) -> str:
    """What is held in deposits of an `item` over all accounts, as a decimal string."""
    return str(queries.balance(uow, item=parameters["item"], side=DEPOSIT))


def _sums(uow: UnitOfWork, field: str, moment: str, first: datetime, end: datetime) -> tuple[int | str, int | str]:
    value, when = instance_variable.alias("value"), instance_variable.alias("moment")
    query = (
        select(
            func.sum(case((when.c.at < first, value.c.number), else_=0)),
            func.sum(case((when.c.at >= first, value.c.number), else_=0)),
        )
        .join(when, when.c.instance_id == value.c.instance_id)
        .join(instance, instance.c.id == value.c.instance_id)
        .where(value.c.name == field, when.c.name == moment, when.c.at < end, instance.c.state.not_in(DROPPED_STATES))
    )
    before, within = uow.reading.execute(query).one()
    return _number(before), _number(within)


def _number(found: Any) -> int | str:
    exact = Decimal(str(found or 0))
    return int(exact) if exact == exact.to_integral_value() else str(exact)


#: all of them, for the catalogue
SUMS = (
    LookUp("fields.sum", sum_fields, (Parameter("fields", "object"), Parameter("month"))),
    LookUp("fields.average", average_fields, (Parameter("fields", "object"), Parameter("process"), Parameter("parent", "any"))),
    LookUp("ledger.held", deposits_held, (Parameter("item"),)),
)
