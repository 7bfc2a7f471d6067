"""Moving a case to another step: choose, look at what it does, give the reason; and taking that back."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from engine import definitions, moving
from engine.errors import ConflictError, InvalidError
from engine.permissions import require
from engine.queries import instances as queries
from engine.queries import work_items
from webui import session, unit_of_work
from webui.dialogs import required_reason
from webui.error_pages import status
from webui.language import describe_error, gettext
from webui.unit_of_work import current, runtime_of
from webui.wording import limit_name


def form(instance_id: int) -> ResponseReturnValue:
    """Which item, and where to."""
    return _ask(instance_id)


def move(instance_id: int) -> ResponseReturnValue:
    """Show what it would do; with a reason, do it."""
    actor, posted = session.actor(), flask.request.form
    queries.get(current(), actor, instance_id)
    item_id, step = _number("item"), posted.get("step", "")
    if "sure" not in posted:
        return _ask(instance_id, item_id, step)
    try:
        reason = required_reason()
        unit_of_work.step(lambda uow: moving.move(runtime_of(), uow, actor, instance_id, item_id, step, reason))
    except (InvalidError, ConflictError) as error:
        unit_of_work.let_go()
        return _ask(instance_id, item_id, step, describe_error(error), status(error))
    flask.flash(gettext("案件已移動；在有人辦理之前可以撤銷。"))
    return flask.redirect(flask.url_for("cases.show", instance_id=instance_id), 303)


def undo(instance_id: int) -> ResponseReturnValue:
    """Move it back."""
    actor, seq = session.actor(), _number("seq")
    queries.get(current(), actor, instance_id)
    try:
        unit_of_work.step(lambda uow: moving.undo(runtime_of(), uow, actor, instance_id, seq))
        flask.flash(gettext("已撤銷移動，案件回到原來的步驟。"))
    except (InvalidError, ConflictError) as error:
        unit_of_work.let_go()
        flask.flash(describe_error(error), "warn")
    return flask.redirect(flask.url_for("cases.show", instance_id=instance_id), 303)


def _ask(instance_id: int, item_id: int = 0, step: str = "", problem: str = "", code: int = 200) -> flask.Response:
    actor = session.actor()
    case = queries.get(current(), actor, instance_id)
    require(actor, moving.PERMISSION, case.site_id)
    items = [each for each in work_items.of_instance(current(), instance_id) if each.state in ("open", "claimed", "delegated", "signing")]
    items = [each for each in items if "." not in each.token]
    chosen = next((each for each in items if each.id == item_id), items[0] if len(items) == 1 else None)
    preview = None
    if step and chosen is not None:
        try:
            preview = moving.preview(runtime_of(), current(), actor, instance_id, chosen.id, step)
        except (InvalidError, ConflictError) as error:
            problem, code = problem or describe_error(error), status(error)
    body = flask.render_template(
        "cases/move.html", case=case, items=items, chosen=chosen, step=step, preview=preview, problem=problem,
        places=moving.targets(runtime_of(), current(), actor, instance_id), reason=flask.request.form.get("reason", ""),
        definitions=_definitions(case), limits=[limit_name(each, case.definition_id) for each in preview.clocks] if preview else [],
    )
    return flask.make_response(body, code)


def _definitions(case: queries.InstanceRow) -> dict[str, int]:
    """Which version holds the texts of each process of the case."""
    return {case.definition_key: case.definition_id, **definitions.bindings(runtime_of(), current(), case.definition_id)}


def _number(name: str) -> int:
    text = flask.request.form.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
