"""Who is signed in, for the administrator; ending a session is `DELETE /sessions/{session_id}`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from engine.queries import sessions
from webui.api import session_schemas as schemas
from webui.api.calls import Call, Calls

calls = Calls("sessions", "Signed-in browsers")


@calls.lookup("/sessions/all", query=schemas.SignedInQuery, gives=schemas.SignedInList)
def list_all_sessions(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """Everybody's open sessions, the one signed in last first."""
    found = sessions.page(
        call.uow, call.actor, call.runtime.clock.now(), words=query["q"], after=query.get("after"), limit=query["limit"])
    return {"items": [asdict(row) for row in found.rows], "next": found.after}
