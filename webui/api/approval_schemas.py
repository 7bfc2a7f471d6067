"""The shapes of signature chains, drawn signatures, copies and reminders."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from engine.signature_rules import Decision, PartState
from webui.api.fields import Person, Text, row_id
from webui.api.schemas import Paging, PersonView

_REASON = 1_000


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
