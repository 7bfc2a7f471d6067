"""A receipt as it is printed, making it void, and taking a charge back: each with a reason, each by counter-entries."""

from __future__ import annotations

from collections.abc import Callable

import flask
from flask.typing import ResponseReturnValue

from engine.company import ledger
from engine.errors import ConflictError, InvalidError
from engine.permissions import require
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import ledger as queries
from engine.queries.ledger import AccountKey
from webui import session, unit_of_work
from webui.dialogs import Dialog, render, required_reason
from webui.error_pages import status
from webui.language import describe_error, gettext
from webui.ledger.views import rights
from webui.unit_of_work import current, runtime_of

_VOID = Dialog("作廢收據", "收據編號保留，所收款項會逐筆沖銷，欠費重新列出。", "作廢收據", danger=True, reason=True)
_CORRECT = Dialog("沖正應收", "會記一筆相反的賬目；已為它收到的款項轉作預收款。", "沖正", danger=True, reason=True)


def show(receipt_id: int) -> ResponseReturnValue:
    """The receipt on paper."""
    require(session.actor(), "ledger:read")
    paper = queries.receipt_of(current(), session.actor(), receipt_id)
    lines = queries.entries_of_receipt(current(), receipt_id)
    return flask.render_template("ledger/receipt.html", paper=paper, lines=lines, rights=rights(paper.site_id))


def void_form(receipt_id: int) -> ResponseReturnValue:
    """Ask why."""
    return _ask_void(receipt_id)


def void(receipt_id: int) -> ResponseReturnValue:
    """Make it void."""
    _void_allowed(receipt_id)

    def act(uow: UnitOfWork, reason: str) -> object:
        return ledger.void_receipt(runtime_of(), uow, session.actor(), receipt_id, reason)

    refused = _do(act, lambda problem, code: _ask_void(receipt_id, problem, code))
    if refused is not None:
        return refused
    return flask.redirect(flask.url_for("ledger.receipt", receipt_id=receipt_id), 303)


def correct_form(entry_id: int) -> ResponseReturnValue:
    """Ask why."""
    return _ask_correct(entry_id)


def correct(entry_id: int) -> ResponseReturnValue:
    """Take a charge back."""
    key = _correct_allowed(entry_id)

    def act(uow: UnitOfWork, reason: str) -> object:
        return ledger.correct(runtime_of(), uow, session.actor(), entry_id, reason)

    refused = _do(act, lambda problem, code: _ask_correct(entry_id, problem, code))
    if refused is not None:
        return refused
    flask.flash(gettext("已沖正。"))
    return flask.redirect(_account(key), 303)


def _do(act: Callable[[UnitOfWork, str], object], ask: Callable[[str, int], flask.Response]) -> flask.Response | None:
    try:
        reason = required_reason()
        unit_of_work.step(lambda uow: act(uow, reason))
    except (InvalidError, ConflictError) as error:
        unit_of_work.let_go()
        return ask(describe_error(error), status(error))
    return None


def _ask_void(receipt_id: int, problem: str = "", code: int = 200) -> flask.Response:
    _void_allowed(receipt_id)
    back = flask.url_for("ledger.receipt", receipt_id=receipt_id)
    return render(_VOID, flask.url_for("ledger.void", receipt_id=receipt_id), back, problem, code)


def _void_allowed(receipt_id: int) -> None:
    require(session.actor(), "ledger:read")
    paper = queries.receipt_of(current(), session.actor(), receipt_id)
    require(session.actor(), "ledger:write", paper.site_id)


def _ask_correct(entry_id: int, problem: str = "", code: int = 200) -> flask.Response:
    key = _correct_allowed(entry_id)
    return render(_CORRECT, flask.url_for("ledger.correct", entry_id=entry_id), _account(key), problem, code)


def _correct_allowed(entry_id: int) -> AccountKey:
    require(session.actor(), "ledger:read")
    _, key = queries.entry_of(current(), session.actor(), entry_id)
    require(session.actor(), "ledger:write")
    return key


def _account(key: AccountKey) -> str:
    return flask.url_for("ledger.account", unit_id=key.unit_id, tenant_id=key.tenant_id or 0)
