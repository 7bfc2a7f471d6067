"""The cashier's pages: accounts, payments and receipts, the day-end close, the bank's files."""

from __future__ import annotations

import flask

from webui import session
from webui.ledger import bank, closing, receipts, views

_ACCOUNT = "/ledger/accounts/<row_id:unit_id>/<int:tenant_id>"
_RECEIPT = "/ledger/receipts/<row_id:receipt_id>"
_ENTRY = "/ledger/entries/<row_id:entry_id>"

blueprint = flask.Blueprint("ledger", __name__)
session.protect(blueprint)
blueprint.add_url_rule("/ledger", "overview", views.overview)
blueprint.add_url_rule(_ACCOUNT, "account", views.account)
blueprint.add_url_rule(f"{_ACCOUNT}/payments", "pay", views.pay, methods=["POST"])
blueprint.add_url_rule(_RECEIPT, "receipt", receipts.show)
blueprint.add_url_rule(f"{_RECEIPT}/void", "void_form", receipts.void_form)
blueprint.add_url_rule(f"{_RECEIPT}/void", "void", receipts.void, methods=["POST"])
blueprint.add_url_rule(f"{_ENTRY}/correct", "correct_form", receipts.correct_form)
blueprint.add_url_rule(f"{_ENTRY}/correct", "correct", receipts.correct, methods=["POST"])
blueprint.add_url_rule("/ledger/close", "close_form", closing.show)
blueprint.add_url_rule("/ledger/close", "close", closing.close, methods=["POST"])
blueprint.add_url_rule("/ledger/bank", "bank", bank.overview)
blueprint.add_url_rule("/ledger/bank/export", "bank_export", bank.export, methods=["POST"])
blueprint.add_url_rule("/ledger/bank/answer", "bank_answer", bank.answer, methods=["POST"])
blueprint.add_url_rule("/ledger/bank/<row_id:collection_id>/file", "bank_file", bank.download)
blueprint.context_processor(lambda: {"rights": views.rights()})
blueprint.add_app_template_filter(views.item_name, "ledger_item")
blueprint.add_app_template_filter(views.kind_name, "ledger_kind")
blueprint.add_app_template_filter(views.method_name, "ledger_method")
blueprint.add_app_template_filter(views.amount_text, "amount")
