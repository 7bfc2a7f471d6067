"""The shapes of the boards' calls."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from webui.api.fields import MAX_ID, Instant, Person, Text, row_id
from webui.api.schemas import Paging, PersonView


class BoardQuery(Schema):
    """What narrows a board."""

    site_id = fields.Integer(validate=validate.Range(1, MAX_ID))
    building_id = fields.Integer(validate=validate.Range(1, MAX_ID))
    floor = fields.Integer(validate=validate.Range(-99, 999))
    card_class = Text(length=60, load_default="", data_key="class")
    worker_id = fields.Integer(validate=validate.Range(1, MAX_ID))
    q = Text(length=100, load_default="", metadata={"description": "part of the title or the business key"})


class CardQuery(BoardQuery, Paging):
    """What narrows a column, and where it goes on."""


class GiveWork(Schema):
    """Who gets a card's work."""

    work_item_id = row_id(required=True)
    worker = Person(required=True, metadata={"description": "user id or sign-in name"})


class TakeBack(Schema):
    """What `assign` answered."""

    process_instance_id = row_id(required=True)
    history_seq = fields.Integer(required=True, strict=True, validate=validate.Range(1, 2**31 - 1))
    way = fields.String(required=True, validate=validate.OneOf(["step", "again", "handed"]))
    before_id = row_id(load_default=None, allow_none=True)


class BoardView(Schema):
    """A board of a list."""

    key = fields.String(required=True, metadata={"description": "the procedure's"})
    title = fields.String(required=True)


class BoardList(Schema):
    """Boards that the caller may open."""

    items = fields.List(fields.Nested(BoardView), required=True)


class ColumnView(Schema):
    """A column with its numbers."""

    id = fields.String(required=True)
    title = fields.String(required=True)
    total = fields.Integer(required=True)
    late = fields.Integer(required=True)


class WorkerView(Schema):
    """Somebody who does the work."""

    id = row_id(required=True)
    name = fields.String(required=True)
    in_hand = fields.Integer(required=True, attribute="load")
    late = fields.Integer(required=True)
    place = fields.String(required=True, allow_none=True, metadata={"description": "unit of the last check-in of the last 24 hours"})
    place_at = Instant(required=True, allow_none=True)


class FloorView(Schema):
    """A storey of a building."""

    floor = fields.Integer(required=True, allow_none=True)
    open = fields.Integer(required=True)
    late = fields.Integer(required=True)


class BuildingView(Schema):
    """A building with its storeys, the highest first."""

    id = row_id(required=True)
    name = fields.String(required=True)
    floors = fields.List(fields.Nested(FloorView), required=True)


class BoardFigures(Schema):
    """What a board shows, without its cards."""

    key = fields.String(required=True)
    title = fields.String(required=True)
    columns = fields.List(fields.Nested(ColumnView), required=True)
    workers = fields.List(fields.Nested(WorkerView), required=True)
    buildings = fields.List(fields.Nested(BuildingView), required=True)


class CardClock(Schema):
    """A limit of the manual that runs for a card."""

    limit_id = fields.String(required=True)
    warn_at = Instant(required=True, allow_none=True)
    due_at = Instant(required=True)
    paused_at = Instant(required=True, allow_none=True)


class CardView(Schema):
    """An open piece of work."""

    work_item_id = row_id(required=True)
    process_instance_id = row_id(required=True)
    element_id = fields.String(required=True)
    name = fields.String(required=True)
    title = fields.String(required=True)
    business_key = fields.String(required=True, allow_none=True)
    unit = fields.String(required=True, allow_none=True)
    card_class = fields.String(required=True, allow_none=True, data_key="class")
    assignee = fields.Nested(PersonView, required=True, allow_none=True)
    urgent_at = Instant(required=True, allow_none=True)
    clocks = fields.List(fields.Nested(CardClock), required=True)


class CardList(Schema):
    """Cards, the most urgent first."""

    items = fields.List(fields.Nested(CardView), required=True)
    next = fields.String(required=True, allow_none=True)


class Given(Schema):
    """What was done, and what takes it back."""

    work_item_id = row_id(required=True)
    process_instance_id = row_id(required=True)
    worker = fields.Nested(PersonView, required=True)
    history_seq = fields.Integer(required=True)
    way = fields.String(required=True)
    before_id = row_id(required=True, allow_none=True)


class TakenBack(Schema):
    """The case that the work was taken back in."""

    process_instance_id = row_id(required=True)
