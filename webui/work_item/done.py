"""What is said when a step was done: to a person on the next page, to the queue of a phone as JSON."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape

from engine.queries import work_items as queries
from engine.steps import StepResult
from webui import session, unit_of_work
from webui.language import gettext
from webui.phone.keeping import is_queued
from webui.unit_of_work import current
from webui.wording import worded
from webui.work_item import queued


def answer(result: StepResult | None, name: str, definition_id: int, work_item_id: int) -> ResponseReturnValue:
    """Say what came of it, and offer what the person can go on with."""
    unit_of_work.let_go()
    if is_queued():
        return queued.sent(result, name, definition_id)
    _tell(result, worded(name, definition_id))
    return flask.redirect(flask.url_for("inbox.todo", sent=work_item_id), 303)


def _tell(result: StepResult | None, name: str) -> None:
    sentence = gettext("已提交「{name}」。", name=name)
    if result is None:
        flask.flash(sentence)
    elif result.incident_id is not None:
        flask.flash(gettext("「{name}」已收到，但系統在下一步出錯，主管會處理。您填寫的內容已保存，不必重填。", name=name), "warn")
    else:
        flask.flash(Markup(" ").join([escape(sentence), *_offers(result)]))


def _offers(result: StepResult) -> list[Markup]:
    actor = session.actor()
    offers = []
    for work_item_id in result.new_work_items[:3]:
        item = queries.find(current(), work_item_id)
        name = worded(item.name, item.definition_id)
        address = flask.url_for("work_item.show", work_item_id=work_item_id)
        link = Markup('<a href="{}">{}</a>').format(address, name) if queries.may_see(actor, item) else escape(name)
        offers.append(gettext("下一步：{name}。", name=Markup(link)))  # noqa: S704 - made of escaped parts
    return [Markup(offer) for offer in offers]  # noqa: S704 - as above
