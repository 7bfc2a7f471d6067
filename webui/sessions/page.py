"""Listing open sessions and ending one, or all of its person."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from engine.company import sessions as services
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import sessions
from webui import session, unit_of_work
from webui.dialogs import Dialog, render
from webui.language import gettext
from webui.unit_of_work import current, runtime_of


def overview() -> ResponseReturnValue:
    """The one signed in last first; of one's own the present one is marked."""
    args = flask.request.args
    words = args.get("q", "").strip()[:100]
    found = sessions.page(current(), session.actor(), runtime_of().clock.now(), words=words, after=args.get("after"))
    return flask.render_template("sessions/overview.html", page=found, words=words, own_id=session.signed_in().session_id)


def end_form(session_id: int) -> ResponseReturnValue:
    """Ask first: this one, or everywhere."""
    found = sessions.one(current(), session.actor(), session_id)
    dialog = Dialog(
        heading="結束這次登入？", text="這部裝置立刻登出，已填但未送出的內容留在裝置的草稿裡。", submit="結束登入", danger=True,
        choice_name="reach", choice_label="範圍", chosen="one",
        choices=(("one", gettext("只有這部裝置")), ("all", gettext("{person}的所有裝置", person=found.user_name))),
    )
    return render(dialog, flask.url_for("sessions.end", session_id=session_id), flask.url_for("sessions.overview"))


def end(session_id: int) -> ResponseReturnValue:
    """It opens nothing any more, from its next request on."""
    is_all = flask.request.form.get("reach") == "all"

    def step(uow: UnitOfWork) -> None:
        found = sessions.one(uow, session.actor(), session_id)
        if is_all:
            services.end_all(runtime_of(), uow, session.actor(), found.user_id)
        else:
            services.end(runtime_of(), uow, session.actor(), session_id)

    unit_of_work.step(step)
    flask.flash(gettext("已在所有裝置上登出。") if is_all else gettext("已結束登入。"))
    return flask.redirect(flask.url_for("sessions.overview"), 303)
