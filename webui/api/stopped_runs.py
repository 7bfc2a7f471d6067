"""Runs in the background that were stopped: letting them go on."""

from __future__ import annotations

from typing import Any

from engine import resuming
from webui.api.calls import ID, Call, Calls
from webui.api.schemas import Nothing

calls = Calls("stopped_runs", "Interventions, moves to other versions, imports and erasures that were stopped")


@calls.command(f"/stopped-runs/<any(interventions, migrations, imports, erasures):kind>/<{ID}:run_id>/resume", gives=Nothing)
def resume_run(call: Call, kind: str, run_id: int) -> dict[str, Any]:
    """Go on with what is left, in the caller's name: also where it stopped by itself because whoever asked for it has left."""
    resuming.resume(call.runtime, call.uow, call.actor, kind, run_id)
    return {}
