"""Versions of procedures: the list, one procedure's versions, a package that comes as files, going back, and moving cases to a version."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

import flask
from flask.typing import ResponseReturnValue

from engine import archives, callers, definitions, four_eyes, impact, migration_runs, proposals
from engine.designing import drafts
from engine.errors import ConflictError, DeploymentRefusedError, GuichengError, InvalidError
from engine.migration_runs import Chosen
from engine.permissions import may, require
from engine.queries import instances as cases
from engine.queries import migrations
from engine.standings import StillCountingError
from webui import session, unit_of_work
from webui.cases.intervening import chosen_ids
from webui.error_pages import status
from webui.language import describe_error, gettext
from webui.rollouts import wording
from webui.rollouts.proposal import chosen, mappings
from webui.unit_of_work import current, runtime_of
from webui.wording import content, worded


def overview() -> ResponseReturnValue:
    """Packages that wait, what was decided, and every procedure."""
    return _list()


def propose() -> ResponseReturnValue:
    """Keep a package that comes as files, and show what it would do."""
    actor = session.actor()
    require(actor, "procedure:design")
    try:
        files = _uploaded()
        note = flask.request.form.get("note", "")
        proposal_id = unit_of_work.step(lambda uow: proposals.make(runtime_of(), uow, actor, files, note=note))
    except (InvalidError, ConflictError, DeploymentRefusedError) as error:
        unit_of_work.let_go()
        return _list(error)
    return flask.redirect(flask.url_for("rollouts.show", proposal_id=proposal_id), 303)


def from_draft(draft_id: int) -> ResponseReturnValue:
    """Keep a draft as it stands now, and show what it would do."""
    actor = session.actor()
    require(actor, "procedure:design")
    try:
        proposal_id = unit_of_work.step(lambda uow: proposals.from_draft(runtime_of(), uow, actor, draft_id))
    except (InvalidError, ConflictError, DeploymentRefusedError) as error:
        unit_of_work.let_go()
        draft = drafts.get(current(), actor, draft_id)
        return _list(error, flask.url_for("designer.editor", name=draft.procedure))
    return flask.redirect(flask.url_for("rollouts.show", proposal_id=proposal_id), 303)


def procedure(key: str) -> ResponseReturnValue:
    """Every version with what runs on it."""
    uow, actor = current(), session.actor()
    found = migrations.versions(uow, actor, key)
    name = definitions.procedure_of(uow, [key])
    return flask.render_template(
        "rollouts/procedure.html", key=key, versions=found, name=name, wording=wording, rule=four_eyes.of(uow, name),
        runs=migrations.runs(uow, actor, key=key, after=flask.request.args.get("after")),
        rights={"rule": may(actor, four_eyes.PERMISSION), "propose": may(actor, "procedure:design"),
                "migrate": may(actor, "process-instance:migrate")},
    )


def restore(key: str, definition_id: int) -> ResponseReturnValue:
    """Propose an earlier version's files anew."""
    actor = session.actor()
    require(actor, "procedure:design")
    note = gettext("回復至第 {version} 版", version=definitions.get(runtime_of(), current(), definition_id).version)
    try:
        proposal_id = unit_of_work.step(lambda uow: proposals.restore(runtime_of(), uow, actor, definition_id, note))
    except (InvalidError, ConflictError, DeploymentRefusedError) as error:
        unit_of_work.let_go()
        flask.flash(describe_error(error), "warn")
        return flask.redirect(flask.url_for("rollouts.procedure", key=key), 303)
    return flask.redirect(flask.url_for("rollouts.show", proposal_id=proposal_id), 303)


def rule(key: str) -> ResponseReturnValue:
    """Ask for a second person from now on, or no more."""
    actor, is_required = session.actor(), flask.request.form.get("required") == "yes"
    name = definitions.procedure_of(current(), [key])
    unit_of_work.step(lambda uow: four_eyes.set_required(runtime_of(), uow, actor, name, is_required=is_required))
    flask.flash(gettext("之後的新版本須由另一位同事核准。") if is_required else gettext("之後的新版本不必另一位同事核准。"))
    return flask.redirect(flask.url_for("rollouts.procedure", key=key), 303)


def may_migrate() -> bool:
    """Whether the signed-in person may move cases between versions anywhere."""
    return may(session.actor(), "process-instance:migrate")


