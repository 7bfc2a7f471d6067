"""What limits are called, what they ask for, and which elements stop them: from the procedures as they are deployed now."""

from __future__ import annotations

from dataclasses import dataclass

from engine import definitions
from engine.calendars import END_OF_DAY
from engine.limit_rules import in_force
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
    for info in definitions.list_latest(runtime_of(), current()):
        for limit in in_force(content(info.id).limits, now, calendar.zone):
            if not any(each.process_key == info.key for each in limit.starts):
                # a folder's processes share one file: it belongs to the process in which it starts
                continue
            stops = tuple(each.element_id for each in limit.stops if each.element_id)
            target = gettext("當日") if limit.target == END_OF_DAY else duration(calendar.add(now, limit.target, "always") - now)
            found[limit.full_id] = NamedLimit(
                limit.full_id, worded(limit.name, info.id), worded(info.name, info.id), limit.clauses, target, stops
            )
    return found
