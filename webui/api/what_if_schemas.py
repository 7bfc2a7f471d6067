"""The shapes of the calls about what-ifs. Lengths are seconds, shares go from 0 to 1."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from engine.what_if.order import MOST_FACTOR, MOST_REPLICATIONS, MOST_SEED, MOST_STAFF, MOST_WEEKS
from webui.api.fields import Instant, Text, row_id
from webui.api.schemas import Paging

_KEY = validate.Length(1, 120)


class PlayQuery(Paging):
    """Nothing narrows the list."""


class NewPlay(Schema):
    """What is asked."""

    name = Text(length=100, load_default="")
    since = Instant(required=True, metadata={"description": "from when on to learn"})
    until = Instant(required=True, metadata={"description": "not included"})
    site_id = row_id(load_default=None, allow_none=True, metadata={"description": "learn from one site only"})
    weeks = fields.Integer(load_default=4, strict=True, validate=validate.Range(1, MOST_WEEKS))
    arrivals = fields.Dict(
        keys=fields.String(validate=_KEY), values=fields.Float(validate=validate.Range(0, MOST_FACTOR)), required=True,
        metadata={"description": "process → how many times as many cases come in as in that period; others don't come"},
    )  # fmt: skip
    staff = fields.Dict(
        keys=fields.String(validate=_KEY), values=fields.Integer(strict=True, validate=validate.Range(0, MOST_STAFF)), load_default=dict,
        metadata={"description": "role → people; roles that are not named stay as they are"},
    )  # fmt: skip
    replications = fields.Integer(load_default=5, strict=True, validate=validate.Range(1, MOST_REPLICATIONS))
    seed = fields.Integer(
        load_default=None, allow_none=True, strict=True, validate=validate.Range(0, MOST_SEED),
        metadata={"description": "the same seed gives the same figures; without one, any, which is kept"},
    )  # fmt: skip
    with_open = fields.Boolean(load_default=True, metadata={"description": "whether the cases that are open now go on"})


class PlayProblem(Schema):
    """Why it failed, in the source language with its data."""

    sentence = fields.String(required=True)
    data = fields.Dict(required=True)


class Play(Schema):
    """One play, without its figures."""

    id = row_id(required=True)
    name = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(("waiting", "running", "finished", "stopped", "failed")))
    question = fields.Dict(required=True, metadata={"description": "as it was asked, the seed with it"})
    sites = fields.List(row_id(), required=True, allow_none=True, metadata={"description": "that it learns from; null for all"})
    asked_at = Instant(required=True)
    asked_by = fields.String(required=True, allow_none=True)
    started_at = Instant(required=True, allow_none=True)
    finished_at = Instant(required=True, allow_none=True)
    percent = fields.Integer(required=True, metadata={"description": "how far it is"})
    problem = fields.Nested(PlayProblem, required=True, allow_none=True)


class PlayView(Play):
    """One play with what came of it."""

    result = fields.Dict(
        required=True, allow_none=True,
        metadata={"description": "`now` and, where something else was asked, `changed`: limits, steps, roles by week, cases, each figure "
                                 "as median, low (10th percentile of the replications) and high (90th)"},
    )  # fmt: skip


class PlayList(Schema):
    """A page of them, newest first."""

    items = fields.List(fields.Nested(Play), required=True)
    next = fields.String(required=True, allow_none=True)


class RemovedPlay(Schema):
    """Which one was deleted."""

    id = row_id(required=True)
