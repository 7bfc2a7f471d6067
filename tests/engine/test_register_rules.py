"""A register's file: what it says, and which of its slips a deployment is told."""

from __future__ import annotations

import orjson
import pytest

from engine.forms import Form, load_form
from engine.register_rules import Path, RegisterInvalidError, Surroundings, check_register, read_register

COLUMN = '\n[[column]]\nid = "a"\nvalue = "call.unit"\n'


def form(key: str = "call", *, log: bool = False) -> Form:
    crew = {"type": "object", "properties": {"name": {"type": "string", "title": "姓名"}}, "required": []}
    properties = {
        "unit": {"type": "object", "format": "unit", "title": "單元", "index": True},
        "phone": {"type": "string", "title": "電話"},
        "cost": {"type": "string", "format": "money", "title": "費用", "index": True},
        "crew": {"type": "array", "title": "人員", "items": crew, "index": True},
        "other": {"type": "array", "title": "其他", "items": crew},
    }
    return load_form(orjson.dumps({"title": "來電", "type": "object", "properties": properties, "ui:log": log}), key)


def findings(text: str, **around: object) -> list[str]:
    forms = {"call": form(), "patrol": form("patrol", log=True)}
    known = {"forms": forms, "elements": ["take_call"], "limits": ["on_site"], "records": ["slip"]}
    register = read_register(f'title = "台帳"\n{text}'.encode(), "calls", "errand")
    return [finding.source_text() for finding in check_register(register, Surroundings(**{**known, **around}))]  # type: ignore[arg-type]


def test_a_register_is_read_with_its_defaults() -> None:
    register = read_register(f'title = "台帳"{COLUMN}'.encode(), "calls", "errand")
    assert (register.processes, register.rows, register.period) == (("errand",), "case", Path("case", "started_at"))
    assert register.columns[0].path == Path("call", "unit")
    assert list(register.messages()) == ["台帳"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("title = ", "TOML"),
        (f"{COLUMN}", "title"),
        ('title = "x"', "[[column]]"),
        (f'title = "x"\nnonsense = 1{COLUMN}', "nonsense"),
        (f'title = "x"{COLUMN}{COLUMN}', "重複"),
        (f'title = "x"\nsummary = ["b"]{COLUMN}', "summary"),
        (f'title = "x"{COLUMN}total = "yes"', "true"),
        ('title = "x"\n[[column]]\nid = "A"\nvalue = "call.unit"', "小寫"),
        ('title = "x"\n[[column]]\nid = "a"\nvalue = "call unit"', "路徑"),
    ],
)
def test_a_slip_in_the_file_is_told(text: str, expected: str) -> None:
    with pytest.raises(RegisterInvalidError) as caught:
        read_register(text.encode(), "calls", "errand")
    assert any(expected in finding.source_text() for finding in caught.value.findings)


@pytest.mark.parametrize(
    "value", ["call.unit", "case.number", "who.take_call", "when.take_call", "times.take_call", "limit.on_site", "minutes.on_site",
              "record.slip", "elsewhere.field"]
)  # fmt: skip
def test_what_exists_is_taken(value: str) -> None:
    assert findings(f'[[column]]\nid = "a"\nvalue = "{value}"') == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("call.nothing", "不是任何表單的欄位"),
        ("call.phone", "index"),
        ("call.crew", "不能列在台帳裡"),
        ("case.colour", "案件沒有"),
        ("who.nobody", "不是流程的步驟"),
        ("limit.never", "不是時限"),
        ("record.none", "不是單據"),
        ("row.name", "rows"),
    ],
)
def test_what_does_not_exist_is_told(value: str, expected: str) -> None:
    (told,) = findings(f'[[column]]\nid = "a"\nvalue = "{value}"')
    assert expected in told


def test_rows_may_be_lines_of_a_table_or_submissions_of_a_form_that_is_logged() -> None:
    assert findings('rows = "call.crew"\n[[column]]\nid = "a"\nvalue = "row.name"') == []
    assert findings('rows = "patrol"\n[[column]]\nid = "a"\nvalue = "row.phone"') == []
    assert "ui:log" in findings('rows = "call"\n[[column]]\nid = "a"\nvalue = "row.phone"')[0]
    assert "index" in findings('rows = "call.other"\n[[column]]\nid = "a"\nvalue = "row.name"')[0]
    assert "沒有「row.age」這一欄" in findings('rows = "call.crew"\n[[column]]\nid = "a"\nvalue = "row.age"')[0]


def test_only_numbers_are_totalled() -> None:
    assert findings('[[column]]\nid = "a"\nvalue = "call.cost"\ntotal = true') == []
    assert "合計" in findings('[[column]]\nid = "a"\nvalue = "call.unit"\ntotal = true')[0]


def test_roles_that_nobody_knows_are_told() -> None:
    assert "沒有角色「janitor」" in findings(f'roles = ["janitor"]{COLUMN}', roles=["manager"])[0]
