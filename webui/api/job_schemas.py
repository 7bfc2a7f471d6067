"""The shapes of background jobs."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from engine.jobs.supervision import JobState
from webui.api.fields import Instant, Text
from webui.api.schemas import Paging

_STATES = validate.OneOf([state.value for state in JobState])


class JobQuery(Paging):
    """Which ones."""

    state = fields.String(validate=_STATES)


class JobId(Schema):
    """Which one."""

    id = Text(required=True, length=400, shortest=1)


class JobView(Schema):
    """One job."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    key = fields.String(required=True)
    state = fields.String(required=True, validate=_STATES)
    attempt = fields.Integer(required=True)
    made_at = Instant(required=True)
    changed_at = Instant(required=True)
    reason = fields.String(required=True, allow_none=True, metadata={"description": "what the last attempt ended with"})


class JobList(Schema):
    """A page of them, latest first."""

    items = fields.List(fields.Nested(JobView), required=True)
    next = fields.String(required=True, allow_none=True)
