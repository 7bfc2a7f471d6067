"""What today still needs, as figures that each open their list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import flask
from flask.typing import ResponseReturnValue

from engine import desk_counters
from engine.desk_counters import NAMES, What
from engine.model import Actor
from engine.permissions import require
from engine.queries import needs, place_cases, reporters
from webui import session
from webui.display import zone
from webui.language import gettext
from webui.unit_of_work import current, runtime_of
from webui.wording import worded

#: where the lists behind figures are
_PAGES = {What.CALLS: "desk.needs_today", What.UNTOLD: "desk.needs_untold", What.NOTES: "desk.shift"}


@dataclass(frozen=True, slots=True)
class Need:
    """One figure."""

    #: in the reader's language
    label: str
    count: int
    #: of these, too late already
    late: int
    address: str


def overview() -> ResponseReturnValue:
    """All of them."""
    require(session.actor(), "desk:use")
    return flask.render_template("desk/needs.html", needs=count_needs(session.actor()), heading=None)


def today() -> ResponseReturnValue:
    """Calls that came in today and are not finished."""
    require(session.actor(), "desk:use")
    page = place_cases.started_since(
        current(), session.actor(), _day()[0], keys=desk_counters.desk_keys(runtime_of(), current()), is_open=True,
        after=flask.request.args.get("after")
    )
    return flask.render_template("desk/needs_cases.html", page=page, heading="今天登記、還沒辦完")


def limit(limit_id: str) -> ResponseReturnValue:
    """Cases in which one of the manual's limits runs out today."""
    require(session.actor(), "desk:use")
    known = desk_counters.limit_names(runtime_of(), current())
    page = needs.due_clocks(current(), session.actor(), limit_id, _day()[1], after=flask.request.args.get("after"))
    return flask.render_template("desk/needs_limit.html", page=page, limit_id=limit_id, limit=known.get(limit_id))


def untold() -> ResponseReturnValue:
    """Whom somebody should call."""
    require(session.actor(), "desk:use")
    page = reporters.untold(current(), session.actor(), after=flask.request.args.get("after"))
    return flask.render_template("desk/needs_untold.html", page=page)


def count_needs(actor: Actor) -> tuple[Need, ...]:
    """The day's figures, each with where its list is."""
    found = []
    for each in desk_counters.counters(runtime_of(), current(), actor, zone()):
        if each.what is What.LIMIT:
            label = worded(each.limit.name, each.limit.definition_id) if each.limit else str(each.limit_id)
            address = flask.url_for("desk.needs_limit", limit_id=each.limit_id)
        else:
            label, address = gettext(NAMES[each.what]), flask.url_for(_PAGES[each.what])
        found.append(Need(label, each.count, each.late, address))
    return tuple(found)


def _day() -> tuple[datetime, datetime]:
    return desk_counters.day_of(runtime_of().clock.now(), zone())
