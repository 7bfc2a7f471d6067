"""Procedures as designers have them in hand: drafts, their files, named versions, who may do what."""

from __future__ import annotations

import dataclasses
from typing import Any

import flask

from engine import procedure_access
from engine.designing import blank, catalogue, checking, deploying, drafts, overview, saving, trials, versions
from engine.designing.saving import Edit
from engine.i18n import SOURCE_LOCALE, translate
from engine.permissions import require
from webui.api import designing_schemas as schemas
from webui.api.calls import ID, Call, Calls
from webui.api.draft_catalogue import catalogue_view
from webui.api.errors import PreconditionRequiredError
from webui.api.people import person_id
from webui.api.problems import finding_view

calls = Calls("drafts", "Drafts of procedures and their versions", scope="design")

_DRAFT = f"/drafts/<{ID}:draft_id>"
_BYTES = "application/octet-stream"
_TAG = {"in": "header", "name": "If-Match", "required": False, "schema": {"type": "string", "maxLength": 40},
        "description": "the file's ETag that was changed; a new file is sent with `If-None-Match: *`"}
_CONTENT = {"parameters": [_TAG], "requestBody": {"required": True, "content": {_BYTES: {"schema": {"type": "string"}}}}}


@calls.lookup("/procedures", gives=schemas.ProcedureList)
def list_procedures(call: Call) -> dict[str, Any]:
    """Every procedure that is deployed or drafted, with who has it in hand."""
    return {"items": [
        {**{name: getattr(state, name) for name in ("name", "title", "processes", "deployment_id", "deployed_at")},
         "draft": draft_view(state.draft) if state.draft else None, "rights": sorted(state.rights)}
        for state in overview.listed(call.uow, call.actor)]}


@calls.lookup("/procedures/<string(maxlength=120):name>/access", gives=schemas.AccessView)
def get_procedure_access(call: Call, name: str) -> object:
    """Who may design and deploy it."""
    require(call.actor, "procedure:read-drafts")
    return procedure_access.of(call.uow, name)[name]


@calls.command("/procedures/<string(maxlength=120):name>/access", takes=schemas.SetAccess, gives=schemas.AccessView, method="PUT")
def set_procedure_access(call: Call, body: dict[str, Any], name: str) -> dict[str, Any]:
    """Say who may design and deploy it; nobody widens their own rights."""
    lists = [None if each is None else [person_id(call, person) for person in each] for each in (body["designers"], body["deployers"])]
    return dataclasses.asdict(procedure_access.grant(call.runtime, call.uow, call.actor, name, *lists))


@calls.lookup("/drafts", gives=schemas.ProcedureDrafts)
def list_drafts(call: Call) -> dict[str, Any]:
    """The open ones, by procedure."""
    return {"items": [draft_view(each) for each in drafts.listed(call.uow, call.actor)]}


