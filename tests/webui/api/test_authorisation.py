"""Every call × nobody, a wrong role and a right role."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest

from engine import attachments, comments
from engine.designing import drafts
from engine.instances import run_step
from engine.model import SYSTEM
from engine.runtime import Runtime
from tests.builders import deploy_simple, make_unit, simple_process, start
from tests.webui.api.caller import PNG, CallAs, Caller
from tests.workbooks import COMPANY, workbook

pytestmark = pytest.mark.databases("sqlite")

Row = tuple[str, str, Any, str, str | None, int]
#: method, path, body, a role that may, a role that may not (None: any role may), status for who may
MATRIX: list[Row] = [
    ("POST", "/process-definitions", "files", "process_designer", "customer_service", 201),
    ("GET", "/process-definitions", None, "cashier", None, 200),
    ("GET", "/process-definitions/{definition}", None, "cashier", None, 200),
    ("GET", "/process-definitions/{definition}/xml", None, "cashier", None, 200),
    ("POST", "/process-definitions/errand/start", {}, "customer_service", None, 201),
    ("GET", "/procedures", None, "manager", "cashier", 200),
    ("GET", "/procedures/errand/access", None, "manager", "cashier", 200),
    ("PUT", "/procedures/errand/access", {"designers": None, "deployers": None}, "administrator", "process_designer", 200),
    ("POST", "/drafts/bring-in?procedure=brought", "files", "process_designer", "manager", 201),
    ("GET", "/drafts", None, "manager", "cashier", 200),
    ("POST", "/drafts", {"procedure": "other", "source": "empty"}, "process_designer", "manager", 201),
    ("GET", "/drafts/{draft}", None, "manager", "cashier", 200),
    ("DELETE", "/drafts/{draft}", None, "process_designer", "manager", 200),
    ("POST", "/drafts/{draft}/reopen", None, "process_designer", "manager", 200),
    ("GET", "/drafts/{draft}/file?path=errand.bpmn", None, "manager", "cashier", 200),
    ("PUT", "/drafts/{draft}/file?path=errand.bpmn", {}, "process_designer", "cashier", 428),
    ("DELETE", "/drafts/{draft}/file?path=errand.bpmn", None, "process_designer", "cashier", 428),
    ("POST", "/drafts/{draft}/save", "edits", "process_designer", "manager", 200),
    ("POST", "/drafts/{draft}/files", {"name": "more", "kind": "dmn"}, "process_designer", "manager", 201),
    ("POST", "/drafts/{draft}/check", {}, "manager", "cashier", 200),
    ("GET", "/drafts/{draft}/trial", None, "manager", "cashier", 200),
    ("POST", "/drafts/{draft}/trial", {}, "manager", "cashier", 202),
    ("POST", "/drafts/{draft}/manual", {}, "manager", "cashier", 200),
    ("PUT", "/drafts/{draft}/manual/clauses", "clause", "process_designer", "manager", 200),
    ("DELETE", "/drafts/{draft}/manual/clauses?number=x&revision=0", None, "process_designer", "manager", 404),
    ("PUT", "/drafts/{draft}/manual/limits", "limit", "process_designer", "manager", 422),
    ("DELETE", "/drafts/{draft}/manual/limits?id=x&revision=0", None, "process_designer", "manager", 404),
    ("POST", "/drafts/{draft}/forms/errand_form", {"text": "no form"}, "manager", "cashier", 200),
    ("POST", "/drafts/{draft}/registers/errands", {"text": "title = 'x'"}, "manager", "cashier", 200),
    ("PUT", "/drafts/{draft}/words", "words", "process_designer", "manager", 200),
    ("GET", "/drafts/{draft}/catalogue", None, "manager", "cashier", 200),
    ("GET", "/drafts/{draft}/changes", None, "manager", "cashier", 200),
    ("GET", "/drafts/{draft}/versions", None, "manager", "cashier", 200),
    ("POST", "/drafts/{draft}/versions", {"name": "x"}, "process_designer", "manager", 201),
    ("GET", "/drafts/{draft}/versions/99/file?path=errand.bpmn", None, "manager", "cashier", 404),
    ("POST", "/drafts/{draft}/restore", "restore", "process_designer", "manager", 200),
    ("POST", "/drafts/{draft}/deploy", {}, "process_designer", "manager", 201),
    ("GET", "/process-definitions/{definition}/difference?to=99", None, "cashier", None, 404),
    ("GET", "/process-definitions/{definition}/impact", None, "process_designer", "cashier", 200),
    ("POST", "/process-definitions/99/impact", {}, "process_designer", "cashier", 404),
    ("POST", "/process-definitions/99/restore", {}, "process_designer", "manager", 404),
    ("POST", "/process-definitions/99/migrations", {"instance_ids": [1], "reason": "x"}, "manager", "cashier", 404),
    ("GET", "/migrations/99", None, "manager", "cashier", 404),
    ("GET", "/migrations/99/cases", None, "manager", "cashier", 404),
    ("POST", "/migrations/99/stop", {}, "manager", "cashier", 404),
    ("POST", "/migrations/99/undo", {}, "manager", "cashier", 404),
    ("GET", "/process-instances/{instance}/migrate?to_definition_id=99", None, "manager", "customer_service", 404),
    ("POST", "/process-instances/{instance}/migrate", {"to_definition_id": 99, "reason": "x"}, "manager", "customer_service", 404),
    ("POST", "/process-instances/{instance}/migrate/undo", {"migration_id": 99}, "manager", "customer_service", 404),
    ("POST", "/proposals", {}, "process_designer", "manager", 415),
    ("GET", "/proposals", None, "manager", "cashier", 200),
    ("GET", "/proposals/99", None, "manager", "cashier", 404),
    ("GET", "/proposals/99/impact", None, "manager", "cashier", 404),
    ("POST", "/proposals/99/impact", {}, "manager", "cashier", 404),
    ("GET", "/proposals/99/difference", None, "manager", "cashier", 404),
    ("POST", "/proposals/99/deploy", {}, "process_designer", "cashier", 404),
    ("POST", "/proposals/99/ask", {}, "process_designer", "cashier", 404),
    ("POST", "/proposals/99/approve", {}, "process_designer", "cashier", 404),
    ("POST", "/proposals/99/refuse", {"reason": "x"}, "process_designer", "cashier", 404),
    ("POST", "/proposals/99/withdraw", {}, "process_designer", "cashier", 404),
    ("GET", "/procedures/errand/approval", None, "manager", "cashier", 200),
    ("PUT", "/procedures/errand/approval", {"is_required": True}, "administrator", "process_designer", 200),
    ("GET", "/process-instances", None, "cashier", None, 200),
    ("GET", "/process-instances/{instance}", None, "cashier", None, 200),
    ("GET", "/process-instances/{instance}/history", None, "cashier", None, 200),
    # the case was started by the system: not a time that a person entered
    ("POST", "/process-instances/{instance}/history/1/correct-time", {"happened_at": "2026-03-01T08:00:00+08:00", "reason": "x"},
     "cs_supervisor", "customer_service", 409),
    ("GET", "/process-instances/{instance}/correctable-fields", None, "manager", "customer_service", 200),
    ("GET", "/process-instances/{instance}/diagram.svg", None, "cashier", None, 200),
    ("POST", "/process-instances/{instance}/suspend", {"reason": "x"}, "manager", "customer_service", 200),
    ("POST", "/process-instances/{instance}/resume", {"reason": "x"}, "manager", "customer_service", 409),
    ("POST", "/process-instances/{instance}/cancel", {"reason": "x"}, "manager", "customer_service", 200),
    ("GET", "/process-instances/{instance}/move", None, "manager", "customer_service", 200),
    ("POST", "/process-instances/{instance}/move", {"work_item_id": 99, "to": "x", "reason": "x"}, "manager", "customer_service", 404),
    ("POST", "/process-instances/{instance}/move/undo", {"history_seq": 1}, "manager", "customer_service", 404),
    ("POST", "/process-instances/{instance}/retry", {}, "manager", "customer_service", 404),
    ("POST", "/interventions", {"verb": "cancel", "process_instances": [99], "reason": "x"}, "manager", "customer_service", 404),
    ("GET", "/interventions", None, "manager", "customer_service", 200),
    ("GET", "/interventions/99", None, "manager", None, 404),
    ("POST", "/interventions/99/undo", {}, "manager", None, 404),
    ("POST", "/interventions/99/stop", {}, "manager", None, 404),
    ("GET", "/work-items", None, "cashier", None, 200),
    ("GET", "/work-items?assignee={person}", None, "manager", "cashier", 200),
    ("GET", "/work-items?role=dispatcher", None, "dispatcher", "cashier", 200),
    ("GET", "/work-items?process_instance_id={instance}", None, "manager", "cashier", 200),
    ("GET", "/work-items/{item}", None, "customer_service", "cashier", 200),
    ("POST", "/work-items/{item}/claim", {}, "customer_service", "cashier", 200),
    ("POST", "/work-items/{item}/unclaim", {}, "customer_service", "cashier", 200),
    ("POST", "/work-items/{item}/assign", {"assignee": "{person}"}, "manager", "cashier", 200),
    ("POST", "/work-items/{item}/delegate", {"to": "{person}"}, "customer_service", "cashier", 200),
    ("POST", "/work-items/{item}/resolve", {}, "customer_service", "cashier", 409),
    ("POST", "/work-items/{item}/complete", {"variables": {}}, "customer_service", "cashier", 200),
    ("POST", "/work-items/{item}/return", {"element_id": "nowhere"}, "customer_service", "cashier", 409),
    ("POST", "/work-items/{item}/signers", {"place": "after", "role": "manager"}, "customer_service", "cashier", 422),
    ("POST", "/work-items/{item}/hand-over", {"to": "{person}"}, "customer_service", "cashier", 422),
    ("POST", "/work-items/{item}/links", {}, "customer_service", "cashier", 409),
    ("GET", "/work-items/{item}/links", None, "customer_service", "cashier", 200),
    ("DELETE", "/work-items/{item}/links/99", None, "customer_service", "cashier", 409),
    ("POST", "/work-items/{item}/nudge", {}, "cashier", None, 200),
    ("POST", "/approvals/99/withdraw", {}, "customer_service", None, 404),
    ("POST", "/approvals/99/remove", {"reason": "x"}, "customer_service", None, 404),
    ("GET", "/process-instances/{instance}/approvals", None, "cashier", None, 200),
    ("GET", "/process-instances/{instance}/signatures", None, "cashier", None, 200),
    ("GET", "/process-instances/{instance}/copies", None, "cashier", None, 200),
    ("POST", "/process-instances/{instance}/read", {}, "cashier", None, 200),
    ("GET", "/copies", None, "cashier", None, 200),
    ("POST", "/imports", "workbook", "administrator", "manager", 201),
    ("GET", "/imports", None, "manager", "customer_service", 200),
    ("GET", "/imports/99", None, "cashier", "customer_service", 404),
    ("GET", "/imports/99/rows", None, "cashier", "customer_service", 404),
    ("POST", "/imports/99/confirm", {}, "administrator", "manager", 404),
    ("POST", "/imports/99/discard", {}, "administrator", "manager", 404),
    ("GET", "/imports/99/reconciliation", None, "cashier", "customer_service", 404),
    ("GET", "/desk/counters", None, "customer_service", "repair_worker", 200),
    ("GET", "/sites/99/shift", None, "customer_service", "repair_worker", 404),
    ("GET", "/sites/99/shifts", None, "customer_service", "repair_worker", 404),
    ("POST", "/sites/99/shift/take-over", {}, "customer_service", "repair_worker", 404),
    ("POST", "/sites/99/shift/hand-over", {}, "customer_service", "repair_worker", 404),
    ("GET", "/sites/99/shift-notes", None, "customer_service", "repair_worker", 404),
    ("POST", "/sites/99/shift-notes", {"text": "x"}, "customer_service", "repair_worker", 404),
    ("POST", "/shift-notes/99/tick", {}, "customer_service", None, 404),
    ("GET", "/sites/99/roster", None, "customer_service", "repair_worker", 404),
    ("POST", "/sites/99/roster", {"user_id": 1, "kind": "day", "starts_at": "2026-03-02T08:00:00Z", "ends_at": "2026-03-02T08:00:00Z"},
     "cs_supervisor", "customer_service", 422),
    ("DELETE", "/roster/99", None, "cs_supervisor", None, 404),
    ("GET", "/prices", None, "repair_worker", None, 200),
    ("GET", "/prices/x", None, "repair_worker", None, 404),
    ("POST", "/prices", {"code": "x", "name": "x", "unit_name": "x", "labour": "1", "material": "x", "effective_from": "x"}, "manager",
     "cashier", 422),
    ("POST", "/prices/x/deactivate", {"reason": "x"}, "manager", "cashier", 404),
    ("POST", "/prices/x/reactivate", {"reason": "x"}, "manager", "cashier", 404),
    ("GET", "/calendars", None, "repair_worker", None, 200),
    ("GET", "/calendars/company", None, "repair_worker", None, 200),
    ("PUT", "/calendars/company", {"calendar": {"monday": "08:00-12:00"}, "reason": "x"}, "manager", "cashier", 200),
    ("POST", "/calendars/company/restore", {"reason": "x"}, "manager", "cashier", 200),
    ("GET", "/number-series", None, "repair_worker", None, 200),
    ("GET", "/number-series/nothing", None, "repair_worker", None, 404),
    ("PUT", "/number-series/nothing/pattern", {"pattern": "x", "reason": "x"}, "administrator", "manager", 404),
    ("POST", "/number-series/nothing/raise", {"next": 9, "reason": "x"}, "administrator", "manager", 404),
    ("PUT", "/directory/person/{person}/roles", {"roles": [{"role": "cashier"}]}, "administrator", "manager", 200),
    ("POST", "/directory/person/{person}/password-link", None, "administrator", "manager", 201),
    ("GET", "/number-blocks", None, "repair_worker", None, 200),
    ("POST", "/number-blocks", {"record": "nothing", "count": 1}, "customer_service", "repair_worker", 404),
    ("GET", "/number-blocks/99", None, "repair_worker", None, 404),
    ("POST", "/number-blocks/99/void", {"reason": "x"}, "customer_service", "repair_worker", 404),
    ("POST", "/messages", {"name": "nobody"}, "manager", "cashier", 409),
    ("POST", "/signals", {"name": "nobody"}, "manager", "cashier", 200),
    ("GET", "/process-instances/{instance}/comments", None, "cashier", None, 200),
    ("POST", "/process-instances/{instance}/comments", {"body": "x"}, "cashier", None, 201),
    ("PATCH", "/comments/{comment}", {"body": "y"}, "manager", "cashier", 403),
    ("POST", "/comments/{comment}/strike", {"reason": "x"}, "manager", "cashier", 200),
    ("GET", "/process-instances/{instance}/attachments", None, "cashier", None, 200),
    ("POST", "/process-instances/{instance}/attachments", "file", "cashier", None, 201),
    ("POST", "/attachments/{attachment}/strike", {"reason": "x"}, "manager", "cashier", 200),
    ("GET", "/work-items/{item}/draft", None, "customer_service", "cashier", 200),
    ("PUT", "/work-items/{item}/draft", "draft", "customer_service", "cashier", 200),
    ("DELETE", "/work-items/{item}/draft", None, "customer_service", "cashier", 200),
    ("POST", "/files", "file", "repair_worker", None, 201),
    ("GET", "/places?q=a", None, "repair_worker", None, 200),
    ("GET", "/units/{unit}/dossier", None, "repair_worker", None, 200),
    ("GET", "/units/{unit}/cases", None, "repair_worker", None, 200),
    ("GET", "/tenants/99/dossier", None, "repair_worker", None, 404),
    ("GET", "/tenants/99/cases", None, "repair_worker", None, 404),
    ("GET", "/process-instances/{instance}/reporters", None, "repair_worker", None, 200),
    ("POST", "/process-instances/{instance}/reporters", {"name": "x"}, "repair_worker", None, 201),
    ("POST", "/reporters/99/told", {"how": "phone"}, "repair_worker", None, 404),
    ("POST", "/process-instances/{instance}/void", {"kind": "mistake"}, "cs_supervisor", "customer_service", 200),
    ("POST", "/process-instances/{instance}/identity", {}, "customer_service", "repair_worker", 200),
    ("GET", "/identity-looks", None, "administrator", "manager", 200),
    ("GET", "/jobs", None, "administrator", "manager", 200),
    ("POST", "/jobs/retry", {"id": "x"}, "administrator", "manager", 404),
    ("POST", "/jobs/cancel", {"id": "x"}, "administrator", "manager", 404),
    ("GET", "/settings", None, "administrator", "manager", 200),
    ("PATCH", "/settings", {"values": {"session_hours": 8}, "stamp": 0}, "administrator", "manager", 200),
    ("GET", "/retention/rules", None, "administrator", "manager", 200),
    ("PUT", "/retention/rules", {"kind": "identity", "days": 30, "is_on": False, "version": 0}, "administrator", "manager", 200),
    ("POST", "/retention/rules/drop", {"kind": "identity", "procedure": "errand"}, "administrator", "manager", 200),
    ("GET", "/retention/preview?kind=identity", None, "administrator", "manager", 200),
    ("GET", "/retention/runs", None, "administrator", "manager", 200),
    ("POST", "/retention/runs", {"kind": "identity"}, "administrator", "manager", 409),
    ("GET", "/retention/runs/99", None, "administrator", "manager", 404),
    ("GET", "/retention/runs/99/cases", None, "administrator", "manager", 200),
    ("POST", "/retention/runs/99/stop", {}, "administrator", "manager", 409),
    ("POST", "/stopped-runs/erasures/99/resume", {}, "administrator", "manager", 409),
    ("POST", "/stopped-runs/imports/99/resume", {}, "administrator", "manager", 404),
    ("GET", "/retention/holds", None, "administrator", "manager", 200),
    ("POST", "/retention/holds", {"about": "case", "code": "x", "reason": "x"}, "administrator", "manager", 422),
    ("POST", "/retention/holds/99/lift", {"reason": "x"}, "administrator", "manager", 404),
    ("GET", "/retention/tenants/99", None, "administrator", "manager", 404),
    ("POST", "/retention/tenants/99/erase", {"reason": "x"}, "administrator", "manager", 404),
    ("GET", "/tokens", None, "administrator", "manager", 200),
    ("POST", "/tokens", {"user_id": 1, "name": "x"}, "administrator", "manager", 201),
    ("POST", "/tokens/99/revoke", {}, "administrator", "manager", 404),
    ("GET", "/audit", None, "manager", "repair_worker", 200),
    ("GET", "/ledger/accounts", None, "cashier", "repair_worker", 200),
    ("GET", "/ledger/accounts/{unit}", None, "manager", "repair_worker", 200),
    ("POST", "/ledger/payments", {"unit_id": 1, "amount": "5.00"}, "cashier", "manager", 201),
    ("GET", "/deliveries", None, "administrator", "manager", 200),
    ("POST", "/deliveries/retry", {"ids": [99]}, "administrator", "manager", 200),
    ("POST", "/deliveries/drop", {"ids": [99]}, "administrator", "manager", 200),
    ("GET", "/notification-channels", None, "administrator", "manager", 200),
    ("POST", "/notification-channels", {"kind": "webhook", "name": "x", "config": {}}, "administrator", "manager", 422),
    ("GET", "/notification-channels/99", None, "administrator", "manager", 404),
    ("PUT", "/notification-channels/99", {"name": "x", "config": {}}, "administrator", "manager", 404),
    ("POST", "/notification-channels/99/try", {}, "administrator", "manager", 404),
    ("GET", "/message-templates", None, "administrator", "manager", 200),
    ("GET", "/message-templates/overdue", None, "administrator", "manager", 200),
    ("PUT", "/message-templates/overdue", {"texts": {}}, "administrator", "manager", 200),
    ("POST", "/message-templates/overdue/preview", {"texts": {}}, "administrator", "manager", 200),
    ("GET", "/notifications", None, "cashier", None, 200),
    ("POST", "/notifications/read", {}, "cashier", None, 200),
    ("GET", "/notification-wishes", None, "cashier", None, 200),
    ("PUT", "/notification-wishes", {}, "cashier", None, 200),
    ("GET", "/process-instances/{instance}/phone-calls", None, "cashier", None, 200),
    ("POST", "/process-instances/{instance}/phone-calls", {"name": "x", "number": "1", "result": "reached"}, "cashier", None, 201),
    ("GET", "/saved-filters", None, "cashier", None, 200),
    ("POST", "/saved-filters", {"list": "todo", "name": "x", "query": "q=x"}, "cashier", None, 201),
    ("DELETE", "/saved-filters/99", None, "cashier", None, 404),
    ("POST", "/work-items/bulk", {"verb": "claim", "work_items": [99]}, "cashier", None, 200),
    ("GET", "/boards", None, "dispatcher", "cashier", 200),
    ("GET", "/boards/errand", None, "dispatcher", "cashier", 404),
    ("GET", "/boards/errand/columns/open", None, "dispatcher", "cashier", 404),
    ("POST", "/boards/errand/assign", {"work_item_id": 1, "worker": "{person}"}, "dispatcher", "cashier", 404),
    ("POST", "/boards/errand/undo", {"process_instance_id": 1, "history_seq": 1, "way": "step"}, "dispatcher", "cashier", 404),
    ("GET", "/today", None, "engineering_supervisor", "repair_worker", 200),
    ("GET", "/today/cases?figure=late", None, "engineering_supervisor", "repair_worker", 200),
    ("GET", "/today/work-items", None, "engineering_supervisor", "repair_worker", 200),
    ("GET", "/today/limits/errand.none", None, "engineering_supervisor", "repair_worker", 200),
    ("GET", "/process-definitions/errand/heat?since=2026-01-01T00:00:00Z&until=2026-12-31T00:00:00Z", None, "engineering_supervisor",
     "repair_worker", 200),
    ("GET", "/process-definitions/errand/event-log?since=2026-01-01T00:00:00Z&until=2026-12-31T00:00:00Z", None, "engineering_supervisor",
     "repair_worker", 200),
    ("GET", "/process-definitions/errand/event-log?persons=names&since=2026-01-01T00:00:00Z&until=2026-12-31T00:00:00Z", None, "manager",
     "engineering_supervisor", 200),
    ("GET", "/what-if", None, "engineering_supervisor", "repair_worker", 200),
    ("POST", "/what-if", {"since": "2026-01-01T00:00:00Z", "until": "2026-03-01T00:00:00Z", "arrivals": {"errand": 1}},
     "engineering_supervisor", "repair_worker", 202),
    ("GET", "/what-if/99", None, "engineering_supervisor", "repair_worker", 404),
    ("POST", "/what-if/99/stop", None, "engineering_supervisor", "repair_worker", 404),
    ("DELETE", "/what-if/99", None, "engineering_supervisor", "repair_worker", 404),
    ("GET", "/limits", None, "repair_worker", None, 200),
    ("GET", "/limits/errand.none", None, "repair_worker", None, 404),
    ("GET", "/limits/errand.none/cases", None, "repair_worker", None, 404),
    ("GET", "/month-packs", None, "manager", "cashier", 200),
    ("GET", "/month-packs/2026-03", None, "manager", "cashier", 200),
    ("GET", "/limits/errand.none/months", None, "repair_worker", None, 404),
    ("GET", "/limits/errand.none/targets", None, "repair_worker", None, 404),
    ("POST", "/limits/errand.none/targets", {"target": "PT9M", "effective_from": "2027-01-01", "reason": "x"}, "manager", "cashier", 404),
    ("POST", "/limits/errand.none/targets/99/withdraw", {}, "manager", "cs_supervisor", 404),
    ("GET", "/directory/unit", None, "cashier", None, 200),
    ("GET", "/directory/unit/{unit}", None, "cashier", None, 200),
    ("GET", "/directory/unit/{unit}/history", None, "cashier", None, 200),
    ("POST", "/directory/site", {"values": {"code": "X", "name": "x", "time_zone": "Asia/Shanghai"}}, "administrator", "manager", 201),
    ("PATCH", "/directory/unit/{unit}", {"version": 1, "values": {"floor": 3}}, "administrator", "manager", 200),
    ("POST", "/directory/unit/{unit}/deactivate", {"reason": "x"}, "administrator", "manager", 200),
    ("POST", "/directory/unit/{unit}/reactivate", {"reason": "x"}, "administrator", "manager", 200),
    ("GET", "/substitutes", None, "cashier", None, 200),
    ("POST", "/substitutes", {"absent_id": 1, "substitute_id": 1, "starts_at": "2026-03-02T00:00:00Z", "ends_at": "2026-03-04T00:00:00Z"},
     "manager", "cashier", 422),
    ("POST", "/substitutes/99/end", None, "cashier", None, 404),
    ("GET", "/sessions", None, "cashier", None, 200),
    ("GET", "/sessions/all", None, "administrator", "manager", 200),
    ("DELETE", "/sessions/99", None, "cashier", None, 404),
    ("POST", "/test-clock", {"advance": "PT1M"}, "manager", "cashier", 200),
    ("GET", "/test-clock", None, "cashier", None, 200),
]


@pytest.fixture
def places(runtime: Runtime, call_as: CallAs) -> dict[str, str]:
    """One of each thing that a path names."""
    definition = deploy_simple(runtime)
    instance = start(runtime, "errand")
    person = call_as("customer_service").person
    assert person is not None
    unit = make_unit(runtime)
    assert unit == 1
    author = call_as("customer_service").person
    assert author is not None
    comment = run_step(runtime, lambda uow: comments.add(runtime, uow, author.actor, instance.id, "x"))
    draft = run_step(runtime, lambda uow: drafts.create(runtime, uow, SYSTEM, "errand")).id
    attachment = run_step(runtime, lambda uow: attachments.add(runtime, uow, author.actor, instance.id, PNG, "x.png")).id
    made = {"draft": draft, "comment": comment, "attachment": attachment, "unit": unit,
            "definition": definition.id, "instance": instance.id, "item": instance.work_item_ids[0], "person": person.id}
    return {name: str(value) for name, value in made.items()}


def _send(caller: Caller, method: str, path: str, body: Any, places: dict[str, str]) -> Any:
    path = path.format(**places)
    options: dict[str, Any] = {}
    if body == "files":
        options = {"data": {"files": (io.BytesIO(simple_process("other", ("a_task", "cashier"))), "other.bpmn")}}
    elif body == "workbook":
        options = {"data": {"workbook": (io.BytesIO(workbook(COMPANY)), "company.xlsx")}}
    elif body == "file":
        options = {"data": {"file": (io.BytesIO(PNG), "before.png")}}
    elif body == "edits":
        options = {"json": {"edits": [{"path": "clauses.toml", "text": "", "revision": 0}]}}
    elif body == "clause":
        options = {"json": {"clause": {"number": "errand 1", "zh_hant": "辦理。", "en": "Do it."}, "revision": 0}}
    elif body == "limit":
        options = {"json": {"values": {"id": "x"}, "revision": 0}}
    elif body == "words":
        options = {"json": {"words": [{"source": "辦理", "english": "Do"}]}}
    elif body == "restore":
        options = {"json": {"revision": 1}}
    elif body == "draft":
        options = {"json": {"fields": [{"name": "caller", "value": "王"}]}}
    elif body is not None:
        options = {"json": {name: value.format(**places) if isinstance(value, str) else value for name, value in body.items()}}
    headers = {"Authorization": f"Bearer {caller.token}"} if caller.token else {}
    return caller.app.test_client(use_cookies=False).open(f"/api/v1{path}", method=method, headers=headers, **options)


#: calls that change nothing share a store, by the first word of their path
READS: dict[str, list[Row]] = {}
CHANGES: list[Row] = []
for _row in MATRIX:
    (READS.setdefault(_row[1].split("/")[1].partition("?")[0], []) if _row[0] == "GET" else CHANGES).append(_row)


@pytest.mark.parametrize("word", READS)
def test_each_call_that_reads_is_open_to_whom_it_should_be(call_as: CallAs, stranger: Caller, places: dict[str, str], word: str) -> None:
    """As below, of everything under one word."""
    known: dict[str, Caller] = {}

    def caller(role: str) -> Caller:
        return known.get(role) or known.setdefault(role, call_as(role))

    wrong = [found for row in READS[word] if (found := _wrong(caller, stranger, places, row))]
    assert wrong == []


@pytest.mark.parametrize("row", CHANGES, ids=[f"{row[0]} {row[1]}" for row in CHANGES])
def test_each_call_is_open_to_whom_it_should_be(call_as: CallAs, stranger: Caller, places: dict[str, str], row: Row) -> None:
    """401 for nobody, 403 (or 404 where the thing is not theirs to see) for the wrong role, the call's own answer for the right one."""
    assert _wrong(call_as, stranger, places, row) == ""


