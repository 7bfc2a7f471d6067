"""Asks whom somebody called and what came of it, and keeps it."""

from __future__ import annotations

from datetime import datetime

import flask
from flask.typing import ResponseReturnValue

from engine import phone_calls
from engine.company import recipients
from engine.company.recipients import Recipient
from engine.errors import FieldError, FormInvalidError
from engine.i18n import describe_field_error
from engine.phone_calls import PhoneCall, Result
from engine.queries import instances as cases
from engine.queries import work_items
from webui import session, unit_of_work
from webui.cases.story import CALL_RESULTS
from webui.display import local, zone
from webui.error_pages import status
from webui.language import current_locale, gettext
from webui.unit_of_work import current, runtime_of


def of_case(instance_id: int) -> tuple[PhoneCall, ...]:
    """Calls of a case that the page shows already."""
    return phone_calls.of_instance(current(), instance_id)


def form(instance_id: int) -> ResponseReturnValue:
    """The question, with whom the directory knows."""
    who = _known(instance_id)
    now = local(runtime_of().clock.now())
    return _ask(instance_id, {"name": who.name, "number": who.phone, "called_at": f"{now:%Y-%m-%dT%H:%M}"}, {})


def record(instance_id: int) -> ResponseReturnValue:
    """Keep it; what cannot be is said beside its field."""
    cases.get(current(), session.actor(), instance_id)
    sent = flask.request.form
    try:
        called_at = _moment(sent.get("called_at", ""))
        unit_of_work.step(lambda uow: phone_calls.record(
            runtime_of(), uow, session.actor(), instance_id, name=sent.get("name", ""), number=sent.get("number", ""),
            result=sent.get("result", ""), note=sent.get("note", ""), called_at=called_at, work_item_id=_work_item_id(),
        ))
    except FormInvalidError as error:
        unit_of_work.let_go()
        problems = {each.field: describe_field_error(each, current_locale()) for each in error.errors}
        return flask.make_response(_ask(instance_id, dict(sent), problems), status(error))
    flask.flash(gettext("已記錄電話通知。"))
    return flask.redirect(_back(instance_id), 303)


def _ask(instance_id: int, values: dict[str, str], problems: dict[str, str]) -> str:
    cases.get(current(), session.actor(), instance_id)
    return flask.render_template(
        "phone_calls/form.html", address=flask.url_for("phone_calls.record", instance_id=instance_id), back=_back(instance_id),
        values=values, problems=problems, results=[(each.value, gettext(CALL_RESULTS[each])) for each in Result],
        work_item_id=_work_item_id(), is_part="HX-Request" in flask.request.headers,
    )


def _known(instance_id: int) -> Recipient:
    work_item_id = _work_item_id()
    item = work_items.find(current(), work_item_id) if work_item_id is not None else None
    if item is None or item.instance_id != instance_id or not work_items.may_see(session.actor(), item):
        return Recipient()
    return recipients.of_item(runtime_of(), current(), item.id)


def _work_item_id() -> int | None:
    text = flask.request.values.get("item", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone())
    except ValueError as error:
        raise FormInvalidError([FieldError("called_at", "invalid_value", "通話時間無法識別。", {})]) from error


def _back(instance_id: int) -> str:
    work_item_id = _work_item_id()
    if work_item_id is not None:
        return flask.url_for("work_item.show", work_item_id=work_item_id)
    return flask.url_for("cases.show", instance_id=instance_id)
