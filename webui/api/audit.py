"""Who did what, when and by which way."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from engine.queries import audit
from engine.queries.audit import AuditFilters
from engine.queries.audit_sources import AuditKind
from webui.api import audit_schemas as schemas
from webui.api.calls import Call, Calls

calls = Calls("audit", "The audit log")


@calls.lookup("/audit", query=schemas.AuditQuery, gives=schemas.AuditList)
def list_acts(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """Acts, latest first: all of them for administrators, for managers those with cases and places of their sites."""
    filters = AuditFilters(
        AuditKind(query["kind"]) if "kind" in query else None, query["user_id"], query.get("case"), query.get("since"), query.get("before")
    )
    found = audit.page(call.uow, call.actor, filters, after=query.get("after"), limit=query["limit"])
    return {"items": [asdict(row) for row in found.rows], "next": found.after}
