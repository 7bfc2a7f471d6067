"""The shapes of saved filters and of commands to many work items."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from engine.bulk import MOST, Verb
from engine.saved_filters import LISTS, NAME_LENGTH, QUERY_LENGTH
from webui.api.fields import Person, Text, row_id
from webui.api.schemas import Nothing

__all__ = ["Bulk", "BulkOutcome", "Nothing", "Removed", "SaveFilter", "SavedFilterList", "SavedFilterQuery", "SavedFilterView"]


class SavedFilterQuery(Schema):
    """Of which list."""

    list = fields.String(validate=validate.OneOf(LISTS))


class SaveFilter(Schema):
    """A filter to keep."""

    list = fields.String(required=True, validate=validate.OneOf(LISTS))
    name = Text(required=True, length=NAME_LENGTH, shortest=1)
    query = Text(required=True, length=QUERY_LENGTH, metadata={"description": "what of the list's address it stands for"})
    role = Text(length=60, shortest=1, load_default=None, allow_none=True, metadata={"description": "role that it is shared with"})
    is_default = fields.Boolean(load_default=False, metadata={"description": "let the list open with it"})


class SavedFilterView(Schema):
    """A filter that the caller may use."""

    id = row_id(required=True)
    list = fields.String(required=True)
    name = fields.String(required=True)
    query = fields.String(required=True)
    role = fields.String(required=True, allow_none=True)
    owner_id = row_id(required=True)
    owner_name = fields.String(required=True)
    is_mine = fields.Boolean(required=True)
    is_default = fields.Boolean(required=True)


class SavedFilterList(Schema):
    """Own ones first, then by name."""

    items = fields.List(fields.Nested(SavedFilterView), required=True)


class Removed(Schema):
    """What was deleted."""

    id = row_id(required=True)


class Bulk(Schema):
    """One verb for many work items."""

    verb = fields.String(required=True, validate=validate.OneOf([verb.value for verb in Verb]))
    work_items = fields.List(row_id(), required=True, validate=validate.Length(1, MOST))
    assignee = Person(load_default=None, allow_none=True, metadata={"description": "for `assign`: user id or sign-in name"})
    dry_run = fields.Boolean(load_default=False, metadata={"description": "say what would be refused, do nothing"})


class OutcomeView(Schema):
    """What became of one."""

    work_item_id = row_id(required=True)
    is_done = fields.Boolean(required=True)
    code = fields.String(required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True)


class BulkOutcome(Schema):
    """What became of each, in the order asked."""

    items = fields.List(fields.Nested(OutcomeView), required=True)
