"""Letting a case go on in another version of its procedure: choose, look at what it does, give the reason; and taking that back."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from engine import impact, migration, migration_runs
from engine.errors import ConflictError, InvalidError
from engine.permissions import require
from engine.queries import instances as queries
from engine.queries import migrations
from webui import session, unit_of_work
from webui.dialogs import required_reason
from webui.error_pages import status
from webui.language import describe_error, gettext
from webui.rollouts import wording
from webui.unit_of_work import current, runtime_of
from webui.wording import content, limit_name, worded

_MAP = "map."


def form(instance_id: int) -> ResponseReturnValue:
    """Which version."""
    return _ask(instance_id, _number(flask.request.args.get("version", "")))


def migrate(instance_id: int) -> ResponseReturnValue:
    """Show what it would do; with a reason, do it."""
    actor, posted = session.actor(), flask.request.form
    queries.get(current(), actor, instance_id)
    version_id = _number(posted.get("version", ""))
    if "sure" not in posted:
        return _ask(instance_id, version_id)
    try:
        reason = required_reason()
        unit_of_work.step(lambda uow: migration_runs.move_one(
            runtime_of(), uow, actor, instance_id, version_id, reason, mapping=_mapping(), new_due="new_due" in posted))
    except (InvalidError, ConflictError) as error:
        unit_of_work.let_go()
        return _ask(instance_id, version_id, describe_error(error), status(error))
    flask.flash(gettext("案件已改用所選的版本；在有進展之前可以撤銷。"))
    return flask.redirect(flask.url_for("cases.show", instance_id=instance_id), 303)


def undo(instance_id: int) -> ResponseReturnValue:
    """Put it back on the version that it came from."""
    actor, run_id = session.actor(), _number(flask.request.form.get("run", ""))
    queries.get(current(), actor, instance_id)
    try:
        unit_of_work.step(lambda uow: migration_runs.undo_one(runtime_of(), uow, actor, instance_id, run_id))
        flask.flash(gettext("已撤銷，案件回到原來的版本。"))
    except (InvalidError, ConflictError) as error:
        unit_of_work.let_go()
        flask.flash(describe_error(error), "warn")
    return flask.redirect(flask.url_for("cases.show", instance_id=instance_id), 303)


def _ask(instance_id: int, version_id: int, problem: str = "", code: int = 200) -> flask.Response:
    actor, uow = session.actor(), current()
    case = queries.get(uow, actor, instance_id)
    require(actor, migration.PERMISSION, case.site_id)
    offered = [each for each in migrations.versions(uow, actor, case.definition_key) if each.id != case.definition_id]
    chosen = next((each for each in offered if each.id == version_id), None)
    preview = None
    if chosen is not None:
        try:
            preview = migration.preview(
                runtime_of(), uow, actor, instance_id, chosen.id, mapping=_mapping(), new_due="new_due" in flask.request.form)
        except (InvalidError, ConflictError) as error:
            problem, code = problem or describe_error(error), status(error)
    body = flask.render_template(
        "cases/migrate.html", case=case, versions=offered, chosen=chosen, preview=preview, problem=problem, wording=wording,
        targets=[(each, worded(name, chosen.id)) for each, name in impact.steps_of(content(chosen.id).diagram)] if chosen else [],
        mapping=_mapping(), reason=flask.request.form.get("reason", ""), new_due="new_due" in flask.request.form,
        limits=[limit_name(each, case.definition_id) for each in preview.ended_limits] if preview else [],
    )
    return flask.make_response(body, code)


def _mapping() -> dict[str, str]:
    """Steps that were named for those that are gone."""
    return {name.removeprefix(_MAP): value.strip() for name, value in flask.request.form.items() if name.startswith(_MAP) and value.strip()}


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
