"""The shapes of calls about places, further reporters and papers of identity."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from engine.company.reporters import WAYS
from engine.voiding import REASONS
from webui.api.fields import Instant, Text, json_object, row_id
from webui.api.schemas import Paging


class PlaceQuery(Schema):
    """Words to find a place by."""

    q = Text(length=80, shortest=1, required=True, metadata={"description": "parts of number, name, contact, telephone or pinyin initials"})
    limit = fields.Integer(load_default=12, validate=validate.Range(1, 40))


class PlaceView(Schema):
    """A unit with who lives there, an empty unit, or a tenant who lives nowhere."""

    unit_id = row_id(required=True, allow_none=True)
    unit = fields.String(required=True)
    building = fields.String(required=True)
    site = fields.String(required=True)
    tenant_id = row_id(required=True, allow_none=True)
    tenant = fields.String(required=True)
    contact = fields.String(required=True)
    phone = fields.String(required=True)


class PlaceList(Schema):
    """Places, best first."""

    items = fields.List(fields.Nested(PlaceView), required=True)


class TenancyView(Schema):
    """Somebody who lives or lived there."""

    unit_id = row_id(required=True)
    unit = fields.String(required=True)
    tenant_id = row_id(required=True)
    tenant = fields.String(required=True)
    contact = fields.String(required=True, allow_none=True)
    phone = fields.String(required=True, allow_none=True)
    started_at = Instant(required=True)
    ended_at = Instant(required=True, allow_none=True)


class CaseLineView(Schema):
    """A case of the place."""

    id = row_id(required=True)
    key = fields.String(required=True)
    business_key = fields.String(required=True, allow_none=True)
    title = fields.String(required=True)
    state = fields.String(required=True)
    started_at = Instant(required=True)
    ended_at = Instant(required=True, allow_none=True)
    further_reporters = fields.Integer(required=True)


class DossierEntryView(Schema):
    """What a form says under a heading of the dossier; papers of identity are covered."""

    topic = fields.String(required=True)
    form = fields.String(required=True)
    field = fields.String(required=True)
    value = fields.Raw(required=True, allow_none=True)
    at = Instant(required=True)
    process_instance_id = row_id(required=True)


class DossierView(Schema):
    """Everything about a unit or tenant; its cases, newest first, page on by `GET …/cases`."""

    id = row_id(required=True)
    code = fields.String(required=True)
    name = fields.String(required=True)
    tenancies = fields.List(fields.Nested(TenancyView), required=True)
    entries = fields.List(fields.Nested(DossierEntryView), required=True)
    cases = fields.List(fields.Nested(CaseLineView), required=True)
    dues = fields.String(required=True, allow_none=True, metadata={"description": "null for those who don't read the books"})


class CaseLineList(Schema):
    """Cases of a place, newest first."""

    items = fields.List(fields.Nested(CaseLineView), required=True)
    next = fields.String(required=True, allow_none=True)


class Report(Schema):
    """A further caller of an open case."""

    name = Text(length=100, shortest=1, required=True)
    phone = Text(length=40, load_default="")
    unit_id = row_id(load_default=None, allow_none=True)
    tenant_id = row_id(load_default=None, allow_none=True)
    words = Text(length=2000, load_default="")
    reported_at = Instant(load_default=None, allow_none=True, metadata={"description": "when the call came; default: now"})


class Told(Schema):
    """How a reporter was told."""

    how = fields.String(required=True, validate=validate.OneOf([*WAYS]))
    note = Text(length=300, load_default="")


class ReporterView(Schema):
    """A further caller."""

    id = row_id(required=True)
    name = fields.String(required=True)
    phone = fields.String(required=True)
    unit = fields.String(required=True, allow_none=True)
    words = fields.String(required=True)
    reported_at = Instant(required=True)
    entered_at = Instant(required=True)
    told_at = Instant(required=True, allow_none=True)
    told_how = fields.String(required=True, allow_none=True)


class ReporterList(Schema):
    """Further callers, in the order of their calls."""

    items = fields.List(fields.Nested(ReporterView), required=True)


class VoidReason(Schema):
    """Why a case was entered by mistake."""

    kind = fields.String(required=True, validate=validate.OneOf([*REASONS]))
    reason = Text(length=500, load_default="")


class IdentityView(Schema):
    """A case's papers of identity: form → field → value."""

    papers = json_object(required=True)


class LookQuery(Paging):
    """Whose looks, at what."""

    user_id = row_id(load_default=None)
    process_instance_id = row_id(load_default=None)


class LookView(Schema):
    """One look at papers of identity."""

    id = row_id(required=True)
    at = Instant(required=True)
    user_id = row_id(required=True)
    user_name = fields.String(required=True)
    process_instance_id = row_id(required=True)
    file_id = row_id(required=True, allow_none=True)
    what = fields.String(required=True)
    channel = fields.String(required=True)


class LookList(Schema):
    """Looks, latest first."""

    items = fields.List(fields.Nested(LookView), required=True)
    next = fields.String(required=True, allow_none=True)
