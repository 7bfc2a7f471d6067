"""What stands in a form when it opens, and which values lists get."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from engine.forms import Form, FormTexts, indexed, initial, readonly_view, shown_above
from engine.model import JsonObject
from tests.engine.forms.form_builders import (
    FILES,
    MOMENT,
    MONEY,
    NOW,
    NUMBER,
    SIGNATURE,
    TEXT,
    UNIT,
    YES_NO,
    ZONE,
    Thing,
    choice,
    choices,
    form_of,
    rows,
    validate,
)


def opens_with(form: Form, context: JsonObject | None = None, me: Thing | None = None) -> JsonObject:
    return initial(form, context or {}, now=NOW, zone=ZONE, me=me)


def test_defaults_and_values_of_earlier_forms_are_filled_in() -> None:
    form = form_of(
        {
            "a": {**TEXT, "default": "x"},
            "b": {**TEXT, "ui:prefill": "first.b", "default": "y"},
            "c": NUMBER,
            "u": {**TEXT, "ui:prefill": "first.u"},
        }
    )
    assert opens_with(form) == {"a": "x", "b": "y", "c": None, "u": ""}
    assert opens_with(form, {"first": {"b": "z", "u": {"id": 1, "label": "A-1203"}}})["b"] == "z"
    assert opens_with(form, {"first": {"u": {"id": 1, "label": "A-1203"}}})["u"] == "A-1203"


def test_the_moment_and_the_person_are_filled_in() -> None:
    time = {"type": "string", "format": "time", "ui:prefill": "@now"}
    form = form_of(
        {
            "at": {**MOMENT, "ui:prefill": "@now"},
            "t": time,
            "d": {"type": "string", "format": "date", "ui:prefill": "@today"},
            "who": {"type": "object", "format": "person", "ui:prefill": "@me"},
            "name": {**TEXT, "ui:prefill": "@me"},
            "sign": {**SIGNATURE, "ui:prefill": "@me"},
        }
    )
    assert opens_with(form, me=Thing(2, "陳工")) == {
        "at": "2026-11-23T12:00:00+08:00",
        "t": "12:00",
        "d": "2026-11-23",
        "who": {"id": 2, "label": "陳工"},
        "name": "陳工",
        "sign": {"signer": "陳工"},
    }
    assert opens_with(form)["who"] is None


def test_a_form_that_comes_back_holds_what_was_filled_in_but_no_signature_and_no_old_moment() -> None:
    form = form_of({"a": {**TEXT, "default": "x"}, "at": {**MOMENT, "ui:prefill": "@now"}, "sign": SIGNATURE, "files": FILES})
    before = {
        "a": "typed",
        "at": "2020-01-01T00:00:00+08:00",
        "sign": {"file": 3, "signer": "王", "at": "…"},
        "files": [{"id": 2, "name": "帳單.pdf"}],
    }
    values = opens_with(form, {"example": before})
    assert values == {"a": "typed", "at": "2026-11-23T12:00:00+08:00", "sign": None, "files": [{"id": 2, "name": "帳單.pdf"}]}


def test_indexed_values_have_the_type_of_their_column() -> None:
    form = form_of(
        {
            "t": {**TEXT, "index": True},
            "n": {**NUMBER, "index": True},
            "m": {**MONEY, "index": True},
            "at": {**MOMENT, "index": True},
            "u": {**UNIT, "index": True},
            "y": {**YES_NO, "index": True},
            "c": {**choices("a", "b"), "index": True},
            "e": {**TEXT, "index": True},
            "no": TEXT,
        }
    )
    data = validate(form, {"t": "漏水", "n": 2, "m": "3.5", "at": "2026-11-23T09:00", "u": 1, "y": True, "c": ["a", "b"], "no": "x"})
    assert indexed(form, data) == {
        "example.t": "漏水",
        "example.n": Decimal(2),
        "example.m": Decimal("3.50"),
        "example.at": datetime.fromisoformat("2026-11-23T09:00:00+08:00"),
        "example.u": "A-1203",
        "example.y": "true",
        "example.c": "a b",
    }


def test_what_stands_above_a_form_is_worded_by_the_form_that_holds_it() -> None:
    registration = form_of(
        {"kind": {**choice("urgent"), "title": "類別"}, "unit": {**UNIT, "title": "某單元"}, "docs": FILES, "at": MOMENT},
        key="registration",
    )
    shown: list[Any] = [
        "registration.kind",
        {"path": "registration.unit", "title": "地點"},
        "registration.unit.label",
        "registration.docs",
        "registration.at",
        "nowhere.x",
    ]
    form = form_of({"a": TEXT}, **{"ui:show": shown})
    data = {
        "registration": {
            "kind": "urgent",
            "unit": {"id": 1, "label": "A-1203"},
            "docs": [{"id": 2, "name": "帳單.pdf"}],
            "at": "2026-11-23T01:00:00+00:00",
        }
    }
    values = shown_above(
        form, data, {"registration": registration}, FormTexts("en", {"類別": "Class", "URGENT": "Urgent", "地點": "Place"})
    )
    assert [(value.label, value.text) for value in values] == [
        ("Class", "Urgent"),
        ("Place", "A-1203"),
        ("某單元", "A-1203"),
        ("docs", "帳單.pdf"),
        ("at", "2026-11-23 09:00"),
    ]
    assert values[3].files == ({"id": 2, "name": "帳單.pdf"},)


def test_reading_shows_only_what_holds_something() -> None:
    form = form_of(
        {"a": TEXT, "b": TEXT, "y": YES_NO, "t": rows({"m": MONEY}), "n": {**NUMBER, "ui:unit": "m²"}},
        **{"ui:layout": [{"title": "一", "fields": ["a"]}, {"title": "二", "fields": ["b"]}]},
    )
    view = readonly_view(form, validate(form, {"b": "x", "t": [{"m": "1234.5"}], "n": 3}), FormTexts())
    assert [(group.title, [(field.name, field.text) for field in group.fields]) for group in view.groups] == [
        ("二", [("b", "x")]),
        ("", [("y", "否"), ("t", "1 行"), ("n", "3 m²")]),
    ]
    assert view.groups[1].fields[1].rows[0][0].text == "1,234.50"


def test_a_table_takes_over_only_the_columns_that_it_has() -> None:
    """Another table knew more of each row: what this one has no column for is left behind, and what it alone has starts empty."""
    form = form_of({"people": {**rows({"name": TEXT, "trade": TEXT}), "ui:prefill": "first.people"}})
    earlier = [{"name": "周國強", "id_number": "3301"}, {"name": "吳大勇", "trade": "焊工", "photo": [7]}]
    assert opens_with(form, {"first": {"people": earlier}})["people"] == [{"name": "周國強"}, {"name": "吳大勇", "trade": "焊工"}]
    assert opens_with(form, {"first": {"people": []}})["people"] == []
    assert opens_with(form)["people"] == []
