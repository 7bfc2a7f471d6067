"""Finds a page of a list of cases among any number of them.

Two ways lead to it. Along the list's order each case is looked at until the page is full: cheap where many cases are left. Or some filters'
own cases are read whole and put in order: cheap where they are few. Looking decides: whether one filter leaves few; what the first stretch
of the order gives; how many an index tells that all filters of a case's own row leave together. Only what none of these settles is walked
to its end, over an index that holds the columns that are looked at: such a step costs a hundredth of a look at a case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Select, and_, any_, func, literal, select
from sqlalchemy.sql.elements import ColumnElement

from engine.persistence.tables import instance
from engine.persistence.tables.lived import LONG_LIVED, LivedLong
from engine.persistence.tables.running import TOLD_BY_INDEX
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.case_filters import FOUND, CaseSet, by_column
from engine.queries.ordering import Order, Ordering

#: cases of a set that is read whole at once: where the order's index tells of each case whether it is left, and where something else has to
#: be asked
FEW, FEW_BESIDE_INDEX = 2_000, 15_000
#: cases that are looked at along the order first, likewise
LONG_STRETCH, STRETCH = 50_000, 10_000
#: cases of a set that is read whole where that stretch gave no page
MANY = 30_000
#: entries of an index that are read to see what several filters leave together
HOSTED = 70_000
#: column that a list is ordered by → its index; of the cases of one procedure another one is shorter
_INDEXES = {"moved_at": "ix_instance_moved", "started_at": "ix_instance_started", "title": "ix_instance_title"}
_OF_PROCEDURE = "ix_instance_key_moved"
#: column → the index that begins with it (or holds only those that have it) and tells everything else below
_HOSTS = {"state": "ix_instance_list", "late_since": "ix_instance_late", "definition_key": _OF_PROCEDURE, "moved_at": "ix_instance_moved"}
_TOLD = frozenset({"id", "moved_at", *TOLD_BY_INDEX})
#: column that a list is ordered by → what its index tells
_TOLD_ALONG = {
    "moved_at": _TOLD, "started_at": frozenset({"id", "started_at"}), "title": (_TOLD - {"moved_at"}) | {"title", "business_key"},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Host:
    """Filters of a case's own row of which one index tells all."""

    index: str
    sets: tuple[CaseSet, ...]

    def narrow(self, statement: Select[Any], row: Any) -> Select[Any]:
        """Read them by that index; PostgreSQL finds it by itself."""
        return statement.with_hint(row, f"INDEXED BY {self.index}", "sqlite").where(*(each.has(row) for each in self.sets))

    def together(self) -> CaseSet:
        """What they leave together."""
        ids = self.narrow(select(FOUND.c.id), FOUND)
        return CaseSet(ids, lambda row: and_(*(each.has(row) for each in self.sets)), is_of_row=True)


