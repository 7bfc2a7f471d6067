"""Boards for other programs: their figures and cards, giving work out and taking it back."""

from __future__ import annotations

import dataclasses
from typing import Any

from engine import boards
from engine.boards import OpenBoard
from engine.errors import NotFoundError
from engine.i18n import translate
from engine.permissions import require
from engine.queries import board as queries
from engine.queries.board import BoardFilters
from webui.api import board_schemas as schemas
from webui.api import views
from webui.api.calls import Call, Calls
from webui.api.people import person_id

calls = Calls("boards", "Dispatchers' boards", scope="steer")

_ONE = "/boards/<string(maxlength=120):key>"


@calls.lookup("/boards", gives=schemas.BoardList)
def list_boards(call: Call) -> dict[str, Any]:
    """The boards that the caller may open."""
    require(call.actor, "board:read")
    found = boards.listed(call.runtime, call.uow, call.actor)
    return {"items": [{"key": each.board.process_key, "title": _word(call, each, each.board.title)} for each in found]}


@calls.lookup(_ONE, query=schemas.BoardQuery, gives=schemas.BoardFigures)
def get_board(call: Call, query: dict[str, Any], key: str) -> dict[str, Any]:
    """A board's columns with their numbers, people with what they have, buildings with what is late."""
    opened, filters, now = _open(call, key), BoardFilters(**query), call.runtime.clock.now()
    counts = queries.counts(call.uow, call.actor, opened.board, filters, now)
    late_map = queries.late_map(call.uow, call.actor, opened.board, filters, now) if opened.board.unit else ()
    return {
        "key": key, "title": _word(call, opened, opened.board.title),
        "columns": [
            {"id": each.id, "title": _word(call, opened, each.title), **dataclasses.asdict(counts[each.id])}
            for each in opened.board.columns
        ],
        "workers": [dataclasses.asdict(each) for each in queries.workers(call.uow, call.actor, opened.board, filters.site_id, now)],
        "buildings": [dataclasses.asdict(each) for each in late_map],
    }


@calls.lookup(f"{_ONE}/columns/<string(maxlength=60):column>", query=schemas.CardQuery, gives=schemas.CardList)
def list_cards(call: Call, query: dict[str, Any], key: str, column: str) -> dict[str, Any]:
    """A column's cards, the most urgent first."""
    opened = _open(call, key)
    wanted = opened.board.column(column)
    if wanted is None:
        raise NotFoundError(kind="看板", id=f"{key}/{column}")
    after, limit = query.pop("after", None), query.pop("limit")
    page = queries.cards(call.uow, call.actor, opened.board, wanted, BoardFilters(**query), after=after, limit=limit)
    items = [
        {
            **{entry.name: getattr(card, entry.name) for entry in dataclasses.fields(card)},
            "process_instance_id": card.instance_id, "assignee": views.person(card.assignee_id, card.assignee_name),
        }
        for card in page.rows
    ]
    return {"items": items, "next": page.after}


@calls.command(f"{_ONE}/assign", takes=schemas.GiveWork, gives=schemas.Given)
def give_work(call: Call, body: dict[str, Any], key: str) -> dict[str, Any]:
    """Give a card's work to somebody; 409 names who was first. `undo` takes what this answers, for 30 seconds."""
    opened, worker = _open(call, key), person_id(call, body["worker"])
    done = boards.assign(call.runtime, call.uow, call.actor, opened.board, body["work_item_id"], worker)
    return {
        "work_item_id": done.work_item_id, "process_instance_id": done.instance_id,
        "worker": views.person(done.worker_id, done.worker_name), "history_seq": done.history_seq,
        "way": done.way, "before_id": done.before_id,
    }


@calls.command(f"{_ONE}/undo", takes=schemas.TakeBack, gives=schemas.TakenBack)
def take_work_back(call: Call, body: dict[str, Any], key: str) -> dict[str, Any]:
    """Take back what the caller gave a moment ago; 409 once anything has happened after it."""
    opened, case = _open(call, key), body["process_instance_id"]
    boards.undo(call.runtime, call.uow, call.actor, opened.board, case, body["history_seq"], body["way"], body["before_id"])
    return {"process_instance_id": case}


def _open(call: Call, key: str) -> OpenBoard:
    require(call.actor, "board:read")
    return boards.open_board(call.runtime, call.uow, call.actor, key)


def _word(call: Call, opened: OpenBoard, text: str) -> str:
    return translate(call.locale, text, opened.english)
