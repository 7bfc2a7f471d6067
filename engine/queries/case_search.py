"""Finds a page of a list of cases among any number of them.

Two ways lead to it. Along the list's order each case is looked at until the page is full: cheap where many cases are left. Or one filter's
own cases are read whole and put in order: cheap where they are few. Looking decides: whether they are few; what the first stretch of the
order gives; whether they are not too many. Only what none of these settles is walked to its end, over an index that holds the columns that
are looked at: such a step costs a hundredth of a look at a case.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.sql.elements import ColumnElement

from engine.persistence.tables import instance
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.case_filters import FOUND, CaseSet
from engine.queries.ordering import Ordering

#: cases of a set that is read whole at once
FEW = 2_000
#: cases that are looked at along the order first, and cases of a set that is read whole where they gave no page: where the order's index
#: tells of each whether it is left, and where something else has to be asked
LONG_STRETCH, MANY_BESIDE_INDEX = 50_000, 10_000
STRETCH, MANY = 10_000, 30_000
#: column that a list is ordered by → its index; of the cases of one procedure another one is shorter
_INDEXES = {"moved_at": "ix_instance_moved", "started_at": "ix_instance_started", "title": "ix_instance_title"}
_OF_PROCEDURE = "ix_instance_key_moved"


class Search:
    """One list, narrowed and ordered."""

    def __init__(
        self, uow: UnitOfWork, ordering: Ordering, sets: Sequence[CaseSet], within: Sequence[ColumnElement[bool]], after: str | None,
        limit: int,
    ) -> None:
        """`within`: conditions on the column that the list is ordered by."""
        self._uow, self._ordering, self._sets, self._limit = uow, ordering, list(sets), limit
        self._range = [*within, *ordering.from_cursor(after)]

    def ids(self) -> list[int]:
        """The cases of the page in the list's order."""
        if not self._sets:
            return self._along()
        few = self._smallest(FEW)
        if few is not None:
            return self._among(few, self._read(few.ids.limit(FEW)))
        found = self._along_stretch()
        if len(found) == self._limit:
            return found
        many = self._smallest(MANY_BESIDE_INDEX if self._is_told_by_index() else MANY)
        if many is not None:
            return self._among(many)
        for searched in (each for each in self._sets if each.is_searched):
            # its index holds whatever may keep a title from being looked at
            titles = select(FOUND.c.id).with_hint(FOUND, f"INDEXED BY {_INDEXES['title']}", "sqlite")
            ids = self._read(titles.where(*(each.has(FOUND) for each in self._sets if each.is_of_row or each is searched)).limit(FEW + 1))
            if len(ids) <= FEW:
                return self._among(searched, ids)
        return self._along()

    def _smallest(self, most: int) -> CaseSet | None:
        """The set with the fewest cases; None where each has more than so many."""
        sets = [each for each in self._sets if not each.is_searched]
        if not sets:
            return None
        counts = [select(func.count()).select_from(each.ids.limit(most + 1).subquery()).scalar_subquery() for each in sets]
        sizes = list(self._uow.reading.execute(select(*counts)).one())
        return sets[sizes.index(min(sizes))] if min(sizes) <= most else None

    def _among(self, chosen: CaseSet, known: Sequence[int] | None = None) -> list[int]:
        """Read the whole set, and put in order what is left of it. `known`: its ids, which a database plans with more surely."""
        others = [each.has(instance) for each in self._sets if each is not chosen]
        # by their ids, never along the order: neither database may choose
        left = select(*self._keys(instance)).with_hint(instance, "NOT INDEXED", "sqlite")
        left = left.where(instance.c.id.in_(chosen.ids if known is None else sorted(set(known))), *others, *self._range)
        rows = left.cte("chosen").prefix_with("MATERIALIZED", dialect="postgresql")
        return self._read(self._page(select(rows.c.id), rows))

    def _is_told_by_index(self) -> bool:
        """Whether the index of the list's order has all that is looked at; when a case last moved only its own has."""
        looks_at_move = any("moved_at" in each.columns for each in self._sets)
        return all(each.is_of_row for each in self._sets) and (str(self._ordering.column.key) == "moved_at" or not looks_at_move)

    def _along_stretch(self) -> list[int]:
        """What the first cases in the list's order give."""
        # nothing but what is looked at, so that the index may tell it
        names = dict.fromkeys(["id", str(self._ordering.column.key), *(name for each in self._sets for name in each.columns)])
        stretch = self._ordered(select(*(instance.c[name] for name in names)))
        row = stretch.limit(LONG_STRETCH if self._is_told_by_index() else STRETCH).subquery("stretch")
        return self._read(self._page(select(row.c.id).where(*(each.has(row) for each in self._sets)), row))

    def _along(self) -> list[int]:
        """All the way, until the page is full."""
        return self._read(self._ordered(select(instance.c.id)).where(*(each.has(instance) for each in self._sets)).limit(self._limit))

    def _ordered(self, statement: Select[Any]) -> Select[Any]:
        order = str(self._ordering.column.key)
        of_procedure = next((each for each in self._sets if each.columns == ("definition_key",)), None) if order == "moved_at" else None
        index = _INDEXES[order] if of_procedure is None else _OF_PROCEDURE
        statement = statement.with_hint(instance, f"INDEXED BY {index}", "sqlite")
        statement = statement if of_procedure is None else statement.where(of_procedure.has(instance))
        return statement.where(*self._range).order_by(*self._ordering.terms())

    def _keys(self, row: Any) -> list[ColumnElement[Any]]:
        return [row.c[self._ordering.column.key], row.c.id]

    def _page(self, statement: Select[Any], row: Any) -> Select[Any]:
        return statement.order_by(*self._ordering.terms(*self._keys(row))).limit(self._limit)

    def _read(self, statement: Any) -> list[int]:
        return list(self._uow.reading.execute(statement).scalars())
