"""The shapes of procedures, drafts and their versions."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from engine.designing.drafts import SOURCES
from engine.designing.versions import NAME_LENGTH, NOTE_LENGTH
from engine.forms.model import FieldKind
from webui.api.definition_schemas import DefinitionView, FindingView
from webui.api.fields import Person, Text, row_id
from webui.api.schemas import Nothing, PersonView

__all__ = ["Nothing"]

_PATH = {"description": "path inside the procedure's folder, e.g. `forms/registration.json`"}
_REVISION = {"description": "the file's revision that was changed; 0 for a new file"}


def _revision(**options: object) -> fields.Integer:
    return fields.Integer(strict=True, validate=validate.Range(0, 2**31 - 1), **options)  # type: ignore[arg-type]


class FileQuery(Schema):
    """Which file."""

    path = Text(required=True, length=200, shortest=1, metadata=_PATH)


class FileAtQuery(FileQuery):
    """Which file, as it stands or as it stood."""

    revision = fields.Integer(validate=validate.Range(1, 2**31 - 1), metadata={"description": "as it stood at that revision of the draft"})


class ChangesQuery(Schema):
    """Which saves."""

    path = Text(length=200, shortest=1, metadata=_PATH)
    before = fields.Integer(validate=validate.Range(1, 2**31 - 1), metadata={"description": "only earlier ones"})
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))


class BeginDraft(Schema):
    """A draft to begin."""

    procedure = Text(required=True, length=80, shortest=1, metadata={"description": "the folder's name: small letters, digits, `_`"})
    source = fields.String(load_default="deployed", validate=validate.OneOf([name for name in SOURCES if name != "files"]))
    title = Text(length=120, load_default="", metadata={"description": "what people call a new procedure"})


class EditOne(Schema):
    """What becomes of one file."""

    path = Text(required=True, length=200, shortest=1, metadata=_PATH)
    text = Text(length=5 * 2**20, load_default=None, allow_none=True, metadata={"description": "UTF-8; null removes the file"})
    revision = _revision(required=True, metadata=_REVISION)


class Save(Schema):
    """Files that are saved together, all or none."""

    edits = fields.List(fields.Nested(EditOne), required=True, validate=validate.Length(1, 300))


class KeepVersion(Schema):
    """What the draft holds now, under a name."""

    name = Text(required=True, length=NAME_LENGTH, shortest=1)
    note = Text(length=NOTE_LENGTH, load_default="")


class Restore(Schema):
    """What the draft is to hold again: a named version, or how it stood at a revision."""

    version_id = row_id(load_default=None, allow_none=True)
    revision = _revision(load_default=None, allow_none=True)


class DeployDraft(Schema):
    """How to deploy."""

    note = Text(length=1_000, load_default="")
    dry_run = fields.Boolean(load_default=False, metadata={"description": "say what would happen, store nothing"})


class SetAccess(Schema):
    """Who may design and deploy a procedure; null: everybody whose role does."""

    designers = fields.List(Person(), required=True, allow_none=True, validate=validate.Length(max=200))
    deployers = fields.List(Person(), required=True, allow_none=True, validate=validate.Length(max=200))


class Unsaved(Schema):
    """What an editor has in hand and has not saved yet, laid over the draft."""

    files = fields.Dict(
        keys=Text(length=200, shortest=1), values=Text(length=5 * 2**20), load_default=dict, validate=validate.Length(max=50),
        metadata={"description": "path → UTF-8 text"})


class NewFile(Schema):
    """A file to begin in a draft."""

    name = fields.String(
        required=True, validate=validate.Regexp("^[a-z][a-z0-9_]{0,59}$"), metadata={"description": "also its process or decision id"})
    kind = fields.String(required=True, validate=validate.OneOf(("bpmn", "dmn")))
    title = Text(length=120, load_default="")


class DraftFindingView(FindingView):
    """One thing that was found while drawing."""

    severity = fields.String(required=True)
    field = fields.String(required=True, allow_none=True, metadata={"description": "property of the element that it is about"})


class DraftFindingList(Schema):
    """What was found, errors first."""

    items = fields.List(fields.Nested(DraftFindingView), required=True)


class TriedScenarioView(Schema):
    """What came of one scenario."""

    file = fields.String(required=True)
    name = fields.String(required=True)
    is_passed = fields.Boolean(required=True)
    passed = fields.List(fields.String(), required=True, metadata={"description": "`process/element` of what it went through"})
    failures = fields.List(fields.String(), required=True)


class TrialView(Schema):
    """How far playing the draft's scenarios is."""

    state = fields.String(required=True, validate=validate.OneOf(("none", "playing", "done", "failed")))
    is_current = fields.Boolean(required=True, metadata={"description": "whether it is of what the draft holds now"})
    played = fields.Integer(required=True)
    count = fields.Integer(required=True)
    outcomes = fields.List(fields.Nested(TriedScenarioView), required=True)


