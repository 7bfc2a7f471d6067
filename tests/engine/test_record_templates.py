"""Record templates: what may stand in one, and that nothing else gets through."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.forms import load_form
from engine.record_printing import unknown_paths
from engine.record_templates import RecordTemplateError, load_template
from tests.engine.forms.form_builders import MONEY, PHOTOS, SIGNATURE, TEXT, choice, form_of, rows

ROOT = Path(__file__).parents[2]


def load(inside: str) -> list[object]:
    return list(load_template(f"<article>{inside}</article>".encode(), "slip").parts)


def test_the_documented_example_is_a_template_of_the_documented_form() -> None:
    records, forms = ((ROOT / "diagrams" / "how-to" / name).read_text("utf-8") for name in ("records.md", "forms.md"))
    template = load_template(re.findall(r"```html\n(.*?)```", records, re.DOTALL)[-1].encode(), "repair_slip")
    form = load_form(re.findall(r"```json\n(\{\n.*?)```", forms, re.DOTALL)[-1].encode(), "completion")
    assert list(unknown_paths(template, {"completion": form})) == []
    assert "報修單" in template.messages()


@pytest.mark.parametrize("path", sorted(ROOT.glob("bpmn/*/records/*.html")), ids=lambda path: path.stem)
def test_our_own_records_load_and_print_what_is_there(path: Path) -> None:
    forms = {entry.stem: load_form(entry.read_bytes(), entry.stem) for entry in (path.parent.parent / "forms").glob("*.json")}
    assert list(unknown_paths(load_template(path.read_bytes(), path.stem), forms)) == []


@pytest.mark.parametrize(
    "inside",
    [
        "<script>x</script>",
        "<p onclick='x'>a</p>",
        "<p style='x'>a</p>",
        "<a href='http://x'>a</a>",
        "<img src='x'/>",
        "<iframe/>",
        "<style>x</style>",
        "<p class='btn'>a</p>",
        "<td colspan='0'>x</td>",
        "<td colspan='1; x'>x</td>",
        "<svg xmlns='http://www.w3.org/2000/svg'/>",
        "<x:p xmlns:x='y'/>",
        "&nbsp;",
        "<p>open",
        "<br>x</br>",
        "<p id='{{a}}'/>",
        "<p class='{{a.b}}'/>",
        "{{#a.b}}<p>{{/a.b}}</p>",
        "{{#a.b}}",
        "{{/a.b}}",
        "{{#a.b}}{{#c.d}}{{/a.b}}{{/c.d}}",
        "{{a",
        "}}",
        "{{shout a.b}}",
        "{{a b c}}",
        "{{}}",
        "{{a..b}}",
        "{{a.__class__()}}",
        "{{a['b']}}",
        "<object/>",
        "<form/>",
    ],
)
def test_what_is_not_on_the_list_is_refused(inside: str) -> None:
    with pytest.raises(RecordTemplateError):
        load(inside)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"<p>x</p>",
        b"plain",
        b"<!DOCTYPE article [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><article>&x;</article>",
        b"<!doctype html><article/>",
        b"\xff\xfe<",
        b"<article>" + b"x" * 200_000 + b"</article>",
        b"<article>" + b"<div>" * 50 + b"</div>" * 50 + b"</article>",
    ],
)
def test_a_file_that_is_no_template_is_refused(raw: bytes) -> None:
    with pytest.raises(RecordTemplateError):
        load_template(raw, "slip")


def test_a_refusal_names_its_line() -> None:
    with pytest.raises(RecordTemplateError) as caught:
        load_template(b"<article>\n<p>x</p>\n<blink>x</blink>\n</article>", "slip")
    assert (caught.value.data["line"], caught.value.data["name"]) == (3, "blink")


@given(st.text(alphabet="<>/{}#^! abc.\"'=&;@pdiv", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        load(text)
    except RecordTemplateError as error:
        assert error.data["line"] >= 1  # noqa: PT017 - the line is the point


def test_paths_that_lead_nowhere_are_found_with_their_line() -> None:
    form = form_of({"a": TEXT, "s": SIGNATURE, "p": PHOTOS, "c": choice("x"), "t": rows({"n": MONEY})}, key="done")
    good = (
        "{{done.a}}{{signature done.s}}{{image done.p}}{{choices done.c}}"
        "{{#done.t}}{{n}}{{@number}}{{done.a}}{{/done.t}}{{elsewhere.x}}{{record.number}}{{handler step}}{{case.title}}"
    )
    bad = [
        "{{done.b}}",
        "{{n}}",
        "{{#done.t}}{{m}}{{/done.t}}",
        "{{signature done.a}}",
        "{{image done.a}}",
        "{{choices done.a}}",
        "{{#done.x}}{{/done.x}}",
        "{{handler nobody}}",
        "{{^done.t}}{{n}}{{/done.t}}",
    ]

    def slips(inside: str) -> list[tuple[int, str]]:
        return list(unknown_paths(load_template(f"<article>{inside}</article>".encode(), "slip"), {"done": form}, frozenset({"step"})))

    assert slips(good) == []
    assert [len(slips(inside)) for inside in bad] == [1] * len(bad)
