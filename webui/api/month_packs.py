"""The monthly pack for other programs: figures as they are kept, with the digest by which they are told."""

from __future__ import annotations

from typing import Any

from engine import month_pack
from webui.api import month_pack_schemas as schemas
from webui.api.calls import Call, Calls

calls = Calls("month_packs", "What a month came to, as managers get it")


@calls.lookup("/month-packs", gives=schemas.MonthPackList)
def list_month_packs(call: Call) -> dict[str, Any]:
    """The months that can be read, latest first."""
    found = month_pack.months(call.runtime, call.uow, call.actor)
    return {"items": [{"month": f"{month:%Y-%m}", "kept": is_kept} for month, is_kept in found]}


@calls.lookup("/month-packs/<month>", gives=schemas.MonthPackView)
def get_month_pack(call: Call, month: str) -> dict[str, Any]:
    """One month's, in the source language: of a closed month as it was kept, else as it stands now."""
    pack = month_pack.pack(call.runtime, call.uow, call.actor, month_pack.month_of(month))
    return {"month": f"{pack.month:%Y-%m}", "kept_at": pack.kept_at, "digest": pack.digest, "sections": pack.body["sections"]}
