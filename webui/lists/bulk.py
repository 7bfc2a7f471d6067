"""Many at once: what would be refused is shown before, and what was is shown after, row by row."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from engine import bulk
from engine.bulk import Outcome, TooManyItemsError, Verb
from engine.errors import NotFoundError
from engine.queries import work_items
from webui import session, unit_of_work
from webui.language import gettext
from webui.unit_of_work import current, runtime_of

WORDS = {Verb.CLAIM: "簽收", Verb.ASSIGN: "指派", Verb.REMIND: "催辦"}


def preview() -> ResponseReturnValue:
    """What would become of each; for an assignment the person is asked for first."""
    verb, ids, assignee_id = _asked()
    people = _people(ids) if verb is Verb.ASSIGN else ()
    outcomes: list[Outcome] = []
    if verb is not Verb.ASSIGN or assignee_id is not None:
        unit_of_work.let_go()
        outcomes = bulk.preview(runtime_of(), session.actor(), verb, ids, assignee_id)
    return flask.render_template(
        "lists/bulk.html", verb=verb, words=gettext(WORDS[verb]), ids=ids, people=people, assignee_id=assignee_id, outcomes=outcomes,
        back=_back(), is_done=False,
    )  # fmt: skip


def run() -> ResponseReturnValue:
    """Do it; the page's own script sends some at a time and gets their rows."""
    verb, ids, assignee_id = _asked()
    unit_of_work.let_go()
    outcomes = bulk.run(runtime_of(), session.actor(), verb, ids, assignee_id)
    if "HX-Request" in flask.request.headers:
        return flask.render_template("lists/outcomes.html", outcomes=outcomes, is_done=True)
    return flask.render_template(
        "lists/bulk.html", verb=verb, words=gettext(WORDS[verb]), ids=ids, people=(), assignee_id=assignee_id, outcomes=outcomes,
        back=_back(), is_done=True,
    )  # fmt: skip


def _asked() -> tuple[Verb, list[int], int | None]:
    form = flask.request.form
    if form.get("verb") not in list(Verb):
        raise NotFoundError(kind="操作", id=form.get("verb", "—"))
    numbers = [text for text in form.getlist("item") if text.isascii() and text.isdigit() and len(text) < 19]
    if not 1 <= len(numbers) <= bulk.MOST:
        raise TooManyItemsError(most=bulk.MOST)
    person = form.get("assignee", "")
    assignee_id = int(person) if person.isascii() and person.isdigit() and len(person) < 19 else None
    return Verb(form["verb"]), [int(text) for text in numbers], assignee_id


def _people(ids: list[int]) -> tuple[work_items.Candidate, ...]:
    """Whoever may have any of them."""
    found: dict[int, work_items.Candidate] = {}
    for role, site_id in work_items.roles_of(current(), ids):
        found.update({each.id: each for each in work_items.candidates(current(), role, site_id)})
    return tuple(sorted(found.values(), key=lambda each: (each.name, each.id)))


def _back() -> str:
    """The list that it was asked from."""
    address = flask.request.form.get("back", "")
    return address if address.startswith("/") and not address.startswith(("//", "/\\")) else flask.url_for("inbox.todo")
