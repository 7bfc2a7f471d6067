"""The page of a work item, and sending its form."""

from __future__ import annotations

from collections.abc import Callable

from flask.typing import ResponseReturnValue

from engine import drafts, paper_entries, work_items
from engine.errors import ConflictError, FormInvalidError, InvalidError
from engine.model import Actor, JsonObject
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import work_items as queries
from engine.steps import StepResult
from webui import posted_form, session, unit_of_work
from webui.error_pages import status
from webui.language import describe_error
from webui.phone.keeping import is_queued
from webui.unit_of_work import current, runtime_of
from webui.work_item import done, page, queued, repeats


def show(work_item_id: int) -> ResponseReturnValue:
    """What is to be done, with what happened before."""
    return page.render(work_item_id)


def paper(work_item_id: int) -> ResponseReturnValue:
    """The item for a printer."""
    return page.paper(work_item_id)


def complete(work_item_id: int) -> ResponseReturnValue:
    """Send the form; the case moves on."""

    def act(uow: UnitOfWork, actor: Actor, variables: JsonObject) -> StepResult:
        paper = posted_form.paper()
        if paper is not None:
            return paper_entries.complete(runtime_of(), uow, actor, work_item_id, variables, paper)
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
        return done.answer(before, item.name, item.definition_id, item.id)
    posted = posted_form.read(page.form_of(item), session.actor())
    if posted.is_edit:
        return page.render(work_item_id, submitted=posted.variables)
    try:
        if posted.file_error is not None:
            raise posted.file_error
        actor = queued.at_the_time(posted_form.at_claimed_time(session.actor()))
        result = unit_of_work.step(repeats.once(lambda uow: act_and_forget(uow, actor, posted.variables)))
    except (InvalidError, ConflictError) as error:
        unit_of_work.let_go()
        if is_queued():
            fresh = queries.get(current(), session.actor(), work_item_id)
            return queued.refused(error, fresh, page.form_of(item), item.definition_id, posted.variables)
        errors = error.errors if isinstance(error, FormInvalidError) else ()
        return page.render(work_item_id, submitted=posted.variables, errors=errors, problem=describe_error(error), status=status(error))
    return done.answer(result, item.name, item.definition_id, item.id)
