"""The shapes of what is brought in from other tools."""

from __future__ import annotations

from marshmallow import Schema, fields

from webui.api.definition_schemas import FindingView
from webui.api.designing_schemas import ProcedureDraft
from webui.api.fields import Text


class BringInQuery(Schema):
    """How it is to be made."""

    procedure = Text(length=80, load_default="", metadata={"description": "the folder's name; left out: as the files say"})
    keep_drawing = fields.Boolean(load_default=False, metadata={"description": "leave a whole drawing as it is and add no lanes"})
    dry_run = fields.Boolean(load_default=False, metadata={"description": "say what would be made, store nothing"})


class ForeignNote(FindingView):
    """One thing that was found in the files."""

    outcome = fields.String(required=True, metadata={"description": "`translated`, `open` (somebody has to do something) or `dropped`"})
    original = fields.String(required=True, metadata={"description": "what was taken out, as text; it is never run"})


class PickedRole(Schema):
    """What a group or a lane of the other tool became."""

    said = fields.String(required=True)
    role = fields.String(required=True)
    is_known = fields.Boolean(required=True)


class BroughtFile(Schema):
    """A file that was made."""

    path = fields.String(required=True)
    text = fields.String(required=True)


class BroughtIn(Schema):
    """What was made of them (or, dry, would be)."""

    procedure = fields.String(required=True)
    tools = fields.List(fields.String(), required=True)
    draft = fields.Nested(ProcedureDraft, required=True, allow_none=True)
    files = fields.List(fields.Nested(BroughtFile), required=True)
    roles = fields.List(fields.Nested(PickedRole), required=True)
    notes = fields.List(fields.Nested(ForeignNote), required=True)
    findings = fields.List(fields.Nested(FindingView), required=True, metadata={"description": "what a deployment would say"})
