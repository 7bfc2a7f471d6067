"""The shapes of deploying and starting processes."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from webui.api.fields import Instant, Text, json_object, row_id

_REASON = 1_000
#: longest key, name or business key
_KEY = 120


class DeployQuery(Schema):
    """How to deploy."""

    dry_run = fields.Boolean(load_default=False, metadata={"description": "say what would happen, store nothing"})
    note = Text(length=_REASON, load_default="")


class PaperSlip(Schema):
    """What was done on paper while the system was away: when, and the preprinted number, where the paper has one."""

    done_at = Instant(required=True)
    number = fields.String(load_default="", validate=validate.Length(max=40))


class Start(Schema):
    """A new case. `variables` are the fields of the start form, where the process has one."""

    variables = json_object(load_default=dict)
    business_key = Text(length=_KEY, shortest=1, load_default=None, allow_none=True)
    site_id = row_id(load_default=None, allow_none=True)
    version = fields.Integer(strict=True, validate=validate.Range(1, 2**31 - 1), load_default=None, allow_none=True)
    parent_id = row_id(load_default=None, allow_none=True, metadata={"description": "case that it is linked to"})
    claimed_at = Instant(load_default=None, allow_none=True, metadata={"description": "when it is said to have happened"})
    paper = fields.Nested(PaperSlip, load_default=None, allow_none=True)


class FindingView(Schema):
    """One thing the linter says."""

    rule = fields.String(required=True)
    element_id = fields.String(required=True, allow_none=True)
    message = fields.String(required=True)
    file = fields.String()


class DefinitionView(Schema):
    """A deployed version of a process."""

    id = row_id(required=True)
    key = fields.String(required=True)
    version = fields.Integer(required=True)
    name = fields.String(required=True)


class DefinitionList(Schema):
    """The latest version of each process."""

    items = fields.List(fields.Nested(DefinitionView), required=True)
    next = fields.String(required=True, allow_none=True)


class DeployedView(DefinitionView):
    """A version that a deployment made; `id` is null for one that a dry run only announces."""

    id = row_id(required=True, allow_none=True)


class DeploymentView(Schema):
    """What a deployment stored (or, dry, would store)."""

    definitions = fields.List(fields.Nested(DeployedView), required=True)
    warnings = fields.List(fields.Nested(FindingView), required=True)
