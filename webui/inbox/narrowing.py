"""What of a list a person asked to see, read from the address. What makes no sense there is passed over: links grow old."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from engine.queries.inbox import Filters, Holder, Sort
from webui.display import local, zone
from webui.unit_of_work import runtime_of

#: rows of one page, and the most that a refresh of several pages may ask for
PAGE_ROWS, MOST_ROWS = 50, 200


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Filters, order and place in a list."""

    role: str | None
    key: str | None
    q: str
    #: `late`, `today` or empty
    due: str
    holder: Holder
    sort: Sort
    after: str | None
    limit: int

    @property
    def is_narrowed(self) -> bool:
        """Whether the list may hide something."""
        return bool(self.role or self.key or self.q or self.due or self.holder is not Holder.ANY)

    def filters(self) -> Filters:
        """As the query takes them."""
        return Filters(role=self.role, definition_key=self.key, q=self.q, due_before=self._due_before(), holder=self.holder)

    def address(self, **changes: Any) -> dict[str, Any]:
        """The address's parameters with some changed; those at their defaults are left out."""
        values: dict[str, Any] = {
            "role": self.role, "key": self.key, "q": self.q or None, "due": self.due or None,
            "holder": None if self.holder is Holder.ANY else self.holder.value, "sort": None if self.sort is Sort.DUE else self.sort.value,
        }
        return {name: value for name, value in (values | changes).items() if value is not None}

    def _due_before(self) -> datetime | None:
        now = runtime_of().clock.now()
        if self.due == "late":
            return now
        if self.due == "today":
            return datetime.combine(local(now).date() + timedelta(days=1), time(), zone())
        return None


def narrowing(args: Mapping[str, str]) -> Narrowing:
    """From the address."""
    holder, sort, limit = args.get("holder", ""), args.get("sort", ""), args.get("limit", "")
    return Narrowing(
        role=args.get("role") or None, key=args.get("key") or None, q=args.get("q", "").strip()[:100],
        due=args["due"] if args.get("due") in ("late", "today") else "",
        holder=Holder(holder) if holder in list(Holder) else Holder.ANY, sort=Sort(sort) if sort in list(Sort) else Sort.DUE,
        after=args.get("after") or None,
        limit=min(MOST_ROWS, max(1, int(limit))) if limit.isascii() and limit.isdigit() and len(limit) < 5 else PAGE_ROWS,
    )
