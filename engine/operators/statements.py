"""`ledger.statement`: the cases of a period beside what the ledger says of their item, by fields that lists can search."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, FromClause, Select, case, func, select
from sqlalchemy.orm import aliased

from engine.errors import InvalidError
from engine.model import DROPPED_STATES, Parameter
from engine.operators.months import period_of
from engine.operators.operation import LookUp
from engine.persistence.tables import instance, instance_variable, ledger_entry, receipt
from engine.queries.ledger import DUES, ZERO

if TYPE_CHECKING:
    from engine.persistence.unit_of_work import UnitOfWork
    from engine.runtime import Runtime

#: lines of a statement, so that a form can hold it; what is beyond them is one line more
MOST_LINES = 200
#: kinds of entries that say what is owed; all others say what became of it
_OWED = ("charge", "opening")
#: what one line says: figure → whether it is an amount
_FIGURES = {"cases": False, "stated": True, "charged": True, "received": True, "voided": False, "open": True}


class StatementUnclearError(InvalidError):
    """Expected the fields to group by and those that say which cases count."""

    code = "statement_invalid"
    sentence = "統計的「{value}」須寫明為 form.field。"


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a diagram asked for."""

    process: str
    item: str
    #: name of a line's group → `form.field`
    by: Mapping[str, str]
    #: the number that a case states, and the moment that it counts by
    value: str
    at: str
    #: `form.field` → the only texts that count
    only: Mapping[str, Sequence[str]]


