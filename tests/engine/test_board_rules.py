"""A board's file: what it says, and which of its slips a deployment is told."""

from __future__ import annotations

import orjson
import pytest

from engine.board_rules import Board, BoardInvalidError, Surroundings, check_board, read_board
from engine.forms import load_form

HEAD = """
title = "看板"
roles = ["dispatcher"]
worker_role = "repair_worker"
unit = "call.unit"
class = "call.urgency"
limits = ["on_site"]
"""
ASSIGN = '[assign]\nelement = "assign_worker"\nfield = "worker"\n'
COLUMN = '[[column]]\nid = "open"\ntitle = "待派單"\nelements = ["assign_worker", "other/visit"]\n'
CALL = {"unit": {"type": "object", "format": "unit", "title": "單元", "index": True},
        "urgency": {"type": "string", "title": "等級", "index": True, "oneOf": [{"const": "urgent", "title": "急修"}]},
        "phone": {"type": "string", "title": "電話"}}  # fmt: skip
WORKER = {"worker": {"type": "object", "format": "person", "title": "維修人員"},
          "at": {"type": "string", "format": "date-time", "title": "時間", "ui:prefill": "@now"},
          "tools": {"type": "string", "title": "工具"}}  # fmt: skip


def board(text: str = HEAD + ASSIGN + COLUMN) -> Board:
    return read_board(text.encode(), "repair")


def told(text: str = HEAD + ASSIGN + COLUMN, required: tuple[str, ...] = ("worker", "at")) -> list[str]:
    assignment = {"title": "派單", "type": "object", "properties": WORKER, "required": required}
    forms = {
        "call": load_form(orjson.dumps({"title": "來電", "type": "object", "properties": CALL}), "call"),
        "assignment": load_form(orjson.dumps(assignment), "assignment"),
    }
    elements = {"repair": ["assign_worker", "check_in"], "other": ["visit"]}
    around = Surroundings(elements, {"assign_worker": "assignment"}, forms, ["on_site"], ["dispatcher", "repair_worker"])
    return [finding.source_text() for finding in check_board(board(text), around)]


def test_a_board_is_read() -> None:
    read = board()
    assert read.columns[0].elements == (("repair", "assign_worker"), ("other", "visit"))
    assert read.limit_ids == ("repair.on_site", "other.on_site")
    assert (read.column("open"), read.column("shut")) == (read.columns[0], None)
    assert list(read.messages()) == ["看板", "待派單"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("title = ", "TOML"),
        (HEAD + COLUMN, "[assign]"),
        (HEAD + ASSIGN, "[[column]]"),
        (HEAD.replace("title", "titel") + ASSIGN + COLUMN, "titel"),
        (HEAD.replace('["dispatcher"]', "[]") + ASSIGN + COLUMN, "roles"),
        (HEAD + ASSIGN + COLUMN + COLUMN, "重複"),
        (HEAD + ASSIGN + COLUMN.replace('"open"', '"Open"'), "小寫"),
        (HEAD + ASSIGN + COLUMN.replace('"待派單"', "1"), "title"),
    ],
)
def test_a_slip_in_the_file_is_told(text: str, expected: str) -> None:
    with pytest.raises(BoardInvalidError) as caught:
        board(text)
    assert any(expected in finding.source_text() for finding in caught.value.findings)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("other/visit", "other/call", "「other/call」不是流程的步驟"),
        ('"on_site"', '"on_moon"', "「on_moon」不是時限"),
        ('worker_role = "repair_worker"', 'worker_role = "gardener"', "沒有角色「gardener」"),
        ("call.unit", "call.phone", "「call.phone」不是任何表單的欄位，或沒有「index」"),
        ("call.urgency", "call.unit", "「call.unit」不是選項"),
        ('field = "worker"', 'field = "tools"', "「tools」不是該步驟表單的人員欄位"),
        ('element = "assign_worker"', 'element = "check_in"', "不是該步驟表單的人員欄位"),
    ],
)
def test_what_is_not_there_is_told(old: str, new: str, expected: str) -> None:
    assert told() == []
    assert any(expected in each for each in told((HEAD + ASSIGN + COLUMN).replace(old, new)))


def test_a_required_field_that_the_board_cannot_fill_is_told() -> None:
    assert told(required=("worker", "tools")) == ["看板不能代填必填欄位「tools」：請給預設值。"]
