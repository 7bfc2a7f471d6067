"""Saved filters on the pages: kept, shared with a role, chosen to open a list with."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode

import flask
from flask.typing import ResponseReturnValue

from engine import saved_filters
from engine.errors import InvalidError, NotFoundError
from engine.i18n import describe_field_error
from webui import session
from webui.language import current_locale, describe_error, gettext
from webui.listing.opening import PAGES, address
from webui.unit_of_work import current, runtime_of

#: what of an address is no filter: the place in the list, and what other pages say in it
_NOT_KEPT = frozenset({"after", "limit", "view", "sent", "plain"})


def save(list_name: str) -> ResponseReturnValue:
    """Keep what the list shows now."""
    form = flask.request.form
    query = urlencode([(name, value) for name, value in parse_qsl(form.get("query", "")) if name not in _NOT_KEPT])
    page = PAGES.get(list_name)
    if page is None:
        raise NotFoundError(kind="列表", id=list_name)
    try:
        filter_id = saved_filters.save(
            runtime_of(), current(), session.actor(), list_name, form.get("name", ""), query, role=form.get("role") or None,
            is_default=bool(form.get("default")),
        )  # fmt: skip
    except InvalidError as error:
        errors = getattr(error, "errors", ())
        flask.flash(describe_field_error(errors[0], current_locale()) if errors else describe_error(error), "bad")
        return flask.redirect(f"{flask.url_for(page)}?{query or 'plain=1'}", 303)
    flask.flash(gettext("已保存篩選「{name}」。", name=form["name"].strip()))
    values: dict[str, Any] = dict(parse_qsl(query))
    return flask.redirect(flask.url_for(page, **{**values, "view": filter_id}), 303)


def choose(filter_id: int) -> ResponseReturnValue:
    """Let its list open with it."""
    saved_filters.choose_default(current(), session.actor(), filter_id)
    chosen = next(each for each in saved_filters.listed(current(), session.actor()) if each.id == filter_id)
    flask.flash(gettext("以後開啟時先套用「{name}」。", name=chosen.name))
    return flask.redirect(address(chosen), 303)


def open_plainly(list_name: str) -> ResponseReturnValue:
    """Let a list open with everything again."""
    if list_name not in PAGES:
        raise NotFoundError(kind="列表", id=list_name)
    saved_filters.clear_default(current(), session.actor(), list_name)
    return flask.redirect(flask.url_for(PAGES[list_name], plain=1), 303)


def remove(filter_id: int) -> ResponseReturnValue:
    """Delete one's own."""
    found = next((each for each in saved_filters.listed(current(), session.actor()) if each.id == filter_id), None)
    saved_filters.remove(current(), session.actor(), filter_id)
    assert found is not None
    flask.flash(gettext("已刪除篩選「{name}」。", name=found.name))
    return flask.redirect(flask.url_for(PAGES[found.list], plain=1), 303)