def _wrong(call_as: Callable[[str], Caller], stranger: Caller, places: dict[str, str], row: Row) -> str:
    """What is not as the row says; empty where all is."""
    method, path, body, right, wrong, status = row
    if (met := _send(stranger, method, path, body, places).status_code) != 401:
        return f"{method} {path}: {met} for nobody"
    if wrong is not None and (met := _send(call_as(wrong), method, path, body, places).status_code) not in (403, 404):
        return f"{method} {path}: {met} for {wrong}"
    answer = _send(call_as(right), method, path, body, places)
    said = answer.get_data(as_text=True)[:500]
    return "" if answer.status_code == status else f"{method} {path}: {answer.status_code} for {right}: {said}"


@pytest.mark.parametrize("path", [f"/process-instances/{{instance}}{part}" for part in ("", "/history", "/diagram.svg")])
def test_another_sites_case_is_not_found(runtime: Runtime, call_as: CallAs, path: str) -> None:
    """A case of a site where one holds no role doesn't exist for one."""
    from tests.builders import make_site

    deploy_simple(runtime)
    here, there = make_site(runtime), make_site(runtime)
    instance = start(runtime, "errand", site_id=there)
    assert call_as("manager", site_id=here).get(path.format(instance=instance.id)).status_code == 404
    assert call_as("manager", site_id=there).get(path.format(instance=instance.id)).status_code == 200
