"""The shapes of what the office keeps: prices, working time, series of numbers, the roles of people."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from engine.calendars import WEEKDAYS
from webui.api.fields import Instant, Text, row_id
from webui.api.schemas import GivenReason

#: what a calendar says, by name
CALENDAR_FIELDS = (*WEEKDAYS, "holidays", "extra_holidays", "extra_working_days")


def _version() -> fields.Integer:
    return fields.Integer(strict=True, load_default=None, allow_none=True, metadata={
        "description": "the version that was looked at: refused with 409 where another holds meanwhile"})


class PriceQuery(Schema):
    """When it counts; now by default."""

    at = Instant(load_default=None)


class PriceView(Schema):
    """One line of the price list; amounts as decimal text."""

    code = fields.String(required=True)
    name = fields.String(required=True)
    unit_name = fields.String(required=True, metadata={"description": "what is counted"})
    labour = fields.Decimal(required=True, as_string=True)
    material = fields.Decimal(required=True, as_string=True)
    effective_from = fields.AwareDateTime(required=True)


class PriceList(Schema):
    """The list in force, by code."""

    items = fields.List(fields.Nested(PriceView), required=True)


class PriceItemView(Schema):
    """Every price that an item has or had, newest first."""

    code = fields.String(required=True)
    is_active = fields.Boolean(required=True)
    prices = fields.List(fields.Nested(PriceView), required=True)


class AddPrice(Schema):
    """A new item, or a new price of a known code."""

    code = Text(length=40, required=True)
    name = Text(length=100, required=True)
    unit_name = Text(length=20, required=True)
    labour = Text(length=20, required=True)
    material = Text(length=20, required=True)
    effective_from = Text(length=10, required=True, metadata={"description": "day from which it counts, `2026-12-01`"})


class CalendarView(Schema):
    """Working time of the company or of a site, as texts: `08:30-12:00, 13:00-17:30`, days one after another."""

    where = fields.String(required=True, metadata={"description": "`company` or a site's id"})
    site_name = fields.String(required=True, allow_none=True)
    is_own = fields.Boolean(required=True, metadata={"description": "false: it follows the company, or organisation.toml"})
    version = fields.Integer(required=True)
    time_zone = fields.String(required=True)
    calendar = fields.Dict(keys=fields.String(), values=fields.String(), required=True)


class CalendarList(Schema):
    """The company's first."""

    items = fields.List(fields.Nested(CalendarView), required=True)


class SaveCalendar(GivenReason):
    """Working time from now on; a weekday that is left out is free."""

    calendar = fields.Dict(
        keys=fields.String(validate=validate.OneOf(CALENDAR_FIELDS)), values=Text(length=20_000), required=True)
    version = _version()


class RestoreCalendar(GivenReason):
    """Following the company again, or the installed setting."""

    version = _version()


class SeriesView(Schema):
    """A series of numbers."""

    id = fields.String(required=True)
    pattern = fields.String(required=True)
    written = fields.String(required=True, allow_none=True, metadata={"description": "the installed pattern, where it differs"})
    last = fields.String(required=True, allow_none=True)
    following = fields.String(required=True)
    place = fields.Integer(required=True, metadata={"description": "place of the following number"})
    version = fields.Integer(required=True)


class SeriesList(Schema):
    """By id."""

    items = fields.List(fields.Nested(SeriesView), required=True)


class SetPattern(GivenReason):
    """How numbers are written from now on."""

    pattern = Text(length=60, shortest=1, required=True)
    version = _version()


class RaiseNext(GivenReason):
    """A higher place for the next number; the gap is explained by the reason."""

    next = fields.Integer(strict=True, required=True, validate=validate.Range(1, 10**9))


class GrantView(Schema):
    """A role, at one site or (null) at all."""

    role = Text(length=60, required=True)
    site_id = row_id(load_default=None, allow_none=True)


class SetRoles(Schema):
    """All the roles that a person holds from now on."""

    roles = fields.List(fields.Nested(GrantView), required=True, validate=validate.Length(max=500))
    version = _version()


class RolesView(Schema):
    """The roles that a person holds."""

    roles = fields.List(fields.Nested(GrantView), required=True)
    version = fields.Integer(required=True)


class PasswordLinkView(Schema):
    """Where a person chooses a password; shown once."""

    url = fields.String(required=True, allow_none=True)
    expires_at = fields.AwareDateTime(required=True)
