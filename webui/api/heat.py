"""Heat maps for other programs: the figures of every element of a procedure's diagram."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import flask

from engine import heat
from engine.event_logs import LogKind
from engine.heat import StepHeat
from engine.queries.heat import Looked, Sums
from webui import event_log_files
from webui.api import heat_schemas as schemas
from webui.api.calls import Call, Calls

calls = Calls("heat", "What the cases of a procedure did at its steps")
_BYTES = "application/octet-stream"
_ONE = "/process-definitions/<string(maxlength=120):key>"


@calls.lookup(f"{_ONE}/heat", query=schemas.HeatQuery, gives=schemas.HeatView)
def get_process_heat(call: Call, query: dict[str, Any], key: str) -> dict[str, Any]:
    """Where cases stand, how often they pass a step and how long it takes, where they come back and break limits."""
    found = heat.read(call.runtime, call.uow, call.actor, _looked(call, query, key))
    return {"key": key, "version": found.info.version, "steps": [_step(each) for each in found.steps], "stepped_in": found.stepped_in}


@calls.lookup(f"{_ONE}/event-log", query=schemas.EventLogQuery, gives=None, content_type=_BYTES)
def get_event_log(call: Call, query: dict[str, Any], key: str) -> flask.Response:
    """What happened in the cases that moved in the period, for process-mining tools: XES (IEEE 1849) or OCEL 2.0."""
    looked, kind = _looked(call, query, key), LogKind(query["format"])
    answer = event_log_files.answer(call.runtime, call.uow, call.actor, looked, kind, is_named=query["persons"] == "names")
    # one call, one documented type
    answer.mimetype = _BYTES
    return answer


def _looked(call: Call, query: dict[str, Any], key: str) -> Looked:
    return heat.look(call.runtime, call.uow, call.actor, key, query["since"], query["until"], query["site_id"])


def _step(step: StepHeat) -> dict[str, Any]:
    element = step.element
    return {
        "element_id": element.id, "kind": element.kind, "name": element.name, "standing": step.standing,
        "now": _sums(step.now, step.missed), "before": _sums(step.before, step.missed_before),
    }  # fmt: skip


def _sums(sums: Sums, missed: int) -> dict[str, Any]:
    values = asdict(sums)
    return {**values, "median_seconds": values["median"], "ninetieth_seconds": values["ninetieth"], "limits_missed": missed}
