"""The shapes of differences between versions, their impact on running cases, moves between versions, and proposals."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from webui.api.fields import MAX_ID, Instant, Text, row_id
from webui.api.schemas import Nothing, Paging, Reason

__all__ = ["Nothing", "Reason"]

_MAPPING = {"description": "element id → its id in the new version, where it isn't the same"}


class DifferenceQuery(Schema):
    """With what it is compared."""

    to = fields.Integer(required=True, validate=validate.Range(1, MAX_ID), metadata={"description": "the later version"})


class PropertyView(Schema):
    """One thing said, as it was and as it is."""

    name = fields.String(required=True)
    before = fields.String(required=True, allow_none=True)
    after = fields.String(required=True, allow_none=True)


class ElementChangeView(Schema):
    """An element of a diagram that is not as it was."""

    process_key = fields.String(required=True)
    element_id = fields.String(required=True)
    kind = fields.String(required=True)
    name = fields.String(required=True)
    change = fields.String(required=True, validate=validate.OneOf(["added", "removed", "moved", "changed"]))
    properties = fields.List(fields.Nested(PropertyView), required=True)


class FileChangeView(Schema):
    """A file beside the diagrams that is not as it was."""

    path = fields.String(required=True)
    area = fields.String(required=True)
    change = fields.String(required=True)
    properties = fields.List(fields.Nested(PropertyView), required=True)
    lines = fields.List(fields.String(), required=True)


class DifferenceView(Schema):
    """Everything that is different."""

    elements = fields.List(fields.Nested(ElementChangeView), required=True)
    files = fields.List(fields.Nested(FileChangeView), required=True)


class StandingView(Schema):
    """A step where cases stand."""

    process_key = fields.String(required=True)
    element_id = fields.String(required=True)
    name = fields.String(required=True)


class BlockedView(Schema):
    """Why cases cannot be moved."""

    reason = fields.String(required=True)
    process_key = fields.String(required=True)
    element_id = fields.String(required=True)


class GroupView(Schema):
    """Cases that stand alike, and what holds for them."""

    id = fields.String(required=True)
    definition_id = row_id(required=True)
    key = fields.String(required=True)
    version = fields.Integer(required=True)
    steps = fields.List(fields.Nested(StandingView), required=True)
    verdict = fields.String(required=True, validate=validate.OneOf(["unaffected", "movable", "blocked"]))
    blocked = fields.List(fields.Nested(BlockedView), required=True)
    count = fields.Integer(required=True)
    instance_ids = fields.List(row_id(), required=True)


class CallerView(Schema):
    """Running cases of one version of a calling process that are bound to one version of what it calls."""

    key = fields.String(required=True)
    definition_id = row_id(required=True)
    version = fields.Integer(required=True, attribute="number")
    called_key = fields.String(required=True)
    called_version = fields.Integer(required=True, attribute="called_number")
    is_newest = fields.Boolean(required=True, metadata={"description": "whether that is the current version"})
    count = fields.Integer(required=True)


class ImpactView(Schema):
    """Which running cases a version concerns."""

    groups = fields.List(fields.Nested(GroupView), required=True)
    callers = fields.List(fields.Nested(CallerView), required=True)


class CountingView(Schema):
    """How far the reading of running cases is."""

    done = fields.Integer(required=True)
    total = fields.Integer(required=True)
    is_over = fields.Boolean(required=True)


class _Move(Reason):
    mapping = fields.Dict(keys=Text(length=120), values=Text(length=120), load_default=dict, metadata=_MAPPING)
    new_due = fields.Boolean(load_default=False, metadata={"description": "count due times of open steps anew, by the new version"})


class BeginMigration(_Move):
    """Which cases are moved to the version."""

    instance_ids = fields.List(row_id(required=True), required=True, validate=validate.Length(1, 10_000))


class MigrateInstance(_Move):
    """The version that a case is moved to."""

    to_definition_id = row_id(required=True)


class MigrateQuery(Schema):
    """The version that is looked at."""

    to_definition_id = fields.Integer(required=True, validate=validate.Range(1, MAX_ID))


class UndoMigration(Schema):
    """Which move is taken back."""

    migration_id = row_id(required=True)


class ItemChangeView(Schema):
    """What becomes of an open item: only what differs."""

    work_item_id = row_id(required=True)
    name = fields.String(required=True)
    role = fields.String(required=True, allow_none=True)
    due_at = Instant(required=True, allow_none=True)


class MigrationPreview(Schema):
    """What a move would do, or why it cannot be."""

    from_definition_id = row_id(required=True)
    to_definition_id = row_id(required=True)
    blocked = fields.List(fields.Nested(BlockedView), required=True)
    items = fields.List(fields.Nested(ItemChangeView), required=True)
    ended_limits = fields.List(fields.String(), required=True)


class MigrationView(Schema):
    """A move of cases, with how far it is."""

    id = row_id(required=True)
    key = fields.String(required=True)
    to_definition_id = row_id(required=True)
    to_version = fields.Integer(required=True)
    reason = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(["running", "stopped", "finished", "undoing", "undone"]))
    asked_at = Instant(required=True)
    finished_at = Instant(required=True, allow_none=True)
    total = fields.Integer(required=True)
    moved = fields.Integer(required=True)
    refused = fields.Integer(required=True)
    undone = fields.Integer(required=True)
    kept = fields.Integer(required=True)


class CaseQuery(Paging):
    """Which of a move's cases."""

    state = fields.String(validate=validate.OneOf(["planned", "moved", "refused", "undone", "kept"]))


