"""The shapes of the monthly pack's calls."""

from __future__ import annotations

from marshmallow import Schema, fields

from webui.api.fields import Instant


class MonthPackEntry(Schema):
    """A month that can be read."""

    month = fields.String(required=True, metadata={"description": "YYYY-MM"})
    kept = fields.Boolean(required=True, metadata={"description": "closed: its figures are final"})


class MonthPackList(Schema):
    """Months, latest first."""

    items = fields.List(fields.Nested(MonthPackEntry), required=True)


class MonthPackView(Schema):
    """A month's pack."""

    month = fields.String(required=True)
    kept_at = Instant(required=True, allow_none=True, metadata={"description": "none while the month is open"})
    digest = fields.String(required=True, metadata={"description": "SHA-256 over the pack as it is kept"})
    sections = fields.List(
        fields.Dict(), required=True,
        metadata={"description": "title, process, and blocks of rows: cases, counts, sums, limits; amounts are decimal strings"},
    )
