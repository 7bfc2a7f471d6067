"""The shapes of what managers do with cases by hand."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from engine.intervention_runs import MOST
from engine.interventions import Verb
from webui.api.fields import Instant, Person, Text, row_id
from webui.api.schemas import Paging

_VERBS = validate.OneOf([verb.value for verb in Verb])


class Intervene(Schema):
    """One verb for some cases."""

    verb = fields.String(required=True, validate=_VERBS)
    process_instances = fields.List(row_id(), required=True, validate=validate.Length(1, MOST))
    reason = Text(length=1_000, shortest=1, required=True)
    assignee = Person(load_default=None, allow_none=True, metadata={"description": "of `reassign`: user id or sign-in name"})
    due_at = Instant(load_default=None, allow_none=True, metadata={"description": "of `due`"})
    hours = fields.Integer(strict=True, load_default=None, allow_none=True, metadata={
        "description": "of `due`, instead of a moment: so many hours later than now stands; earlier where negative"})
    variable = Text(length=160, load_default="", metadata={"description": "of `correct`: `form.field`"})
    value = fields.Raw(load_default=None, allow_none=True, metadata={"description": "of `correct`, as the form takes it"})
    step = Text(length=400, load_default="", metadata={"description": "of `repeat`: a step's id, path or name"})
    at_step = Text(length=200, load_default="", metadata={"description": "of verbs over items: only those at the step of this name or id"})
    dry_run = fields.Boolean(load_default=False, metadata={"description": "say what would become of each, do nothing"})


class CaseOutcome(Schema):
    """What became, or would become, of one case."""

    process_instance_id = fields.Integer(required=True)
    state = fields.String(required=True, metadata={"description": "`planned`, `done`, `refused`, `undone`, `kept` (too late to undo)"})
    effects = fields.List(fields.String(), required=True)
    code = fields.String(required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True)


class InterventionView(Schema):
    """An order and how far it is."""

    id = fields.Integer(required=True, allow_none=True, metadata={"description": "null for a dry run"})
    verb = fields.String(required=True, validate=_VERBS)
    reason = fields.String(required=True)
    state = fields.String(required=True, metadata={
        "description": "`running`, `stopped`, `finished`, `undoing`, `undone`, `dry_run`"})
    total = fields.Integer(required=True)
    done = fields.Integer(required=True)
    refused = fields.Integer(required=True)
    undone = fields.Integer(required=True)
    kept = fields.Integer(required=True)
    items = fields.List(fields.Nested(CaseOutcome), required=True)
    next = fields.String(required=True, allow_none=True)


class InterventionQuery(Paging):
    """Where its cases go on."""


class InterventionsQuery(Paging):
    """What narrows the list of orders."""

    verb = fields.String(validate=_VERBS)
    user_id = row_id(load_default=None, metadata={"description": "who gave the order"})
    definition_key = Text(length=120, shortest=1, metadata={"description": "procedure of one of its cases"})
    process_instance_id = row_id(load_default=None, metadata={"description": "one of its cases"})
    since = Instant()
    before = Instant()


class CaseOfOrder(Schema):
    """One of an order's cases."""

    id = fields.Integer(required=True)
    title = fields.String(required=True)
    business_key = fields.String(required=True, allow_none=True)


class InterventionRow(Schema):
    """One order."""

    id = fields.Integer(required=True)
    verb = fields.String(required=True, validate=_VERBS)
    reason = fields.String(required=True)
    state = fields.String(required=True, metadata={"description": "`running`, `stopped`, `finished`, `undoing`, `undone`"})
    asked_at = Instant(required=True)
    asked_by_id = row_id(required=True, allow_none=True)
    asked_by = fields.String(required=True, allow_none=True)
    undone_by = fields.String(required=True, allow_none=True)
    total = fields.Integer(required=True)
    done = fields.Integer(required=True)
    refused = fields.Integer(required=True)
    undone = fields.Integer(required=True)
    kept = fields.Integer(required=True)
    cases = fields.List(fields.Nested(CaseOfOrder), required=True, metadata={"description": "a few that one may see"})


class InterventionList(Schema):
    """A page of orders, latest first."""

    items = fields.List(fields.Nested(InterventionRow), required=True)
    next = fields.String(required=True, allow_none=True)
