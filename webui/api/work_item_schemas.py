"""The shapes of work items and of the forms that they ask for."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from engine.model import InstanceState, WorkItemState
from webui.api.definition_schemas import PaperSlip
from webui.api.fields import MAX_ID, Instant, Person, Text, json_object, row_id
from webui.api.schemas import Paging, PersonView

_REASON = 1_000
#: longest key, name or business key
_KEY = 120


class WorkItemQuery(Paging):
    """What narrows the inbox."""

    role = Text(length=60)
    assignee = Person(metadata={"description": "user id, sign-in name, or `me`"})
    state = fields.String(validate=validate.OneOf([state.value for state in WorkItemState]))
    key = Text(length=_KEY)
    process_instance_id = fields.Integer(validate=validate.Range(1, MAX_ID))
    due_before = Instant()
    q = Text(length=100, load_default="", metadata={"description": "part of the title, the name or the business key"})


class Assign(Schema):
    """Who gets the work item."""

    assignee = Person(required=True, metadata={"description": "user id or sign-in name"})


class Delegate(Schema):
    """Who answers for the owner."""

    to = Person(required=True, metadata={"description": "user id or sign-in name"})


class Complete(Schema):
    """The form's fields."""

    variables = json_object(load_default=dict)
    claimed_at = Instant(load_default=None, allow_none=True, metadata={"description": "when it is said to have happened"})
    paper = fields.Nested(PaperSlip, load_default=None, allow_none=True)


class Resolve(Schema):
    """What the delegate answers; it is kept for the owner, who completes."""

    variables = json_object(load_default=None, allow_none=True)


class Return(Schema):
    """The earlier element to go back to, one of `returnable_elements`."""

    element_id = Text(required=True, length=_KEY, shortest=1)
    reason = Text(length=_REASON, load_default="")


class WorkItemView(Schema):
    """A piece of human work."""

    id = row_id(required=True)
    process_instance_id = row_id(required=True)
    key = fields.String(required=True)
    element_id = fields.String(required=True)
    name = fields.String(required=True)
    title = fields.String(required=True)
    business_key = fields.String(required=True, allow_none=True)
    role = fields.String(required=True)
    escalated_role = fields.String(allow_none=True)
    outside = fields.String(allow_none=True)
    site_id = row_id(allow_none=True)
    state = fields.String(required=True, validate=validate.OneOf([state.value for state in WorkItemState]))
    assignee = fields.Nested(PersonView, required=True, allow_none=True)
    owner = fields.Nested(PersonView, allow_none=True)
    form_key = fields.String(allow_none=True)
    created_at = fields.AwareDateTime(required=True)
    warn_at = fields.AwareDateTime(allow_none=True)
    due_at = fields.AwareDateTime(allow_none=True)
    escalated_at = fields.AwareDateTime(allow_none=True)
    completed_at = fields.AwareDateTime(allow_none=True)
    completed_by = fields.Nested(PersonView, allow_none=True)


class WorkItemList(Schema):
    """A page of work items."""

    items = fields.List(fields.Nested(WorkItemView), required=True)
    next = fields.String(required=True, allow_none=True)


class FormView(Schema):
    """A form as data: what to fill, and what it starts with."""

    key = fields.String(required=True)
    title = fields.String(required=True)
    schema = json_object(required=True)
    prefill = json_object(required=True)


class ElementView(Schema):
    """An element of the diagram."""

    id = fields.String(required=True)
    name = fields.String(required=True)


class WorkItemDetail(WorkItemView):
    """A work item with what one needs to do it."""

    instructions = fields.String()
    form = fields.Nested(FormView, required=True, allow_none=True)
    returnable_elements = fields.List(fields.Nested(ElementView), required=True)


class StepView(Schema):
    """What a completed work item led to."""

    process_instance_id = row_id(required=True)
    state = fields.String(required=True, validate=validate.OneOf([state.value for state in InstanceState]))
    work_items = fields.List(row_id(), required=True, metadata={"description": "work items that the step created"})
    incident_id = row_id(required=True, allow_none=True)
