"""What a picker offers while somebody types."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from engine.permissions import require
from engine.queries import directory
from webui import session
from webui.display import role_name
from webui.unit_of_work import current

_ENTRIES = 12


def search() -> ResponseReturnValue:
    """Up to twelve lines: `{"entries": [{"id", "label", "hint"}]}`."""
    args, actor, uow = flask.request.args, session.actor(), current()
    require(actor, "directory:read")
    kind, q = args.get("kind", ""), args.get("q", "")[:60]
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


def _hint(kind: str, entry: directory.Choice) -> str:
    return "、".join(role_name(role) for role in entry.detail.split()) if kind == "person" else entry.detail
