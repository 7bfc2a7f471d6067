"""The shapes of the front desk: its figures, shifts, notes and roster."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from engine.company.shifts import DUTIES
from engine.desk_counters import What
from webui.api.fields import Instant, Text, row_id


class CounterView(Schema):
    """One figure of what the day still needs."""

    what = fields.String(required=True, validate=validate.OneOf([each.value for each in What]))
    limit_id = fields.String(required=True, allow_none=True, metadata={"description": "of `limit`: which, as `process.limit`"})
    name = fields.String(required=True)
    count = fields.Integer(required=True)
    late = fields.Integer(required=True, metadata={"description": "of these, too late already"})


class CounterList(Schema):
    """Every figure that is not nothing, and the calls of the day."""

    items = fields.List(fields.Nested(CounterView), required=True)


class ShiftView(Schema):
    """One person's time at the desk."""

    id = fields.Integer(required=True)
    opened_at = fields.AwareDateTime(required=True)
    opened_by = fields.Integer(required=True)
    opened_by_name = fields.String(required=True)
    handed_at = fields.AwareDateTime(required=True, allow_none=True)
    handed_by_name = fields.String(required=True, allow_none=True)
    missing_reason = fields.String(required=True, allow_none=True, metadata={"description": "why it was never handed over"})
    summary = fields.Dict(required=True, metadata={"description": "what was handed over, as it was then"})


class CurrentShift(Schema):
    """Who has the desk; null where nobody has."""

    shift = fields.Nested(ShiftView, required=True, allow_none=True)


class ShiftList(Schema):
    """Shifts that are over, latest first."""

    items = fields.List(fields.Nested(ShiftView), required=True)
    next = fields.String(required=True, allow_none=True)


class TakeOverDesk(Schema):
    """Signing for the desk."""

    missing_reason = Text(length=300, load_default="", metadata={"description": "needed where the one before has not handed over"})


class HandOverDesk(Schema):
    """Signing the desk away; figures and notes are put in as they stand."""

    said = Text(length=1_000, load_default="")


class NoteQuery(Schema):
    """Since when ticked-off notes are wanted as well."""

    since = Instant(load_default=None)


class WriteNote(Schema):
    """Word for the shifts to come."""

    text = Text(length=1_000, required=True)
    process_instance_id = row_id(load_default=None, allow_none=True)


class NoteView(Schema):
    """Word left."""

    id = fields.Integer(required=True)
    text = fields.String(required=True)
    process_instance_id = fields.Integer(required=True, allow_none=True)
    business_key = fields.String(required=True, allow_none=True)
    at = fields.AwareDateTime(required=True)
    written_by_name = fields.String(required=True)
    done_at = fields.AwareDateTime(required=True, allow_none=True)
    done_by_name = fields.String(required=True, allow_none=True)


class NoteList(Schema):
    """Open ones first, newest first."""

    items = fields.List(fields.Nested(NoteView), required=True)


class DeskDone(Schema):
    """What it met."""

    id = fields.Integer(required=True)


class RosterQuery(Schema):
    """Between which moments; the coming week by default."""

    since = Instant(load_default=None)
    until = Instant(load_default=None)


class PutOnDuty(Schema):
    """Who is on duty when."""

    user_id = row_id(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(list(DUTIES)))
    starts_at = Instant(required=True)
    ends_at = Instant(required=True)


class DutyView(Schema):
    """Somebody on the roster."""

    id = fields.Integer(required=True)
    user_id = fields.Integer(required=True)
    name = fields.String(required=True)
    phone = fields.String(required=True, allow_none=True, metadata={"description": "for those who may see telephone numbers"})
    kind = fields.String(required=True)
    starts_at = fields.AwareDateTime(required=True)
    ends_at = fields.AwareDateTime(required=True)


class DutyList(Schema):
    """By when it begins."""

    items = fields.List(fields.Nested(DutyView), required=True)
