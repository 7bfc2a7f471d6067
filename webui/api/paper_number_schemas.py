"""The shapes of the calls about numbers on blank papers."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from engine.paper_numbers import MOST
from webui.api.fields import row_id
from webui.api.schemas import Paging


class BlockQuery(Paging):
    """Nothing narrows the list of blocks."""


class Reserve(Schema):
    """What is to be printed."""

    record = fields.String(required=True, validate=validate.Length(1, 60), metadata={"description": "the record's key, e.g. `repair_slip`"})
    count = fields.Integer(strict=True, required=True, validate=validate.Range(1, MOST))
    book = fields.String(load_default="", validate=validate.Length(max=100), metadata={"description": "what the papers are for"})
    use_by = fields.Date(load_default=None, allow_none=True, metadata={"description": "by when each is used or declared void"})


class Void(Schema):
    """Numbers that will not be used."""

    reason = fields.String(required=True, validate=validate.Length(1, 200))
    numbers = fields.List(
        fields.String(validate=validate.Length(1, 40)), load_default=None, allow_none=True, validate=validate.Length(1, MOST),
        metadata={"description": "which; all that are still blank where none are named"},
    )


class BlockView(Schema):
    """One block with what became of its numbers."""

    id = row_id(required=True)
    series = fields.String(required=True)
    first = fields.String(required=True)
    last = fields.String(required=True)
    reserved_at = fields.AwareDateTime(required=True)
    reserved_by = fields.String(required=True, allow_none=True)
    book = fields.String(required=True)
    use_by = fields.Date(required=True, allow_none=True)
    blank = fields.Integer(required=True)
    used = fields.Integer(required=True)
    void = fields.Integer(required=True)


class NumberView(Schema):
    """One number."""

    number = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(("blank", "used", "void")))
    instance_id = row_id(required=True, allow_none=True)
    settled_at = fields.AwareDateTime(required=True, allow_none=True)
    settled_by = fields.String(required=True, allow_none=True)
    reason = fields.String(required=True)


class BlockDetail(BlockView):
    """One block with its numbers."""

    numbers = fields.List(fields.Nested(NumberView), required=True)


class BlockList(Schema):
    """Blocks, page by page."""

    items = fields.List(fields.Nested(BlockView), required=True)
    next = fields.String(required=True, allow_none=True)
