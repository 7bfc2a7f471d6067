"""The shapes that go over the interface. Requests refuse what they don't know; responses show what the design names.

The OpenAPI document is made from these: their names are its component names.
"""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from engine.company.outside_links import LinkState
from engine.i18n import LOCALES
from engine.model import InstanceState, WorkItemState
from engine.queries.paging import MAX_LIMIT
from engine.signature_rules import Decision, PartState
from webui.api.fields import MAX_ID, Instant, Person, Text, json_object, row_id

_REASON = 1_000
#: longest key, name or business key
_KEY = 120


# ---------------------------------------------------------------- what comes in

class Nothing(Schema):
    """A command that takes no fields."""


class Paging(Schema):
    """Where a list goes on, and how much of it is wanted."""

    after = Text(length=500, metadata={"description": "`next` of the page before"})
    limit = fields.Integer(load_default=50, validate=validate.Range(1, MAX_LIMIT))


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


class Reason(Schema):
    """Why a manager steps in."""

    reason = Text(length=_REASON, load_default="")


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
    q = Text(length=100, load_default="", metadata={"description": "part of the title or the business key"})


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


class CreateLink(Schema):
    """For whom a one-time link is, and whether it is sent."""

    recipient = Text(length=100, load_default="", metadata={"description": "whom it is for, as the list of links shows it"})
    locale = fields.String(load_default=LOCALES[0], validate=validate.OneOf(LOCALES), metadata={"description": "language of its page"})
    send_to = Text(length=200, load_default=None, allow_none=True, metadata={
        "description": "number or address to send it to; its address is then in the message alone"})


class Resolve(Schema):
    """What the delegate answers; it is kept for the owner, who completes."""

    variables = json_object(load_default=None, allow_none=True)


class Return(Schema):
    """The earlier element to go back to, one of `returnable_elements`."""

    element_id = Text(required=True, length=_KEY, shortest=1)
    reason = Text(length=_REASON, load_default="")


class GivenReason(Schema):
    """Why; it has to be said."""

    reason = Text(required=True, length=_REASON, shortest=1)


class AddSigner(Schema):
    """Who signs as well: a role, or one person."""

    place = fields.String(required=True, validate=validate.OneOf(["before", "parallel", "after"]))
    role = Text(length=60, shortest=1, load_default=None, allow_none=True)
    person = Person(load_default=None, allow_none=True, metadata={"description": "user id or sign-in name"})
    reason = Text(length=_REASON, load_default="")


class HandOver(Schema):
    """Who signs instead."""

    to = Person(required=True, metadata={"description": "user id or sign-in name"})
    reason = Text(length=_REASON, load_default="")


class CopyTo(Schema):
    """Who reads along."""

    people = fields.List(Person(), required=True, validate=validate.Length(1, 50))


class CopyQuery(Paging):
    """What narrows the list of copies."""

    unread = fields.Boolean(load_default=False)


class Message(Schema):
    """A message from outside."""

    name = Text(required=True, length=200, shortest=1)
    correlation = json_object(load_default=dict)
    variables = json_object(load_default=dict)


class Signal(Schema):
    """A signal from outside."""

    name = Text(required=True, length=200, shortest=1)
    variables = json_object(load_default=dict)


class Advance(Schema):
    """How far the test clock moves."""

    advance = Text(required=True, length=60, shortest=2, metadata={"description": "ISO 8601 duration, e.g. `PT20M`"})


# ---------------------------------------------------------------- what goes out

class PersonView(Schema):
    """Somebody, as they are called."""

    id = row_id(allow_none=True)
    name = fields.String(allow_none=True)


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


class ApprovalView(Schema):
    """One signer's part in a signature chain."""

    id = row_id(required=True)
    element_id = fields.String(required=True)
    round = fields.Integer(required=True)
    step = fields.Integer(required=True)
    position = fields.Integer(required=True)
    role = fields.String(required=True)
    name = fields.String(required=True)
    person = fields.Nested(PersonView, required=True, allow_none=True)
    state = fields.String(required=True, validate=validate.OneOf([state.value for state in PartState]))
    decision = fields.String(required=True, allow_none=True, validate=validate.OneOf([each.value for each in Decision]))
    opinion = fields.String(required=True, allow_none=True)
    decided_at = fields.AwareDateTime(required=True, allow_none=True)
    decided_by = fields.Nested(PersonView, required=True, allow_none=True)
    work_item_id = row_id(required=True, allow_none=True)
    signature_id = row_id(required=True, allow_none=True)
    signature_file = row_id(required=True, allow_none=True)
    added_by = fields.Nested(PersonView, required=True, allow_none=True)
    replaces = row_id(required=True, allow_none=True)


