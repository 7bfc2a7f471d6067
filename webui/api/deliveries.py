"""Messages on their way out, for the administrator."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from engine.delivery import deliveries
from engine.delivery.deliveries import DeliveryRow
from engine.i18n import fill, translate
from webui.api import delivery_schemas as schemas
from webui.api.calls import Call, Calls

calls = Calls("deliveries", "Messages on their way out")


@calls.lookup("/deliveries", query=schemas.DeliveryQuery, gives=schemas.DeliveryList)
def list_deliveries(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """What was sent, waits, or was given up, latest first."""
    found = deliveries.page(
        call.uow, call.actor, state=query.get("state"), way=query.get("way"), after=query.get("after"), limit=query["limit"]
    )
    return {"items": [_view(call, row) for row in found.rows], "next": found.after}


@calls.command("/deliveries/retry", takes=schemas.DeliveryIds, gives=schemas.Handled)
def retry_deliveries(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """Try given-up messages again, under the same keys."""
    return {"handled": deliveries.retry(call.runtime, call.uow, call.actor, body["ids"])}


@calls.command("/deliveries/drop", takes=schemas.DeliveryIds, gives=schemas.Handled)
def drop_deliveries(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """Let messages be that were given up or still wait."""
    return {"handled": deliveries.drop(call.runtime, call.uow, call.actor, body["ids"])}


def _view(call: Call, row: DeliveryRow) -> dict[str, Any]:
    problem = row.problem
    text = None if problem is None else fill(translate(call.locale, problem.get("sentence", "")), problem.get("data", {}))
    return {**asdict(row), "problem": text}
