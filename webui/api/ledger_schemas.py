"""The shapes of the ledger's calls. Amounts are decimal strings with two places."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from engine.company.ledger import METHODS
from webui.api.fields import Text, row_id
from webui.api.schemas import Paging


class AccountQuery(Paging):
    """What narrows the list of accounts."""

    q = Text(length=60, load_default="", metadata={"description": "part of a unit or a tenant"})
    open = fields.Boolean(load_default=False, metadata={"description": "only those that owe something"})


class Payment(Schema):
    """Money that came in for a unit's account."""

    unit_id = row_id(required=True)
    tenant_id = row_id(load_default=None, allow_none=True, metadata={"description": "who paid; default: who lives there now"})
    amount = Text(length=20, shortest=1, required=True)
    method = fields.String(load_default="transfer", validate=validate.OneOf(METHODS))
    item = Text(length=40, shortest=1, load_default=None, allow_none=True, metadata={"description": "default: the oldest due first"})
    note = Text(length=200, load_default="")
    process_instance_id = row_id(
        load_default=None, allow_none=True,
        metadata={"description": "the case that the money is for: one that something of the account belongs to"},
    )


class AccountView(Schema):
    """An account of a list."""

    unit_id = row_id(required=True)
    tenant_id = row_id(required=True, allow_none=True)
    unit = fields.String(required=True)
    tenant = fields.String(required=True)
    dues = fields.String(required=True)
    deposits = fields.String(required=True)
    oldest_due = fields.Date(required=True, allow_none=True)


class AccountList(Schema):
    """Accounts, by unit."""

    items = fields.List(fields.Nested(AccountView), required=True)
    next = fields.String(required=True, allow_none=True)


class OpenChargeView(Schema):
    """What is left of a charge."""

    entry_id = row_id(required=True)
    number = fields.String(required=True)
    item = fields.String(required=True)
    due_on = fields.Date(required=True)
    amount = fields.String(required=True)
    left = fields.String(required=True)


class AccountDetail(Schema):
    """One account: what is open, the oldest due first, and what is held."""

    unit_id = row_id(required=True)
    tenant_id = row_id(required=True, allow_none=True)
    unit = fields.String(required=True)
    tenant = fields.String(required=True)
    dues = fields.String(required=True)
    open = fields.List(fields.Nested(OpenChargeView), required=True)
    deposits = fields.Dict(keys=fields.String(), values=fields.String(), required=True)


class ReceiptView(Schema):
    """A receipt, as it was issued."""

    id = row_id(required=True)
    number = fields.String(required=True)
    unit = fields.String(required=True)
    payer = fields.String(required=True)
    method = fields.String(required=True)
    total = fields.String(required=True)
    in_words = fields.String(required=True)
    issued_at = fields.AwareDateTime(required=True)
    booked_on = fields.Date(required=True)