class ApprovalList(Schema):
    """Every signer of every round, in order."""

    items = fields.List(fields.Nested(ApprovalView), required=True)


class LinkView(Schema):
    """A one-time link of somebody without an account, as it stands."""

    id = row_id(required=True)
    state = fields.String(required=True, validate=validate.OneOf([state.value for state in LinkState]))
    outside = fields.String(required=True)
    locale = fields.String(required=True)
    recipient = fields.String(required=True)
    send_to = fields.String(required=True, allow_none=True)
    sent_at = fields.AwareDateTime(required=True, allow_none=True)
    created_at = fields.AwareDateTime(required=True)
    created_by = fields.Nested(PersonView, required=True, allow_none=True)
    expires_at = fields.AwareDateTime(required=True)
    opened_at = fields.AwareDateTime(required=True, allow_none=True)
    open_count = fields.Integer(required=True)
    used_at = fields.AwareDateTime(required=True, allow_none=True)
    used_by = fields.String(required=True, allow_none=True)
    revoked_at = fields.AwareDateTime(required=True, allow_none=True)


class NewLinkView(LinkView):
    """A link just made."""

    address = fields.String(required=True, allow_none=True, metadata={
        "description": "told once: null in a repeat of the request, and where the link is sent"})


class LinkList(Schema):
    """Links of a work item, newest first."""

    items = fields.List(fields.Nested(LinkView), required=True)


class SignatureView(Schema):
    """A drawn signature, and whether what was signed is still what it was."""

    id = row_id(required=True)
    file_id = row_id(required=True)
    element_id = fields.String(required=True)
    field = fields.String(required=True)
    signer = fields.String(required=True)
    channel = fields.String(required=True)
    at = fields.AwareDateTime(required=True)
    is_unchanged = fields.Boolean(required=True)
    changed_fields = fields.List(fields.String(), required=True)


class SignatureList(Schema):
    """Signatures of a case, oldest first."""

    items = fields.List(fields.Nested(SignatureView), required=True)


class NudgeView(Schema):
    """When people were asked to hurry, and when they can be asked again."""

    work_item_id = row_id(required=True)
    at = fields.AwareDateTime(required=True)
    again_at = fields.AwareDateTime(required=True)


class CopyView(Schema):
    """A case copied to the caller."""

    process_instance_id = row_id(required=True)
    key = fields.String(required=True)
    title = fields.String(required=True)
    business_key = fields.String(required=True, allow_none=True)
    state = fields.String(required=True)
    by_name = fields.String(required=True, allow_none=True)
    at = fields.AwareDateTime(required=True)
    read_at = fields.AwareDateTime(required=True, allow_none=True)


class CopyList(Schema):
    """A page of copies, newest first."""

    items = fields.List(fields.Nested(CopyView), required=True)
    next = fields.String(required=True, allow_none=True)


class ReaderView(Schema):
    """Somebody who has a copy."""

    person = fields.Nested(PersonView, required=True)
    at = fields.AwareDateTime(required=True)
    read_at = fields.AwareDateTime(required=True, allow_none=True)


class ReaderList(Schema):
    """Who has a copy of a case."""

    items = fields.List(fields.Nested(ReaderView), required=True)


class ReadView(Schema):
    """Whether there was something unread."""

    was_unread = fields.Boolean(required=True)


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


class FileView(Schema):
    """A stored file."""

    id = row_id(required=True)
    name = fields.String(required=True)
    media_type = fields.String(required=True)
    size = fields.Integer(required=True)
    kind = fields.String(required=True)


class ClockView(Schema):
    """The present moment."""

    now = fields.AwareDateTime(required=True)


class HealthView(Schema):
    """Whether the server can do its work."""

    status = fields.String(required=True, validate=validate.OneOf(["ok"]))


# ---------------------------------------------------------------- problems

class FieldProblem(Schema):
    """One thing that was not accepted: a field of a form or request, or (deploying) a finding."""

    field = fields.String()
    code = fields.String()
    message = fields.String(required=True)
    rule = fields.String()
    element_id = fields.String(allow_none=True)
    file = fields.String()


class Problem(Schema):
    """What went wrong (RFC 9457)."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True, metadata={"description": "in the language of Accept-Language"})
    code = fields.String(required=True)
    element_id = fields.String()
    errors = fields.List(fields.Nested(FieldProblem))
    warnings = fields.List(fields.Nested(FieldProblem))
    request_id = fields.String()
