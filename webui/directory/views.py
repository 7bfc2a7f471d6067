"""What a picker offers while somebody types."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from engine.permissions import require
from engine.queries import directory, finding
from engine.queries.finding import Place
from webui import session
from webui.display import role_name
from webui.unit_of_work import current

_ENTRIES = 12


def search() -> ResponseReturnValue:
    """Up to twelve lines: `{"entries": [{"id", "label", "hint"}]}`."""
    args, actor, uow = flask.request.args, session.actor(), current()
    require(actor, "directory:read")
    kind, q = args.get("kind", ""), args.get("q", "")[:60]
    if kind in ("unit", "tenant") and q.strip() and not args.get("unit"):
        places = finding.find(uow, actor, q, limit=_ENTRIES)
        return flask.jsonify(entries=[_of_place(kind, place) for place in places if (place.unit_id if kind == "unit" else place.tenant_id)])
    if kind == "unit":
        found = directory.units(uow, actor, q=q, limit=_ENTRIES).rows
    elif kind == "tenant":
        unit = args.get("unit", "")
        found = directory.tenants(uow, actor, q=q, unit_id=int(unit) if unit.isdecimal() and len(unit) < 10 else None, limit=_ENTRIES).rows
    elif kind == "person":
        found = directory.people(uow, q=q, role=args.get("role") or None, limit=_ENTRIES).rows
    else:
        flask.abort(404)
    entries = [{"id": entry.id, "label": entry.label, "hint": _hint(kind, entry)} for entry in found]
    return flask.jsonify(entries=entries)


def _of_place(kind: str, place: Place) -> dict[str, object]:
    """A place as a picker of units or of tenants offers it, with what choosing it fills in."""
    unit = {"id": place.unit_id, "label": place.unit} if place.unit_id else None
    tenant = {"id": place.tenant_id, "label": place.tenant} if place.tenant_id else None
    own, beside = (unit, place.tenant) if kind == "unit" else (tenant, place.unit)
    assert own is not None
    hint = " ".join(part for part in (place.building if kind == "unit" else "", beside, place.phone if kind == "tenant" else "") if part)
    filled = {"unit": unit, "tenant": tenant, "caller": place.contact, "phone": place.phone}
    return {**own, "hint": hint, "place": filled}


def _hint(kind: str, entry: directory.Choice) -> str:
    return "、".join(role_name(role) for role in entry.detail.split()) if kind == "person" else entry.detail
