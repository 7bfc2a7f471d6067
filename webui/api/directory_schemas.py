"""The shapes of the directory's calls. Amounts are decimal strings, days and moments ISO 8601."""

from __future__ import annotations

from marshmallow import Schema, fields

from webui.api.fields import Instant, Text, row_id
from webui.api.schemas import Paging


class EntryQuery(Paging):
    """What narrows a list."""

    q = Text(length=60, load_default="", metadata={"description": "part of a code, a name or a telephone number"})
    active = fields.Boolean(load_default=True, metadata={"description": "false: deactivated ones"})


class EntryView(Schema):
    """An entry of the directory."""

    id = row_id(required=True)
    label = fields.String(required=True)
    version = fields.Integer(required=True)
    is_active = fields.Boolean(required=True)
    values = fields.Dict(keys=fields.String(), required=True, metadata={"description": "by field name; null where not for the caller"})


class EntryList(Schema):
    """Entries of one kind."""

    items = fields.List(fields.Nested(EntryView), required=True)
    next = fields.String(required=True, allow_none=True)


class NewEntry(Schema):
    """An entry to be added."""

    values = fields.Dict(keys=fields.String(), required=True)


class EntryChange(NewEntry):
    """Fields to be changed; what isn't sent stays."""

    version = fields.Integer(required=True, metadata={"description": "the one that was looked at: 409 when somebody was faster"})


class SwitchReason(Schema):
    """Why."""

    reason = Text(length=1000, shortest=1, required=True)


class DirectoryChangeView(Schema):
    """One line of an entry's history."""

    at = Instant(required=True)
    by = fields.String(required=True, allow_none=True)
    action = fields.String(required=True)
    reason = fields.String(required=True, allow_none=True)
    effective_from = Instant(required=True, allow_none=True)
    changes = fields.Dict(keys=fields.String(), required=True, metadata={"description": "field: [before, after]"})


class DirectoryChangeList(Schema):
    """An entry's history, newest first."""

    items = fields.List(fields.Nested(DirectoryChangeView), required=True)
    next = fields.String(required=True, allow_none=True)


class NewSubstitute(Schema):
    """Who stands in for whom, from when to when."""

    absent_id = row_id(load_default=None, allow_none=True, metadata={"description": "default: the caller"})
    substitute_id = row_id(required=True)
    starts_at = Instant(required=True)
    ends_at = Instant(required=True)
    roles = fields.List(Text(length=60), load_default=None, allow_none=True)
    procedures = fields.List(Text(length=100), load_default=None, allow_none=True)
    note = Text(length=200, load_default="")


class SubstituteView(Schema):
    """An absence with its substitute."""

    id = row_id(required=True)
    absent_id = row_id(required=True)
    absent = fields.String(required=True)
    substitute_id = row_id(required=True)
    substitute = fields.String(required=True)
    starts_at = Instant(required=True)
    ends_at = Instant(required=True)
    roles = fields.List(fields.String(), required=True)
    procedures = fields.List(fields.String(), required=True)
    note = fields.String(required=True, allow_none=True)
    ended_at = Instant(required=True, allow_none=True)


class SubstituteList(Schema):
    """Absences, the latest first."""

    items = fields.List(fields.Nested(SubstituteView), required=True)
    next = fields.String(required=True, allow_none=True)


class DirectoryDone(Schema):
    """It is done."""

    id = row_id(required=True)


class SessionView(Schema):
    """A session of a signed-in browser."""

    id = row_id(required=True)
    method = fields.String(required=True)
    device = fields.String(required=True)
    address = fields.String(required=True)
    created_at = Instant(required=True)
    last_seen_at = Instant(required=True)


class SessionList(Schema):
    """The caller's open sessions."""

    items = fields.List(fields.Nested(SessionView), required=True)
