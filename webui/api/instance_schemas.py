"""The shapes of cases: lists, one case, its history, and what a manager does with it."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from engine.case_narrowing import OPERATORS
from engine.model import InstanceState
from webui.api.fields import MAX_ID, Instant, Text, json_object, row_id
from webui.api.schemas import Paging, PersonView, Reason
from webui.api.work_item_schemas import WorkItemView

#: longest key, name or business key
_KEY = 120


class Move(Reason):
    """Which open item is withdrawn, and where the case stands then."""

    work_item_id = row_id(required=True)
    to = fields.String(
        required=True, validate=validate.Length(1, 400), metadata={"description": "a step's id, path (`call/step`) or name"}
    )


class UndoMove(Schema):
    """Which move is undone: the number of its event in the history."""

    history_seq = fields.Integer(strict=True, required=True, validate=validate.Range(1, 2**31 - 1))


class MoveQuery(Schema):
    """What is looked at before a move; both or nothing but the steps."""

    work_item_id = fields.Integer(validate=validate.Range(1, MAX_ID))
    to = fields.String(validate=validate.Length(1, 400))


class MoveStep(Schema):
    """A step that a case can be put to."""

    id = fields.String(required=True)
    name = fields.String(required=True)


class MoveOpened(Schema):
    """An item that a move would open."""

    name = fields.String(required=True)
    role = fields.String(required=True)
    due_at = fields.AwareDateTime(required=True, allow_none=True)


class MoveSeen(Schema):
    """What a move would do: the item that is withdrawn, what opens, the limits whose clocks go on."""

    work_item_id = row_id(required=True)
    step = fields.String(required=True)
    holder = fields.String(required=True, allow_none=True)
    to = fields.String(required=True)
    opened = fields.List(fields.Nested(MoveOpened), required=True)
    clocks = fields.List(fields.String(), required=True)


class MovePreview(Schema):
    """Where a case can be put, and what that would do."""

    steps = fields.List(fields.Nested(MoveStep), required=True)
    preview = fields.Nested(MoveSeen, required=True, allow_none=True)


class Retry(Schema):
    """Which failed step to run again; all of the instance's where none is named."""

    incident_id = row_id(load_default=None, allow_none=True)


class InstanceQuery(Paging):
    """What narrows the list of instances."""

    state = fields.String(validate=validate.OneOf([state.value for state in InstanceState]))
    key = Text(length=_KEY)
    business_key = Text(length=_KEY)
    q = Text(length=100, load_default="", metadata={
        "description": "part of the title, beginning of the business key, or the case's own number behind `#`"})
    open = fields.Boolean(load_default=False, metadata={"description": "only what can still go on; `state` goes first"})
    late = fields.Boolean(load_default=False)
    version = fields.Integer(strict=True, validate=validate.Range(1, 2**31 - 1), metadata={"description": "of the process, with `key`"})
    site_id = row_id()
    unit_id = row_id(metadata={"description": "named by a form of the case"})
    tenant_id = row_id(metadata={"description": "named by a form of the case"})
    person_id = row_id(metadata={"description": "who started it, has an item of it, or completed one"})
    step = Text(length=200, metadata={"description": "where it stands: the step's name in the source language, or its id"})
    variable = Text(length=160, metadata={"description": "an indexed field, `form.field`, compared with `value`"})
    compare = fields.String(load_default="eq", validate=validate.OneOf(OPERATORS), metadata={
        "description": "`eq`: is (of free texts: begins so); `ge`, `le`: of numbers and moments"})
    value = Text(length=100, shortest=1)
    started_before = Instant()
    unmoved_since = Instant(metadata={"description": "nothing has happened in it since"})


class TokenView(Schema):
    """A position in the flow."""

    element_id = fields.String(required=True)
    state = fields.String(required=True)


