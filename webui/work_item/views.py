"""The page of a work item, and sending its form."""

from __future__ import annotations

from collections.abc import Callable

import flask
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape

from engine import drafts, work_items
from engine.errors import ConflictError, FormInvalidError, InvalidError
from engine.model import Actor, JsonObject
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import work_items as queries
from engine.queries.work_items import WorkItemRow
from engine.steps import StepResult
from webui import posted_form, session, unit_of_work
from webui.error_pages import status
from webui.language import describe_error, gettext
from webui.unit_of_work import current, runtime_of
from webui.wording import worded
from webui.work_item import page, repeats


def show(work_item_id: int) -> ResponseReturnValue:
    """What is to be done, with what happened before."""
    return page.render(work_item_id)


def paper(work_item_id: int) -> ResponseReturnValue:
    """The item for a printer."""
    return page.paper(work_item_id)


def complete(work_item_id: int) -> ResponseReturnValue:
    """Send the form; the case moves on."""

    def act(uow: UnitOfWork, actor: Actor, variables: JsonObject) -> StepResult:
        return work_items.complete(runtime_of(), uow, actor, work_item_id, variables)

    return _send(work_item_id, act)


def resolve(work_item_id: int) -> ResponseReturnValue:
    """Answer a delegated item; it goes back to its owner."""

    def act(uow: UnitOfWork, actor: Actor, variables: JsonObject) -> None:
        work_items.resolve(runtime_of(), uow, actor, work_item_id, variables)

    return _send(work_item_id, act)


def _send(work_item_id: int, act: Callable[[UnitOfWork, Actor, JsonObject], StepResult | None]) -> ResponseReturnValue:
    """Read the post, do it, go on; whatever is refused comes back with everything that was typed."""
    item = queries.get(current(), session.actor(), work_item_id)

    def act_and_forget(uow: UnitOfWork, actor: Actor, variables: JsonObject) -> StepResult | None:
        result = act(uow, actor, variables)
        drafts.discard(uow, actor, work_item_id)
        return result

    before = repeats.done_before()
    if before is not None:
        return _done(before, item)
    posted = posted_form.read(page.form_of(item), session.actor())
    if posted.is_edit:
        return page.render(work_item_id, submitted=posted.variables)
    try:
        if posted.file_error is not None:
            raise posted.file_error
        actor = posted_form.at_claimed_time(session.actor())
        result = unit_of_work.step(repeats.once(lambda uow: act_and_forget(uow, actor, posted.variables)))
    except (InvalidError, ConflictError) as error:
        unit_of_work.let_go()
        errors = error.errors if isinstance(error, FormInvalidError) else ()
        return page.render(work_item_id, submitted=posted.variables, errors=errors, problem=describe_error(error), status=status(error))
    return _done(result, item)


def _done(result: StepResult | None, item: WorkItemRow) -> ResponseReturnValue:
    unit_of_work.let_go()
    _tell(result, item.name, item.definition_id)
    return flask.redirect(flask.url_for("inbox.todo", sent=item.id), 303)


def _tell(result: StepResult | None, name: str, definition_id: int) -> None:
    """Say what came of it, and offer what the person can go on with."""
    name = worded(name, definition_id)
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
