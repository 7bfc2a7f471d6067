"""The shapes of the manual beside a draft."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from engine.designing.manual_editing import LIMIT_KEYS
from webui.api.definition_schemas import FindingView
from webui.api.designing_schemas import ProcedureDraft, Unsaved
from webui.api.fields import Text

__all__ = ["ProcedureDraft", "Unsaved"]

_REVISION = {"description": "the file's revision that was looked at; 0 where there is none yet"}
_LISTS = ("from", "to", "needs", "act", "void", "cancel", "pause", "resume")
_DAY = {"description": "ISO date or date-time; the day from which it counts"}


def _revision() -> fields.Integer:
    return fields.Integer(required=True, validate=validate.Range(0, 2**31 - 1), metadata=_REVISION)


class ClauseQuery(Schema):
    """Which clause."""

    number = Text(required=True, length=60, shortest=1)
    revision = _revision()


class LimitEntryQuery(Schema):
    """Which entry."""

    id = Text(required=True, length=60, shortest=1)
    effective_from = Text(length=40, metadata=_DAY)
    revision = _revision()


class ClauseFields(Schema):
    """A clause as it is to be."""

    number = Text(required=True, length=60)
    zh_hant = Text(required=True, length=4_000)
    en = Text(required=True, length=4_000)
    is_executable = fields.Boolean(load_default=True, metadata={"description": "false for one that asks for nothing that can be done"})
    reason_zh_hant = Text(length=4_000, load_default="")
    reason_en = Text(length=4_000, load_default="")


class PutClause(Schema):
    """A clause to change, or without a number one to add."""

    number = Text(length=60, load_default=None, allow_none=True, metadata={"description": "the number that it has now"})
    clause = fields.Nested(ClauseFields, required=True)
    revision = _revision()


LimitValues = Schema.from_dict(
    {name: fields.List(Text(length=200, shortest=1), validate=validate.Length(max=20)) if name in _LISTS
     else fields.Integer(allow_none=True, validate=validate.Range(0, 1000)) if name == "by_day"
     else Text(length=1_000, allow_none=True) for name in LIMIT_KEYS},
    name="LimitValues")


class PutLimit(Schema):
    """A limit to change, or without an id one to add."""

    id = Text(length=60, load_default=None, allow_none=True, metadata={"description": "of the entry as it is now"})
    effective_from = Text(length=40, load_default=None, allow_none=True, metadata=_DAY)
    values = fields.Nested(LimitValues, required=True, metadata={"description": "as limits.toml has them"})
    revision = _revision()


class ManualPlace(Schema):
    """What carries a clause out."""

    process = fields.String(required=True)
    element_id = fields.String(required=True, allow_none=True)
    name = fields.String(required=True)
    file = fields.String(required=True, allow_none=True, metadata={"description": "null where another procedure draws it"})


class ClauseStateView(Schema):
    """A clause with what is there of it."""

    number = fields.String(required=True)
    text = fields.String(required=True)
    zh_hant = fields.String(required=True)
    en = fields.String(required=True)
    is_executable = fields.Boolean(required=True)
    reason_zh_hant = fields.String(required=True)
    reason_en = fields.String(required=True)
    places = fields.List(fields.Nested(ManualPlace), required=True)
    limits = fields.List(fields.String(), required=True)
    scenarios = fields.List(fields.String(), required=True)
    lacks_carrier = fields.Boolean(required=True)
    lacks_scenario = fields.Boolean(required=True)


class LimitStateView(Schema):
    """An entry of limits.toml."""

    id = fields.String(required=True)
    effective_from = fields.String(required=True, allow_none=True)
    values = fields.Dict(keys=fields.String(), required=True)
    is_deployed = fields.Boolean(required=True, metadata={"description": "counts already: it changes only from a day on"})


class KnownClause(Schema):
    """A clause that steps and limits may name."""

    number = fields.String(required=True)
    text = fields.String(required=True)


class ManualView(Schema):
    """The manual as the draft has it."""

    clauses = fields.List(fields.Nested(ClauseStateView), required=True)
    limits = fields.List(fields.Nested(LimitStateView), required=True)
    known = fields.List(fields.Nested(KnownClause), required=True)
    steps = fields.List(fields.Nested(ManualPlace), required=True, metadata={"description": "what limits may name"})
    home = fields.String(required=True, metadata={"description": "the process whose steps limits name without it"})
    findings = fields.List(fields.Nested(FindingView), required=True)
    clauses_revision = fields.Integer(required=True)
    limits_revision = fields.Integer(required=True)
