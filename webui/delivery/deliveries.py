"""The list of what was sent and what could not be; trying again and dropping."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from engine import permissions
from engine.delivery import deliveries
from engine.i18n import fill, translate
from engine.model import JsonObject
from webui import session
from webui.language import current_locale, gettext
from webui.unit_of_work import current, runtime_of

#: source language
STATES = {"dead": "無法傳送", "waiting": "等待傳送", "sent": "已傳送", "needless": "不必傳送", "dropped": "已放棄"}
WAYS = {"email": "電郵", "sms": "短訊", "hook": "群組和系統"}


def overview() -> ResponseReturnValue:
    """Latest first; narrowed to a state and a way."""
    args = flask.request.args
    state, way = args.get("state"), args.get("way")
    found = deliveries.page(current(), session.actor(), state=state, way=way, after=args.get("after"))
    return flask.render_template(
        "delivery/overview.html", rows=found.rows, after=found.after, state=state if state in STATES else None,
        way=way if way in WAYS else None, states=STATES, ways=WAYS, problem_text=_problem, dead=deliveries.dead(current(), session.actor()),
    )


def handle() -> ResponseReturnValue:
    """Try the ticked ones again, or drop them."""
    form = flask.request.form
    ids = [int(each) for each in form.getlist("id")[:200] if each.isascii() and each.isdigit() and len(each) < 19]
    is_retry = form.get("do") != "drop"
    if ids and not is_retry and not form.get("sure"):
        permissions.require(session.actor(), "delivery:administer")
        return flask.render_template("delivery/drop.html", ids=ids, state=form.get("state", ""), way=form.get("way", ""))
    act = deliveries.retry if is_retry else deliveries.drop
    moved = act(runtime_of(), current(), session.actor(), ids)
    if not ids:
        flask.flash(gettext("請先勾選要處理的訊息。"), "warn")
    else:
        flask.flash(gettext("已重新排入 {n} 則。", n=moved) if is_retry else gettext("已放棄 {n} 則。", n=moved))
    return flask.redirect(flask.url_for("delivery.overview", state=form.get("state") or None, way=form.get("way") or None), 303)


def _problem(problem: JsonObject) -> str:
    data = {name: translate(current_locale(), str(value)) for name, value in problem.get("data", {}).items()}
    return fill(gettext(problem.get("sentence", "")), data)