class Search:
    """One list, narrowed and ordered."""

    def __init__(
        self, uow: UnitOfWork, ordering: Ordering, sets: Sequence[CaseSet], bounds: Sequence[CaseSet], after: str | None, limit: int,
        started_before: datetime | None = None,
    ) -> None:
        """`bounds`: sets that lie together in the list's order; `after`: the cursor; `started_before`: holds of what is left."""
        self._uow, self._ordering, self._sets, self._bounds, self._after, self._limit = uow, ordering, list(sets), bounds, after, limit
        self._is_sqlite, self._order = uow.reading.dialect.name == "sqlite", str(ordering.column.key)
        self._behind = ordering.from_cursor(after)
        self._range = [*(each.has(instance) for each in bounds), *self._behind]
        is_by_move = ordering.order is Order.NEWEST and self._order == "moved_at"
        self._oldest = started_before if is_by_move else None

    def ids(self) -> list[int]:
        """The cases of the page in the list's order."""
        if not self._sets:
            return self._along()
        is_told = self._is_told_by_index()
        few = self._smallest(self._sets, FEW)
        if few is not None:
            return self._among(few, self._sets, self._read(few.ids.limit(FEW)))
        few = None if is_told else self._smallest(self._sets, FEW_BESIDE_INDEX)
        if few is not None:
            return self._among(few, self._sets)
        if self._oldest is not None and is_told:
            return self._past_the_young(self._oldest + LONG_LIVED)
        found = self._along_stretch()
        return found if len(found) == self._limit else self._behind_stretch()

    def _behind_stretch(self) -> list[int]:
        """Where the first stretch of the order holds no page."""
        host = self._host()
        others = [each for each in self._sets if host is None or each not in host.sets]
        # whose index tells the order too
        ordered = host if self._order in _TOLD else None
        if ordered is not None and not others:
            return self._along_host(ordered)
        together = [] if host is None else [host.together()]
        many = self._smallest([*together, *others], MANY)
        if ordered is not None and many in together:
            return self._along_host(ordered, *(each.has(instance) for each in others))
        if many is not None:
            return self._among(many, [*together, *others])
        for searched in (each for each in self._sets if each.is_searched):
            # its index holds whatever may keep a title from being looked at
            titles = select(FOUND.c.id).with_hint(FOUND, f"INDEXED BY {_INDEXES['title']}", "sqlite")
            ids = self._read(titles.where(*(each.has(FOUND) for each in self._sets if each.is_of_row or each is searched)).limit(FEW + 1))
            if len(ids) <= FEW:
                return self._among(searched, self._sets, ids)
        if ordered is not None and not any(each.is_searched for each in others):
            # two long lists of ids are held against each other sooner than one is asked about each of the other
            return self._along_host(ordered, *(instance.c.id.in_(each.ids) for each in others))
        return self._along()

    def _past_the_young(self, moment: datetime) -> list[int]:
        """Cases that began so long ago that what moved after `moment` lived long: there are few of those, and an index has them alone."""
        column = self._ordering.column
        lived = select(instance.c.id).with_hint(instance, "INDEXED BY ix_instance_long", "sqlite")
        lived = lived.where(LivedLong(instance.c.started_at, instance.c.moved_at), column >= moment, *self._range)
        lived = lived.where(*(each.has(instance) for each in self._sets))
        found = self._read(lived.order_by(*self._ordering.terms()).limit(self._limit))
        if len(found) == self._limit:
            return found
        sooner = by_column("moved_at", lambda moved_at: moved_at < moment)
        sets, bounds = [*self._sets, sooner], [*self._bounds, sooner]
        return found + Search(self._uow, self._ordering, sets, bounds, self._after, self._limit - len(found)).ids()

    def _smallest(self, among: Sequence[CaseSet], most: int) -> CaseSet | None:
        """The set with the fewest cases; None where each has more than so many."""
        sets = [each for each in among if not each.is_searched]
        if not sets:
            return None
        counts = [select(func.count()).select_from(each.ids.limit(most + 1).subquery()).scalar_subquery() for each in sets]
        sizes = list(self._uow.reading.execute(select(*counts)).one())
        return sets[sizes.index(min(sizes))] if min(sizes) <= most else None

    def _host(self) -> _Host | None:
        """The shortest index that tells what several filters leave; None where each is long."""
        told = [each for each in self._sets if each.is_of_row and _TOLD.issuperset(each.columns)]
        hosts = [each for each in told if each.columns[0] in _HOSTS]
        # most often one is short, and the others need not be counted on
        shortest = self._smallest(hosts, MANY) or self._smallest(hosts, HOSTED)
        return None if shortest is None else _Host(_HOSTS[shortest.columns[0]], tuple(told))

    def _along_host(self, host: _Host, *others: ColumnElement[bool]) -> list[int]:
        """Put in order what an index tells, and something else besides."""
        rows = host.narrow(select(*self._keys(instance)).where(*self._range), instance).where(*others).cte("hosted")
        rows = rows.prefix_with("MATERIALIZED", dialect="postgresql")
        return self._read(self._page(select(rows.c.id), rows))

    def _among(self, chosen: CaseSet, sets: Sequence[CaseSet], known: Sequence[int] | None = None) -> list[int]:
        """Read the whole of one set, and put in order what the others leave of it. `known`: its ids."""
        # by their ids, never along the order: neither database may choose. PostgreSQL reads rows of its own sooner by where they lie
        others = [each for each in sets if each is not chosen]
        if known is not None:
            ids = sorted(set(known))
            # as one value: written out, the names of two thousand parameters cost more than the reading
            is_chosen = instance.c.id.in_(ids) if self._is_sqlite else instance.c.id == any_(literal(ids, ARRAY(BigInteger)))
        else:
            is_chosen = chosen.has(instance) if chosen.is_of_row and not self._is_sqlite else instance.c.id.in_(chosen.ids)
        left = select(*self._keys(instance)).with_hint(instance, "NOT INDEXED", "sqlite").where(is_chosen, *self._range)
        rows = left.where(*(each.has(instance) for each in others)).cte("chosen").prefix_with("MATERIALIZED", dialect="postgresql")
        return self._read(self._page(select(rows.c.id), rows))

    def _is_told_by_index(self) -> bool:
        """Whether the index of the list's order has all that is looked at."""
        told = _TOLD_ALONG[self._order]
        return all(each.is_of_row and told.issuperset(each.columns) for each in self._sets)

    def _along_stretch(self) -> list[int]:
        """What the first cases in the list's order give."""
        length = LONG_STRETCH if self._is_told_by_index() else STRETCH
        column = self._ordering.column
        if self._is_sqlite:
            # between its two ends and by nothing else that tells where it lies: of several bounds SQLite may start from the wrong one, and
            # a stretch that it reads first it would put in order once more
            ends = [self._ordered(select(column)).offset(each).limit(1).scalar_subquery() for each in (0, length)]
            first, last = self._uow.reading.execute(select(*ends)).one()
            if last is None:
                return self._along()
            stretch = self._by_index(select(instance.c.id)).where(column.between(min(first, last), max(first, last)), *self._behind[1:])
            asked = [each for each in self._sets if each not in self._bounds]
            return self._read(stretch.where(*(each.has(instance) for each in asked)).order_by(*self._ordering.terms()).limit(self._limit))
        # nothing but what is looked at, so that the index may tell it
        names = dict.fromkeys(["id", self._order, *(name for each in self._sets for name in each.columns)])
        row = self._ordered(select(*(instance.c[name] for name in names))).limit(length).subquery("stretch")
        return self._read(self._page(select(row.c.id).where(*(each.has(row) for each in self._sets)), row))

    def _along(self) -> list[int]:
        """All the way, until the page is full."""
        return self._read(self._ordered(select(instance.c.id)).where(*(each.has(instance) for each in self._sets)).limit(self._limit))

    def _ordered(self, statement: Select[Any]) -> Select[Any]:
        return self._by_index(statement).where(*self._range).order_by(*self._ordering.terms())

    def _by_index(self, statement: Select[Any]) -> Select[Any]:
        """By the index of the list's order; where all are of one procedure by its part of another."""
        is_by_move = self._order == "moved_at"
        of_procedure = next((each for each in self._sets if is_by_move and each.columns == ("definition_key",)), None)
        index = _INDEXES[self._order] if of_procedure is None else _OF_PROCEDURE
        statement = statement.with_hint(instance, f"INDEXED BY {index}", "sqlite")
        return statement if of_procedure is None else statement.where(of_procedure.has(instance))

    def _keys(self, row: Any) -> list[ColumnElement[Any]]:
        return [row.c[self._order], row.c.id]

    def _page(self, statement: Select[Any], row: Any) -> Select[Any]:
        return statement.order_by(*self._ordering.terms(*self._keys(row))).limit(self._limit)

    def _read(self, statement: Any) -> list[int]:
        return list(self._uow.reading.execute(statement).scalars())
