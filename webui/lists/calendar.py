"""The calendar of what is due: a month or a week, with what is overdue beside it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import flask
from flask.typing import ResponseReturnValue

from engine import definitions
from engine.queries import inbox
from engine.queries.inbox import Filters, InboxRow
from webui import session
from webui.display import local, zone
from webui.listing.narrowing import Narrowing, narrowing
from webui.periods import day_of
from webui.unit_of_work import current, runtime_of

#: items of one view, so that any number of open items costs the same
_MOST = 1000
_SHOWN_OVERDUE = 20


@dataclass(frozen=True, slots=True)
class Span:
    """What the calendar shows."""

    #: `month` or `week`
    unit: str
    #: the day that it is about
    at: date

    @property
    def first(self) -> date:
        """Its first day: a Monday."""
        start = self.at.replace(day=1) if self.unit == "month" else self.at
        return start - timedelta(days=start.weekday())

    @property
    def days(self) -> list[date]:
        """Whole weeks."""
        if self.unit == "week":
            return [self.first + timedelta(days=number) for number in range(7)]
        last = self._next_month() - timedelta(days=1)
        return [self.first + timedelta(days=number) for number in range((last - self.first).days // 7 * 7 + 7)]

    @property
    def before(self) -> date:
        """A day of the span before."""
        return self.at - timedelta(days=7) if self.unit == "week" else (self.at.replace(day=1) - timedelta(days=1)).replace(day=1)

    @property
    def after(self) -> date:
        """A day of the span after."""
        return self.at + timedelta(days=7) if self.unit == "week" else self._next_month()

    def _next_month(self) -> date:
        return (self.at.replace(day=1) + timedelta(days=32)).replace(day=1)


def show() -> ResponseReturnValue:
    """What the person has to do, by the day on which it is due."""
    args, actor, now = flask.request.args, session.actor(), runtime_of().clock.now()
    narrow, today = narrowing(args), local(now).date()
    span = Span("week" if args.get("span") == "week" else "month", day_of(args, "at") or today)
    begins, ends = (datetime.combine(day, time(), zone()) for day in (span.days[0], span.days[-1] + timedelta(days=1)))
    rows = inbox.top(current(), actor, _filters(narrow, begins, ends), _MOST + 1)
    by_day: defaultdict[date, list[InboxRow]] = defaultdict(list)
    for row in rows[:_MOST]:
        assert row.due_at is not None
        by_day[local(row.due_at).date()].append(row)
    overdue = inbox.top(current(), actor, _filters(narrow, None, now), _SHOWN_OVERDUE + 1)
    return flask.render_template(
        "lists/calendar.html", span=span, by_day=by_day, overdue=overdue[:_SHOWN_OVERDUE], has_more_overdue=len(overdue) > _SHOWN_OVERDUE,
        is_capped=len(rows) > _MOST, today=today, now=now, narrow=narrow, address=_address(span, narrow),
        procedures=definitions.list_latest(runtime_of(), current()), my_roles=sorted(actor.roles()),
    )  # fmt: skip


def _filters(narrow: Narrowing, since: datetime | None, until: datetime) -> Filters:
    return Filters(
        role=narrow.role, definition_key=narrow.key, q=narrow.q, holder=narrow.holder, due_since=since, due_before=until
    )  # fmt: skip


def _address(span: Span, narrow: Narrowing) -> Mapping[str, str]:
    values = {"span": span.unit, "at": span.at.isoformat(), "role": narrow.role, "key": narrow.key, "q": narrow.q}
    values["holder"] = None if narrow.holder is inbox.Holder.ANY else narrow.holder.value
    return {name: value for name, value in values.items() if value}
