"""What a person has to do and has done, as lists read it."""

from engine.queries.inbox.finished import done
from engine.queries.inbox.numbers import InboxCounts, counts
from engine.queries.inbox.rows import NO_FILTERS, Filters, Holder, InboxRow, Sort, of_unit
from engine.queries.inbox.to_do import todo, top

__all__ = ["NO_FILTERS", "Filters", "Holder", "InboxCounts", "InboxRow", "Sort", "counts", "done", "of_unit", "todo", "top"]
