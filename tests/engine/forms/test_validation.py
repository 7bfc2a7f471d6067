"""Validation: what the data holds afterwards, and what is refused with which rule, at which field, in whose language."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import DataNotStorableError, FormInvalidError, TooLargeError
from engine.i18n import describe_field_error
from tests.engine.forms.form_builders import (
    FILES,
    MOMENT,
    MONEY,
    NUMBER,
    PHOTOS,
    SIGNATURE,
    TEXT,
    UNIT,
    YES_NO,
    Thing,
    choice,
    choices,
    errors_of,
    form_of,
    rows,
    validate,
)

LONG = {"type": "string", "ui:widget": "textarea"}
DATE = {"type": "string", "format": "date"}
TIME = {"type": "string", "format": "time"}
INTEGER = {"type": "integer"}


@pytest.mark.parametrize(
    ("field", "given", "held"),
    [
        (TEXT, "  漏水 ", "漏水"),
        (LONG, "a\r\nb", "a\nb"),
        (NUMBER, 2.5, 2.5),
        (NUMBER, 0, 0),
        (INTEGER, 3.0, 3),
        (MONEY, "120.5", "120.50"),
        (MONEY, 120.5, "120.50"),
        (MONEY, 7, "7.00"),
        (MONEY, "0", "0.00"),
        ({**MONEY, "minimum": -9}, "-0", "0.00"),
        (DATE, "2026-11-23", "2026-11-23"),
        (TIME, "09:30:15", "09:30"),
        (MOMENT, "2026-11-23T09:30", "2026-11-23T09:30:00+08:00"),
        (MOMENT, "2026-11-23T01:30:00Z", "2026-11-23T09:30:00+08:00"),
        (choice("a", "b"), "b", "b"),
        (choices("a", "b", "c"), ["c", "a", "c"], ["a", "c"]),
        (YES_NO, False, False),
        (UNIT, 1, {"id": 1, "label": "A-1203"}),
        (UNIT, "A-1203", {"id": 1, "label": "A-1203"}),
        (UNIT, {"id": 1, "label": "old"}, {"id": 1, "label": "A-1203"}),
        (PHOTOS, [{"id": 1}, 1], [{"id": 1, "name": "photo.jpg"}]),
        (FILES, [2], [{"id": 2, "name": "帳單.pdf"}]),
        (SIGNATURE, {"file": 3, "signer": " 王小明 "}, {"file": 3, "signer": "王小明", "at": "2026-11-23T12:00:00+08:00"}),
        (rows({"n": NUMBER}), [{"n": 1}, {}], [{"n": 1}, {"n": None}]),
    ],
)
def test_values_are_held_in_one_form_and_stay_so(field: dict[str, Any], given: Any, held: Any) -> None:
    form = form_of({"a": field})
    cleaned = validate(form, {"a": given})
    assert cleaned == {"a": held}
    assert validate(form, cleaned) == cleaned


@pytest.mark.parametrize(
    ("field", "empty"),
    [
        (TEXT, ""),
        (MONEY, ""),
        (DATE, ""),
        (choice("a"), ""),
        (NUMBER, None),
        (INTEGER, None),
        (YES_NO, False),
        (UNIT, None),
        (SIGNATURE, None),
        (PHOTOS, []),
        (choices("a"), []),
        (rows({"n": NUMBER}), []),
    ],
)
def test_every_field_is_in_the_data_even_when_it_is_empty(field: dict[str, Any], empty: Any) -> None:
    form = form_of({"a": field})
    for nothing in ({}, {"a": None}, {"a": ""}, {"a": []}):
        assert validate(form, nothing) == {"a": empty}
    assert errors_of(form_of({"a": field}, required=["a"]), {}) == {"a": "required"}


@pytest.mark.parametrize(
    ("field", "given", "rule"),
    [
        (TEXT, 3, "type"),
        (TEXT, "a\nb", "one_line"),
        (TEXT, "a\x00", "characters"),
        (LONG, "\x1b", "characters"),
        (TEXT, "x" * 201, "maxLength"),
        (LONG, "x" * 4001, "maxLength"),
        ({**TEXT, "minLength": 3}, "ab", "minLength"),
        ({**TEXT, "pattern": "^[0-9]+$"}, "12a", "pattern"),
        ({**TEXT, "format": "email"}, "a@b", "email"),
        ({**TEXT, "format": "phone"}, "call me", "phone"),
        (NUMBER, "3", "number"),
        (NUMBER, True, "number"),
        (NUMBER, 1e300, "number"),
        ({**NUMBER, "minimum": 1}, 0, "minimum"),
        ({**NUMBER, "maximum": 1}, 2, "maximum"),
        ({**NUMBER, "exclusiveMinimum": 0}, 0, "exclusiveMinimum"),
        ({**NUMBER, "exclusiveMaximum": 1}, 1, "exclusiveMaximum"),
        ({**NUMBER, "multipleOf": 0.5}, 0.7, "multipleOf"),
        (INTEGER, 1.5, "integer"),
        (MONEY, "1.234", "money"),
        (MONEY, "abc", "money"),
        (MONEY, "1e5", "money"),
        (MONEY, "-1", "minimum"),
        ({**MONEY, "maximum": 5}, "5.01", "maximum"),
        (MONEY, "1,000", "money"),
        (MONEY, "９", "money"),
        (DATE, "2026-13-01", "date"),
        (DATE, 3, "date"),
        (TIME, "25:00", "time"),
        (TIME, "9", "time"),
        (MOMENT, "yesterday", "date_time"),
        (MOMENT, "2026-11-23", None),
        ({**MOMENT, "ui:not_future": True}, "2026-11-23T12:01", "not_future"),
        (choice("a"), "b", "choice"),
        (choice("a"), ["a"], "choice"),
        (choices("a"), ["a", "z"], "choice"),
        (choices("a"), "a", "choice"),
        ({**choices("a", "b"), "minItems": 2}, ["a"], "minItems"),
        (choices("a"), [["a"]], "choice"),
        (YES_NO, "true", "yes_no"),
        (YES_NO, 1, "yes_no"),
        ({**YES_NO, "const": True}, False, "const"),
        ({**YES_NO, "const": True}, None, "required"),
        (UNIT, 99, "reference"),
        (UNIT, "Z-1", "reference"),
        (UNIT, ["x"], "reference"),
        (UNIT, {"x": 1}, "reference"),
        (UNIT, True, "reference"),
        (UNIT, "x" * 300, "reference"),
        (PHOTOS, [2], "photo"),
        (PHOTOS, [99], "file"),
        (PHOTOS, "1", "files"),
        (PHOTOS, [{"id": "1"}], "file"),
        (FILES, [2**62], "file"),
        ({**PHOTOS, "maxItems": 1}, [1, 4], "maxItems"),
        ({**PHOTOS, "minItems": 2}, [1], "minItems"),
        (SIGNATURE, {"signer": "王"}, "signature_missing"),
        (SIGNATURE, {"file": 3}, "signer"),
        (SIGNATURE, {"file": 1, "signer": "王"}, "signature"),
        (SIGNATURE, {"file": 99, "signer": "王"}, "file"),
        (SIGNATURE, "x", "signature"),
        (SIGNATURE, {"file": 3, "signer": "王", "evil": 1}, "signature"),
        (SIGNATURE, {"image": "data:", "signer": "王"}, "signature"),
        (rows({"n": NUMBER}), {"n": 1}, "rows"),
        (rows({"n": NUMBER}), [1], "rows"),
        (rows({"n": NUMBER}, maxItems=1), [{}, {}], "maxItems"),
    ],
)
def test_what_a_field_does_not_take_is_refused_with_its_rule(field: dict[str, Any], given: Any, rule: str | None) -> None:
    assert errors_of(form_of({"a": field}), {"a": given}) == ({} if rule is None else {"a": rule})


def test_an_unknown_field_is_refused_also_in_a_row() -> None:
    form = form_of({"a": TEXT, "t": rows({"n": NUMBER})})
    assert errors_of(form, {"a": "x", "b": 1, "_": {}, "typename": "x", "t": [{"n": 1, "m": 2}]}) == {
        "b": "unknown_field",
        "_": "unknown_field",
        "typename": "unknown_field",
        "t.0.m": "unknown_field",
    }


def test_errors_stand_in_the_order_of_the_form_and_name_cells() -> None:
    form = form_of({"a": TEXT, "t": rows({"n": NUMBER, "m": TEXT}, ["n"]), "z": TEXT}, required=["a", "z"])
    assert list(errors_of(form, {"t": [{"n": 1}, {"m": "x"}, {"n": "x"}]})) == ["a", "t.1.n", "t.2.n", "z"]


def test_an_error_names_the_field_in_the_readers_language() -> None:
    form = form_of({"phone": {"type": "string", "title": "聯絡電話", "maxLength": 3}})
    with pytest.raises(FormInvalidError) as caught:
        validate(form, {"phone": "12345"})
    error = caught.value.errors[0]
    assert describe_field_error(error, "zh-Hant") == "「聯絡電話」最多 3 個字。"
    assert describe_field_error(error, "zh-Hans") == "「联络电话」最多 3 个字。"
    assert describe_field_error(error, "en", {"聯絡電話": "Phone"}) == "“Phone” takes at most 3 characters."


def test_a_patterns_own_message_is_said() -> None:
    form = form_of({"a": {**TEXT, "pattern": "^x", "ui:pattern_message": "須以 x 開頭。"}})
    with pytest.raises(FormInvalidError) as caught:
        validate(form, {"a": "y"})
    assert caught.value.errors[0].sentence == "須以 x 開頭。"


def test_a_hidden_field_is_not_required_and_what_it_held_is_dropped() -> None:
    form = form_of({"charged": YES_NO, "fee": {**MONEY, "ui:show_if": {"field": "charged", "equals": True}}}, required=["fee"])
    assert validate(form, {"charged": False, "fee": "9"}) == {"charged": False, "fee": ""}
    assert errors_of(form, {"charged": True}) == {"fee": "required"}


def test_a_condition_on_a_hidden_field_sees_it_empty() -> None:
    form = form_of(
        {
            "c": {**TEXT, "ui:show_if": {"field": "b", "not_empty": True}},
            "b": {**TEXT, "ui:show_if": {"field": "a", "equals": True}},
            "a": YES_NO,
        }
    )
    assert validate(form, {"a": False, "b": "x", "c": "y"}) == {"c": "", "b": "", "a": False}


def test_a_condition_may_look_at_the_cases_data_and_combine() -> None:
    condition = {"all": [{"data": "registration.kind", "in": ["urgent", "small"]}, {"not": {"field": "a", "not_empty": True}}]}
    form = form_of({"a": TEXT, "b": {**TEXT, "ui:show_if": condition}}, required=["b"])
    assert errors_of(form, {}, {"registration": {"kind": "urgent"}}) == {"b": "required"}
    assert errors_of(form, {"a": "x"}, {"registration": {"kind": "urgent"}}) == {}
    assert errors_of(form, {}, {"registration": {"kind": "other"}}) == {}


def test_several_choices_meet_a_condition_by_any_of_them() -> None:
    form = form_of({"a": choices("x", "y"), "b": {**TEXT, "ui:show_if": {"any": [{"field": "a", "equals": "y"}]}}}, required=["b"])
    assert errors_of(form, {"a": ["x"]}) == {}
    assert errors_of(form, {"a": ["x", "y"]}) == {"b": "required"}


def test_yes_is_not_one() -> None:
    form = form_of({"n": NUMBER, "b": {**TEXT, "ui:show_if": {"field": "n", "equals": True}}}, required=["b"])
    assert errors_of(form, {"n": 1}) == {}


def test_computed_fields_are_the_servers() -> None:
    table = rows({"quantity": NUMBER, "price": MONEY, "amount": {**MONEY, "ui:compute": "quantity * price"}})
    form = form_of({"total": {**MONEY, "ui:compute": "labour + sum(lines.amount)"}, "labour": MONEY, "lines": table})
    sent = {"labour": "10", "total": "999", "lines": [{"quantity": 3, "price": "0.10", "amount": "7"}, {"quantity": 2.5}]}
    assert validate(form, sent) == {
        "total": "10.30",
        "labour": "10.00",
        "lines": [{"quantity": 3, "price": "0.10", "amount": "0.30"}, {"quantity": 2.5, "price": "", "amount": "0.00"}],
    }


@pytest.mark.parametrize(
    ("field", "expression", "held"),
    [
        ({"type": "number"}, "7 / 2", 3.5),
        ({"type": "number"}, "1 / 0", None),
        ({"type": "integer"}, "7 / 2", 4),
        (YES_NO, "a == 'x'", True),
        (TEXT, "'k' if a else ''", "k"),
        (MONEY, "1 / 3", "0.33"),
        (MONEY, "'x'", ""),
        (MONEY, "999999999999 * 999999999999", ""),
    ],
)
def test_a_computed_value_has_its_fields_type(field: dict[str, Any], expression: str, held: Any) -> None:
    assert validate(form_of({"a": TEXT, "c": {**field, "ui:compute": expression}}), {"a": "x"})["c"] == held


def test_a_check_across_fields_is_made_when_all_of_them_are_filled() -> None:
    check = {"that": "finished >= arrived", "field": "finished", "message": "完工不能早於到場。"}
    form = form_of({"arrived": MOMENT, "finished": MOMENT}, **{"ui:check": [check]})
    assert errors_of(form, {"arrived": "2026-11-23T10:00", "finished": "2026-11-23T09:00"}) == {"finished": "check"}
    assert errors_of(form, {"arrived": "2026-11-23T10:00+08:00", "finished": "2026-11-23T10:00"}) == {}
    assert errors_of(form, {"finished": "2026-11-23T09:00"}) == {}


def test_a_check_may_look_at_the_cases_data() -> None:
    form = form_of({"at": MOMENT}, **{"ui:check": [{"that": "at >= data.earlier.at", "field": "at", "message": "太早"}]})
    assert errors_of(form, {"at": "2026-11-23T10:00"}, {"earlier": {"at": "2026-11-23T10:30:00+08:00"}}) == {"at": "check"}
    assert errors_of(form, {"at": "2026-11-23T10:00"}) == {}


def test_a_read_only_field_is_taken_from_the_case_whatever_is_sent() -> None:
    form = form_of(
        {
            "phone": {**TEXT, "ui:prefill": "registration.phone", "readOnly": True},
            "who": {"type": "object", "format": "person", "ui:prefill": "@me", "readOnly": True},
        },
        required=["phone"],
    )
    context = {"registration": {"phone": "123"}}
    assert validate(form, {"phone": "evil"}, context, me=Thing(2, "陳工")) == {"phone": "123", "who": {"id": 2, "label": "陳工"}}
    assert validate(form, {}) == {"phone": "", "who": None}


@pytest.mark.parametrize("submitted", [[], "x", None, {"a": float("nan")}, {"a": "\ud800"}, {"a": object()}, {1: 2}])
def test_what_is_no_json_object_is_refused(submitted: Any) -> None:
    with pytest.raises((DataNotStorableError, FormInvalidError)):
        validate(form_of({"a": {**NUMBER}}), submitted)


def test_nesting_without_end_is_refused() -> None:
    deep: Any = []
    for _ in range(2_000):
        deep = [deep]
    with pytest.raises(DataNotStorableError):
        validate(form_of({"a": TEXT}), {"a": deep})


def test_an_oversized_submission_is_refused_before_anything_is_looked_at() -> None:
    with pytest.raises(TooLargeError):
        validate(form_of({"a": TEXT}), {"a": "x" * 300_000})
    with pytest.raises(TooLargeError):
        validate(form_of({"a": TEXT}), {"a": "x" * 200}, max_bytes=100)


def test_a_designers_pattern_cannot_hang_the_server() -> None:
    form = form_of({"a": {**TEXT, "pattern": "^(a+)+$"}})
    assert errors_of(form, {"a": "a" * 190 + "!"}) == {"a": "pattern"}
