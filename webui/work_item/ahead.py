"""Forms of steps that may come next, kept by a phone before it loses its network, and sent when the case has come to them."""

from __future__ import annotations

from typing import Any

import flask
from flask.typing import ResponseReturnValue

from engine import ahead, instances
from engine.ahead import StepAhead
from engine.errors import ConflictError, FormInvalidError, InvalidError, NotFoundError
from engine.forms import FormView, edit_view, initial
from engine.model import JsonObject
from engine.personal_data import opens_with
from engine.queries import work_items as queries
from engine.queries.work_items import WorkItemRow
from engine.runtime import Reference
from webui import posted_form, session, unit_of_work
from webui.display import zone
from webui.error_pages import status
from webui.form_options import options
from webui.language import describe_error
from webui.phone.keeping import is_queued
from webui.unit_of_work import current, runtime_of
from webui.wording import content, texts
from webui.work_item import done, queued, repeats


def form(work_item_id: int, key: str, element_id: str) -> ResponseReturnValue:
    """The step's form, as it would look if the case came to it now. 404 for a step that can't come, or is another role's."""
    item = queries.get(current(), session.actor(), work_item_id)
    step = _step(work_item_id, key, element_id)
    return _page(item, step, initial_values=True)


def submit(work_item_id: int, key: str, element_id: str) -> ResponseReturnValue:
    """Complete the step, if the case has come to it."""
    actor = session.actor()
    item = queries.get(current(), actor, work_item_id)
    before = repeats.done_before()
    step = _known(item, key, element_id)
    if before is not None:
        return done.answer(before, step.name, step.definition_id, work_item_id)
    shown = content(step.definition_id).forms.get(step.form_key or "")
    posted = posted_form.read(shown, actor)
    try:
        if posted.file_error is not None:
            raise posted.file_error
        doer = queued.at_the_time(posted_form.at_claimed_time(actor))
        result = unit_of_work.step(repeats.once(
            lambda uow: ahead.complete(runtime_of(), uow, doer, work_item_id, key, element_id, posted.variables)
        ))
    except (InvalidError, ConflictError) as error:
        unit_of_work.let_go()
        if is_queued():
            there = _there(item, step)
            return queued.refused(error, there or item, shown, step.definition_id, posted.variables, is_step=there is not None)
        errors = error.errors if isinstance(error, FormInvalidError) else ()
        return _page(item, step, submitted=posted.variables, errors=errors, problem=describe_error(error)), status(error)
    return done.answer(result, step.name, step.definition_id, work_item_id)


def addresses(work_item_id: int) -> list[tuple[str, StepAhead]]:
    """Where the forms of the steps that may come lie, nearest first."""
    return [(_address(work_item_id, step), step) for step in ahead.steps_ahead(runtime_of(), current(), session.actor(), work_item_id)]


def _address(work_item_id: int, step: StepAhead) -> str:
    return flask.url_for("work_item.ahead_form", work_item_id=work_item_id, key=step.process_key, element_id=step.element_id)


def _step(work_item_id: int, key: str, element_id: str) -> StepAhead:
    for step in ahead.steps_ahead(runtime_of(), current(), session.actor(), work_item_id):
        if (step.process_key, step.element_id) == (key, element_id):
            return step
    raise NotFoundError(kind="步驟", id=element_id)


def _known(item: WorkItemRow, key: str, element_id: str) -> StepAhead:
    """The step by the diagram alone: when it is sent, the item that it was opened from is done."""
    return ahead.known_step(runtime_of(), current(), item.id, key, element_id)


def _there(item: WorkItemRow, step: StepAhead) -> WorkItemRow | None:
    """The item of the step, where the case has one, for who did it and when."""
    place = (step.process_key, step.element_id)
    same = [each for each in queries.of_instance(current(), item.instance_id) if (each.definition_key, each.element_id) == place]
    return same[-1] if same else None


def _page(item: WorkItemRow, step: StepAhead, *, initial_values: bool = False, **drawn: Any) -> str:
    view = _view(item, step, None if initial_values else drawn.pop("submitted"), drawn.pop("errors", ()))
    known = addresses(item.id) if item.is_live else []
    place = next((number for number, (_, each) in enumerate(known, 1) if each == step), 0)
    return flask.render_template("work_item/ahead.html", item=item, step=step, form=view, key=repeats.new_key(), following=known[place:],
                                 problem=drawn.get("problem", ""))


def _view(item: WorkItemRow, step: StepAhead, submitted: JsonObject | None, errors: Any) -> FormView | None:
    form_ = content(step.definition_id).forms.get(step.form_key or "")
    if form_ is None:
        return None
    actor = session.actor()
    data = instances.inspect(runtime_of(), current(), item.instance_id).variables
    me = Reference(actor.user_id, actor.name) if actor.user_id is not None else None
    opened = initial(form_, data, now=runtime_of().clock.now(), zone=zone(), me=me)
    values = opens_with(actor, item, form_, opened) if submitted is None else posted_form.with_read_only(form_, opened, submitted)
    return edit_view(
        form_, values, texts(step.definition_id), context=data, forms=dict(content(step.definition_id).forms), errors=errors,
        options=options(item.site_id),
    )
