"""What was filled in and changed later: field, before, after, by whom. What belongs to papers of identity stays covered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.forms import readonly_view
from engine.queries.history import HistoryRow
from webui.wording import content, texts

#: changes that a page shows
_MOST = 50


@dataclass(frozen=True, slots=True)
class Change:
    """A field that somebody filled in again."""

    form: str
    field: str
    before: str
    after: str
    #: None for the system
    who: str | None
    at: datetime


def changes(events: Iterable[HistoryRow], definition_ids: Iterable[int]) -> tuple[Change, ...]:
    """Newest first, in the order of the events. `definition_ids`: whose forms the case fills in, its own first."""
    homes = tuple(definition_ids)
    found: list[Change] = []
    for event in events:
        before, after = event.values.get("before"), event.values.get("after")
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            found += _of(event, str(event.values.get("form", "")), before, after, homes)
    return tuple(found[:_MOST])


def _of(event: HistoryRow, key: str, before: Mapping[str, Any], after: Mapping[str, Any], homes: tuple[int, ...]) -> list[Change]:
    home = next((each for each in homes if key in content(each).forms), None)
    if home is None:
        return []
    form = content(home).forms[key]
    then, now = ({field.name: field for group in readonly_view(form, dict(values), texts(home)).groups for field in group.fields}
                 for values in (before, after))  # fmt: skip
    return [
        Change(texts(home).of(form.title), now[name].label, then[name].text, now[name].text, event.actor_name, event.at)
        for name in now if name in then
    ]  # fmt: skip
