"""Accounts with what they owe, one account, and taking a payment for it."""

from __future__ import annotations

from decimal import Decimal

import flask
from flask.typing import ResponseReturnValue

from engine.company import amounts, ledger
from engine.company.accounts import Account, today
from engine.company.accounts import account as find_account
from engine.company.ledger import METHODS, Source
from engine.company.ledger_items import ITEMS
from engine.errors import ConflictError, InvalidError, NotFoundError
from engine.permissions import may, require
from engine.queries import ledger as queries
from engine.queries.ledger import DEPOSIT, AccountKey
from webui import session, unit_of_work
from webui.display import local
from webui.error_pages import status
from webui.language import describe_error, gettext
from webui.periods import id_of
from webui.unit_of_work import current, runtime_of

KINDS = {
    "charge": "應收", "payment": "收款", "refund": "退款", "transfer": "轉賬", "deposit": "收押金", "deposit_refund": "退押金",
    "deduction": "扣押金", "void": "作廢", "correction": "沖正", "opening": "期初",
}
METHOD_NAMES = {"cash": "現金", "transfer": "銀行轉賬", "card": "刷卡", "mobile": "移動支付", "bank": "銀行託收"}
_PAGE = 40


def item_name(item: str) -> str:
    """An item as people say it; one that a designer made up stays as it is."""
    return gettext(ITEMS[item]) if item in ITEMS else item


def kind_name(kind: str) -> str:
    """A kind of entry in words."""
    return gettext(KINDS[kind])


def method_name(method: str) -> str:
    """A way of paying in words."""
    return gettext(METHOD_NAMES[method])


def amount_text(value: Decimal) -> str:
    """An amount with its thousands set apart."""
    return f"{value:,.2f}"


def overview() -> ResponseReturnValue:
    """Accounts of the person's sites, by unit."""
    actor, args = session.actor(), flask.request.args
    require(actor, "ledger:read")
    q, only_open = args.get("q", "")[:60], bool(args.get("open"))
    found = queries.accounts(current(), actor, q=q, only_open=only_open, after=args.get("after"), limit=_PAGE)
    # sites of one company share a day, near enough for a list
    day = local(runtime_of().clock.now()).date()
    return flask.render_template("ledger/overview.html", page=found, q=q, only_open=only_open, ledger_today=day)


def account(unit_id: int, tenant_id: int) -> ResponseReturnValue:
    """One account."""
    return _page(readable(unit_id, tenant_id))


def pay(unit_id: int, tenant_id: int) -> ResponseReturnValue:
    """Take a payment and show its receipt; what is refused comes back as it was typed."""
    of, form, actor = readable(unit_id, tenant_id), flask.request.form, session.actor()
    require(actor, "ledger:write", of.site_id)
    try:
        amount, seen = amounts.read(form.get("amount", "")), form.get("seen", "")
        posted = unit_of_work.step(lambda uow: ledger.pay(
            runtime_of(), uow, actor, of, amount, method=form.get("method", ""), item=form.get("item") or None,
            source=Source(note=form.get("note", "").strip()), for_case=id_of(form, "case"),
            seen_entry_id=int(seen) if seen.isdecimal() and len(seen) < 18 else 0,
        ))
    except (InvalidError, ConflictError) as error:
        unit_of_work.let_go()
        return _page(of, describe_error(error), status(error))
    return flask.redirect(flask.url_for("ledger.receipt", receipt_id=posted.receipt_id), 303)


def readable(unit_id: int, tenant_id: int) -> Account:
    """The account; NotFoundError where it isn't the person's to see, ForbiddenError where no account is."""
    require(session.actor(), "ledger:read")
    of = find_account(current(), AccountKey(unit_id, tenant_id or None))
    if not may(session.actor(), "ledger:read", of.site_id):
        raise NotFoundError(kind="單元", id=unit_id)
    return of


def rights(site_id: int | None = None) -> dict[str, bool]:
    """What the person may do with the books."""
    return {name: may(session.actor(), f"ledger:{name}", site_id) for name in ("write", "close")}


def _page(of: Account, problem: str = "", code: int = 200) -> flask.Response:
    uow, form = current(), flask.request.form
    charges = queries.open_charges(uow, of.key)
    body = flask.render_template(
        "ledger/account.html", account=of, charges=charges, dues=queries.item_balances(uow, of.key),
        today=today(runtime_of(), uow, of.site_id),
        deposits=queries.item_balances(uow, of.key, DEPOSIT),
        entries=queries.entries(uow, of.key, after=flask.request.args.get("after"), limit=_PAGE),
        seen=queries.last_entry_id(uow, of.key), methods=METHODS[:-1], items=sorted({each.item for each in charges}), problem=problem,
        cases=queries.cases_of(uow, of.key), typed=form, owed=sum((each.left for each in charges), amounts.ZERO), rights=rights(of.site_id),
    )
    return flask.make_response(body, code)
