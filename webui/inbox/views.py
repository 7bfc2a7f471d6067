"""The lists of the inbox; a request by the page's own script gets the list alone."""

from __future__ import annotations

from typing import Any

import flask
from flask.typing import ResponseReturnValue

from engine import definitions
from engine.queries import approvals, inbox, instances
from engine.queries.case_filters import InstanceFilters
from webui import session
from webui.listing import columns, grouping, opening
from webui.listing.grouping import Grouped
from webui.listing.narrowing import MOST_ROWS, Narrowing, narrowing
from webui.unit_of_work import current, runtime_of


def todo() -> ResponseReturnValue:
    """What the person has, and what their roles may take."""
    narrow, actor = narrowing(flask.request.args), session.actor()
    if narrow.group:
        rows = inbox.top(current(), actor, narrow.filters(), grouping.COUNTED + 1)
        grouped = grouping.group(rows, narrow.group, lambda row: int(row.instance_id), lambda row: row.due_at)
        return _list("todo", narrow, grouped=grouped)
    page = inbox.todo(current(), actor, filters=narrow.filters(), sort=narrow.sort, after=narrow.after, limit=narrow.limit)
    return _list("todo", narrow, page=page)


def done() -> ResponseReturnValue:
    """What the person has completed."""
    narrow, actor = narrowing(flask.request.args), session.actor()
    if narrow.group:
        rows = _several(lambda after: inbox.done(current(), actor, filters=narrow.filters(), after=after, limit=MOST_ROWS))
        grouped = grouping.group(rows, narrow.group, lambda row: int(row.instance_id), lambda row: row.completed_at)
        return _list("done", narrow, grouped=grouped)
    return _list("done", narrow, page=inbox.done(
        current(), actor, filters=narrow.filters(), order=narrow.order, after=narrow.after, limit=narrow.limit,
    ))  # fmt: skip


def started() -> ResponseReturnValue:
    """Cases that the person has started."""
    narrow = narrowing(flask.request.args)
    return case_list("started", narrow, narrow.case_filters(started_by=session.actor().user_id))


def copied() -> ResponseReturnValue:
    """Cases that colleagues copied to the person, read and unread."""
    narrow = narrowing(flask.request.args)
    page = approvals.copies(current(), session.actor(), narrow.copy_filters(), after=narrow.after, limit=narrow.limit)
    return _list("copied", narrow, page=page)


def case_list(name: str, narrow: Narrowing, filters: InstanceFilters, **values: Any) -> ResponseReturnValue:
    """A list of cases, plain or grouped."""
    actor = session.actor()
    if narrow.group in ("unit", "day"):
        rows = _several(lambda after: instances.page(current(), actor, filters=filters, after=after, limit=MOST_ROWS))
        by_start = filters.by_start or filters.started_by is not None
        grouped = grouping.group(rows, narrow.group, lambda row: int(row.id), lambda row: row.started_at if by_start else row.moved_at)
        return _list(name, narrow, grouped=grouped, **values)
    page = instances.page(current(), actor, filters=filters, after=narrow.after, limit=narrow.limit)
    return _list(name, narrow, page=page, **values)


def _several(fetch: Any) -> list[Any]:
    """As many rows as groups are counted over, and one more where there are more."""
    rows: list[Any] = []
    after = None
    while len(rows) <= grouping.COUNTED:
        page = fetch(after)
        rows += page.rows
        after = page.after
        if after is None:
            break
    return rows


def _list(name: str, narrow: Narrowing, grouped: Grouped | None = None, page: Any = None, **values: Any) -> ResponseReturnValue:
    is_part = "HX-Request" in flask.request.headers
    redirect = None if is_part else opening.opening(name)
    if redirect is not None:
        return redirect
    shown = columns.read(name, narrow.key, narrow.columns)
    if page is not None:
        shown.load(row.id if name in ("started", "cases") else row.instance_id for row in page.rows)
    around: dict[str, Any] = {} if is_part else {
        "procedures": definitions.list_latest(runtime_of(), current()),
        "my_roles": sorted({grant.role for grant in session.actor().reach()}), "saved": opening.listed(name),
    }  # fmt: skip
    folder, template = ("cases", "overview") if name == "cases" else ("inbox", name)
    told: dict[str, Any] = {"narrow": narrow, "is_part": is_part, "page": page, "grouped": grouped, "columns": shown, "list_name": name}
    return flask.render_template(f"{folder}/{template}.html", **told, **around, **values)
