"""A page without scripts carries every form: what is drawn, and posted back as a browser posts it, is what was there."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import flask
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html
from werkzeug.datastructures import MultiDict

from engine import forms
from engine.errors import FieldError, FormInvalidError
from engine.forms import Form, FormTexts
from engine.model import JsonObject
from tests.engine.forms.form_builders import (
    FILES,
    MOMENT,
    MONEY,
    NUMBER,
    PHOTOS,
    SIGNATURE,
    TEXT,
    THINGS,
    UNIT,
    UPLOADS,
    YES_NO,
    ZONE,
    choice,
    choices,
    form_of,
    rows,
    validate,
)
from webui import display


@pytest.fixture(scope="module")
def app() -> flask.Flask:
    """Just enough of an application to draw forms."""
    from pathlib import Path

    made = flask.Flask("forms", template_folder=str(Path(__file__).parents[3] / "webui" / "templates"))
    display.register(made)
    made.jinja_env.globals.update(_=lambda text, **data: text.format(**data), asset=lambda name: f"/{name}", csrf_token=lambda: "x")
    made.add_url_rule("/files/<int:file_id>", "files.show")
    made.add_url_rule("/directory/search", "directory.search")
    return made


def drawn(app: flask.Flask, view: forms.FormView, macro: str = "draw_form") -> Any:
    source = '{% from "forms/form.html" import ' + macro + " with context %}<form>{{ " + macro + "(view) }}</form>"
    with app.test_request_context():
        return lxml_html.fromstring(flask.render_template_string(source, view=view))


def posted(page: Any) -> MultiDict[str, str]:
    """What a browser would send: the successful controls, in order."""
    sent: list[tuple[str, str]] = []
    for control in page.xpath(".//input[@name] | .//select[@name] | .//textarea[@name]"):
        if control.xpath("ancestor::template") or control.get("type") in ("file", "submit"):
            continue
        if control.get("type") in ("checkbox", "radio") and control.get("checked") is None:
            continue
        if control.tag == "textarea":
            # a browser drops the first line feed and sends CR LF
            sent.append((control.name, (control.text or "").removeprefix("\n").replace("\n", "\r\n")))
        elif control.tag == "select":
            chosen = control.xpath("option[@selected]/@value") or control.xpath("option/@value")[:1]
            sent.append((control.name, chosen[0]))
        else:
            sent.append((control.name, control.get("value", "")))
    return MultiDict(sent)


def round_trip(app: flask.Flask, form: Form, data: JsonObject, **options: Any) -> JsonObject:
    view = forms.edit_view(form, data, FormTexts(zone=ZONE), context={}, **options)
    return validate(form, forms.parse_html(form, posted(drawn(app, view))))


#: text that a field can hold: no control characters, no blanks at its ends
words = st.text(st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\u2028\u2029\x85"), max_size=30).map(str.strip)
lines = st.lists(words, max_size=3).map("\n".join).map(str.strip)
amounts = st.decimals(0, 10**9, places=2, allow_nan=False).map(lambda value: str(value.quantize(Decimal("0.01")) + 0))
floats = (
    st.floats(-1e6, 1e6, allow_nan=False).map(lambda value: round(value, 4)).map(lambda value: int(value) if value == int(value) else value)
)
references = st.sampled_from([None, *({"id": thing.id, "label": thing.label} for thing in THINGS.values())])
moments = (
    st.datetimes(timezones=st.just(ZONE), allow_imaginary=False)
    .filter(lambda value: 1950 < value.year < 2100)
    .map(lambda value: value.replace(microsecond=0).isoformat())
)

KINDS: dict[str, tuple[JsonObject, st.SearchStrategy[Any]]] = {
    "text": (TEXT, words),
    "long": ({"type": "string", "ui:widget": "textarea"}, lines),
    "number": (NUMBER, st.none() | floats),
    "integer": ({"type": "integer", "ui:unit": "件"}, st.none() | st.integers(-(10**9), 10**9)),
    "money": (MONEY, st.just("") | amounts),
    "date": ({"type": "string", "format": "date"}, st.just("") | st.dates().filter(lambda day: day.year > 999).map(str)),
    "time": ({"type": "string", "format": "time"}, st.just("") | st.times().map(lambda value: value.strftime("%H:%M"))),
    "moment": (MOMENT, st.just("") | moments),
    "radio": (choice("a", "b"), st.sampled_from(["", "a", "b"])),
    "select": (choice(*"abcdefg"), st.sampled_from(["", *"abcdefg"])),
    "several": (choices("a", "b", "c"), st.sets(st.sampled_from("abc")).map(sorted)),
    "tick": (YES_NO, st.booleans()),
    "unit": (UNIT, references),
    "photos": (
        PHOTOS,
        st.sampled_from([[], [{"id": 1, "name": "photo.jpg"}], [{"id": 1, "name": "photo.jpg"}, {"id": 4, "name": "other.png"}]]),
    ),
    "files": (FILES, st.sampled_from([[], [{"id": 2, "name": "帳單.pdf"}]])),
    "signed": (SIGNATURE, st.sampled_from([None, {"file": 3, "signer": "王小明", "at": "2026-11-23T12:00:00+08:00"}])),
}
COLUMNS = ["text", "number", "money", "select", "tick", "unit", "date", "radio", "photos", "several"]
TABLE = rows({f"c_{name}": KINDS[name][0] for name in COLUMNS})
some_rows = st.lists(
    st.fixed_dictionaries({f"c_{name}": KINDS[name][1] for name in COLUMNS}).filter(
        lambda row: any(value not in ("", None, [], False) for value in row.values())
    ),
    max_size=3,
)
EVERYTHING = form_of({**{f"f_{name}": field for name, (field, _) in KINDS.items()}, "table": TABLE})


@given(data=st.fixed_dictionaries({**{f"f_{name}": values for name, (_, values) in KINDS.items()}, "table": some_rows}))
@settings(max_examples=60, deadline=None)
def test_any_data_survives_being_drawn_and_posted(app: flask.Flask, data: JsonObject) -> None:
    assert round_trip(app, EVERYTHING, data) == data


@given(value=st.text(max_size=40))
@settings(max_examples=60, deadline=None)
def test_no_text_breaks_out_of_the_page(app: flask.Flask, value: str) -> None:
    form = form_of({"a": {**TEXT, "title": "題<b>", "description": "<i>"}, "b": {"type": "string", "ui:widget": "textarea"}})
    hostile = f'"><script>x</script>{value}</textarea><script>'
    page = drawn(app, forms.edit_view(form, {"a": hostile, "b": hostile}, FormTexts(), context={}))
    assert not page.xpath(".//script | .//b | .//i")
    assert not drawn(app, forms.readonly_view(form, {"a": hostile, "b": hostile}, FormTexts()), "draw_values").xpath(".//script")


def test_a_required_yes_or_no_must_be_answered_and_can_be(app: flask.Flask) -> None:
    form = form_of({"a": YES_NO}, required=["a"])
    assert round_trip(app, form, {"a": False}) == {"a": False}
    with pytest.raises(FormInvalidError):
        round_trip(app, form, {})


def test_a_person_is_chosen_from_a_list_where_there_is_one(app: flask.Flask) -> None:
    form = form_of({"who": {"type": "object", "format": "person", "ui:role": "repair_worker"}})
    page_options = [{"id": 2, "label": "陳工"}, {"id": 1, "label": "A-1203"}]
    for chosen in (None, {"id": 2, "label": "陳工"}):
        assert round_trip(app, form, {"who": chosen}, options=lambda _field: page_options) == {"who": chosen}


def test_what_was_typed_over_a_picked_unit_counts() -> None:
    form = form_of({"u": UNIT})
    typed = {"u": "A-1203", "u-id": "3", "u-label": "遠東貿易"}
    assert validate(form, forms.parse_html(form, typed)) == {"u": {"id": 1, "label": "A-1203"}}


def test_errors_stand_beside_their_fields_and_in_a_list_above(app: flask.Flask) -> None:
    form = form_of({"a": {**TEXT, "title": "甲"}, "t": rows({"n": {**NUMBER, "title": "乙"}}), "c": choice("x", "y")})
    errors = [FieldError(path, "required", "請填寫「{label}」。", {"label": path}) for path in ("a", "t.0.n", "c")]
    page = drawn(app, forms.edit_view(form, {"t": [{"n": 1}]}, FormTexts(), context={}, errors=errors))
    targets = page.xpath(".//*[@data-form-errors]//a/@href")
    assert [page.get_element_by_id(target[1:]).tag for target in targets] == ["input", "input", "fieldset"]
    field = page.xpath(".//input[@name='a']")[0]
    assert "is-invalid" in field.get("class")
    assert field.get("aria-invalid") == "true"
    assert page.get_element_by_id(field.get("aria-describedby").strip()).text_content() == "請填寫「a」。"


def test_every_input_has_a_name_for_readers(app: flask.Flask) -> None:
    page = drawn(app, forms.edit_view(EVERYTHING, {"table": [{}]}, FormTexts(), context={}))
    for control in page.xpath(".//input[not(@type='hidden')] | .//select | .//textarea"):
        labelled = control.get("aria-label") or control.xpath("ancestor::label") or page.xpath(f".//label[@for='{control.get('id')}']")
        assert labelled, lxml_html.tostring(control)
    ids = page.xpath(".//*[not(ancestor::template)]/@id")
    assert len(ids) == len(set(ids))


def test_a_page_has_no_inline_script_or_style(app: flask.Flask) -> None:
    page = drawn(app, forms.edit_view(EVERYTHING, {}, FormTexts(), context={}))
    assert not page.xpath(".//script | .//style | .//@style | .//@*[starts-with(name(), 'on')]")


def test_enter_submits_instead_of_removing_a_row(app: flask.Flask) -> None:
    page = drawn(app, forms.edit_view(EVERYTHING, {}, FormTexts(), context={}))
    assert page.xpath("(.//button)[1]/@type | (.//button)[1]/@name") == ["submit"]


def test_rows_are_added_and_removed_by_buttons() -> None:
    form = form_of({"t": rows({"n": TEXT, "m": TEXT})})
    sent = {"t-0-n": "a", "t-0-m": "", "t-3-n": "", "t-3-m": "", "t-12-n": "c", "t-12-m": "d"}
    submitted = forms.parse_html(form, sent)
    assert submitted == {"t": [{"n": "a", "m": ""}, {"n": "c", "m": "d"}]}
    assert forms.edit_rows(form, submitted, sent) is None
    assert forms.edit_rows(form, submitted, {**sent, "_add_row": "t"}) == {"t": [*submitted["t"], {}]}
    assert forms.edit_rows(form, submitted, {**sent, "_remove_row": "t-12"}) == {"t": [{"n": "a", "m": ""}, {"n": "", "m": ""}]}
    assert forms.edit_rows(form, submitted, {**sent, "_remove_row": "x-1"}) is None


def test_removing_a_row_keeps_the_files_of_the_others() -> None:
    form = form_of({"t": rows({"p": PHOTOS})})
    sent = {"t-0-p": ["1"], "t-1-p": ["4"], "_remove_row": ["t-0"]}
    assert forms.edit_rows(form, forms.parse_html(form, sent), sent) == {"t": [{"p": [{"id": 4}]}]}


def test_uploads_join_the_files_that_were_there() -> None:
    form = form_of({"p": PHOTOS, "t": rows({"q": FILES})})
    assert forms.parse_html(form, {"p": ["1"]}, {"p": [4], "t-2-q": [2]}) == {"p": [{"id": 1}, {"id": 4}], "t": [{"q": [{"id": 2}]}]}


def test_people_type_full_width_digits_and_thousands() -> None:
    form = form_of({"n": NUMBER, "m": MONEY, "d": {"type": "string", "format": "date"}})
    assert validate(form, forms.parse_html(form, {"n": "１，２００．５", "m": "1,200.5", "d": "２０２６-11-23"})) == {
        "n": 1200.5,
        "m": "1200.50",
        "d": "2026-11-23",
    }


@pytest.mark.parametrize("name", ["evil", "a-b", "t-0-evil", "t-x-n", "typename", "t-99999-n"])
def test_a_name_that_the_form_does_not_have_is_refused_and_not_ignored(name: str) -> None:
    form = form_of({"a": TEXT, "t": rows({"n": TEXT})})
    with pytest.raises(FormInvalidError) as caught:
        validate(form, forms.parse_html(form, {name: "x"}))
    assert [error.code for error in caught.value.errors] == ["unknown_field"]


def test_the_pages_own_names_are_left_out() -> None:
    form = form_of({"a": TEXT})
    assert forms.parse_html(form, {"csrf_token": "x", "_add_row": "y", "idempotency_key": "z", "a": "b"}) == {"a": "b"}


def hostile_posts() -> Iterator[dict[str, str]]:
    for name in (f"f_{kind}" for kind in KINDS):
        for value in ("", "x", "-1", "1e999", "NaN", "0x10", "٣", "\x00", "9" * 400, "null", "[]", "{}", "true", "../..", "1-2-3"):
            yield {
                name: value,
                f"{name}-id": value,
                f"{name}-label": value,
                f"{name}-image": value,
                f"{name}-file": value,
                f"table-0-c_{name[2:]}": value,
            }


@pytest.mark.parametrize("sent", list(hostile_posts()))
def test_no_post_makes_reading_fail(sent: dict[str, str]) -> None:
    try:
        validate(EVERYTHING, forms.parse_html(EVERYTHING, sent))
    except FormInvalidError as error:
        assert error.errors  # noqa: PT017 - which errors there are differs, that there are some is the point


@given(
    st.dictionaries(
        st.text(alphabet="ft_-0123456789abcdenumorid", max_size=14), st.lists(st.text(max_size=6), min_size=1, max_size=2), max_size=6
    )
)
def test_any_post_is_read_or_refused(sent: dict[str, list[str]]) -> None:
    try:
        validate(EVERYTHING, forms.parse_html(EVERYTHING, sent))
    except FormInvalidError as error:
        assert error.errors  # noqa: PT017


def test_files_of_a_refused_form_keep_their_names(app: flask.Flask) -> None:
    form = form_of({"f": FILES})
    page = drawn(app, forms.edit_view(form, {"f": [{"id": 2}, {"id": 99}, "x"]}, FormTexts(), context={}, file_info=UPLOADS.get))
    assert page.xpath(".//ul//a/text()") == ["帳單.pdf", "檔案"]


def test_a_read_only_table_is_drawn_to_be_read(app: flask.Flask) -> None:
    """Each row with its figures, none to fill in, no button for more; nothing of it is posted."""
    table = {**rows({"service": TEXT, "amount": MONEY}), "ui:prefill": "figures.lines", "readOnly": True}
    form = form_of({"lines": table})
    view = forms.edit_view(form, {"lines": [{"service": "清洗地毯", "amount": "1236.00"}]}, FormTexts(zone=ZONE), context={})
    page = drawn(app, view)
    assert [[cell.text_content().strip() for cell in row.xpath("td")] for row in page.xpath(".//tbody/tr")] == [["清洗地毯", "1,236.00"]]
    assert not page.xpath(".//*[@data-add-row or @data-remove-row]")
    assert not posted(page)
