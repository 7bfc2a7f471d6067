"""Background jobs, for the administrator."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from engine.jobs import supervision
from engine.jobs.supervision import JobState
from webui.api import job_schemas as schemas
from webui.api.calls import Call, Calls
from webui.api.schemas import Nothing

calls = Calls("jobs", "Background jobs")


@calls.lookup("/jobs", query=schemas.JobQuery, gives=schemas.JobList)
def list_jobs(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """Jobs of one state, or all that are not done, latest first."""
    state = JobState(query["state"]) if "state" in query else None
    found = supervision.page(call.uow, call.actor, state, after=query.get("after"), limit=query["limit"])
    return {"items": [asdict(row) for row in found.rows], "next": found.after}


@calls.command("/jobs/retry", takes=schemas.JobId, gives=Nothing)
def retry_job(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """Queue a job anew that was given up or taken out."""
    supervision.retry(call.runtime, call.uow, call.actor, body["id"])
    return {}


@calls.command("/jobs/cancel", takes=schemas.JobId, gives=Nothing)
def cancel_job(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """Take a waiting job out of the queue."""
    supervision.cancel(call.runtime, call.uow, call.actor, body["id"])
    return {}
