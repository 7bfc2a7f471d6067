"""What people call a series of numbers: the paper or the procedure that draws from it."""

from __future__ import annotations

from engine import definitions
from webui.unit_of_work import current, runtime_of
from webui.wording import heading, worded

#: series of the books, which no procedure names
_OF_THE_BOOKS = {
    "receipt": "收據", "refund_voucher": "退款憑單", "ledger_entry": "賬目", "bank_collection": "銀行代收檔", "tenant": "業戶編號",
    "tenant_file": "業戶檔案編號",
}


def names() -> dict[str, str]:
    """By series, in the source language or in the reader's where the deployment knows it; others go by their id."""
    found = dict(_OF_THE_BOOKS)
    for info in definitions.list_latest(runtime_of(), current()):
        content = definitions.content(runtime_of(), current(), info.id)
        series = content.diagram.properties.get("number", "").strip()
        if series:
            found.setdefault(series, worded(info.name, info.id))
        for key in content.records:
            found[key] = heading(key, info.id)
    return found