class CaseResultView(Schema):
    """What became of one case."""

    instance_id = row_id(required=True)
    number = fields.String(required=True)
    state = fields.String(required=True)
    from_version = fields.Integer(required=True, allow_none=True)
    at = Instant(required=True, allow_none=True)
    problem = fields.String(required=True, metadata={"description": "why not, in the caller's language; empty where it went well"})


class CaseResultList(Schema):
    """A page of them."""

    items = fields.List(fields.Nested(CaseResultView), required=True)
    next = fields.String(required=True, allow_none=True)


class ProposeQuery(Schema):
    """What is said with a package."""

    note = Text(length=300, load_default="")
    procedure = Text(length=80, shortest=1, load_default=None, allow_none=True, metadata={"description": "the folder's name"})


class ProposalView(Schema):
    """A package on its way to being deployed."""

    id = row_id(required=True)
    procedure = fields.String(required=True)
    name = fields.String(required=True)
    keys = fields.List(fields.String(), required=True)
    state = fields.String(required=True, validate=validate.OneOf(["draft", "asked", "deployed", "refused", "withdrawn"]))
    note = fields.String(required=True)
    made_at = Instant(required=True)
    asked_at = Instant(required=True, allow_none=True)
    decided_at = Instant(required=True, allow_none=True)
    decision_note = fields.String(required=True)
    deployment_id = row_id(required=True, allow_none=True)


class ProposalQuery(Paging):
    """Which proposals."""

    open = fields.Boolean(metadata={"description": "only those that wait for somebody, or only the others"})


class ProposalList(Schema):
    """A page of them, the newest first."""

    items = fields.List(fields.Nested(ProposalView), required=True)
    next = fields.String(required=True, allow_none=True)


class ChoiceBody(Schema):
    """Cases of one group that are moved."""

    group_id = fields.String(required=True, validate=validate.Regexp("^[0-9a-f]{12}$"))
    mapping = fields.Dict(keys=Text(length=120), values=Text(length=120), load_default=dict, metadata=_MAPPING)


class Decide(Schema):
    """What becomes of running cases; those of groups that are not named stay on their version."""

    moves = fields.List(fields.Nested(ChoiceBody), load_default=list, validate=validate.Length(0, 500))
    reason = Text(length=1_000, load_default="")
    new_due = fields.Boolean(load_default=False)


class Approve(Schema):
    """What the second person says."""

    note = Text(length=1_000, load_default="")


class ApprovalRuleView(Schema):
    """Whether a procedure's new versions need a second person."""

    procedure = fields.String(required=True)
    is_required = fields.Boolean(required=True)
    changed_at = Instant(required=True, allow_none=True)


class SetApprovalRule(Schema):
    """Whether they do from now on."""

    is_required = fields.Boolean(required=True)
