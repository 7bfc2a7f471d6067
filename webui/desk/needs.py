"""What today still needs, as figures that each open their list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

import flask
from flask.typing import ResponseReturnValue

from engine import definitions
from engine.model import Actor
from engine.permissions import require
from engine.queries import directory, needs, place_cases, reporters, shifts
from engine.queries.paging import COUNT_CAP
from webui import session
from webui.display import local, zone
from webui.language import gettext
from webui.unit_of_work import current, runtime_of
from webui.wording import content, worded


@dataclass(frozen=True, slots=True)
class Need:
    """One figure."""

    #: in the reader's language
    label: str
    count: int
    #: of these, too late already
    late: int
    address: str


@dataclass(frozen=True, slots=True)
class LimitName:
    """What a limit is called, in the reader's language."""

    #: `process.limit`
    id: str
    name: str
    procedure: str = ""


def overview() -> ResponseReturnValue:
    """All of them."""
    require(session.actor(), "desk:use")
    return flask.render_template("desk/needs.html", needs=count_needs(session.actor()), heading=None)


def today() -> ResponseReturnValue:
    """Calls that came in today and are not finished."""
    require(session.actor(), "desk:use")
    page = place_cases.started_since(
        current(), session.actor(), _bounds()[0], keys=_desk_keys(), is_open=True, after=flask.request.args.get("after")
    )
    return flask.render_template("desk/needs_cases.html", page=page, heading="今天登記、還沒辦完")


def limit(limit_id: str) -> ResponseReturnValue:
    """Cases in which one of the manual's limits runs out today."""
    require(session.actor(), "desk:use")
    page = needs.due_clocks(current(), session.actor(), limit_id, _bounds()[1], after=flask.request.args.get("after"))
    return flask.render_template("desk/needs_limit.html", page=page, limit=_limits().get(limit_id) or LimitName(limit_id, limit_id))


def untold() -> ResponseReturnValue:
    """Whom somebody should call."""
    require(session.actor(), "desk:use")
    page = reporters.untold(current(), session.actor(), after=flask.request.args.get("after"))
    return flask.render_template("desk/needs_untold.html", page=page)


def count_needs(actor: Actor) -> tuple[Need, ...]:
    """The day's figures, those of one's own work first; what is nothing is left out, but for the calls of the day."""
    uow, now = current(), runtime_of().clock.now()
    begin, end = _bounds()
    calls = place_cases.started_since(uow, actor, begin, keys=_desk_keys(), is_open=True, limit=COUNT_CAP)
    late = sum(row.late_since is not None for row in calls.rows)
    found = [Need(gettext("今天登記、還沒辦完"), len(calls.rows), late, flask.url_for("desk.needs_today"))]
    names = _limits()
    for due in needs.due_limits(uow, actor, end, now):
        named = names.get(due.limit_id)
        address = flask.url_for("desk.needs_limit", limit_id=due.limit_id)
        found.append(Need(named.name if named else due.limit_id, due.count, due.late, address))
    waiting = reporters.untold_count(uow, actor, COUNT_CAP)
    if waiting:
        found.append(Need(gettext("結果待告知報告人"), waiting, 0, flask.url_for("desk.needs_untold")))
    left = shifts.open_notes(uow, [site.id for site in directory.sites(uow, actor)], COUNT_CAP)
    if left:
        found.append(Need(gettext("交班交代未辦"), left, 0, flask.url_for("desk.shift")))
    return tuple(found)


def _bounds() -> tuple[datetime, datetime]:
    day = local(runtime_of().clock.now()).date()
    return datetime.combine(day, time(), zone()), datetime.combine(day + timedelta(days=1), time(), zone())


def _limits() -> dict[str, LimitName]:
    found = {}
    for info in definitions.list_latest(runtime_of(), current()):
        for each in content(info.id).limits:
            if any(start.process_key == info.key for start in each.starts):
                # a folder's processes share one file: it belongs to the process in which it starts
                found[each.full_id] = LimitName(each.full_id, worded(each.name, info.id), worded(info.name, info.id))
    return found


def _desk_keys() -> list[str]:
    return [info.key for info in definitions.list_latest(runtime_of(), current()) if content(info.id).diagram.desk_key]