class ChoiceRole(Schema):
    """A role."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    is_outside = fields.Boolean(required=True)


class ChoiceValue(Schema):
    """One of the values that a field offers."""

    value = fields.String(required=True)
    title = fields.String(required=True)


class ChoiceField(Schema):
    """A field of a form."""

    name = fields.String(required=True)
    title = fields.String(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(list(FieldKind)))
    choices = fields.List(fields.Nested(ChoiceValue), required=True)


class ChoiceForm(Schema):
    """A form of the draft."""

    key = fields.String(required=True)
    title = fields.String(required=True)
    fields_ = fields.List(fields.Nested(ChoiceField), required=True, data_key="fields", attribute="fields")


class ChoiceNamed(Schema):
    """Something by its key."""

    key = fields.String(required=True)
    title = fields.String(required=True)


class ChoiceClause(Schema):
    """A clause of the manual."""

    number = fields.String(required=True)
    text = fields.String(required=True)


class ChoiceParameter(Schema):
    """A parameter of an operation."""

    name = fields.String(required=True)
    is_required = fields.Boolean(required=True)


class ChoiceOperator(Schema):
    """An operation of the catalogue."""

    name = fields.String(required=True)
    parameters = fields.List(fields.Nested(ChoiceParameter), required=True)


class ChoiceProcess(Schema):
    """A process that can be called."""

    key = fields.String(required=True)
    name = fields.String(required=True)


class ChoiceDecision(Schema):
    """A decision of the draft's tables."""

    id = fields.String(required=True)
    name = fields.String(required=True)


class DraftCatalogue(Schema):
    """What the draft's diagrams can name."""

    roles = fields.List(fields.Nested(ChoiceRole), required=True)
    forms = fields.List(fields.Nested(ChoiceForm), required=True)
    records = fields.List(fields.Nested(ChoiceNamed), required=True)
    clauses = fields.List(fields.Nested(ChoiceClause), required=True)
    operators = fields.List(fields.Nested(ChoiceOperator), required=True)
    processes = fields.List(fields.Nested(ChoiceProcess), required=True)
    decisions = fields.List(fields.Nested(ChoiceDecision), required=True)
    series = fields.List(fields.String(), required=True)
    collections = fields.List(fields.String(), required=True)


class AccessView(Schema):
    """Who may design and deploy a procedure; null: everybody whose role does."""

    procedure = fields.String(required=True)
    designers = fields.List(row_id(), required=True, allow_none=True)
    deployers = fields.List(row_id(), required=True, allow_none=True)
    at = fields.AwareDateTime(required=True, allow_none=True)
    by = row_id(required=True, allow_none=True)


class ProcedureDraft(Schema):
    """A draft without its files."""

    id = row_id(required=True)
    procedure = fields.String(required=True)
    revision = fields.Integer(required=True)
    base_deployment_id = row_id(required=True, allow_none=True)
    created_at = fields.AwareDateTime(required=True)
    changed_at = fields.AwareDateTime(required=True)
    changed_by = fields.Nested(PersonView, required=True)
    closed_at = fields.AwareDateTime(required=True, allow_none=True)


class ProcedureFile(Schema):
    """A file of a draft without its content."""

    path = fields.String(required=True)
    size = fields.Integer(required=True, metadata={"description": "bytes"})
    revision = fields.Integer(required=True)
    digest = fields.String(required=True, metadata={"description": "SHA-256, hexadecimal"})
    changed_at = fields.AwareDateTime(required=True)
    changed_by = fields.Nested(PersonView, required=True)


class ProcedureDraftFiles(ProcedureDraft):
    """A draft with the list of its files."""

    files = fields.List(fields.Nested(ProcedureFile), required=True)


class ProcedureDrafts(Schema):
    """The open drafts, by procedure."""

    items = fields.List(fields.Nested(ProcedureDraft), required=True)


class ProcedureView(Schema):
    """A procedure: what is deployed and who has it in hand."""

    name = fields.String(required=True)
    title = fields.String(required=True)
    processes = fields.List(fields.Nested(DefinitionView), required=True)
    deployment_id = row_id(required=True, allow_none=True)
    deployed_at = fields.AwareDateTime(required=True, allow_none=True)
    draft = fields.Nested(ProcedureDraft, required=True, allow_none=True)
    rights = fields.List(fields.String(), required=True, metadata={"description": "what the caller may: `design`, `deploy`"})


class ProcedureList(Schema):
    """Every procedure that is deployed or drafted."""

    items = fields.List(fields.Nested(ProcedureView), required=True)


class ChangeView(Schema):
    """One save of one file."""

    revision = fields.Integer(required=True)
    path = fields.String(required=True)
    is_removal = fields.Boolean(required=True)
    at = fields.AwareDateTime(required=True)
    by = fields.Nested(PersonView, required=True)


class ChangeList(Schema):
    """Saves, newest first."""

    items = fields.List(fields.Nested(ChangeView), required=True)


class VersionView(Schema):
    """A named version."""

    id = row_id(required=True)
    draft_id = row_id(required=True)
    number = fields.Integer(required=True)
    name = fields.String(required=True)
    note = fields.String(required=True)
    revision = fields.Integer(required=True)
    created_at = fields.AwareDateTime(required=True)
    created_by = fields.Nested(PersonView, required=True)
    deployment_id = row_id(required=True, allow_none=True)


class VersionList(Schema):
    """Named versions, newest first."""

    items = fields.List(fields.Nested(VersionView), required=True)


class DraftDeployment(Schema):
    """What was deployed (or, dry, would be)."""

    definitions = fields.List(fields.Nested(DefinitionView), required=True)
    warnings = fields.List(fields.Nested(FindingView), required=True)
