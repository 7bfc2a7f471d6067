"""The day and the lists behind its numbers. A refresh of what hasn't changed is answered 304."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

import flask
from flask.typing import ResponseReturnValue

from engine import limit_figures, today
from engine.queries import people, today_lists
from engine.queries import sites as site_queries
from engine.queries.limits import LimitFilters
from engine.queries.today_conditions import MOST, Figure, When
from engine.today import DAYS, HOURS, Today, Wish
from webui import session
from webui.display import local, zone
from webui.limits.named import NamedLimit, named
from webui.today import reading
from webui.unit_of_work import current, runtime_of

#: people that are shown at first
_PEOPLE = 25


def show() -> ResponseReturnValue:
    """The figures; a request by the page's own script gets what changes alone."""
    wish = reading.wish_of(flask.request.args)
    found = today.read(runtime_of(), current(), session.actor(), wish)
    tag = reading.tag(found, wish)
    if flask.request.if_none_match.contains_weak(tag):
        return flask.Response(status=304, headers={"ETag": f'W/"{tag}"'})
    is_part = "HX-Request" in flask.request.headers
    # of many people those with most that is late, until everybody is asked for
    everybody = "all" if flask.request.args.get("people") == "all" else None
    people_shown = found.people if everybody else found.people[:_PEOPLE]
    told = {"today": found, "lines": reading.lines(found), "tag": tag, "is_part": is_part, "everybody": everybody,
            "people_shown": people_shown, **_around(wish)}
    rates = {} if is_part else _rates(found, wish)
    response = flask.make_response(flask.render_template("today/live.html" if is_part else "today/show.html", **told, **rates))
    response.set_etag(tag, weak=True)
    return response


def cases() -> ResponseReturnValue:
    """The cases behind a figure."""
    args, wish = flask.request.args, reading.wish_of(flask.request.args)
    figure = Figure(args["figure"]) if args.get("figure") in list(Figure) else Figure.LATE
    seen, moments = today.scope(session.actor(), wish.site_id), today.moments(runtime_of(), wish)
    page = today_lists.cases(current(), seen, moments, figure, after=args.get("after"))
    return _list("cases", page, wish, title=reading.FIGURES[figure], figure=figure, address={"figure": figure.value})


def work() -> ResponseReturnValue:
    """The work items behind a figure: of a role, a person, a step."""
    args, wish = flask.request.args, reading.wish_of(flask.request.args)
    filters = reading.work_filters(args)
    seen, moments = today.scope(session.actor(), wish.site_id), today.moments(runtime_of(), wish)
    page = today_lists.items(current(), seen, moments, filters, after=args.get("after"))
    person = people.names(current(), [filters.person_id]).get(filters.person_id) if filters.person_id else None
    address = {name: args[name] for name in ("role", "person", "key", "step", "when") if args.get(name)}
    return _list("work", page, wish, filters=filters, person=person, when=filters.when, address=address)


def clocks(limit_id: str) -> ResponseReturnValue:
    """The cases in which a limit is exceeded, or soon will be."""
    args, wish = flask.request.args, reading.wish_of(flask.request.args)
    when = reading.when_of(args, When.LATE)
    seen, moments = today.scope(session.actor(), wish.site_id), today.moments(runtime_of(), wish)
    page = today_lists.clocks(current(), seen, moments, limit_id, when, after=args.get("after"))
    return _list("clocks", page, wish, title=reading.limit_words(limit_id), when=when, address={"limit_id": limit_id, "when": when.value})


def _list(name: str, page: Any, wish: Wish, **values: Any) -> ResponseReturnValue:
    cases = {row.id if name == "cases" else row.instance_id for row in page.rows}
    standing = today_lists.standing(current(), cases) if name != "work" else {}
    return flask.render_template(f"today/{name}.html", page=page, standing=standing, **values, **_around(wish))


def _around(wish: Wish) -> dict[str, Any]:
    return {
        "wish": wish, "at": reading.address_of(wish), "places": site_queries.places(current(), session.actor()), "most": MOST,
        "hours": sorted(HOURS), "days": sorted(DAYS), "Figure": Figure, "words": reading.FIGURES,
    }  # fmt: skip


def _rates(found: Today, wish: Wish) -> dict[str, Any]:
    """What the month so far comes to against the goals, those that are not reached."""
    first = local(found.moments.now).date().replace(day=1)
    filters = LimitFilters(since=datetime.combine(first, time(), zone()), until=found.moments.now, site_id=wish.site_id)
    measured = limit_figures.overview(runtime_of(), current(), session.actor(), filters, has_lengths=False)
    decided = [each for each in measured if each.is_reached is not None]
    missed: list[NamedLimit] = named([each for each in decided if not each.is_reached])
    return {"missed": missed, "decided": len(decided), "month": {"since": first.isoformat(), "site": wish.site_id}}
