"""Handing the desk over: notes, signatures of both with the time, who is on duty, what came in since."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import flask
from flask.typing import ResponseReturnValue

from engine.company import shifts as services
from engine.errors import ConflictError, InvalidError, NotFoundError
from engine.permissions import may, require
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import directory, place_cases, shifts
from webui import session, unit_of_work
from webui.desk.needs import count_needs
from webui.dialogs import chosen_number
from webui.display import zone
from webui.error_pages import status
from webui.language import describe_error, gettext
from webui.unit_of_work import current, runtime_of

#: what came in is looked at this far back where nobody has taken the desk over yet
_NIGHT = timedelta(hours=16)


def show() -> ResponseReturnValue:
    """The desk of one site."""
    require(session.actor(), "desk:use")
    return _page(_site())


def take_over() -> ResponseReturnValue:
    """接班."""
    reason = flask.request.form.get("reason", "")
    return _do(lambda uow, site: services.take_over(runtime_of(), uow, session.actor(), site, missing_reason=reason), "已簽名接班。")


def hand_over() -> ResponseReturnValue:
    """交班."""
    require(session.actor(), "desk:use")
    site_id = _site()
    summary = {
        "needs": [{"label": need.label, "count": need.count, "late": need.late} for need in count_needs(session.actor())],
        "notes": [{"id": note.id, "text": note.text} for note in shifts.notes(current(), site_id)],
        "said": flask.request.form.get("said", "").strip()[:1000],
    }
    return _do(lambda uow, site: services.hand_over(runtime_of(), uow, session.actor(), site, summary), "已簽名交班，請接班人簽名。")


def write_note() -> ResponseReturnValue:
    """Leave word."""
    text, case = flask.request.form.get("text", ""), flask.request.form.get("case", "")
    about = int(case) if case.isascii() and case.isdigit() and len(case) < 18 else None
    return _do(lambda uow, site: services.write_note(runtime_of(), uow, session.actor(), site, text, about), "已記下，下一班看得到。")


def tick_note(note_id: int) -> ResponseReturnValue:
    """Seen to."""
    return _do(lambda uow, _site: services.tick_note(runtime_of(), uow, session.actor(), note_id), "已辦。")


def put_on_duty() -> ResponseReturnValue:
    """Put somebody on the roster."""
    sent = flask.request.form

    def act(uow: UnitOfWork, site_id: int) -> object:
        return services.put_on_duty(
            runtime_of(), uow, session.actor(), site_id=site_id, user_id=chosen_number("person-id"), kind=sent.get("kind", ""),
            starts_at=_moment("starts_at"), ends_at=_moment("ends_at"),
        )

    return _do(act, "已排入值班表。")


def take_off_duty(duty_id: int) -> ResponseReturnValue:
    """Take somebody off the roster."""
    return _do(lambda uow, _site: services.take_off_duty(runtime_of(), uow, session.actor(), duty_id), "已從值班表撤下。")


def _site() -> int:
    """The site that is meant: the one named, else the person's first."""
    known = [site.id for site in directory.sites(current(), session.actor())]
    text = flask.request.values.get("site", "")
    wanted = int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None
    if not known or (wanted is not None and wanted not in known):
        raise NotFoundError(kind="園區", id=wanted or "—")
    return wanted or known[0]


def _moment(name: str) -> datetime:
    try:
        return datetime.fromisoformat(flask.request.form.get(name, "")).replace(tzinfo=zone())
    except ValueError as error:
        raise InvalidError(reason="請填寫開始和結束時間。") from error


def _do(act: Callable[[UnitOfWork, int], object], said: str) -> ResponseReturnValue:
    require(session.actor(), "desk:use")
    site_id = _site()
    try:
        unit_of_work.step(lambda uow: act(uow, site_id))
    except (InvalidError, ConflictError) as error:
        unit_of_work.let_go()
        return _page(site_id, describe_error(error), status(error))
    flask.flash(gettext(said))
    return flask.redirect(flask.url_for("desk.shift", site=site_id), 303)


def _page(site_id: int, problem: str = "", code: int = 200) -> flask.Response:
    uow, actor, now = current(), session.actor(), runtime_of().clock.now()
    on = shifts.current(uow, site_id)
    past = shifts.past(uow, site_id, after=flask.request.args.get("after"), limit=10)
    since = on.opened_at if on is not None else past.rows[0].handed_at or now - _NIGHT if past.rows else now - _NIGHT
    body = flask.render_template(
        "desk/shift.html", on=on, past=past, site_id=site_id, sites=directory.sites(uow, actor), since=since, problem=problem,
        notes=shifts.notes(uow, site_id, since=since), needs=count_needs(actor), duties=services.DUTIES,
        came_in=place_cases.started_since(uow, actor, since, site_id=site_id, limit=50),
        roster=shifts.roster(uow, site_id, since=now - timedelta(hours=1), until=now + timedelta(days=7)), now=now,
        may_plan=may(actor, "duty:write", site_id),
    )
    return flask.make_response(body, code)
