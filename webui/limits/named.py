"""What limits are called, what they ask for, and which elements stop them: from the procedures as they are deployed now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine import definitions
from engine.calendars import END_OF_DAY
from engine.limit_rules import Limit, in_force
from webui.display import duration
from webui.language import gettext
from webui.unit_of_work import current, runtime_of
from webui.wording import content, worded


@dataclass(frozen=True, slots=True)
class NamedLimit:
    """A limit as the page shows it, in the reader's language."""

    #: `process.limit`
    id: str
    name: str
    procedure: str
    clauses: tuple[str, ...] = ()
    target: str = ""
    #: elements that stop it
    stops: tuple[str, ...] = ()
    is_known: bool = True

    @classmethod
    def unknown(cls, limit_id: str) -> NamedLimit:
        """One of an earlier version."""
        return cls(limit_id, limit_id, gettext("不再使用的時限"), is_known=False)


def named_limits() -> dict[str, NamedLimit]:
    """By id, in the order of the procedures; of limits with the same id the one in force."""
    now, calendar = runtime_of().clock.now(), runtime_of().organisation.calendar
    found: dict[str, NamedLimit] = {}
    latest = definitions.list_latest(runtime_of(), current())
    names = {info.key: worded(info.name, info.id) for info in latest}
    for info in latest:
        for limit in in_force(content(info.id).limits, now, calendar.zone):
            if not any(each.process_key == info.key for each in limit.starts):
                # a folder's processes share one file: it belongs to the process in which it starts
                continue
            stops = tuple(each.element_id for each in limit.stops if each.element_id)
            target = gettext("當日") if limit.target == END_OF_DAY else duration(calendar.add(now, limit.target, "always") - now)
            found[limit.full_id] = NamedLimit(
                limit.full_id, worded(limit.name, info.id), names[info.key], _clauses(limit, info.key, names), target, stops
            )
    return found


def _clauses(limit: Limit, key: str, names: Mapping[str, str]) -> tuple[str, ...]:
    """`§5.1`, or with the name of the procedure where the clause is another's: as people say it, never by a process id."""
    found = []
    for clause in limit.clauses:
        procedure, _, number = clause.rpartition(" ")
        own = procedure in ("", key) or procedure not in names
        found.append(f"§{number}" if own else f"{names[procedure]} §{number}")
    return tuple(found)
