"""The OpenAPI document: valid, complete, and without what doesn't exist."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from engine.clock import SystemClock
from engine.runtime import Runtime
from tests.webui.api.caller import CallAs, Caller
from webui.app import create_app

pytestmark = pytest.mark.databases("sqlite")

#: the table of the interface: method, path
CALLS = {
    ("get", "/procedures"), *((method, "/procedures/{name}/access") for method in ("get", "put")),
    ("get", "/process-definitions/{definition_id}/difference"), ("get", "/process-definitions/{definition_id}/impact"),
    ("post", "/process-definitions/{definition_id}/impact"), ("post", "/proposals/{proposal_id}/impact"),
    ("post", "/process-definitions/{definition_id}/restore"), ("post", "/process-definitions/{definition_id}/migrations"),
    ("get", "/migrations/{migration_id}"), ("get", "/migrations/{migration_id}/cases"),
    *(("post", f"/migrations/{{migration_id}}/{verb}") for verb in ("stop", "undo")),
    ("get", "/process-instances/{instance_id}/migrate"), ("post", "/process-instances/{instance_id}/migrate"),
    ("post", "/process-instances/{instance_id}/migrate/undo"),
    ("get", "/proposals"), ("post", "/proposals"), ("get", "/proposals/{proposal_id}"),
    ("get", "/proposals/{proposal_id}/impact"), ("get", "/proposals/{proposal_id}/difference"),
    *(("post", f"/proposals/{{proposal_id}}/{verb}") for verb in ("deploy", "ask", "approve", "refuse", "withdraw")),
    ("get", "/procedures/{name}/approval"), ("put", "/procedures/{name}/approval"),
    ("get", "/drafts"), ("post", "/drafts/bring-in"), ("post", "/drafts"), ("get", "/drafts/{draft_id}"), ("delete", "/drafts/{draft_id}"),
    *(("post", f"/drafts/{{draft_id}}/{verb}") for verb in ("reopen", "files", "check", "save", "versions", "restore", "deploy")),
    *((method, "/drafts/{draft_id}/trial") for method in ("get", "post")),
    ("post", "/drafts/{draft_id}/manual"), ("post", "/drafts/{draft_id}/forms/{key}"), ("put", "/drafts/{draft_id}/words"),
    ("post", "/drafts/{draft_id}/registers/{key}"),
    *((method, f"/drafts/{{draft_id}}/manual/{kind}") for method in ("put", "delete") for kind in ("clauses", "limits")),
    *((method, "/drafts/{draft_id}/file") for method in ("get", "put", "delete")),
    ("get", "/drafts/{draft_id}/changes"), ("get", "/drafts/{draft_id}/catalogue"), ("get", "/drafts/{draft_id}/versions"),
    ("get", "/drafts/{draft_id}/versions/{version_id}/file"),
    ("get", "/places"),
    ("get", "/units/{unit_id}/dossier"),
    ("get", "/units/{unit_id}/cases"),
    ("get", "/tenants/{tenant_id}/dossier"),
    ("get", "/tenants/{tenant_id}/cases"),
    ("get", "/process-instances/{instance_id}/reporters"),
    ("post", "/process-instances/{instance_id}/reporters"),
    ("post", "/reporters/{reporter_id}/told"),
    ("post", "/process-instances/{instance_id}/void"),
    ("post", "/process-instances/{instance_id}/identity"),
    ("get", "/identity-looks"),
    ("get", "/settings"), ("patch", "/settings"),
    ("get", "/retention/rules"), ("put", "/retention/rules"), ("post", "/retention/rules/drop"), ("get", "/retention/preview"),
    ("get", "/retention/runs"), ("post", "/retention/runs"), ("get", "/retention/runs/{run_id}"), ("get", "/retention/runs/{run_id}/cases"),
    ("post", "/retention/runs/{run_id}/stop"), ("post", "/stopped-runs/{kind}/{run_id}/resume"), ("get", "/retention/holds"),
    ("post", "/retention/holds"), ("post", "/retention/holds/{hold_id}/lift"), ("get", "/retention/tenants/{tenant_id}"),
    ("post", "/retention/tenants/{tenant_id}/erase"),
    ("get", "/jobs"), ("post", "/jobs/retry"), ("post", "/jobs/cancel"),
    ("get", "/audit"), ("get", "/tokens"), ("post", "/tokens"), ("post", "/tokens/{token_id}/revoke"),
    ("post", "/process-definitions"), ("get", "/process-definitions"), ("get", "/process-definitions/{definition_id}"),
    ("get", "/process-definitions/{definition_id}/xml"), ("post", "/process-definitions/{key}/start"),
    ("get", "/process-instances"), ("get", "/process-instances/{instance_id}"),
    *(("post", f"/process-instances/{{instance_id}}/{verb}") for verb in ("suspend", "resume", "cancel", "retry")),
    ("post", "/process-instances/{instance_id}/history/{seq}/correct-time"),
    ("get", "/process-instances/{instance_id}/correctable-fields"),
    ("get", "/process-instances/{instance_id}/history"), ("get", "/process-instances/{instance_id}/diagram.svg"),
    ("get", "/work-items"), ("get", "/work-items/{work_item_id}"),
    *(("post", f"/work-items/{{work_item_id}}/{verb}")
      for verb in ("claim", "unclaim", "assign", "delegate", "resolve", "complete", "return")),
    *(("post", f"/work-items/{{work_item_id}}/{verb}") for verb in ("signers", "hand-over", "nudge")),
    ("get", "/work-items/{work_item_id}/links"), ("post", "/work-items/{work_item_id}/links"),
    ("delete", "/work-items/{work_item_id}/links/{link_id}"),
    ("post", "/approvals/{approval_id}/withdraw"), ("post", "/approvals/{approval_id}/remove"),
    *(("post", f"/process-instances/{{instance_id}}/{verb}") for verb in ("revoke", "copies", "read")),
    *(("get", f"/process-instances/{{instance_id}}/{verb}") for verb in ("approvals", "signatures", "copies")), ("get", "/copies"),
    ("post", "/messages"), ("post", "/signals"), ("post", "/files"), ("get", "/files/{file_id}"),
    ("get", "/imports"), ("post", "/imports"), ("get", "/imports/{import_id}"), ("get", "/imports/{import_id}/rows"),
    ("post", "/imports/{import_id}/confirm"), ("post", "/imports/{import_id}/discard"), ("get", "/imports/{import_id}/reconciliation"),
    ("get", "/process-instances/{instance_id}/move"), ("post", "/process-instances/{instance_id}/move"),
    ("post", "/process-instances/{instance_id}/move/undo"),
    ("get", "/desk/counters"), *(("get", f"/sites/{{site_id}}/{part}") for part in ("shift", "shifts", "shift-notes", "roster")),
    ("post", "/sites/{site_id}/shift/take-over"), ("post", "/sites/{site_id}/shift/hand-over"), ("post", "/sites/{site_id}/shift-notes"),
    ("post", "/shift-notes/{note_id}/tick"), ("post", "/sites/{site_id}/roster"), ("delete", "/roster/{duty_id}"),
    ("get", "/prices"), ("post", "/prices"), ("get", "/prices/{code}"), ("post", "/prices/{code}/deactivate"),
    ("post", "/prices/{code}/reactivate"), ("get", "/calendars"), ("get", "/calendars/{where}"), ("put", "/calendars/{where}"),
    ("post", "/calendars/{where}/restore"), ("get", "/number-series"), ("get", "/number-series/{series_id}"),
    ("put", "/number-series/{series_id}/pattern"), ("post", "/number-series/{series_id}/raise"),
    ("put", "/directory/person/{person_id}/roles"), ("post", "/directory/person/{person_id}/password-link"),
    ("get", "/interventions"), ("post", "/interventions"), ("get", "/interventions/{intervention_id}"),
    ("post", "/interventions/{intervention_id}/undo"),
    ("post", "/interventions/{intervention_id}/stop"),
    ("get", "/number-blocks"), ("post", "/number-blocks"), ("get", "/number-blocks/{block_id}"), ("post", "/number-blocks/{block_id}/void"),
    ("get", "/ledger/accounts"), ("get", "/ledger/accounts/{unit_id}"), ("post", "/ledger/payments"),
    *((method, f"/process-instances/{{instance_id}}/{part}") for method in ("get", "post") for part in ("comments", "attachments")),
    ("patch", "/comments/{comment_id}"), ("post", "/comments/{comment_id}/strike"), ("post", "/attachments/{attachment_id}/strike"),
    *((method, "/work-items/{work_item_id}/draft") for method in ("get", "put", "delete")),
    ("get", "/deliveries"), ("post", "/deliveries/retry"), ("post", "/deliveries/drop"), ("get", "/notification-channels"),
    ("post", "/notification-channels"), ("get", "/notification-channels/{channel_id}"), ("put", "/notification-channels/{channel_id}"),
    ("post", "/notification-channels/{channel_id}/try"), ("get", "/message-templates"), ("get", "/message-templates/{key}"),
    ("put", "/message-templates/{key}"), ("post", "/message-templates/{key}/preview"),
    ("get", "/notifications"), ("post", "/notifications/read"), ("get", "/notification-wishes"), ("put", "/notification-wishes"),
    ("get", "/process-instances/{instance_id}/phone-calls"), ("post", "/process-instances/{instance_id}/phone-calls"),
    ("get", "/saved-filters"), ("post", "/saved-filters"), ("delete", "/saved-filters/{filter_id}"), ("post", "/work-items/bulk"),
    ("get", "/boards"), ("get", "/boards/{key}"), ("get", "/boards/{key}/columns/{column}"),
    ("post", "/boards/{key}/assign"), ("post", "/boards/{key}/undo"),
    ("get", "/today"), ("get", "/today/cases"), ("get", "/today/work-items"), ("get", "/today/limits/{limit_id}"),
    ("get", "/what-if"), ("post", "/what-if"), ("get", "/what-if/{run_id}"), ("delete", "/what-if/{run_id}"),
    ("post", "/what-if/{run_id}/stop"),
    ("get", "/process-definitions/{key}/heat"), ("get", "/process-definitions/{key}/event-log"),
    ("get", "/limits"), ("get", "/limits/{limit_id}"), ("get", "/limits/{limit_id}/cases"),
    ("get", "/month-packs"), ("get", "/month-packs/{month}"),
    ("get", "/limits/{limit_id}/months"), ("get", "/limits/{limit_id}/targets"), ("post", "/limits/{limit_id}/targets"),
    ("post", "/limits/{limit_id}/targets/{target_id}/withdraw"),
    ("get", "/directory/{kind}"), ("post", "/directory/{kind}"), ("get", "/directory/{kind}/{entry_id}"),
    ("patch", "/directory/{kind}/{entry_id}"), ("post", "/directory/{kind}/{entry_id}/deactivate"),
    ("post", "/directory/{kind}/{entry_id}/reactivate"), ("get", "/directory/{kind}/{entry_id}/history"),
    ("get", "/substitutes"), ("post", "/substitutes"), ("post", "/substitutes/{substitution_id}/end"),
    ("get", "/sessions"), ("get", "/sessions/all"), ("delete", "/sessions/{session_id}"),
    ("post", "/test-clock"), ("get", "/test-clock"),
}


@pytest.fixture
def document(stranger: Caller) -> dict[str, Any]:
    """The document, which needs no sign-in."""
    answer = stranger.get("/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.get_json()
    return found


def test_it_is_valid(document: dict[str, Any]) -> None:
    """OpenAPI 3.1, by the specification's own schema."""
    assert document["openapi"].startswith("3.1")
    assert [str(error) for error in OPENAPI_31_VALIDATOR.iter_errors(document)] == []


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    """No dangling `$ref`."""
    for reference in re.findall(r'"\$ref": "([^"]+)"', __import__("json").dumps(document)):
        place: Any = document
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]


