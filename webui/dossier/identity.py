"""Looking at papers of identity: asked first, on record always."""

from __future__ import annotations

from collections.abc import Mapping

import flask
from flask.typing import ResponseReturnValue

from engine import identity, instances
from engine.forms import FormView
from engine.forms.privacy import personal_only
from engine.permissions import may, require
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import identity_looks, work_items
from engine.queries import instances as cases
from webui import session, unit_of_work
from webui.unit_of_work import current, runtime_of
from webui.wording import content, texts


def ask(instance_id: int) -> ResponseReturnValue:
    """Say that the look will be on record, before anything is shown."""
    case = cases.get(current(), session.actor(), instance_id)
    require(session.actor(), "identity:read", case.site_id)
    return flask.render_template("dossier/identity.html", case=case, views=None)


def reveal(instance_id: int) -> ResponseReturnValue:
    """What the forms of a case hold of papers of identity, once the look is on record."""
    case, actor = cases.get(current(), session.actor(), instance_id), session.actor()
    views = _views(case.id, case.definition_id)
    named = [field.label for view in views for group in view.groups for field in group.fields] or ["—"]

    def act(uow: UnitOfWork) -> None:
        identity.look(uow, actor, instance_id=case.id, site_id=case.site_id, what=named, now=runtime_of().clock.now())

    unit_of_work.step(act)
    return flask.render_template("dossier/identity.html", case=case, views=views)


def looks() -> ResponseReturnValue:
    """Who looked, for the administrator."""
    require(session.actor(), "identity:audit")
    args = flask.request.args
    numbers = {name: int(args[name]) if args.get(name, "").isdecimal() and len(args[name]) < 18 else None for name in ("user", "case")}
    page = identity_looks.page(current(), user_id=numbers["user"], instance_id=numbers["case"], after=args.get("after"))
    return flask.render_template("dossier/looks.html", page=page, user=numbers["user"], case=numbers["case"])


def offered(instance_id: int, site_id: int | None, data: Mapping[str, object], definition_id: int) -> bool:
    """Whether a case holds papers of identity that this person may look at."""
    return may(session.actor(), "identity:read", site_id) and bool(_of_data(instance_id, data, definition_id))


def _views(instance_id: int, definition_id: int) -> tuple[FormView, ...]:
    return _of_data(instance_id, instances.inspect(runtime_of(), current(), instance_id).variables, definition_id)


def _of_data(instance_id: int, data: Mapping[str, object], definition_id: int) -> tuple[FormView, ...]:
    homes = [definition_id, *dict.fromkeys(item.definition_id for item in work_items.of_instance(current(), instance_id))]
    views = []
    for key, values in data.items():
        home = next((each for each in homes if key in content(each).forms), None)
        if home is not None and isinstance(values, Mapping):
            views.append(personal_only(content(home).forms[key], dict(values), texts(home)))
    return tuple(view for view in views if view.groups)
