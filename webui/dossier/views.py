"""Finding a dossier, and the dossier."""

from __future__ import annotations

from collections.abc import Sequence

import flask
from flask.typing import ResponseReturnValue

from engine.permissions import may, require
from engine.queries import directory, dossier, finding, place_cases
from webui import session
from webui.dossier import page
from webui.unit_of_work import current


def search() -> ResponseReturnValue:
    """Find a unit or tenant; without words, the list of units. With `?open=1` the one that is called so is opened at once."""
    require(session.actor(), "directory:read")
    args, actor = flask.request.args, session.actor()
    q = args.get("q", "").strip()[:80]
    found = finding.find(current(), actor, q, limit=40) if q else ()
    if args.get("open") and (address := _called(q, found)) is not None:
        return flask.redirect(address, 303)
    listed = None if q else directory.units(current(), actor, after=args.get("after"), limit=50)
    return flask.render_template("dossier/search.html", q=q, found=found, listed=listed, may_audit=may(actor, "identity:audit"))


def _called(q: str, found: Sequence[finding.Place]) -> str | None:
    """Address of the one dossier whose unit or tenant has exactly that name."""
    units = {place.unit_id for place in found if place.unit_id and place.unit == q}
    if len(units) == 1:
        return flask.url_for("dossier.unit", unit_id=units.pop())
    tenants = {place.tenant_id for place in found if place.tenant_id and place.tenant == q}
    return flask.url_for("dossier.tenant", tenant_id=tenants.pop()) if len(tenants) == 1 and not units else None


def unit(unit_id: int) -> ResponseReturnValue:
    """Everything about a unit."""
    require(session.actor(), "directory:read")
    head = dossier.unit_head(current(), session.actor(), unit_id)
    return flask.render_template("dossier/unit.html", head=head, page=page.gather(session.actor(), "unit", unit_id, head.site_id),
                                 may_call=may(session.actor(), "desk:use"))


def tenant(tenant_id: int) -> ResponseReturnValue:
    """Everything about a tenant."""
    require(session.actor(), "directory:read")
    head = dossier.tenant_head(current(), session.actor(), tenant_id)
    return flask.render_template("dossier/tenant.html", head=head, page=page.gather(session.actor(), "tenant", tenant_id, None),
                                 may_call=may(session.actor(), "desk:use"))


def cases(kind: str, target_id: int) -> ResponseReturnValue:
    """Its cases, page by page."""
    name = _name(kind, target_id)
    found = place_cases.of_place(current(), session.actor(), kind, target_id, after=flask.request.args.get("after"), limit=50)
    return flask.render_template("dossier/cases.html", kind=kind, target_id=target_id, name=name, page=found)


def files(kind: str, target_id: int) -> ResponseReturnValue:
    """The files of its cases, page by page."""
    name = _name(kind, target_id)
    found = dossier.files(current(), session.actor(), kind, target_id, after=flask.request.args.get("after"), limit=50)
    return flask.render_template(
        "dossier/files.html", kind=kind, target_id=target_id, name=name, page=found, may_look=may(session.actor(), "identity:read")
    )


def _name(kind: str, target_id: int) -> str:
    require(session.actor(), "directory:read")
    if kind == "unit":
        return dossier.unit_head(current(), session.actor(), target_id).code
    return dossier.tenant_head(current(), session.actor(), target_id).name
