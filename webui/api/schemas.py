"""The shapes that several features share. Requests refuse what they don't know; responses show what the design names.

The OpenAPI document is made from the schemas of all features: their names are its component names.
"""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from engine.queries.paging import MAX_LIMIT
from webui.api.fields import Text, json_object, row_id

_REASON = 1_000


class Nothing(Schema):
    """A command that takes no fields."""


class Paging(Schema):
    """Where a list goes on, and how much of it is wanted."""

    after = Text(length=500, metadata={"description": "`next` of the page before"})
    limit = fields.Integer(load_default=50, validate=validate.Range(1, MAX_LIMIT))


class Reason(Schema):
    """Why a manager steps in."""

    reason = Text(length=_REASON, load_default="")


class GivenReason(Schema):
    """Why; it has to be said."""

    reason = Text(required=True, length=_REASON, shortest=1)


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


class PersonView(Schema):
    """Somebody, as they are called."""

    id = row_id(allow_none=True)
    name = fields.String(allow_none=True)


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
