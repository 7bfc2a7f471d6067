"""What of a register a person asked to see, read from the address, and its words for the page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import flask

from engine import registers
from engine.forms import FormTexts
from engine.forms.display import money
from engine.forms.model import FieldKind
from engine.model import InstanceState
from engine.queries.register_columns import BoundColumn
from engine.queries.registers import GroupRow, Reader, RegisterFilters, RegisterRow, Total
from engine.register_rules import MONTH
from engine.registers import OpenRegister, number_words
from webui import session
from webui.display import local, zone
from webui.language import current_locale, gettext
from webui.periods import day_of, id_of
from webui.unit_of_work import current, runtime_of


@dataclass(frozen=True, slots=True)
class Reading:
    """One register as it was asked for."""

    opened: OpenRegister
    reader: Reader
    texts: FormTexts
    sort: str
    after: str | None
    #: `month`, a column's id or nothing
    summary_by: str
    #: that all periods were asked for, where one month would be shown else
    is_whole: bool = False
    #: that the month was chosen for the reader
    is_month_given: bool = False

    @property
    def columns(self) -> list[BoundColumn]:
        """Those that the page shows."""
        return [column for column in self.opened.bound.columns if not column.column.is_hidden]

    @property
    def is_narrowed(self) -> bool:
        """Whether rows may be left out."""
        filters = self.reader.filters
        if self.is_month_given:
            filters = replace(filters, since=None, until=None)
        plain = (filters.since, filters.until, filters.site_id, filters.building_id, filters.unit, filters.state, filters.q)
        return any(plain) or any(filters.values.values())

    def title(self, column: BoundColumn) -> str:
        """A heading."""
        return self.opened.title(column, self.texts)

    def cell(self, column: BoundColumn, row: RegisterRow) -> str:
        """A value in words."""
        return self.opened.words(column, row.values[column.id], self.texts)

    def is_place(self, column: BoundColumn) -> bool:
        """Whether values name a unit or tenant, which has a dossier."""
        return column.field is not None and column.field.kind in (FieldKind.UNIT, FieldKind.TENANT)

    def is_code(self, column: BoundColumn) -> bool:
        """Whether values are read as one word: the code of a unit, a day."""
        return column.field is not None and column.field.kind in (FieldKind.UNIT, FieldKind.DATE)

    def is_number(self, column: BoundColumn) -> bool:
        """Whether values stand to the right."""
        return column.storage == "number"

    def filters(self) -> list[tuple[BoundColumn, list[tuple[str, str]]]]:
        """Columns with a drop-down, and what it offers."""
        offered = [(column, self.opened.choices(column, self.texts)) for column in self.opened.bound.columns if column.column.is_filter]
        # every register has a filter for the state already
        return [(column, choices) for column, choices in offered if choices and str(column.column.path) != "case.state"]

    def summaries(self) -> list[tuple[str, str]]:
        """(value, wording) of what it can be summed up by."""
        found = []
        for name in self.opened.bound.register.summary:
            column = self.opened.bound.column(name)
            found.append((name, gettext("月份") if name == MONTH or column is None else self.title(column)))
        return found

    def group_name(self, group: GroupRow) -> str:
        """What a line of the summary is about."""
        column = self.opened.bound.column(self.summary_by)
        words = group.value or ""
        if column is not None and words:
            value: Any = Decimal(words) if column.storage == "number" else words
            words = self.opened.words(column, value, self.texts)
        return words or gettext("未填")

    def total(self, total: Total) -> str:
        """A sum, or a share with the numbers behind it."""
        column = self.opened.bound.column(total.column_id)
        if total.sum is not None:
            is_money = column is not None and column.field is not None and column.field.kind is FieldKind.MONEY
            return money(total.sum) if is_money else number_words(total.sum)
        return total.words or "—"

    def total_title(self, total: Total) -> str:
        """What is summed up."""
        column = self.opened.bound.column(total.column_id)
        return "" if column is None else self.title(column)

    def address(self, **changes: Any) -> dict[str, Any]:
        """The address's parameters with some changed; empty ones are left out."""
        filters = self.reader.filters
        values: dict[str, Any] = {
            "process": self.opened.entry.process, "key": self.opened.entry.key, "since": filters.since, "until": filters.until,
            "site": filters.site_id, "building": filters.building_id, "unit": filters.unit, "state": filters.state, "q": filters.q,
            "sort": self.sort, "by": self.summary_by, "period": "all" if self.is_whole else None,
            **{f"f_{name}": value for name, value in filters.values.items()},
        }  # fmt: skip
        return {name: value for name, value in (values | changes).items() if value not in (None, "")}


def read(process: str, key: str) -> Reading:
    """From the address. NotFoundError and ForbiddenError as the service says."""
    args, actor = flask.request.args, session.actor()
    opened = registers.open_register(runtime_of(), current(), actor, process, key)
    filters = RegisterFilters(
        since=day_of(args, "since"), until=day_of(args, "until"), site_id=id_of(args, "site"), building_id=id_of(args, "building"),
        unit=args.get("unit", "").strip()[:60], state=args["state"] if args.get("state") in list(InstanceState) else "",
        q=args.get("q", "").strip()[:100],
        values={each.id: args[f"f_{each.id}"][:300] for each in opened.bound.columns if args.get(f"f_{each.id}")},
    )  # fmt: skip
    offered = opened.bound.register.summary
    by = args.get("by", offered[0] if offered else "")
    reader, is_whole = Reader(opened.bound, actor, zone(), filters), args.get("period") == "all"
    is_month_given = not (filters.since or filters.until or is_whole) and reader.is_large(current())
    if is_month_given:
        today = local(runtime_of().clock.now()).date()
        reader = replace(reader, filters=replace(filters, since=today.replace(day=1), until=today))
    return Reading(
        opened, reader, FormTexts(current_locale(), opened.english, zone()), args.get("sort", "")[:70], args.get("after") or None,
        by if by in offered else "", is_whole, is_month_given,
    )  # fmt: skip
