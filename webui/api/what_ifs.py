"""What-ifs for other programs: ask, see how far it is and what came of it, stop, delete."""

from __future__ import annotations

from typing import Any

from engine.queries import what_if as queries
from engine.what_if import runs
from engine.what_if.order import Order
from webui.api import what_if_schemas as schemas
from webui.api.calls import ID, Call, Calls
from webui.api.schemas import Nothing

calls = Calls("what-ifs", "The weeks ahead played with other staff or more cases")
_ONE = f"/what-if/<{ID}:run_id>"


@calls.command("/what-if", takes=schemas.NewPlay, gives=schemas.PlayView, status=202)
def ask_what_if(call: Call, body: dict[str, Any]) -> Any:
    """Ask: it is played in the background. Look at it until its state is neither `waiting` nor `running`."""
    seed = body["seed"] if body["seed"] is not None else runs.any_seed()
    given = {name: body[name] for name in ("since", "until", "weeks", "arrivals", "staff", "replications", "with_open")}
    order = Order(**given, seed=seed)
    run_id = runs.begin(call.runtime, call.uow, call.actor, order, name=body["name"], site_id=body["site_id"])
    return queries.find(call.uow, call.actor, run_id)


@calls.lookup("/what-if", query=schemas.PlayQuery, gives=schemas.PlayList)
def list_what_ifs(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """What was asked, the newest first."""
    page = queries.plays(call.uow, call.actor, after=query.get("after"), limit=query["limit"])
    return {"items": list(page.rows), "next": page.after}


@calls.lookup(_ONE, gives=schemas.PlayView)
def get_what_if(call: Call, run_id: int) -> Any:
    """One, with its figures once it is finished."""
    return queries.find(call.uow, call.actor, run_id)


@calls.command(f"{_ONE}/stop", gives=schemas.PlayView)
def stop_what_if(call: Call, run_id: int) -> Any:
    """Play no further."""
    runs.stop(call.runtime, call.uow, call.actor, run_id)
    return queries.find(call.uow, call.actor, run_id)


@calls.command(_ONE, takes=Nothing, gives=schemas.RemovedPlay, method="DELETE")
def remove_what_if(call: Call, body: dict[str, Any], run_id: int) -> dict[str, Any]:
    """Delete one with its figures; one that is under way ends."""
    runs.remove(call.runtime, call.uow, call.actor, run_id)
    return {"id": run_id}
