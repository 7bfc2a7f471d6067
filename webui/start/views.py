"""What a person may start, and the form that starts it."""

from __future__ import annotations

from collections.abc import Sequence

import flask
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape

from engine import files, instances, linked_cases, paper_entries
from engine.content import DefinitionContent
from engine.errors import ConflictError, FieldError, FormInvalidError, InvalidError
from engine.forms import Form, edit_view, initial
from engine.forms.privacy import withheld
from engine.model import Actor, JsonObject
from engine.paper_entries import Paper
from engine.permissions import may
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import directory
from engine.queries import instances as queries
from engine.runtime import Reference
from webui import posted_form, session, unit_of_work
from webui.clauses import clauses_of
from webui.display import zone
from webui.error_pages import status
from webui.form_options import options
from webui.language import describe_error, gettext
from webui.start.offers import offers, startable
from webui.unit_of_work import current, runtime_of
from webui.wording import texts, worded


def overview() -> ResponseReturnValue:
    """Everything that the person may start."""
    return flask.render_template("start/overview.html", groups=offers(session.actor()))


def form(key: str) -> ResponseReturnValue:
    """The form that starts a case."""
    return _page(startable(session.actor(), key, _parent_id()))


def submit(key: str) -> ResponseReturnValue:
    """Start a case; whatever is refused comes back with everything that was typed."""
    parent_id = _parent_id()
    held = startable(session.actor(), key, parent_id)
    posted = posted_form.read(_form(held), session.actor())
    if posted.is_edit:
        return _page(held, posted.variables)
    try:
        if posted.file_error is not None:
            raise posted.file_error
        actor, site_id = posted_form.at_claimed_time(session.actor()), _site_id()
        paper = posted_form.paper()
        started = unit_of_work.step(lambda uow: _start(uow, actor, key, posted.variables, site_id, parent_id, paper))
    except (InvalidError, ConflictError) as error:
        unit_of_work.let_go()
        errors = error.errors if isinstance(error, FormInvalidError) else ()
        return _page(held, posted.variables, errors, describe_error(error), status(error))
    _tell(started, worded(held.name, held.id))
    return flask.redirect(flask.url_for("cases.show", instance_id=started.id, sent=f"start-{key}"), 303)


def _start(
    uow: UnitOfWork, actor: Actor, key: str, variables: JsonObject, site_id: int | None, parent_id: int | None, paper: Paper | None
) -> instances.StartedInstance:
    if paper is not None:
        return paper_entries.start(runtime_of(), uow, actor, key, variables, paper, site_id=site_id, parent_id=parent_id)
    if parent_id is not None:
        return linked_cases.start(runtime_of(), uow, actor, key, variables, parent_id=parent_id, site_id=site_id)
    return instances.start(runtime_of(), uow, actor, key, variables, site_id=site_id)


def _parent_id() -> int | None:
    """The case that it is to be linked to; NotFoundError for one that isn't the person's to see."""
    text = flask.request.args.get("parent", "")
    return queries.get(current(), session.actor(), int(text)).id if text.isascii() and text.isdigit() and len(text) < 18 else None


def _page(
    held: DefinitionContent, submitted: JsonObject | None = None, errors: Sequence[FieldError] = (), problem: str = "", code: int = 200
) -> flask.Response:
    actor, found, parent_id = session.actor(), _form(held), _parent_id()
    context = linked_cases.context(runtime_of(), current(), actor, parent_id) if parent_id is not None else {}
    context = {name: value for name, value in context.items() if found is None or name != found.key}
    view = None
    if found is not None:
        me = Reference(actor.user_id, actor.name) if actor.user_id is not None else None
        opened = initial(found, context, now=runtime_of().clock.now(), zone=zone(), me=me)
        if not may(actor, "identity:read"):
            opened = withheld(found, opened)
        values = opened if submitted is None else posted_form.with_read_only(found, opened, submitted)
        view = edit_view(
            found, values, texts(held.id), context=context, forms=held.forms, errors=errors, options=options(None),
            file_info=files.usable_in(current(), actor, None),
        )
    body = flask.render_template(
        "start/form.html", held=held, view=view, clauses=clauses_of(held.diagram.start_by_hand, held.id), problem=problem,
        is_filled=submitted is not None, sites=directory.sites(current(), actor),
        parent=queries.get(current(), actor, parent_id) if parent_id is not None else None,
    )
    return flask.make_response(body, code)


def _form(held: DefinitionContent) -> Form | None:
    element = held.diagram.start_by_hand
    return held.forms.get(element.form) if element is not None and element.form else None


def _site_id() -> int | None:
    """The chosen site, if it is one of the person's; a unit in the form goes before it."""
    text = flask.request.form.get("_site", "")
    known = {str(site.id): site.id for site in directory.sites(current(), session.actor())}
    return known.get(text)


def _tell(started: instances.StartedInstance, name: str) -> None:
    number = Markup("<b>{}</b>").format(started.business_key or f"#{started.id}")
    if started.incident_id is not None:
        flask.flash(gettext("「{name}」已登記（{number}），但系統在下一步出錯，主管會處理。", name=escape(name), number=number), "warn")
    else:
        flask.flash(gettext("已發起「{name}」，編號 {number}。", name=escape(name), number=number))