def selection() -> ResponseReturnValue:
    """Cases that were chosen in their list, and what moving them to the current version of their procedure would do."""
    actor, uow = session.actor(), current()
    require(actor, "process-instance:migrate")
    ids = chosen_ids()
    keys = {cases.get(uow, actor, each).definition_key for each in ids}
    if len(keys) != 1:
        flask.flash(gettext("請選擇同一個流程的案件。"), "warn")
        return flask.redirect(flask.url_for("cases.overview"), 303)
    return _version(definitions.latest(runtime_of(), uow, keys.pop()).id, ids=ids)


def version(definition_id: int) -> ResponseReturnValue:
    """Cases of other versions, and what moving them to this one would do."""
    return _version(definition_id)


def migrate(definition_id: int) -> ResponseReturnValue:
    """Move the chosen groups."""
    actor, posted = session.actor(), flask.request.form
    require(actor, "process-instance:migrate")
    ids = [int(each) for each in posted.getlist("item") if each.isascii() and each.isdigit() and len(each) < 19]
    if "sure" not in posted:
        return _version(definition_id, ids=ids)
    named = mappings()
    try:
        groups = impact.of_version(runtime_of(), current(), actor, definition_id, named, ids or None)
    except StillCountingError as error:
        return _version(definition_id, error, ids)
    picked = [Chosen(each.instance_ids, named.get(each.id, {})) for each in groups if chosen(each.id) == "move"]
    try:
        run_id = unit_of_work.step(lambda uow: migration_runs.begin(
            runtime_of(), uow, actor, definition_id, picked, posted.get("reason", ""), new_due="new_due" in posted))
    except (InvalidError, ConflictError) as error:
        unit_of_work.let_go()
        return _version(definition_id, error, ids)
    return flask.redirect(flask.url_for("rollouts.run", run_id=run_id), 303)


def _version(definition_id: int, error: GuichengError | None = None, ids: Sequence[int] = ()) -> flask.Response:
    uow, actor = current(), session.actor()
    require(actor, "process-instance:migrate")
    info, named = definitions.get(runtime_of(), uow, definition_id), mappings()
    groups: tuple[impact.Group, ...] = ()
    counting = None
    try:
        groups = impact.of_version(runtime_of(), uow, actor, definition_id, named, ids or None)
    except StillCountingError as found:
        counting = found.data
    body = flask.render_template(
        "rollouts/version.html", info=info, ids=ids, groups=groups, named=named, wording=wording, counting=counting,
        callers=callers.of(runtime_of(), uow, {info.key: definitions.latest(runtime_of(), uow, info.key)}),
        problem=describe_error(error) if error else "",
        choice_of={each.id: chosen(each.id, "move" if each.verdict == "movable" else "stay") for each in groups},
        reason=flask.request.form.get("reason", ""), new_due="new_due" in flask.request.form,
        targets=[(each, worded(name, info.id)) for each, name in impact.steps_of(content(info.id).diagram)],
    )
    return flask.make_response(body, status(error) if error else 200)


def _list(error: GuichengError | None = None, draft_address: str = "") -> flask.Response:
    uow, actor = current(), session.actor()
    body = flask.render_template(
        "rollouts/overview.html", waiting=proposals.listed(uow, actor, is_open=True, limit=20).rows, wording=wording,
        decided=proposals.listed(uow, actor, is_open=False, after=flask.request.args.get("after")),
        draft_address=draft_address, procedures=definitions.list_latest(runtime_of(), uow), may_propose=may(actor, "procedure:design"),
        problem=describe_error(error) if error else "", findings=error.findings if isinstance(error, DeploymentRefusedError) else (),
    )
    return flask.make_response(body, status(error) if error else 200)


def _uploaded() -> dict[str, bytes]:
    """The files of a folder, or those of one packed file; paths inside the procedure's folder."""
    given = {file.filename or "": file.stream.read() for file in flask.request.files.getlist("files") if file.filename}
    if len(given) == 1 and next(iter(given)).lower().endswith(".zip"):
        given = archives.unpack(next(iter(given.values())))
    if not given:
        raise InvalidError(reason="請選擇流程的資料夾或壓縮檔。")
    return _inside(given)


def _inside(files: dict[str, bytes]) -> dict[str, bytes]:
    """A folder's own name is no part of the paths."""
    tops = {PurePosixPath(name).parts[0] for name in files}
    if len(tops) == 1 and all(len(PurePosixPath(name).parts) > 1 for name in files):
        files = {str(PurePosixPath(*PurePosixPath(name).parts[1:])): body for name, body in files.items()}
    return {name: body for name, body in files.items() if not any(part.startswith(".") for part in PurePosixPath(name).parts)}
