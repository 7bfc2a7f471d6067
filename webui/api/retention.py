"""Keeping personal data: rules, what they would erase, runs, holds, and one tenant's request. For the administrator."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from engine.retention import holds, reading, rules, runs
from engine.retention.kinds import Kind
from webui.api import retention_schemas as schemas
from webui.api.calls import ID, Call, Calls
from webui.api.schemas import GivenReason, Nothing, Paging

calls = Calls("retention", "Keeping and erasing personal data")

_RUN, _TENANT = f"/retention/runs/<{ID}:run_id>", f"/retention/tenants/<{ID}:tenant_id>"


@calls.lookup("/retention/rules", gives=schemas.RetentionRuleList)
def list_retention_rules(call: Call) -> dict[str, Any]:
    """Every rule with what is due for it now. None is on until somebody switches it on."""
    return {"items": [{**asdict(row.rule), "due": row.due} for row in reading.overview(call.runtime, call.uow, call.actor)]}


@calls.command("/retention/rules", takes=schemas.RetentionSetRule, gives=Nothing, method="PUT")
def put_retention_rule(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """Set a rule."""
    kind, procedure = Kind(body.pop("kind")), body.pop("procedure")
    rules.set_rule(call.runtime, call.uow, call.actor, kind, procedure, **body)
    return {}


@calls.command("/retention/rules/drop", takes=schemas.RetentionRuleName, gives=Nothing)
def drop_retention_rule(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """Let a procedure go by the kind's own rule again."""
    rules.drop(call.runtime, call.uow, call.actor, Kind(body["kind"]), body["procedure"])
    return {}


@calls.lookup("/retention/preview", query=schemas.RetentionRuleName, gives=schemas.RetentionRulePreview)
def preview_retention_rule(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """What a rule would erase now, were it on."""
    return asdict(reading.preview(call.runtime, call.uow, call.actor, Kind(query["kind"]), query["procedure"]))


@calls.lookup("/retention/runs", query=Paging, gives=schemas.RetentionRunList)
def list_retention_runs(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """Runs, latest first."""
    found = reading.runs(call.uow, call.actor, after=query.get("after"), limit=query["limit"])
    return {"items": [asdict(row) for row in found.rows], "next": found.after}


@calls.command("/retention/runs", takes=schemas.RetentionRuleName, gives=schemas.MadeId, status=201)
def begin_retention_run(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """Carry a rule that is on out now, in the background."""
    return {"id": runs.begin(call.runtime, call.uow, call.actor, Kind(body["kind"]), body["procedure"])}


@calls.lookup(_RUN, gives=schemas.RetentionRunView)
def get_retention_run(call: Call, run_id: int) -> dict[str, Any]:
    """How far a run is."""
    return asdict(reading.run(call.uow, call.actor, run_id))


@calls.lookup(f"{_RUN}/cases", query=Paging, gives=schemas.ErasedCaseList)
def list_retention_cases(call: Call, query: dict[str, Any], run_id: int) -> dict[str, Any]:
    """The cases that a run took something out of."""
    found = reading.cases_of_run(call.uow, call.actor, run_id, after=query.get("after"), limit=query["limit"])
    return {"items": [asdict(row) for row in found.rows], "next": found.after}


@calls.command(f"{_RUN}/stop", gives=Nothing)
def stop_retention_run(call: Call, run_id: int) -> dict[str, Any]:
    """Do no more. What was erased is gone."""
    runs.stop(call.runtime, call.uow, call.actor, run_id)
    return {}


@calls.lookup("/retention/holds", query=schemas.RetentionHoldQuery, gives=schemas.RetentionHoldList)
def list_retention_holds(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """Holds that stand, or those that were lifted, latest first."""
    found = holds.page(call.uow, call.actor, lifted=query["lifted"], after=query.get("after"), limit=query["limit"])
    return {"items": [asdict(row) for row in found.rows], "next": found.after}


@calls.command("/retention/holds", takes=schemas.RetentionNewHold, gives=schemas.MadeId, status=201)
def place_retention_hold(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """Let nothing of a case, or of a unit's or a tenant's cases, be erased."""
    return {"id": holds.place(call.runtime, call.uow, call.actor, body["about"], body["code"], body["reason"])}


@calls.command(f"/retention/holds/<{ID}:hold_id>/lift", takes=GivenReason, gives=Nothing)
def lift_retention_hold(call: Call, body: dict[str, Any], hold_id: int) -> dict[str, Any]:
    """Let the rules go on."""
    holds.lift(call.runtime, call.uow, call.actor, hold_id, body["reason"])
    return {}


@calls.lookup(_TENANT, gives=schemas.RetentionTenantPreview)
def preview_tenant_erasure(call: Call, tenant_id: int) -> dict[str, Any]:
    """What would be erased at a tenant's request, and what stands in the way."""
    found = reading.of_tenant(call.runtime, call.uow, call.actor, tenant_id)
    return {**asdict(found), "blocking": [{"id": case_id, "name": name} for case_id, name in found.blocking]}


@calls.command(f"{_TENANT}/erase", takes=GivenReason, gives=schemas.MadeId, status=201)
def erase_tenant_data(call: Call, body: dict[str, Any], tenant_id: int) -> dict[str, Any]:
    """Erase what a tenant's closed cases hold, in the background; and the directory's entry of one who has moved out."""
    return {"id": runs.begin_for_tenant(call.runtime, call.uow, call.actor, tenant_id, body["reason"])}
