"""One call: find who calls, choose what it is, write it down, save, next."""

from __future__ import annotations

from collections.abc import Sequence

import flask
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape

from engine import instances
from engine.content import DefinitionContent
from engine.errors import ConflictError, FieldError, FormInvalidError, InvalidError, NotFoundError
from engine.model import JsonObject
from engine.permissions import may, require
from engine.queries import finding, ledger, place_cases
from engine.queries.finding import Place
from webui import posted_form, session, unit_of_work
from webui.desk import intake
from webui.desk.needs import count_needs
from webui.error_pages import status
from webui.language import describe_error, gettext
from webui.start.offers import startable
from webui.unit_of_work import current, runtime_of
from webui.wording import worded

_PLACES, _ENDED = 10, 6


def screen() -> ResponseReturnValue:
    """The screen, ready for the next call; or with what the address names already."""
    require(session.actor(), "desk:use")
    place = intake.place_from(flask.request.args)
    key = flask.request.args.get("procedure", "")
    held = _taken(key) if key else None
    return _page(place, held)


def find() -> ResponseReturnValue:
    """`{"entries": [{"id", "label", "hint", "place"}]}`, best first."""
    require(session.actor(), "desk:use")
    found = finding.find(current(), session.actor(), flask.request.args.get("q", "")[:80], limit=_PLACES)
    return flask.jsonify(entries=[entry(place) for place in found])


def entry(place: Place) -> dict[str, object]:
    """A place as pickers take it."""
    hint = " · ".join(part for part in (place.building, place.contact, place.phone) if part)
    label = " ".join(part for part in (place.unit, place.tenant) if part)
    return {
        "id": "-".join(map(str, place.key)), "label": label, "hint": hint, "unit": place.unit_id, "tenant": place.tenant_id,
        "unit_label": place.unit, "tenant_label": place.tenant, "caller": place.contact, "phone": place.phone,
    }


def place() -> ResponseReturnValue:
    """What is known of a place, beside the call."""
    require(session.actor(), "desk:use")
    found = intake.place_from(flask.request.args)
    return flask.render_template("desk/place.html", beside=_beside(found))


def form(key: str) -> ResponseReturnValue:
    """The form of a procedure, filled with what the place tells."""
    held = _taken(key)
    return flask.render_template("desk/form.html", held=held, form=_arranged(held, intake.place_from(flask.request.args)), keys=intake.KEYS)


def alike(key: str) -> ResponseReturnValue:
    """Open cases that this call may be about."""
    held = _taken(key)
    found = intake.place_from(flask.request.args)
    own = intake.start_form(held)
    category = own.desk_field("category") if own is not None else None
    value = flask.request.args.get("category", "")
    cases: tuple[place_cases.CaseLine, ...] = ()
    if found is not None and found.unit_id is not None and own is not None and (category is None or value):
        variable = f"{own.key}.{category.name}" if category is not None and category.indexed else None
        cases = place_cases.alike(current(), session.actor(), key, found.unit_id, variable=variable, value=value)
    return flask.render_template("desk/alike.html", cases=cases, key=key, here=found)


def submit(key: str) -> ResponseReturnValue:
    """Register the call and be ready for the next; what is refused comes back with everything that was typed."""
    held, actor = _taken(key), session.actor()
    posted = posted_form.read(intake.start_form(held), actor)
    if posted.is_edit:
        return _page(_posted_place(held, posted.variables), held, posted.variables)
    try:
        if posted.file_error is not None:
            raise posted.file_error
        own = intake.start_form(held)
        at = intake.at_time_of_call(actor, intake.call_in(own, posted.variables) if own is not None else {})
        started = unit_of_work.step(lambda uow: instances.start(runtime_of(), uow, at, key, posted.variables))
    except (InvalidError, ConflictError) as error:
        unit_of_work.let_go()
        errors = error.errors if isinstance(error, FormInvalidError) else ()
        return _page(_posted_place(held, posted.variables), held, posted.variables, errors, describe_error(error), status(error))
    number = Markup('<a href="{}">{}</a>').format(
        flask.url_for("cases.show", instance_id=started.id), started.business_key or f"#{started.id}")
    flask.flash(gettext("「{name}」{number} 已登記。可以接下一通電話。", name=escape(worded(held.name, held.id)), number=number))
    return flask.redirect(flask.url_for("desk.screen", saved=started.id), 303)


def _taken(key: str) -> DefinitionContent:
    require(session.actor(), "desk:use")
    held = startable(session.actor(), key)
    if not held.diagram.desk_key or intake.start_form(held) is None:
        raise NotFoundError(kind="流程", id=key)
    return held


def _posted_place(held: DefinitionContent, values: JsonObject) -> Place | None:
    own = intake.start_form(held)
    call = intake.call_in(own, values) if own is not None else {}
    return intake.place_from({name: str(call[name]) for name in ("unit", "tenant") if call.get(name)})


def _arranged(
    held: DefinitionContent, place: Place | None, values: JsonObject | None = None, errors: Sequence[FieldError] = ()
) -> intake.Arranged:
    own = intake.start_form(held)
    assert own is not None
    return intake.arranged(session.actor(), held, own, place, values, errors)


def _beside(found: Place | None) -> dict[str, object]:
    """The place with its open cases, the last ended ones and what is owed."""
    if found is None:
        return {"place": None}
    uow, actor = current(), session.actor()
    kind, identity = ("unit", found.unit_id) if found.unit_id is not None else ("tenant", found.tenant_id or 0)
    assert identity is not None
    dues = None
    if found.unit_id is not None and may(actor, "ledger:read", found.site_id):
        dues = ledger.balance(uow, unit_id=found.unit_id, tenant_id=found.tenant_id)
    return {
        "place": found, "kind": kind, "identity": identity, "dues": dues,
        "open": place_cases.of_place(uow, actor, kind, identity, is_open=True, limit=20),
        "ended": place_cases.of_place(uow, actor, kind, identity, is_open=False, limit=_ENDED),
    }


def _page(
    place: Place | None, held: DefinitionContent | None, values: JsonObject | None = None, errors: Sequence[FieldError] = (),
    problem: str = "", code: int = 200,
) -> flask.Response:
    query = flask.request.args.get("q", "")[:80]
    body = flask.render_template(
        "desk/screen.html", offers=intake.offers(session.actor()), held=held, beside=_beside(place), keys=intake.KEYS, problem=problem,
        form=_arranged(held, place, values, errors) if held is not None else None, is_filled=values is not None, q=query,
        found=finding.find(current(), session.actor(), query) if query else (), needs=count_needs(session.actor()),
    )
    return flask.make_response(body, code)