@calls.command("/drafts", takes=schemas.BeginDraft, gives=schemas.ProcedureDraftFiles, status=201)
def begin_draft(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """Begin one from what is deployed, from the program's own folder, or with an empty diagram."""
    begun = drafts.create(call.runtime, call.uow, call.actor, body["procedure"], body["source"], title=body["title"])
    return _with_files(call, begun)


@calls.lookup(_DRAFT, gives=schemas.ProcedureDraftFiles)
def get_draft(call: Call, draft_id: int) -> dict[str, Any]:
    """A draft and the list of its files."""
    return _with_files(call, drafts.get(call.uow, call.actor, draft_id))


@calls.command(_DRAFT, takes=schemas.Nothing, gives=schemas.ProcedureDraft, method="DELETE")
def close_draft(call: Call, body: dict[str, Any], draft_id: int) -> dict[str, Any]:
    """Put it away; its saves and versions stay."""
    return draft_view(drafts.close(call.runtime, call.uow, call.actor, draft_id))


@calls.command(f"{_DRAFT}/reopen", takes=schemas.Nothing, gives=schemas.ProcedureDraft)
def reopen_draft(call: Call, body: dict[str, Any], draft_id: int) -> dict[str, Any]:
    """Take one up again that was put away."""
    return draft_view(drafts.reopen(call.runtime, call.uow, call.actor, draft_id))


@calls.lookup(f"{_DRAFT}/file", query=schemas.FileAtQuery, gives=None, content_type=_BYTES)
def get_draft_file(call: Call, query: dict[str, Any], draft_id: int) -> flask.Response:
    """One file, byte for byte; its ETag is what a save names."""
    if "revision" in query:
        return flask.Response(saving.body_at(call.uow, call.actor, draft_id, query["path"], query["revision"]), mimetype=_BYTES)
    held, body = drafts.read(call.uow, call.actor, draft_id, query["path"])
    response = flask.Response(body, mimetype=_BYTES)
    response.set_etag(str(held.revision))
    return response


@calls.command(
    f"{_DRAFT}/file", query=schemas.FileQuery, gives=schemas.ProcedureDraftFiles, method="PUT", document=_CONTENT, limit="deploy_bytes")
def put_draft_file(call: Call, query: dict[str, Any], draft_id: int) -> dict[str, Any]:
    """Save one file; 412 with who was first where somebody has saved it since."""
    require(call.actor, "procedure:design")
    edit = Edit(query["path"], flask.request.get_data(), _expected_revision())
    return _with_files(call, saving.save(call.runtime, call.uow, call.actor, draft_id, [edit]))


@calls.command(
    f"{_DRAFT}/file", query=schemas.FileQuery, gives=schemas.ProcedureDraftFiles, method="DELETE", document={"parameters": [_TAG]})
def remove_draft_file(call: Call, query: dict[str, Any], draft_id: int) -> dict[str, Any]:
    """Remove one file; its saves stay."""
    require(call.actor, "procedure:design")
    return _with_files(call, saving.save(call.runtime, call.uow, call.actor, draft_id, [Edit(query["path"], None, _expected_revision())]))


@calls.command(f"{_DRAFT}/save", takes=schemas.Save, gives=schemas.ProcedureDraftFiles, limit="deploy_bytes")
def save_draft_files(call: Call, body: dict[str, Any], draft_id: int) -> dict[str, Any]:
    """Save several text files together, all or none."""
    edits = [Edit(each["path"], None if each["text"] is None else each["text"].encode(), each["revision"]) for each in body["edits"]]
    return _with_files(call, saving.save(call.runtime, call.uow, call.actor, draft_id, edits))


@calls.lookup(f"{_DRAFT}/changes", query=schemas.ChangesQuery, gives=schemas.ChangeList)
def list_draft_changes(call: Call, query: dict[str, Any], draft_id: int) -> dict[str, Any]:
    """Every save, newest first."""
    found = saving.changes(
        call.uow, call.actor, draft_id, path=query.get("path"), before=query.get("before"), limit=query["limit"])
    return {"items": [{**dataclasses.asdict(each), "by": {"id": each.by, "name": each.by_name or None}} for each in found]}


@calls.lookup(f"{_DRAFT}/versions", gives=schemas.VersionList)
def list_draft_versions(call: Call, draft_id: int) -> dict[str, Any]:
    """Named versions, newest first."""
    return {"items": [_version(each) for each in versions.listed(call.uow, call.actor, draft_id, limit=200)]}


@calls.command(f"{_DRAFT}/versions", takes=schemas.KeepVersion, gives=schemas.VersionView, status=201)
def keep_draft_version(call: Call, body: dict[str, Any], draft_id: int) -> dict[str, Any]:
    """Keep what the draft holds now under a name."""
    return _version(versions.keep(call.runtime, call.uow, call.actor, draft_id, body["name"], body["note"]))


@calls.lookup(f"{_DRAFT}/versions/<{ID}:version_id>/file", query=schemas.FileQuery, gives=None, content_type=_BYTES)
def get_version_file(call: Call, query: dict[str, Any], draft_id: int, version_id: int) -> flask.Response:
    """One file as a version kept it."""
    return flask.Response(versions.file(call.uow, call.actor, draft_id, version_id, query["path"]), mimetype=_BYTES)


@calls.command(f"{_DRAFT}/restore", takes=schemas.Restore, gives=schemas.ProcedureDraftFiles)
def restore_draft(call: Call, body: dict[str, Any], draft_id: int) -> dict[str, Any]:
    """Let the draft hold again what a version kept, or how it stood at a revision; what it holds now stays among its saves."""
    if body["version_id"] is not None:
        done = versions.restore(call.runtime, call.uow, call.actor, draft_id, body["version_id"])
    else:
        done = saving.restore(call.runtime, call.uow, call.actor, draft_id, body["revision"] or 0)
    return _with_files(call, done)


@calls.command(f"{_DRAFT}/deploy", takes=schemas.DeployDraft, gives=schemas.DraftDeployment, status=201)
def deploy_draft(call: Call, body: dict[str, Any], draft_id: int) -> dict[str, Any]:
    """Deploy what the draft holds now, after its scenarios have passed; it is kept as a version."""
    done = deploying.deploy(call.runtime, call.uow, call.actor, draft_id, note=body["note"], dry_run=body["dry_run"])
    return {"definitions": [dataclasses.asdict(info) for info in done.definitions],
            "warnings": [finding_view(finding, call.locale) for finding in done.findings]}


@calls.command(f"{_DRAFT}/files", takes=schemas.NewFile, gives=schemas.ProcedureDraftFiles, status=201)
def begin_draft_file(call: Call, body: dict[str, Any], draft_id: int) -> dict[str, Any]:
    """Begin a diagram or a decision table; 409 where one of that name is there."""
    path, text = blank.file(body["name"], body["kind"], body["title"])
    return _with_files(call, saving.save(call.runtime, call.uow, call.actor, draft_id, [Edit(path, text, 0)]))


@calls.command(f"{_DRAFT}/check", takes=schemas.Unsaved, gives=schemas.DraftFindingList, limit="deploy_bytes")
def check_draft(call: Call, body: dict[str, Any], draft_id: int) -> dict[str, Any]:
    """What a deployment would say of it, and what its files say of each other; nothing is stored."""
    unsaved = {path: text.encode() for path, text in body["files"].items()}
    found = checking.check(call.runtime, call.uow, call.actor, draft_id, unsaved)
    return {"items": [
        {**finding_view(each.finding, call.locale), "severity": each.finding.severity, "field": each.field} for each in found]}


@calls.command(f"{_DRAFT}/trial", takes=schemas.Nothing, gives=schemas.TrialView, status=202)
def begin_draft_trial(call: Call, body: dict[str, Any], draft_id: int) -> dict[str, Any]:
    """Play the scenarios of what the draft holds now, in the background; ask again how far it is."""
    return _trial(call, trials.begin(call.runtime, call.uow, call.actor, draft_id))


@calls.lookup(f"{_DRAFT}/trial", gives=schemas.TrialView)
def get_draft_trial(call: Call, draft_id: int) -> dict[str, Any]:
    """How far it is, and what came of each scenario so far."""
    return _trial(call, trials.find(call.uow, call.actor, draft_id))


@calls.lookup(f"{_DRAFT}/catalogue", gives=schemas.DraftCatalogue)
def get_draft_catalogue(call: Call, draft_id: int) -> dict[str, Any]:
    """What its diagrams can name: roles, forms, records, clauses, operations, processes, decisions."""
    drafts.get(call.uow, call.actor, draft_id)
    return catalogue_view(catalogue.of(call.runtime, call.uow, drafts.files(call.uow, draft_id)), call.locale)


def _expected_revision() -> int:
    request = flask.request
    if "If-None-Match" in request.headers and request.if_none_match.star_tag:
        return 0
    tags = list(request.if_match)
    if len(tags) != 1 or not (tags[0].isascii() and tags[0].isdigit() and len(tags[0]) < 10):
        raise PreconditionRequiredError
    return int(tags[0])


def _with_files(call: Call, draft: drafts.Draft) -> dict[str, Any]:
    held = drafts.file_list(call.uow, draft.id)
    files = [{**dataclasses.asdict(each), "changed_by": {"id": each.changed_by, "name": each.changed_by_name or None}} for each in held]
    return {**draft_view(draft), "files": files}


def draft_view(draft: drafts.Draft) -> dict[str, Any]:
    """A draft, without its files."""
    return {**dataclasses.asdict(draft), "changed_by": {"id": draft.changed_by, "name": draft.changed_by_name or None}}


def _trial(call: Call, trial: trials.Trial) -> dict[str, Any]:
    found = dataclasses.asdict(trial)
    return {**found, "outcomes": [
        {**each, "name": each["names"].get(call.locale) or translate(call.locale, each["names"].get(SOURCE_LOCALE, each["file"])),
         "failures": each["failures"][call.locale]} for each in found["outcomes"]]}


def _version(version: versions.Version) -> dict[str, Any]:
    return {**dataclasses.asdict(version), "created_by": {"id": version.created_by, "name": version.created_by_name or None}}
