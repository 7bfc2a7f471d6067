"""Process definitions: deploy, list, read, start."""

from __future__ import annotations

import dataclasses
from typing import Any

import flask

from engine import definitions, instances, linked_cases, paper_entries
from engine.errors import FieldError
from engine.paper_entries import Paper
from engine.permissions import require
from engine.scenarios.checking import deploy_checked
from webui.api import definition_schemas, instance_schemas
from webui.api.calls import ID, Call, Calls
from webui.api.errors import RequestInvalidError, UnsupportedContentTypeError
from webui.api.instance_view import instance_view
from webui.api.parsing import MULTIPART, files_upload
from webui.api.problems import finding_view

calls = Calls("process_definitions", "Deployed versions of diagrams")

UPLOAD = files_upload("file names are paths inside the deployment, e.g. `repair.bpmn`, `forms/registration.json`")


@calls.command(
    "/process-definitions", query=definition_schemas.DeployQuery, gives=definition_schemas.DeploymentView, status=201, document=UPLOAD,
    limit="deploy_bytes",
)
def deploy_process_definitions(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """Check the files and store a new version of each executable process in them; nothing is stored when one is refused."""
    require(call.actor, "process-definition:deploy")
    done = deploy_checked(call.runtime, call.uow, call.actor, uploaded(), note=query["note"], dry_run=query["dry_run"])
    return {
        "definitions": [{**dataclasses.asdict(info), "id": info.id or None} for info in done.definitions],
        "warnings": [finding_view(finding, call.locale) for finding in done.findings],
    }


@calls.lookup("/process-definitions", gives=definition_schemas.DefinitionList)
def list_process_definitions(call: Call) -> dict[str, Any]:
    """The latest version of every process."""
    require(call.actor, "process-definition:read")
    return {"items": definitions.list_latest(call.runtime, call.uow), "next": None}


@calls.lookup(f"/process-definitions/<{ID}:definition_id>", gives=definition_schemas.DefinitionView)
def get_process_definition(call: Call, definition_id: int) -> object:
    """One version of one process."""
    require(call.actor, "process-definition:read")
    return definitions.get(call.runtime, call.uow, definition_id)


@calls.lookup(f"/process-definitions/<{ID}:definition_id>/xml", gives=None, content_type="application/xml")
def get_process_definition_xml(call: Call, definition_id: int) -> flask.Response:
    """The author's file, byte for byte."""
    require(call.actor, "process-definition:read")
    return flask.Response(definitions.source(call.runtime, call.uow, definition_id), mimetype="application/xml")


@calls.command(
    "/process-definitions/<string(maxlength=120):key>/start", takes=definition_schemas.Start,
    gives=instance_schemas.InstanceView, status=201, scope="start",
)
def start_process_instance(call: Call, body: dict[str, Any], key: str) -> dict[str, Any]:
    """Start a case of the latest version (or the one named)."""
    actor = dataclasses.replace(call.actor, claimed_at=body["claimed_at"]) if body["claimed_at"] else call.actor
    if body["paper"] is not None:
        entered = paper_entries.start(
            call.runtime, call.uow, call.actor, key, body["variables"], Paper(**body["paper"]),
            site_id=body["site_id"], parent_id=body["parent_id"],
        )
        return instance_view(call, entered.id)
    if body["parent_id"] is not None:
        linked = linked_cases.start(
            call.runtime, call.uow, actor, key, body["variables"],
            parent_id=body["parent_id"], site_id=body["site_id"], business_key=body["business_key"],
        )
        return instance_view(call, linked.id)
    started = instances.start(
        call.runtime, call.uow, actor, key, body["variables"],
        business_key=body["business_key"], site_id=body["site_id"], version=body["version"],
    )
    return instance_view(call, started.id)


def uploaded() -> dict[str, bytes]:
    """The files of a multipart body, by their paths inside the deployment."""
    request = flask.request
    if request.mimetype != MULTIPART:
        raise UnsupportedContentTypeError(given=request.mimetype or "—", expected=MULTIPART)
    files = {file.filename or "": file.stream.read() for file in request.files.getlist("files")}
    strangers = [*request.form, *(name for name in request.files if name != "files")]
    if strangers:
        raise RequestInvalidError([_unknown(name) for name in strangers])
    if not files or "" in files:
        raise RequestInvalidError([FieldError("files", "required", "缺少必填欄位「{field}」。", {"field": "files"})])
    return files


def _unknown(name: str) -> FieldError:
    return FieldError(name, "unknown_field", "沒有「{field}」這個欄位。", {"field": name})
