"""Numbers on blank papers for other programs: reserve a block, see what became of each, declare void what was not used."""

from __future__ import annotations

import dataclasses
from typing import Any

from engine import paper_numbers
from engine.queries import paper_numbers as queries
from webui.api import paper_number_schemas as schemas
from webui.api.calls import ID, Call, Calls

calls = Calls("paper_numbers", "Numbers printed on blank papers beforehand")


@calls.lookup("/number-blocks", query=schemas.BlockQuery, gives=schemas.BlockList)
def list_number_blocks(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """Blocks, the newest first."""
    page = queries.blocks(call.uow, call.actor, after=query.get("after"), limit=query["limit"])
    return {"items": list(page.rows), "next": page.after}


@calls.command("/number-blocks", takes=schemas.Reserve, gives=schemas.BlockDetail, status=201)
def reserve_number_block(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """Take the next numbers of a record's series for papers; nothing in the system gets them any more."""
    block = paper_numbers.reserve(
        call.runtime, call.uow, call.actor, body["record"], body["count"], book=body["book"], use_by=body["use_by"]
    )
    return _detail(call, block.id)


@calls.lookup(f"/number-blocks/<{ID}:block_id>", gives=schemas.BlockDetail)
def get_number_block(call: Call, block_id: int) -> dict[str, Any]:
    """One block with each of its numbers: its case, or why it has none."""
    return _detail(call, block_id)


@calls.command(f"/number-blocks/<{ID}:block_id>/void", takes=schemas.Void, gives=schemas.BlockDetail)
def void_number_block(call: Call, body: dict[str, Any], block_id: int) -> dict[str, Any]:
    """Declare numbers void with a reason: those named, or all that are still blank."""
    paper_numbers.void(call.runtime, call.uow, call.actor, block_id, body["reason"], body["numbers"])
    return _detail(call, block_id)


def _detail(call: Call, block_id: int) -> dict[str, Any]:
    block = queries.find(call.uow, call.actor, block_id)
    return {**dataclasses.asdict(block), "numbers": list(queries.numbers(call.uow, block_id))}
