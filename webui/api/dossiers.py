"""Places and what is known of them, further reporters of a case, papers of identity and who looked at them."""

from __future__ import annotations

import dataclasses
from typing import Any

from engine import identity, personal_data, voiding
from engine.company import reporters as reporting
from engine.permissions import may, require
from engine.queries import dossier, finding, identity_looks, ledger, place_cases, reporters
from engine.queries import instances as cases
from engine.queries.place_cases import CaseLine
from webui.api import dossier_schemas as schemas
from webui.api.calls import ID, Call, Calls
from webui.api.instance_schemas import InstanceView
from webui.api.instance_view import instance_view
from webui.api.schemas import Paging

calls = Calls("dossiers", "Units and tenants: finding them, and everything about one", scope="work")

_CASE = f"/process-instances/<{ID}:instance_id>"


@calls.lookup("/places", query=schemas.PlaceQuery, gives=schemas.PlaceList)
def find_places(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """Units and tenants by any part of number, name, contact or telephone, in either script, or by pinyin initials."""
    require(call.actor, "directory:read")
    return {"items": finding.find(call.uow, call.actor, query["q"], limit=query["limit"])}


@calls.lookup(f"/units/<{ID}:unit_id>/dossier", gives=schemas.DossierView)
def get_unit_dossier(call: Call, unit_id: int) -> dict[str, Any]:
    """Everything about a unit."""
    require(call.actor, "directory:read")
    head = dossier.unit_head(call.uow, call.actor, unit_id)
    return {"id": head.id, "code": head.code, "name": head.code, **_dossier(call, "unit", unit_id, head.site_id)}


@calls.lookup(f"/tenants/<{ID}:tenant_id>/dossier", gives=schemas.DossierView)
def get_tenant_dossier(call: Call, tenant_id: int) -> dict[str, Any]:
    """Everything about a tenant."""
    require(call.actor, "directory:read")
    head = dossier.tenant_head(call.uow, call.actor, tenant_id)
    return {"id": head.id, "code": head.code, "name": head.name, **_dossier(call, "tenant", tenant_id, None)}


@calls.lookup(f"/units/<{ID}:unit_id>/cases", query=Paging, gives=schemas.CaseLineList)
def list_unit_cases(call: Call, query: dict[str, Any], unit_id: int) -> dict[str, Any]:
    """The cases that concern a unit."""
    require(call.actor, "directory:read")
    dossier.unit_head(call.uow, call.actor, unit_id)
    return _cases(call, "unit", unit_id, query)


@calls.lookup(f"/tenants/<{ID}:tenant_id>/cases", query=Paging, gives=schemas.CaseLineList)
def list_tenant_cases(call: Call, query: dict[str, Any], tenant_id: int) -> dict[str, Any]:
    """The cases that concern a tenant."""
    require(call.actor, "directory:read")
    dossier.tenant_head(call.uow, call.actor, tenant_id)
    return _cases(call, "tenant", tenant_id, query)


@calls.lookup(f"{_CASE}/reporters", gives=schemas.ReporterList)
def list_reporters(call: Call, instance_id: int) -> dict[str, Any]:
    """Who called about a case besides the first."""
    require(call.actor, "process-instance:read")
    cases.get(call.uow, call.actor, instance_id)
    return {"items": reporters.of_case(call.uow, instance_id)}


@calls.command(f"{_CASE}/reporters", takes=schemas.Report, gives=schemas.ReporterList, status=201)
def add_reporter(call: Call, body: dict[str, Any], instance_id: int) -> dict[str, Any]:
    """Let a further caller join an open case."""
    require(call.actor, "process-instance:read")
    said = reporting.Call(body["name"], body["phone"], body["unit_id"], body["tenant_id"], body["words"])
    now = call.runtime.clock.now()
    at = dataclasses.replace(call.actor, claimed_at=min(body["reported_at"], now)) if body["reported_at"] else call.actor
    reporting.add(call.runtime, call.uow, at, instance_id, said)
    return {"items": reporters.of_case(call.uow, instance_id)}


@calls.command(f"/reporters/<{ID}:reporter_id>/told", takes=schemas.Told, gives=schemas.ReporterList)
def tell_reporter(call: Call, body: dict[str, Any], reporter_id: int) -> dict[str, Any]:
    """Note that a reporter was told, or could not be reached."""
    require(call.actor, "process-instance:read")
    instance_id = reporters.case_of(call.uow, call.actor, reporter_id)
    reporting.tell(call.runtime, call.uow, call.actor, reporter_id, body["how"], body["note"])
    return {"items": reporters.of_case(call.uow, instance_id)}


@calls.command(f"{_CASE}/void", takes=schemas.VoidReason, gives=InstanceView)
def void_process_instance(call: Call, body: dict[str, Any], instance_id: int) -> dict[str, Any]:
    """Take a mistaken entry back: its number stays used, and it counts nowhere."""
    require(call.actor, "process-instance:read")
    cases.get(call.uow, call.actor, instance_id)
    voiding.void(call.runtime, call.uow, call.actor, instance_id, body["kind"], body["reason"])
    return instance_view(call, instance_id)


@calls.command(f"{_CASE}/identity", gives=schemas.IdentityView)
def look_at_identity(call: Call, instance_id: int) -> dict[str, Any]:
    """A case's papers of identity. The look is on record, which is why this is no GET."""
    case = cases.get(call.uow, call.actor, instance_id)
    require(call.actor, "identity:read", case.site_id)
    papers = personal_data.personal_data(call.runtime, call.uow, instance_id)
    named = [f"{form}.{field}" for form, fields in papers.items() for field in fields] or ["—"]
    now = call.runtime.clock.now()
    identity.look(call.uow, call.actor, instance_id=case.id, site_id=case.site_id, what=named, now=now)
    return {"papers": papers}


@calls.lookup("/identity-looks", query=schemas.LookQuery, gives=schemas.LookList)
def list_identity_looks(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """Who looked at papers of identity."""
    require(call.actor, "identity:audit")
    page = identity_looks.page(
        call.uow, user_id=query["user_id"], instance_id=query["process_instance_id"], after=query.get("after"), limit=query["limit"]
    )
    return {"items": [{**dataclasses.asdict(row), "process_instance_id": row.instance_id} for row in page.rows], "next": page.after}


def _dossier(call: Call, kind: str, target_id: int, site_id: int | None) -> dict[str, Any]:
    dues = ledger.balance(call.uow, unit_id=target_id) if kind == "unit" else ledger.balance(call.uow, tenant_id=target_id)
    found = dossier.entries(call.uow, call.actor, kind, target_id)
    lines = place_cases.of_place(call.uow, call.actor, kind, target_id, limit=50).rows
    return {
        "tenancies": dossier.tenancies(call.uow, call.actor, kind, target_id), "entries": [_entry(call, entry) for entry in found],
        "cases": [_line(row) for row in lines], "dues": str(dues) if may(call.actor, "ledger:read", site_id) else None,
    }


def _entry(call: Call, entry: dossier.Entry) -> dict[str, Any]:
    data = personal_data.covered_data(call.runtime, call.uow, entry.instance_id, {entry.form: {entry.field: entry.value}})
    return {**dataclasses.asdict(entry), "value": data[entry.form][entry.field], "process_instance_id": entry.instance_id}


def _cases(call: Call, kind: str, target_id: int, query: dict[str, Any]) -> dict[str, Any]:
    page = place_cases.of_place(call.uow, call.actor, kind, target_id, after=query.get("after"), limit=query["limit"])
    return {"items": [_line(row) for row in page.rows], "next": page.after}


def _line(row: CaseLine) -> dict[str, Any]:
    return {**dataclasses.asdict(row), "key": row.definition_key}
