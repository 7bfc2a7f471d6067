"""The page on which a draft is played with pretend people: where the case stands, the form of one step, the clock, and what was done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import flask
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from engine import procedure_access
from engine.designing import drafts, kept_scenarios, play_cast, playing
from engine.designing import overview as procedures
from engine.designing.overview import ProcedureState
from engine.designing.play_stage import NotRefusedError
from engine.designing.playing import Deed, PlayMovedError
from engine.errors import DeploymentRefusedError, FieldError, FormInvalidError, GuichengError, InvalidError, NotFoundError
from engine.persistence.unit_of_work import UnitOfWork
from webui import session, unit_of_work
from webui.error_pages import status
from webui.language import current_locale, describe_error, gettext
from webui.unit_of_work import current, runtime_of

#: units by which the clock is moved: name → length
_UNITS = {"minutes": timedelta(minutes=1), "hours": timedelta(hours=1), "days": timedelta(days=1)}


def page(name: str) -> ResponseReturnValue:
    """Where the play stands."""
    return _page(_draft(name), item_id=_number(flask.request.args, "item"))


def begin(name: str) -> ResponseReturnValue:
    """Begin anew."""
    state, form = _draft(name), flask.request.form
    return _done(state, lambda uow, draft_id: playing.begin(
        runtime_of(), uow, session.actor(), draft_id, form.get("process", ""), _moment(form.get("at", ""))))


def act(name: str) -> ResponseReturnValue:
    """Start the case, or do something with one step; a refused form comes back with everything in it."""
    state, form = _draft(name), flask.request.form
    posted, item_id = form.to_dict(flat=False), _number(form, "item")
    plain = {key: values for key, values in posted.items() if key != "csrf_token"}
    try:
        acted = unit_of_work.step(lambda uow: playing.act(
            runtime_of(), uow, session.actor(), _id(state), current_locale(), plain, item_id=item_id, seen=_number(form, "seen") or 0,
            deed=_deed()))
    except GuichengError as error:
        unit_of_work.let_go()
        errors = error.errors if isinstance(error, FormInvalidError) else ()
        return _page(state, item_id=item_id, posted=plain, errors=errors, problem=error, code=status(error))
    return _back(state) if acted else _page(state, item_id=item_id, posted=plain)


def forward(name: str) -> ResponseReturnValue:
    """Move the clock: to what is due next, or by an amount."""
    state, form = _draft(name), flask.request.form
    by = None if form.get("to") == "next" else (_number(form, "amount") or 0) * _UNITS.get(form.get("unit", ""), timedelta(0))
    return _done(state, lambda uow, draft_id: playing.forward(
        runtime_of(), uow, session.actor(), draft_id, current_locale(), by, seen=_number(form, "seen") or 0))


def send(name: str) -> ResponseReturnValue:
    """Send a message or signal that the case waits for."""
    state, form = _draft(name), flask.request.form
    return _done(state, lambda uow, draft_id: playing.send(
        runtime_of(), uow, session.actor(), draft_id, current_locale(), number=_number(form, "wait") or 0, text=form.get("data", ""),
        seen=_number(form, "seen") or 0))


def undo(name: str) -> ResponseReturnValue:
    """Forget the last step, or all from one that does not go any longer."""
    state, form = _draft(name), flask.request.form
    return _done(state, lambda uow, draft_id: playing.undo(
        runtime_of(), uow, session.actor(), draft_id, keep=_number(form, "keep") or 0, seen=_number(form, "seen") or 0))


def save(name: str) -> ResponseReturnValue:
    """Write it into the draft as a scenario."""
    state, form = _draft(name), flask.request.form
    told = {key: form.get(key, "").strip() for key in ("name", "title", "english")}
    answer = _done(state, lambda uow, draft_id: playing.save(
        runtime_of(), uow, session.actor(), draft_id, current_locale(), **told, seen=_number(form, "seen") or 0,
        replaces="replaces" in form))
    if answer.status_code == 303:
        flask.flash(gettext("已儲存為情境「{name}」，以後每次檢查都會走一遍。", name=told["title"]))
    return answer


def drop(name: str) -> ResponseReturnValue:
    """Take a scenario out of the draft."""
    state, key = _draft(name), flask.request.form.get("scenario", "")
    answer = _done(state, lambda uow, draft_id: kept_scenarios.remove(runtime_of(), uow, session.actor(), draft_id, key))
    if answer.status_code == 303:
        flask.flash(gettext("情境「{name}」已刪除，仍可從「各版本」找回。", name=key))
    return answer


def _done(state: ProcedureState, command: Callable[[UnitOfWork, int], Any]) -> flask.Response:
    try:
        unit_of_work.step(lambda uow: command(uow, _id(state)))
    except GuichengError as error:
        unit_of_work.let_go()
        return _page(state, problem=error, code=status(error))
    return _back(state)


def _back(state: ProcedureState) -> flask.Response:
    response = flask.redirect(flask.url_for("designer.play", name=state.name), 303)
    assert isinstance(response, flask.Response)
    return response


def _page(
    state: ProcedureState, *, item_id: int | None = None, posted: dict[str, list[str]] | None = None, errors: Sequence[FieldError] = (),
    problem: GuichengError | None = None, code: int = 200,
) -> flask.Response:
    uow, actor, draft_id = current(), session.actor(), _id(state)
    shown, refused = None, None
    if playing.find(uow, actor, draft_id) is not None:
        try:
            shown = playing.show(
                runtime_of(), uow, actor, draft_id, current_locale(), item_id=item_id, posted=posted, errors=errors)
        except (DeploymentRefusedError, InvalidError) as error:
            refused = error
    is_refused = posted is not None and problem is not None and not isinstance(problem, PlayMovedError | NotRefusedError)
    fields = {each.field: gettext(each.sentence, **each.data) for each in problem.errors} if isinstance(problem, FormInvalidError) else {}
    pictures = [(title, Markup(svg)) for title, svg in shown.pictures] if shown is not None else []  # noqa: S704 - `draw` escapes
    body = flask.render_template(
        "designer/play.html", state=state, draft=state.draft, shown=shown, pictures=pictures, values=flask.request.form,
        refused=describe_error(refused) if refused is not None else "", problem=describe_error(problem) if problem is not None else "",
        fields=fields, choices=playing.processes(uow, draft_id), kept=kept_scenarios.listed(uow, actor, draft_id),
        opens_at=playing.first_morning(runtime_of()), is_filled=posted is not None,
        said=partial(play_cast.said, runtime_of().organisation.roles), may_expect=is_refused)
    return flask.make_response(body, code)


def _draft(name: str) -> ProcedureState:
    actor = session.actor()
    procedure_access.require(current(), actor, name, "design")
    state = next((each for each in procedures.listed(current(), actor) if each.name == name), None)
    if state is None or state.draft is None:
        raise NotFoundError(kind="草稿", id=name)
    return state


def _id(state: ProcedureState) -> int:
    found = state.draft
    assert isinstance(found, drafts.Draft)
    return found.id


def _deed() -> Deed:
    form = flask.request.form
    verb = form.get("play-verb", "")
    return Deed(verb if verb in playing.VERBS else "complete", _number(form, "play-who") or 0, form.get("play-to", ""),
                form.get("play-reason", "").strip(), is_refused=verb == "refused")


def _number(values: Any, key: str) -> int | None:
    text = values.get(key, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError as error:
        raise FormInvalidError([FieldError("at", "format", "請填寫日期和時間。", {})]) from error