def read_statement(runtime: Runtime, uow: UnitOfWork, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Of a month that closes on the day `closing`, by the fields `by`: how many cases came to `at` within it and what they state (`value`);
    what the ledger charged and received for `item`, how many of its receipts were voided in that time, and what is open at its end.

    Entries that belong to no case of the process stand under `otherwise`. Answers `{"month", "from", "to", "lines": [{…}], "total": {…}}`;
    amounts are decimal strings, and the total has the `difference` of what was stated and what was charged.
    """
    asked = _Asked(
        parameters["process"], parameters["item"], _fields(parameters["by"]), parameters["value"], parameters["at"],
        parameters["only"] or {},
    )
    begin, end = period_of(runtime, str(parameters["month"]), parameters["closing"])
    first, after = begin.date(), end.date()
    lines: dict[tuple[str, ...], dict[str, Decimal]] = defaultdict(lambda: dict.fromkeys(_FIGURES, ZERO))
    cases = (asked.at, begin, end)
    for query in (_stated(asked, *cases), _posted(asked, first, after), _voided(asked, first, after)):
        for row in uow.reading.execute(query).mappings():
            line = lines[tuple(row[f"by_{name}"] or "" for name in asked.by)]
            for figure in line.keys() & row.keys():
                line[figure] += Decimal(str(row[figure] or 0))
    total = {figure: sum((line[figure] for line in lines.values()), ZERO) for figure in _FIGURES}
    last = date.fromordinal(after.toordinal() - 1)
    return {
        "month": f"{last:%Y-%m}", "from": first.isoformat(), "to": last.isoformat(),
        "lines": list(_lines(lines, tuple(asked.by), parameters["otherwise"] or {})),
        "total": {**_written(total), "difference": _amount(total["stated"] - total["charged"])},
    }


def _stated(asked: _Asked, at: str, begin: Any, end: Any) -> Select[Any]:
    """Cases that came to their moment within the period."""
    groups, joined = _grouped(asked, instance)
    moment, value = instance_variable.alias("moment"), instance_variable.alias("value")
    joined = joined.join(moment, (moment.c.instance_id == instance.c.id) & (moment.c.name == at))
    joined = joined.outerjoin(value, (value.c.instance_id == instance.c.id) & (value.c.name == asked.value))
    where = [
        instance.c.definition_key == asked.process, instance.c.state.not_in(DROPPED_STATES), moment.c.at >= begin, moment.c.at < end,
        *(
            select(instance_variable.c.instance_id)
            .where(instance_variable.c.instance_id == instance.c.id, instance_variable.c.name == name,
                   instance_variable.c.text.in_(list(texts)))
            .exists()
            for name, texts in asked.only.items()
        ),
    ]
    figures = (func.count().label("cases"), func.sum(value.c.number).label("stated"))
    return select(*groups, *figures).select_from(joined).where(*where).group_by(*groups)


def _posted(asked: _Asked, first: date, after: date) -> Select[Any]:
    """Entries up to the end of the period. What takes an entry back counts as that entry does."""
    original = aliased(ledger_entry)
    owed = func.coalesce(original.c.kind, ledger_entry.c.kind).in_(_OWED)
    within, amount = ledger_entry.c.booked_on >= first, ledger_entry.c.amount
    groups, joined = _grouped(asked, ledger_entry.outerjoin(original, original.c.id == ledger_entry.c.reverses_id).outerjoin(
        instance, (instance.c.id == ledger_entry.c.instance_id) & (instance.c.definition_key == asked.process)))
    figures = (
        func.sum(case((within & owed, amount), else_=0)).label("charged"),
        func.sum(case((within & ~owed, -amount), else_=0)).label("received"),
        func.sum(amount).label("open"),
    )
    where = (ledger_entry.c.item == asked.item, ledger_entry.c.side == DUES, ledger_entry.c.booked_on < after)
    return select(*groups, *figures).select_from(joined).where(*where).group_by(*groups)


def _voided(asked: _Asked, first: date, after: date) -> Select[Any]:
    """Receipts for the item that were made void within the period."""
    groups, joined = _grouped(asked, receipt.join(ledger_entry, ledger_entry.c.receipt_id == receipt.c.id).outerjoin(
        instance, (instance.c.id == receipt.c.instance_id) & (instance.c.definition_key == asked.process)))
    where = (ledger_entry.c.item == asked.item, receipt.c.voided_on >= first, receipt.c.voided_on < after)
    return select(*groups, func.count(receipt.c.id.distinct()).label("voided")).select_from(joined).where(*where).group_by(*groups)


def _grouped(asked: _Asked, source: FromClause) -> tuple[list[ColumnElement[Any]], Any]:
    """Columns to group by, and the source joined with the fields that they come from."""
    groups: list[ColumnElement[Any]] = []
    for name, field in asked.by.items():
        said = instance_variable.alias(f"said_{name}")
        source = source.outerjoin(said, (said.c.instance_id == instance.c.id) & (said.c.name == field))
        groups.append(said.c.text.label(f"by_{name}"))
    return groups, source


def _lines(
    lines: Mapping[tuple[str, ...], dict[str, Decimal]], names: tuple[str, ...], otherwise: Mapping[str, Any],
) -> Iterator[dict[str, Any]]:
    """By group, without those that have nothing in them; the largest, and the others in one."""
    nowhere = ("",) * len(names)
    told = {key: line for key, line in lines.items() if key != nowhere and any(line.values())}
    largest = sorted(told, key=lambda key: (-told[key]["charged"], -told[key]["stated"], key))[:MOST_LINES]
    for key in sorted(largest):
        yield {**dict(zip(names, key, strict=True)), **_written(told[key])}
    others = [line for key, line in lines.items() if key not in largest]
    rest = {figure: sum((line[figure] for line in others), ZERO) for figure in _FIGURES}
    if any(rest.values()):
        yield {**dict.fromkeys(names, ""), **otherwise, **_written(rest)}


def _written(line: Mapping[str, Decimal]) -> dict[str, int | str]:
    return {figure: _amount(line[figure]) if is_amount else int(line[figure]) for figure, is_amount in _FIGURES.items()}


def _amount(value: Decimal) -> str:
    return str(value.quantize(ZERO))


def _fields(by: Mapping[str, Any]) -> dict[str, str]:
    for name, field in by.items():
        if not str(name).isidentifier() or not isinstance(field, str):
            raise StatementUnclearError(value=str(name)[:40])
    return dict(by)


STATEMENT = LookUp(
    "ledger.statement",
    read_statement,
    (
        Parameter("process"), Parameter("item"), Parameter("by", "object"), Parameter("value"), Parameter("at"), Parameter("month"),
        Parameter("closing", "any", is_required=False), Parameter("only", "object", is_required=False),
        Parameter("otherwise", "object", is_required=False),
    ),
)
