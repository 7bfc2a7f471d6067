"""The shapes of the calls about workbooks."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from webui.api.fields import row_id
from webui.api.schemas import Paging

_ACTIONS = ("new", "changed", "unchanged", "refused")


class ImportQuery(Paging):
    """Nothing narrows the list of imports."""


class RowQuery(Paging):
    """What narrows the rows of an import."""

    action = fields.String(validate=validate.OneOf(_ACTIONS))
    state = fields.String(validate=validate.OneOf(("planned", "applied", "failed")))


class WholeProblem(Schema):
    """What is wrong with a workbook as a whole, in the source language with its data."""

    sentence = fields.String(required=True)
    data = fields.Dict(required=True)


class ImportView(Schema):
    """One workbook: how many rows it would add, change, leave and cannot take, and how many were carried out."""

    id = row_id(required=True)
    name = fields.String(required=True)
    state = fields.String(
        required=True, validate=validate.OneOf(("reading", "unreadable", "planned", "applying", "stopped", "applied", "discarded")))
    read_at = fields.AwareDateTime(required=True)
    read_by = fields.String(required=True, allow_none=True)
    confirmed_at = fields.AwareDateTime(required=True, allow_none=True)
    confirmed_by = fields.String(required=True, allow_none=True)
    finished_at = fields.AwareDateTime(required=True, allow_none=True)
    new = fields.Integer(required=True)
    changed = fields.Integer(required=True)
    unchanged = fields.Integer(required=True)
    refused = fields.Integer(required=True)
    applied = fields.Integer(required=True)
    failed = fields.Integer(required=True)
    lines = fields.Integer(required=True, metadata={"description": "of the workbook"})
    checked = fields.Integer(required=True, metadata={"description": "of them, while it is being read"})
    problem = fields.Nested(WholeProblem, required=True, allow_none=True, metadata={"description": "why it could not be read"})


class ImportList(Schema):
    """Imports, the newest first."""

    items = fields.List(fields.Nested(ImportView), required=True)
    next = fields.String(required=True, allow_none=True)


class RowProblem(Schema):
    """What is wrong with a row; `column` is its heading in the source language, empty for the row as a whole."""

    column = fields.String(required=True)
    message = fields.String(required=True)


class RowView(Schema):
    """One row of a workbook. `changes`: field → before and after."""

    position = fields.Integer(required=True)
    sheet = fields.String(required=True)
    line = fields.Integer(required=True)
    kind = fields.String(required=True)
    label = fields.String(required=True)
    action = fields.String(required=True, validate=validate.OneOf(_ACTIONS))
    state = fields.String(required=True)
    changes = fields.Dict(keys=fields.String(), values=fields.List(fields.Raw(allow_none=True)), required=True)
    problems = fields.List(fields.Nested(RowProblem), required=True)


class RowList(Schema):
    """Rows in the order in which they are carried out."""

    items = fields.List(fields.Nested(RowView), required=True)
    next = fields.String(required=True, allow_none=True)


class ReconciliationLine(Schema):
    """One kind: what the workbook said, and what stands. Sums are decimal strings, null where nothing is summed."""

    kind = fields.String(required=True)
    group = fields.String(required=True)
    said_count = fields.Integer(required=True)
    said_sum = fields.String(required=True, allow_none=True)
    stands_count = fields.Integer(required=True)
    stands_sum = fields.String(required=True, allow_none=True)
    agrees = fields.Boolean(required=True)


class ReconciliationSignature(Schema):
    """Who signed the sheet."""

    signed_at = fields.AwareDateTime(required=True)
    signed_by = fields.String(required=True)
    role = fields.String(required=True)
    note = fields.String(required=True)


class Reconciliation(Schema):
    """The sheet as of now."""

    lines = fields.List(fields.Nested(ReconciliationLine), required=True)
    agrees = fields.Boolean(required=True)
    signed = fields.List(fields.Nested(ReconciliationSignature), required=True)