class IncidentView(Schema):
    """A step that failed and waits for a manager."""

    id = row_id(required=True)
    element_id = fields.String(required=True, allow_none=True)
    code = fields.String(required=True)
    message = fields.String(required=True)
    created_at = fields.AwareDateTime(required=True)


class InstanceSummary(Schema):
    """A case, as lists show it."""

    id = row_id(required=True)
    key = fields.String(required=True)
    version = fields.Integer(required=True)
    definition_id = row_id(required=True)
    state = fields.String(required=True, validate=validate.OneOf([state.value for state in InstanceState]))
    business_key = fields.String(required=True, allow_none=True)
    title = fields.String(required=True)
    site_id = row_id(allow_none=True)
    parent_id = row_id(allow_none=True)
    started_at = fields.AwareDateTime(required=True)
    started_by = fields.Nested(PersonView, allow_none=True)
    moved_at = fields.AwareDateTime(required=True)
    ended_at = fields.AwareDateTime(required=True, allow_none=True)
    late_since = fields.AwareDateTime(allow_none=True)


class InstanceList(Schema):
    """A page of cases, last moved first."""

    items = fields.List(fields.Nested(InstanceSummary), required=True)
    next = fields.String(required=True, allow_none=True)


class InstanceView(InstanceSummary):
    """A case with its data and its place in the flow."""

    variables = json_object(required=True)
    work_items = fields.List(fields.Nested(WorkItemView), required=True, metadata={"description": "those that can be acted on"})
    tokens = fields.List(fields.Nested(TokenView), required=True)
    completed_elements = fields.List(fields.String(), required=True)
    end_events = fields.List(fields.String(), required=True)
    incidents = fields.List(fields.Nested(IncidentView), required=True, metadata={"description": "those not resolved"})


class CorrectTime(Schema):
    """When it happened, and why that is said only now."""

    happened_at = Instant(required=True, metadata={"description": "not later than it was entered"})
    reason = Text(required=True, length=1_000)


class CorrectionView(Schema):
    """What a correction came to."""

    seq = fields.Integer(required=True, metadata={"description": "of its own event in the history"})
    before = fields.AwareDateTime(required=True)
    after = fields.AwareDateTime(required=True)
    limits = fields.List(fields.String(), required=True, metadata={"description": "limits that were measured anew"})
    kept = fields.List(fields.String(), required=True, metadata={"description": "limits whose month is closed: its figures stay"})


class HistoryEventView(Schema):
    """One event of a case."""

    seq = fields.Integer(required=True)
    type = fields.String(required=True)
    at = fields.AwareDateTime(required=True)
    claimed_at = fields.AwareDateTime(required=True, allow_none=True)
    corrected_to = fields.AwareDateTime(required=True, allow_none=True, metadata={"description": "when it is said to have happened now"})
    actor = fields.Nested(PersonView, required=True, allow_none=True)
    on_behalf_of = row_id(allow_none=True)
    channel = fields.String(required=True)
    definition_id = row_id(allow_none=True)
    element_id = fields.String(required=True, allow_none=True)
    detail = json_object(required=True)
    values = json_object(required=True, metadata={"description": "changed fields with before and after; empty once erased"})


class HistoryList(Schema):
    """Events in order."""

    items = fields.List(fields.Nested(HistoryEventView), required=True)
    next = fields.String(required=True, allow_none=True)


class ReachedView(Schema):
    """The instances that an event moved or started."""

    process_instances = fields.List(row_id(), required=True)


class CorrectableField(Schema):
    """A field of a case's forms that can be put right."""

    variable = fields.String(required=True, metadata={"description": "`form.field`, as `correct` takes it"})
    title = fields.String(required=True)
    kind = fields.String(required=True)
    value = fields.Raw(required=True, allow_none=True)
    schema = json_object(required=True, metadata={"description": "JSON Schema of what the form takes"})


class CorrectableList(Schema):
    """Them, in the order of the forms."""

    items = fields.List(fields.Nested(CorrectableField), required=True)
