"""The shapes of rules of keeping personal data, runs and holds."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from engine.retention.holds import ABOUT
from engine.retention.kinds import MOST_DAYS, Kind
from webui.api.fields import Instant, Text
from webui.api.schemas import Paging

_KINDS = validate.OneOf([kind.value for kind in Kind])
_STATES = validate.OneOf(["running", "stopped", "finished"])


class RetentionRuleName(Schema):
    """Which rule: a kind of data, in one procedure or (empty) in every one without a rule of its own."""

    kind = fields.String(required=True, validate=_KINDS)
    procedure = Text(length=120, load_default="")


class RetentionRuleBody(RetentionRuleName):
    """How long it is kept."""

    days = fields.Integer(required=True)
    is_on = fields.Boolean(required=True)
    from_tenancy = fields.Boolean(required=True, metadata={"description": "whether the period begins when the tenant has moved out"})
    version = fields.Integer(required=True, metadata={"description": "0: as it comes, nobody has set it"})


class RetentionRuleView(RetentionRuleBody):
    """A rule with what it is due for."""

    due = fields.Integer(required=True, metadata={"description": "cases or rows that it would look through now; counts stop at 100"})


class RetentionRuleList(Schema):
    """Every rule."""

    items = fields.List(fields.Nested(RetentionRuleView), required=True)


class RetentionSetRule(RetentionRuleName):
    """A rule as it is to be, made from a version."""

    days = fields.Integer(required=True, strict=True, validate=validate.Range(1, MOST_DAYS))
    is_on = fields.Boolean(required=True, truthy={True}, falsy={False})
    from_tenancy = fields.Boolean(load_default=False, truthy={True}, falsy={False})
    version = fields.Integer(required=True, strict=True, validate=validate.Range(0, 2**31 - 1))


class ErasedCase(Schema):
    """A case, and what is or was taken out of it."""

    id = fields.Integer(required=True)
    title = fields.String(required=True)
    number = fields.String(required=True, allow_none=True)
    ended_at = Instant(required=True, allow_none=True)
    values = fields.Integer(required=True)
    files = fields.Integer(required=True)


class RetentionRulePreview(Schema):
    """What a rule would do now."""

    rule = fields.Nested(RetentionRuleBody, required=True)
    cutoff = Instant(required=True, metadata={"description": "what ended by then goes"})
    due = fields.Integer(required=True)
    cases = fields.List(fields.Nested(ErasedCase), required=True, metadata={"description": "the first of them"})


class RetentionRunView(Schema):
    """One run."""

    id = fields.Integer(required=True)
    kind = fields.String(required=True, metadata={"description": "empty where one tenant's data were asked for"})
    procedure = fields.String(required=True)
    days = fields.Integer(required=True)
    cutoff = Instant(required=True)
    tenant_id = fields.Integer(required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True)
    asked_at = Instant(required=True)
    asked_by = fields.String(required=True, allow_none=True, metadata={"description": "null for the daily round"})
    state = fields.String(required=True, validate=_STATES)
    finished_at = Instant(required=True, allow_none=True)
    done = fields.Integer(required=True)
    failed = fields.Integer(required=True)
    values = fields.Integer(required=True)
    files = fields.Integer(required=True)


class RetentionRunList(Schema):
    """A page of them, latest first."""

    items = fields.List(fields.Nested(RetentionRunView), required=True)
    next = fields.String(required=True, allow_none=True)


class ErasedCaseList(Schema):
    """A page of the cases of a run."""

    items = fields.List(fields.Nested(ErasedCase), required=True)
    next = fields.String(required=True, allow_none=True)


class RetentionHoldQuery(Paging):
    """Which holds."""

    lifted = fields.Boolean(load_default=False)


class RetentionHoldView(Schema):
    """One hold."""

    id = fields.Integer(required=True)
    about = fields.String(required=True, validate=validate.OneOf(ABOUT))
    target_id = fields.Integer(required=True)
    label = fields.String(required=True)
    reason = fields.String(required=True)
    placed_at = Instant(required=True)
    placed_by = fields.String(required=True, allow_none=True)
    lifted_at = Instant(required=True, allow_none=True)
    lifted_by = fields.String(required=True, allow_none=True)


class RetentionHoldList(Schema):
    """A page of them, latest first."""

    items = fields.List(fields.Nested(RetentionHoldView), required=True)
    next = fields.String(required=True, allow_none=True)


class RetentionNewHold(Schema):
    """What to hold, and why."""

    about = fields.String(required=True, validate=validate.OneOf(ABOUT))
    code = Text(required=True, length=120, shortest=1, metadata={"description": "number of the case, code of the unit or tenant"})
    reason = Text(required=True, length=1_000, shortest=1)


class MadeId(Schema):
    """What was made."""

    id = fields.Integer(required=True)


class BlockingCase(Schema):
    """An open case."""

    id = fields.Integer(required=True)
    name = fields.String(required=True)


class RetentionTenantPreview(Schema):
    """What would be erased at a tenant's request."""

    id = fields.Integer(required=True)
    code = fields.String(required=True)
    blocking = fields.List(fields.Nested(BlockingCase), required=True, metadata={"description": "open cases, which stand in the way"})
    held = fields.String(required=True, allow_none=True, metadata={"description": "why a hold keeps everything"})
    is_settled = fields.Boolean(required=True)
    is_erased = fields.Boolean(required=True)
    cases = fields.List(fields.Nested(ErasedCase), required=True)
