"""The shapes of the heat map's call. Lengths are seconds."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from engine.event_logs import LogKind
from webui.api.fields import Instant, row_id


class HeatQuery(Schema):
    """Over which period, by times of entry; the one before has the same length."""

    since = Instant(required=True)
    until = Instant(required=True, metadata={"description": "not included"})
    site_id = row_id(load_default=None, allow_none=True)


class EventLogQuery(HeatQuery):
    """Which cases (those that moved in the period), and how."""

    format = fields.String(load_default=LogKind.XES.value, validate=validate.OneOf([each.value for each in LogKind]))
    persons = fields.String(
        load_default="numbers", validate=validate.OneOf(["numbers", "names"]),
        metadata={"description": "`names` for those who may see who did what"},
    )  # fmt: skip


class HeatSums(Schema):
    """An element over one period."""

    passed = fields.Integer(required=True)
    passed_cases = fields.Integer(required=True)
    returned = fields.Integer(required=True, metadata={"description": "how often a case came to it once more"})
    returned_cases = fields.Integer(required=True)
    timed = fields.Integer(required=True, metadata={"description": "completed items that the lengths are of"})
    median_seconds = fields.Float(required=True, allow_none=True)
    ninetieth_seconds = fields.Float(required=True, allow_none=True)
    limits_missed = fields.Integer(required=True)


class HeatStep(Schema):
    """An element of the diagram."""

    element_id = fields.String(required=True)
    kind = fields.String(required=True)
    name = fields.String(required=True)
    standing = fields.Integer(required=True, metadata={"description": "cases that are there now"})
    now = fields.Nested(HeatSums, required=True)
    before = fields.Nested(HeatSums, required=True)


class HeatView(Schema):
    """A procedure over a period, against the one before."""

    key = fields.String(required=True)
    version = fields.Integer(required=True)
    steps = fields.List(fields.Nested(HeatStep), required=True)
    stepped_in = fields.Dict(
        keys=fields.String(), values=fields.Integer(), required=True,
        metadata={"description": "kind of event → cases in which a manager stepped in"},
    )  # fmt: skip