def test_it_holds_every_call_and_no_other(document: dict[str, Any]) -> None:
    """What is documented is what there is."""
    methods = ("get", "post", "put", "patch", "delete")
    documented = {
        (method, path.removeprefix("/api/v1")) for path, item in document["paths"].items() for method in item if method in methods
    }
    assert documented == CALLS


def test_it_holds_every_route(document: dict[str, Any], app: Flask) -> None:
    """No call is left undocumented."""
    known = {re.sub(r"\{\w+\}", "{}", path) for path in document["paths"]}
    open_to_all = {"/api/v1/health", "/api/v1/openapi.json", "/api/v1/{}"}
    routes = {re.sub(r"<[^>]+>", "{}", rule.rule) for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/v1")}
    assert routes - open_to_all == known


def test_every_post_takes_an_idempotency_key(document: dict[str, Any]) -> None:
    """And says so."""
    for path, item in document["paths"].items():
        if "post" in item:
            assert "Idempotency-Key" in [parameter["name"] for parameter in item["post"]["parameters"]], path


def test_every_call_says_what_a_refusal_looks_like(document: dict[str, Any]) -> None:
    """A problem, by default."""
    problem = document["components"]["responses"]["DEFAULT_ERROR"]
    assert list(problem["content"]) == ["application/problem+json"]
    for item in document["paths"].values():
        for method in ("get", "post", "delete"):
            if method in item:
                assert item[method]["responses"]["default"] == {"$ref": "#/components/responses/DEFAULT_ERROR"}
                assert item[method]["summary"]


def test_the_test_clock_exists_only_where_the_clock_moves(runtime: Runtime, call_as: CallAs) -> None:
    """On a server with the machine's clock the route isn't there, nor documented."""
    caller = call_as("administrator")
    runtime.clock = SystemClock()
    real = Caller(create_app(runtime), caller.token)
    assert real.post("/test-clock", {"advance": "PT1M"}).status_code == 404
    assert "/api/v1/test-clock" not in real.get("/openapi.json").get_json()["paths"]
