"""The shapes of the limits' calls. Shares go from 0 to 1; goals and averages are decimal strings; lengths are seconds."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from engine.limit_rules import Kind
from engine.limit_series import LENGTHS
from engine.queries.limits import Outcome, Split
from webui.api.fields import Instant, row_id
from webui.api.schemas import Paging


class LimitQuery(Schema):
    """What is counted: what began in the period, by claimed times."""

    since = Instant(load_default=None, allow_none=True)
    until = Instant(load_default=None, allow_none=True, metadata={"description": "not included"})
    site_id = row_id(load_default=None, allow_none=True)
    building_id = row_id(load_default=None, allow_none=True)


class PartsQuery(LimitQuery):
    """By what one limit is told apart."""

    by = fields.String(load_default=Split.BUILDING.value, validate=validate.OneOf([each.value for each in Split]))


class CasesQuery(LimitQuery, Paging):
    """Which cases behind a figure are wanted."""

    outcome = fields.String(load_default=None, allow_none=True, validate=validate.OneOf([each.value for each in Outcome]))


class FigureView(Schema):
    """What was measured."""

    met = fields.Integer(required=True)
    missed = fields.Integer(required=True)
    apart = fields.Integer(required=True, metadata={"description": "unreachable, refused: never met"})
    running = fields.Integer(required=True)
    excluded = fields.Integer(required=True)
    share = fields.Float(required=True, allow_none=True)
    average = fields.Float(required=True, allow_none=True)
    median_seconds = fields.Float(required=True, allow_none=True)
    worst_seconds = fields.Float(required=True, allow_none=True)


class PartView(FigureView):
    """A part of it."""

    name = fields.String(required=True, allow_none=True)


class GapView(Schema):
    """What was due and never begun; counted as missed."""

    period = Instant(required=True)
    due_at = Instant(required=True)
    label = fields.String(required=True)
    building = fields.String(required=True, allow_none=True)


class LimitView(FigureView):
    """A limit of the manual over a period."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    kind = fields.String(required=True, validate=validate.OneOf([each.value for each in Kind]))
    clauses = fields.List(fields.String(), required=True)
    goals = fields.List(fields.String(), required=True, metadata={"description": "that held in the period, least and greatest"})
    reached = fields.Boolean(required=True, allow_none=True)
    time_basis = fields.String(required=True, validate=validate.OneOf(["claimed"]), metadata={"description": "which times the figures use"})
    corrected_later = fields.Integer(
        required=True, metadata={"description": "of what was measured, how many had a time put right after their month was closed"}
    )


class LimitList(Schema):
    """All limits."""

    items = fields.List(fields.Nested(LimitView), required=True)


class LimitDetail(LimitView):
    """One limit with its parts and what was never begun."""

    parts = fields.List(fields.Nested(PartView), required=True)
    gaps = fields.List(fields.Nested(GapView), required=True)


class MonthsQuery(Schema):
    """How far back, and where."""

    months = fields.Integer(load_default=12, validate=validate.OneOf(LENGTHS))
    site_id = row_id(load_default=None, allow_none=True)
    building_id = row_id(load_default=None, allow_none=True)


class MonthView(FigureView):
    """A month of a limit."""

    month = fields.String(required=True, metadata={"description": "YYYY-MM"})
    value = fields.Float(required=True, allow_none=True, metadata={"description": "share from 0 to 1, average or count; held against goal"})
    goal = fields.Float(required=True)
    target = fields.String(required=True, metadata={"description": "PT20M, end_of_day, day 5; a share from 0 to 1, a number"})
    reached = fields.Boolean(required=True, allow_none=True)
    closed = fields.Boolean(required=True, metadata={"description": "its figures are final"})


class TargetChange(Schema):
    """A target that became another one, or will."""

    effective_from = fields.Date(required=True)
    before = fields.String(required=True)
    after = fields.String(required=True)


class LimitMonths(Schema):
    """A limit over time, oldest first."""

    items = fields.List(fields.Nested(MonthView), required=True)
    earlier = fields.List(fields.Nested(MonthView), required=True, metadata={"description": "as many months before them"})
    changes = fields.List(fields.Nested(TargetChange), required=True)


class SetTarget(Schema):
    """What is asked for from a day on."""

    target = fields.String(
        required=True, validate=validate.Length(1, 40),
        metadata={"description": "PT20M, P2D, end_of_day; a day of the month; a share from 0 to 1; a number"},
    )  # fmt: skip
    effective_from = fields.Date(required=True, metadata={"description": "after today"})
    reason = fields.String(required=True, validate=validate.Length(1, 1000))


class TargetView(Schema):
    """A target that somebody set."""

    id = row_id(required=True)
    effective_from = fields.Date(required=True)
    target = fields.String(required=True)
    reason = fields.String(required=True)
    set_at = Instant(required=True)
    person = fields.String(required=True, allow_none=True)
    withdrawn_at = Instant(required=True, allow_none=True)
    withdrawn_by = fields.String(required=True, allow_none=True)


class TargetList(Schema):
    """What was set, latest first."""

    items = fields.List(fields.Nested(TargetView), required=True)


class LimitCaseView(Schema):
    """One case behind a figure, with the claimed times and those of entry."""

    id = row_id(required=True)
    instance_id = row_id(required=True)
    business_key = fields.String(required=True, allow_none=True)
    title = fields.String(required=True)
    round = fields.Integer(required=True)
    outcome = fields.String(required=True)
    unit = fields.String(required=True, allow_none=True)
    person = fields.String(required=True, allow_none=True)
    started_at = Instant(required=True)
    entered_at = Instant(required=True)
    due_at = Instant(required=True, allow_none=True)
    stopped_at = Instant(required=True, allow_none=True)
    stop_entered_at = Instant(required=True, allow_none=True)
    value = fields.String(required=True, allow_none=True)


class LimitCaseList(Schema):
    """Cases behind a figure, latest first."""

    items = fields.List(fields.Nested(LimitCaseView), required=True)
    next = fields.String(required=True, allow_none=True)
