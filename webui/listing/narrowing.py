"""What of a list a person asked to see, read from the address. What makes no sense there is passed over: links grow old."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from engine import list_columns
from engine.queries.approvals import CopyFilters
from engine.queries.case_filters import InstanceFilters
from engine.queries.inbox import Filters, Holder, Sort
from engine.queries.ordering import Order
from webui.display import local, zone
from webui.periods import day_of
from webui.unit_of_work import current, runtime_of

#: rows of one page (what a screen shows; more come as one scrolls), and the most that a refresh of several pages may ask for
PAGE_ROWS, MOST_ROWS = 25, 200
#: the day of what has none
NO_DAY = "none"
GROUPS = ("unit", "role", "day")


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Filters, order, columns, grouping and place in a list."""

    role: str | None
    key: str | None
    q: str
    #: `late`, `today` or empty
    due: str
    holder: Holder
    #: of what is to do
    sort: Sort
    after: str | None
    limit: int
    unit: str = ""
    #: a day, or `none` for what has none
    day: date | str | None = None
    #: `unit`, `role`, `day` or empty
    group: str = ""
    #: names of columns; empty: the list's own choice
    columns: tuple[str, ...] = ()
    #: of every other list
    order: Order = Order.NEWEST
    #: saved filter that the address came from
    view: int | None = None

    @property
    def is_narrowed(self) -> bool:
        """Whether the list may hide something."""
        return bool(self.role or self.key or self.q or self.due or self.unit or self.day or self.holder is not Holder.ANY)

    def filters(self) -> Filters:
        """As the queries of work items take them."""
        since, until = self.period()
        return Filters(
            role=self.role, definition_key=self.key, q=self.q, due_before=until or self._due_before(), due_since=since,
            has_due=self.day != NO_DAY, done_since=since, done_before=until, unit=self.unit, unit_fields=self._unit_fields(),
            holder=self.holder,
        )  # fmt: skip

    def case_filters(self, **more: Any) -> InstanceFilters:
        """As the queries of cases take them."""
        since, until = self.period()
        return InstanceFilters(
            definition_key=self.key, q=self.q, since=since, until=until, unit=self.unit, unit_fields=self._unit_fields(),
            by_start=self.sort is Sort.CREATED, order=self.order, **more,
        )  # fmt: skip

    def copy_filters(self) -> CopyFilters:
        """As the query of copies takes them."""
        return CopyFilters(definition_key=self.key, q=self.q, order=self.order)

    def period(self) -> tuple[datetime | None, datetime | None]:
        """From the beginning of the day to its end."""
        if not isinstance(self.day, date):
            return None, None
        begins, ends = (datetime.combine(each, time(), zone()) for each in (self.day, self.day + timedelta(days=1)))
        return begins, ends

    def address(self, **changes: Any) -> dict[str, Any]:
        """The address's parameters with some changed; those at their defaults are left out."""
        values: dict[str, Any] = {
            "role": self.role, "key": self.key, "q": self.q, "due": self.due, "unit": self.unit,
            "day": self.day.isoformat() if isinstance(self.day, date) else self.day,
            "holder": None if self.holder is Holder.ANY else self.holder.value, "sort": self.sorted_by,
            "group": self.group, "cols": ",".join(self.columns), "view": self.view,
        }  # fmt: skip
        return {name: value for name, value in (values | changes).items() if value not in (None, "")}

    @property
    def sorted_by(self) -> str:
        """The order as the address says it; empty for the list's own."""
        if self.sort is not Sort.DUE:
            return self.sort.value
        return self.order.value if self.order is not Order.NEWEST else ""

    def _unit_fields(self) -> tuple[str, ...]:
        return list_columns.unit_fields(runtime_of(), current()) if self.unit else ()

    def _due_before(self) -> datetime | None:
        now = runtime_of().clock.now()
        if self.due == "late":
            return now
        if self.due == "today":
            return datetime.combine(local(now).date() + timedelta(days=1), time(), zone())
        return None


def narrowing(args: Mapping[str, str]) -> Narrowing:
    """From the address."""
    holder, sort, limit, view = (args.get(name, "") for name in ("holder", "sort", "limit", "view"))
    return Narrowing(
        role=args.get("role") or None, key=args.get("key") or None, q=args.get("q", "").strip()[:100],
        due=args["due"] if args.get("due") in ("late", "today") else "",
        holder=Holder(holder) if holder in list(Holder) else Holder.ANY, sort=Sort(sort) if sort in list(Sort) else Sort.DUE,
        order=Order(sort) if sort in list(Order) else Order.NEWEST,
        after=args.get("after") or None,
        limit=min(MOST_ROWS, max(1, int(limit))) if limit.isascii() and limit.isdigit() and len(limit) < 5 else PAGE_ROWS,
        unit=args.get("unit", "").strip()[:60], day=NO_DAY if args.get("day") == NO_DAY else day_of(args, "day"),
        group=args["group"] if args.get("group") in GROUPS else "",
        columns=tuple(dict.fromkeys(name for name in args.get("cols", "")[:1000].split(",") if name))[:20],
        view=int(view) if view.isascii() and view.isdigit() and len(view) < 18 else None,
    )  # fmt: skip
