"""Workbooks for other programs: send one, see what it would change, let it be carried out, compare."""

from __future__ import annotations

from typing import Any

import flask

from engine.errors import FieldError
from engine.i18n import describe_field_error
from engine.imports import planning, reconciling, storing
from engine.queries import imports as queries
from webui.api import import_schemas as schemas
from webui.api.calls import ID, Call, Calls
from webui.api.errors import RequestInvalidError, UnsupportedContentTypeError
from webui.api.parsing import MULTIPART

calls = Calls("imports", "Workbooks of master data, opening balances and open cases")

_UPLOAD = {
    "requestBody": {
        "required": True,
        "content": {MULTIPART: {"schema": {
            "type": "object", "required": ["workbook"], "additionalProperties": False,
            "properties": {"workbook": {"type": "string", "contentMediaType": "application/octet-stream"}},
        }}},
    }
}


@calls.command("/imports", gives=schemas.ImportView, status=201, document=_UPLOAD, limit="upload_bytes")
def read_workbook(call: Call) -> Any:
    """Take an Excel workbook in. What it would change is worked out soon: ask for it until its state is no longer `reading`. Nothing else
    is changed before it is confirmed.
    """
    request = flask.request
    if request.mimetype != MULTIPART:
        raise UnsupportedContentTypeError(given=request.mimetype or "—", expected=MULTIPART)
    file = request.files.get("workbook")
    if file is None or not file.filename:
        raise RequestInvalidError([FieldError("workbook", "required", "缺少必填欄位「{field}」。", {"field": "workbook"})])
    import_id = planning.receive(call.runtime, call.uow, call.actor, file.filename, file.stream.read())
    return queries.find(call.uow, call.actor, import_id)


@calls.lookup("/imports", query=schemas.ImportQuery, gives=schemas.ImportList)
def list_imports(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """Imports, the newest first."""
    page = queries.imports(call.uow, call.actor, after=query.get("after"), limit=query["limit"])
    return {"items": list(page.rows), "next": page.after}


@calls.lookup(f"/imports/<{ID}:import_id>", gives=schemas.ImportView)
def get_import(call: Call, import_id: int) -> Any:
    """One import, with how far it is."""
    return queries.find(call.uow, call.actor, import_id)


@calls.lookup(f"/imports/<{ID}:import_id>/rows", query=schemas.RowQuery, gives=schemas.RowList)
def list_import_rows(call: Call, query: dict[str, Any], import_id: int) -> dict[str, Any]:
    """Its rows in order, each with what it would change and what is wrong with it."""
    queries.find(call.uow, call.actor, import_id)
    page = queries.rows(
        call.uow, import_id, action=query.get("action"), state=query.get("state"), after=query.get("after"), limit=query["limit"]
    )
    items = [
        {
            "position": row.position, "sheet": row.sheet, "line": row.line, "kind": row.kind, "label": row.label, "action": row.action,
            "state": row.state, "changes": {name: [before, after] for name, before, after in row.changes},
            "problems": [
                {"column": each.column, "message": describe_field_error(FieldError("", "", each.sentence, each.data), call.locale)}
                for each in row.problems
            ],
        }
        for row in page.rows
    ]
    return {"items": items, "next": page.after}


@calls.command(f"/imports/<{ID}:import_id>/confirm", gives=schemas.ImportView, status=202)
def confirm_import(call: Call, import_id: int) -> Any:
    """Let it be carried out, exactly as it was shown. It goes on by itself; ask for the import to see how far it is."""
    storing.confirm(call.runtime, call.uow, call.actor, import_id)
    return queries.find(call.uow, call.actor, import_id)


@calls.command(f"/imports/<{ID}:import_id>/discard", gives=schemas.ImportView)
def discard_import(call: Call, import_id: int) -> Any:
    """Throw the plan away."""
    storing.discard(call.runtime, call.uow, call.actor, import_id)
    return queries.find(call.uow, call.actor, import_id)


@calls.lookup(f"/imports/<{ID}:import_id>/reconciliation", gives=schemas.Reconciliation)
def reconcile_import(call: Call, import_id: int) -> dict[str, Any]:
    """What the workbook said beside what stands now, and who signed it."""
    sheet = reconciling.figures(call.runtime, call.uow, call.actor, import_id)
    signed = reconciling.signed_sheets(call.uow, import_id)
    lines = [
        {"kind": each.kind, "group": each.group, "said_count": each.said_count, "stands_count": each.stands_count,
         "said_sum": None if each.said_sum is None else str(each.said_sum),
         "stands_sum": None if each.stands_sum is None else str(each.stands_sum), "agrees": each.agrees}
        for each in sheet
    ]
    return {"lines": lines, "agrees": all(each.agrees for each in sheet), "signed": [
        {"signed_at": each.signed_at, "signed_by": each.signed_by, "role": each.role, "note": each.note} for each in signed]}
