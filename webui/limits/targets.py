"""What a limit asks for: set from a day on, after a look at what it would have meant, and everything that was set before."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

import flask
from flask.typing import ResponseReturnValue

from engine import limit_figures, limit_setting
from engine.calendars import END_OF_DAY, parse_target
from engine.errors import ConflictError, GuichengError, InvalidError, NotFoundError
from engine.limit_figures import KnownLimit
from engine.limit_rules import Kind, Limit
from engine.permissions import EVERYWHERE, require
from engine.queries.months import next_month
from webui import session, unit_of_work
from webui.dialogs import required_reason
from webui.display import local
from webui.error_pages import status
from webui.language import describe_error, gettext
from webui.limits.named import demand_words, name_of
from webui.periods import day_of
from webui.unit_of_work import current, runtime_of
from webui.wording import worded

#: units of a length of time, with what ISO 8601 writes before and behind the number
_UNITS = {"minutes": ("PT", "M"), "hours": ("PT", "H"), "days": ("P", "D")}


def show(limit_id: str) -> ResponseReturnValue:
    """The form, what was set before, and with values in the address what they would mean."""
    known = _known(limit_id)
    args = flask.request.args
    if "value" not in args and "unit" not in args:
        return _page(known, {})
    try:
        day = day_of(args, "from")
        if day is None:
            raise InvalidError(reason="請選擇生效日期。")
        seen = limit_setting.preview(runtime_of(), current(), session.actor(), limit_id, demand_of(known.limit, args), day)
    except (InvalidError, ConflictError) as error:
        return _page(known, args, error)
    return _page(known, args, preview=seen)


def save(limit_id: str) -> ResponseReturnValue:
    """Set it; what was typed wrongly comes back."""
    known, form = _known(limit_id), flask.request.form
    try:
        reason, day = required_reason(), day_of(form, "from")
        if day is None:
            raise InvalidError(reason="請選擇生效日期。")
        demand = demand_of(known.limit, form)
        unit_of_work.step(lambda uow: limit_setting.set_target(runtime_of(), uow, session.actor(), limit_id, demand, day, reason))
    except (InvalidError, ConflictError) as error:
        unit_of_work.let_go()
        return _page(known, form, error)
    flask.flash(gettext("已設定，從 {day} 起按新的要求計算；之前開始的仍按原來的。", day=day.isoformat()))
    return flask.redirect(flask.url_for("limits.target", limit_id=limit_id), 303)


def withdraw(limit_id: str, target_id: int) -> ResponseReturnValue:
    """Take one back that doesn't count yet."""
    known = _known(limit_id)
    try:
        unit_of_work.step(lambda uow: limit_setting.withdraw(runtime_of(), uow, session.actor(), limit_id, target_id))
        flask.flash(gettext("已撤回，這項要求不會生效。"))
    except ConflictError as error:
        unit_of_work.let_go()
        return _page(known, {}, error)
    return flask.redirect(flask.url_for("limits.target", limit_id=limit_id), 303)


def demand_of(limit: Limit, values: Mapping[str, str]) -> str:
    """What was typed, as the engine writes it. InvalidError for what is no number."""
    text, unit = values.get("value", "").strip().rstrip("%"), values.get("unit", "")
    if limit.kind is Kind.CLOCK and limit.by_day is None:
        if unit == END_OF_DAY:
            return END_OF_DAY
        if unit not in _UNITS or not (text.isascii() and text.isdigit()) or int(text) == 0:
            raise InvalidError(reason="請填寫一個大於零的整數，並選擇單位。")
        before, behind = _UNITS[unit]
        return f"{before}{int(text)}{behind}"
    if limit.kind is Kind.SHARE:
        try:
            return f"{(Decimal(text) / 100).normalize():f}"
        except InvalidOperation as error:
            raise InvalidError(reason="請填一個數字。") from error
    return text


def _known(limit_id: str) -> KnownLimit:
    require(session.actor(), limit_setting.PERMISSION, EVERYWHERE)
    known = limit_figures.known_limits(runtime_of(), current()).get(limit_id)
    if known is None:
        raise NotFoundError(kind="時限", id=limit_id)
    return known


def _page(
    known: KnownLimit, values: Mapping[str, str], error: GuichengError | None = None, preview: limit_setting.Preview | None = None
) -> flask.Response:
    limit = known.limit
    today = local(runtime_of().clock.now()).date()
    first_of_next = next_month(today)
    body = flask.render_template(
        "limits/target.html", known=known, name=name_of(known), procedure=worded(known.procedure, known.definition_id),
        kind="day" if limit.by_day is not None else limit.kind.value, now=demand_words(limit, limit.demand),
        values={**_now(limit), **values},
        first_of_next=first_of_next, history=limit_setting.history(runtime_of(), current(), limit.full_id), preview=preview,
        words=lambda demand: demand_words(limit, demand), problem=describe_error(error) if error is not None else "",
        can_change=limit.kind is not Kind.NEVER,
    )  # fmt: skip
    return flask.make_response(body, status(error) if error is not None else 200)


def _now(limit: Limit) -> dict[str, str]:
    """What is asked for now, as the form shows it."""
    if limit.by_day is not None:
        return {"value": str(limit.by_day)}
    if limit.kind is not Kind.CLOCK:
        goal = limit.goal or Decimal(0)
        return {"value": f"{(goal * 100 if limit.kind is Kind.SHARE else goal).normalize():f}"}
    target = parse_target(limit.demand)
    if isinstance(target, str):
        return {"value": "", "unit": END_OF_DAY}
    if target.days and not target.time and not target.months:
        return {"value": str(target.days), "unit": "days"}
    minutes = int(target.plain().total_seconds() // 60)
    return {"value": str(minutes // 60), "unit": "hours"} if minutes % 60 == 0 else {"value": str(minutes), "unit": "minutes"}
