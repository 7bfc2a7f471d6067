"""Loading a form: what is written right is read, what is not is refused with its place."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.forms import FieldKind, FormDefinitionError, form_messages, load_form
from engine.forms.paths import unknown_paths
from tests.engine.forms.form_builders import MONEY, NUMBER, SIGNATURE, TEXT, choice, choices, form_of, rows

ROOT = Path(__file__).parents[3]


def refusal(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    with pytest.raises(FormDefinitionError) as caught:
        form_of(properties, **more)
    return caught.value.data


def documented() -> bytes:
    text = (ROOT / "diagrams" / "how-to" / "forms.md").read_text("utf-8")
    return re.findall(r"```json\n(\{\n.*?)```", text, re.DOTALL)[-1].encode()


def test_the_documented_example_is_a_form() -> None:
    form = load_form(documented(), "completion")
    assert form.title == "完工記錄"
    assert [field.kind for field in form.fields[:5]] == [
        FieldKind.DATE_TIME,
        FieldKind.DATE_TIME,
        FieldKind.LONG_TEXT,
        FieldKind.PHOTOS,
        FieldKind.YES_NO,
    ]
    assert form.shown[2].title == "聯絡電話"


@pytest.mark.parametrize("path", sorted(ROOT.glob("bpmn/*/forms/*.json")), ids=lambda path: f"{path.parts[-3]}/{path.stem}")
def test_our_own_forms_load_and_refer_to_what_is_there(path: Path) -> None:
    siblings = {entry.stem: load_form(entry.read_bytes(), entry.stem) for entry in path.parent.glob("*.json")}
    assert list(unknown_paths(siblings[path.stem], siblings)) == []


def test_fields_that_no_group_names_follow_in_a_last_group() -> None:
    form = form_of({"a": TEXT, "b": TEXT, "c": TEXT}, **{"ui:layout": [{"title": "一", "fields": ["b"]}]})
    assert [(group.title, group.fields) for group in form.layout] == [("一", ("b",)), ("", ("a", "c"))]


def test_every_text_of_a_form_is_a_message() -> None:
    fields = {"a": {**choice("x"), "description": "說明"}, "d": {**TEXT, "default": "預設"}, "t": rows({"c": {**NUMBER, "ui:unit": "米"}})}
    form = form_of(fields, description="開頭")
    assert {"示例", "開頭", "a", "說明", "X", "預設", "t", "c", "米"} <= set(form_messages(form))


@pytest.mark.parametrize("name", ["typename", "_secret", "Data", "data", "a-b", "class", "sum", "true", "數量", "", "a" * 61, "__proto__"])
def test_names_that_could_be_mistaken_are_refused(name: str) -> None:
    refusal({name: TEXT})


@pytest.mark.parametrize(
    ("field", "place"),
    [
        ({"type": "string", "minimum": 3}, "minimum"),
        ({"type": "integer", "format": "money"}, "a"),
        ({"type": "object"}, "a"),
        ({**TEXT, "ui:widht": "half"}, "ui:widht"),
        ({**TEXT, "ui:width": "wide"}, "ui:width"),
        ({**TEXT, "pattern": "("}, "pattern"),
        ({**TEXT, "maxLength": "9"}, "maxLength"),
        ({**TEXT, "maxLength": -1}, "maxLength"),
        ({**NUMBER, "multipleOf": 0}, "multipleOf"),
        ({**NUMBER, "minimum": 3, "maximum": 2}, "minimum"),
        ({**TEXT, "ui:prefill": "@now"}, "ui:prefill"),
        ({**TEXT, "readOnly": True}, "readOnly"),
        ({**SIGNATURE, "index": True}, "index"),
        ({**TEXT, "ui:compute": "x +"}, "ui:compute"),
        ({**TEXT, "ui:compute": "nobody"}, "nobody"),
        ({**TEXT, "ui:show_if": {"field": "nobody", "not_empty": True}}, "nobody"),
        ({**TEXT, "ui:show_if": {"field": "a"}}, "ui:show_if"),
        ({"type": "string", "oneOf": []}, "a"),
        ({"type": "string", "oneOf": [{"const": "x"}]}, "a"),
        (choice("x", "x"), "a"),
        ({"type": "boolean", "const": False}, "const"),
        ({**SIGNATURE, "ui:compute": "1"}, "ui:compute"),
        (rows({"s": SIGNATURE}), "s"),
        (rows({"r": rows({"x": TEXT})}), "r"),
        (rows({"x": {**TEXT, "index": True}}), "x"),
        (rows({"x": TEXT}, ["y"]), "y"),
        (rows({"x": {**NUMBER, "ui:compute": "1"}, "y": {**NUMBER, "ui:compute": "x"}}), "ui:compute"),
        ({**TEXT, "title": ""}, "title"),
        ("text", "a"),
    ],
)
def test_a_slip_in_a_field_is_refused_with_its_place(field: Any, place: str) -> None:
    properties = {"a": field if isinstance(field, str) else {"title": "a", **field}}
    with pytest.raises(FormDefinitionError) as caught:
        load_form(orjson.dumps({"title": "示例", "type": "object", "properties": properties}), "example")
    assert place in caught.value.data["path"].split(".")[-1]


@pytest.mark.parametrize(
    ("more", "place"),
    [
        ({"required": ["nobody"]}, "required.nobody"),
        ({"ui:layout": [{"fields": ["a", "a"]}]}, "ui:layout.0.a"),
        ({"ui:layout": [{"fields": ["z"]}]}, "ui:layout.0.z"),
        ({"ui:show": ["no path"]}, "ui:show.0"),
        ({"ui:check": [{"that": "a"}]}, "ui:check.0"),
        ({"additionalProperties": True}, "additionalProperties"),
        ({"ui:check": [{"that": "a ==", "field": "a", "message": "不對"}]}, "ui:check.0.that"),
        ({"title": ""}, "title"),
        ({"type": "array"}, "type"),
    ],
)
def test_a_slip_in_the_form_is_refused_with_its_place(more: dict[str, Any], place: str) -> None:
    assert refusal({"a": TEXT}, **more)["path"] == place


def test_a_circle_of_conditions_or_calculations_is_refused() -> None:
    circle = {"a": {**NUMBER, "ui:compute": "b + 1"}, "b": {**NUMBER, "ui:compute": "a + 1"}}
    assert refusal(circle)["path"] in ("properties.a", "properties.b")
    refusal({"a": {**TEXT, "ui:show_if": {"field": "a", "not_empty": True}}})
    refusal({"t": rows({"x": {**NUMBER, "ui:compute": "total"}}), "total": {**NUMBER, "ui:compute": "sum(t.x)"}})


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[]", b'{"type": "object"}', b"\xff\xfe", b'{"type":"object","title":"x","properties":{}}', b"null"]
)
def test_what_is_no_form_at_all_is_refused(raw: bytes) -> None:
    with pytest.raises(FormDefinitionError):
        load_form(raw, "example")


def test_an_oversized_form_is_refused() -> None:
    with pytest.raises(FormDefinitionError):
        load_form(b" " * 200_001, "example")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "type",
                        "format",
                        "title",
                        "items",
                        "oneOf",
                        "properties",
                        "required",
                        "minimum",
                        "ui:show_if",
                        "ui:compute",
                        "field",
                        "equals",
                        "all",
                        "string",
                    ]
                ),
                inner,
                max_size=5,
            )
        ),
        max_leaves=20,
    )
)
def test_no_json_makes_loading_fail_in_another_way(field: Any) -> None:
    raw = orjson.dumps({"title": "示例", "type": "object", "properties": {"a": field}, "ui:layout": field})
    for body in (
        raw,
        orjson.dumps(
            {"title": "示例", "type": "object", "properties": {"a": {"title": "a", **(field if isinstance(field, dict) else {})}}}
        ),
    ):
        try:
            load_form(body, "example")
        except FormDefinitionError as error:
            assert error.data["path"]  # noqa: PT017 - the error's content is the point


def test_money_is_not_negative_unless_the_form_says_so() -> None:
    assert form_of({"a": MONEY}).fields[0].limits["minimum"] == 0
    assert form_of({"a": {**MONEY, "minimum": -5}}).fields[0].limits["minimum"] == -5


def test_short_lists_of_choices_are_buttons() -> None:
    form = form_of(
        {"few": choice(*"abc"), "many": choice(*"abcdefg"), "said": {**choice(*"abc"), "ui:widget": "select"}, "m": choices("x")}
    )
    assert [field.as_radio for field in form.fields] == [True, False, False, False]
