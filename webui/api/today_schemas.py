"""The shapes of the day's calls."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from engine.queries.today_conditions import Figure, When
from engine.today import DAYS, HOURS
from webui.api.fields import MAX_ID, Instant, Text, row_id
from webui.api.schemas import Paging, PersonView


class TodayQuery(Schema):
    """Which site, how far ahead, and from when on a case stands still."""

    site_id = fields.Integer(load_default=None, validate=validate.Range(1, MAX_ID))
    hours = fields.Integer(load_default=HOURS[0], validate=validate.OneOf(sorted(HOURS)))
    days = fields.Integer(load_default=DAYS[0], validate=validate.OneOf(sorted(DAYS)))


class TodayCasesQuery(TodayQuery, Paging):
    """Which figure."""

    figure = fields.String(required=True, validate=validate.OneOf([each.value for each in Figure]))


class TodayWorkQuery(TodayQuery, Paging):
    """Which work."""

    when = fields.String(load_default=When.OPEN.value, validate=validate.OneOf([each.value for each in When]))
    role = Text(length=60, load_default=None)
    person_id = fields.Integer(load_default=None, validate=validate.Range(0, MAX_ID), metadata={"description": "0: nobody has it"})
    definition_key = Text(length=120, load_default=None)
    element_id = Text(length=120, load_default=None)


class TodayClocksQuery(TodayQuery, Paging):
    """Which of a limit's clocks that run."""

    when = fields.String(load_default=When.LATE.value, validate=validate.OneOf([each.value for each in When]))


class SiteFigures(Schema):
    """A site's figures."""

    site_id = row_id(required=True, allow_none=True)
    figures = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)


class LimitLineView(Schema):
    """A limit under which clocks are late, or soon will be."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    clauses = fields.List(fields.String(), required=True)
    late = fields.Integer(required=True)
    soon = fields.Integer(required=True)
    due_at = Instant(required=True)


class StepLineView(Schema):
    """A step at which work is late, or soon will be."""

    definition_key = fields.String(required=True)
    element_id = fields.String(required=True)
    name = fields.String(required=True)
    clauses = fields.List(fields.String(), required=True)
    late = fields.Integer(required=True)
    soon = fields.Integer(required=True)
    due_at = Instant(required=True)


class LoadView(Schema):
    """What a role or a person has to do."""

    open = fields.Integer(required=True)
    late = fields.Integer(required=True)
    soon = fields.Integer(required=True)
    oldest_at = Instant(required=True)


class RoleLoadView(LoadView):
    """Of a role."""

    role = fields.String(required=True)
    free = fields.Integer(required=True, metadata={"description": "what nobody has taken"})


class PersonLoadView(LoadView):
    """Of a person."""

    person = fields.Nested(PersonView, required=True)


class TodayView(Schema):
    """The figures of a moment. Counting stops at 5,000 for each."""

    at = Instant(required=True)
    figures = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    sites = fields.List(fields.Nested(SiteFigures), required=True)
    limits = fields.List(fields.Nested(LimitLineView), required=True)
    steps = fields.List(fields.Nested(StepLineView), required=True)
    roles = fields.List(fields.Nested(RoleLoadView), required=True)
    people = fields.List(fields.Nested(PersonLoadView), required=True)


class TodayCaseView(Schema):
    """A case behind a figure."""

    process_instance_id = row_id(required=True)
    business_key = fields.String(required=True, allow_none=True)
    title = fields.String(required=True)
    state = fields.String(required=True)
    site = fields.String(required=True, allow_none=True)
    at = Instant(required=True, metadata={"description": "due, last moved, started or ended, as the figure is"})


class TodayCaseList(Schema):
    """Cases behind a figure."""

    items = fields.List(fields.Nested(TodayCaseView), required=True)
    next = fields.String(required=True, allow_none=True)


class TodayWorkView(Schema):
    """A work item behind a figure."""

    work_item_id = row_id(required=True)
    process_instance_id = row_id(required=True)
    business_key = fields.String(required=True, allow_none=True)
    title = fields.String(required=True)
    name = fields.String(required=True)
    role = fields.String(required=True)
    assignee_name = fields.String(required=True, allow_none=True)
    created_at = Instant(required=True)
    due_at = Instant(required=True, allow_none=True)


class TodayWorkList(Schema):
    """Work behind a figure."""

    items = fields.List(fields.Nested(TodayWorkView), required=True)
    next = fields.String(required=True, allow_none=True)


class TodayClockView(Schema):
    """A limit's clock that runs."""

    process_instance_id = row_id(required=True)
    business_key = fields.String(required=True, allow_none=True)
    title = fields.String(required=True)
    state = fields.String(required=True)
    started_at = Instant(required=True)
    due_at = Instant(required=True)


class TodayClockList(Schema):
    """Clocks behind a figure."""

    items = fields.List(fields.Nested(TodayClockView), required=True)
    next = fields.String(required=True, allow_none=True)
