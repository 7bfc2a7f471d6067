"""Printed records: values as their forms word them, everything escaped, blanks where nothing is known."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as lxml_html

from engine.forms import FormTexts
from engine.model import JsonObject
from engine.record_printing import Handling, RecordFacts, page, render
from engine.record_templates import load_template
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
    choice,
    choices,
    form_of,
    rows,
)

FORM = form_of(
    {
        "a": {"type": "string", "ui:widget": "textarea"},
        "n": NUMBER,
        "m": MONEY,
        "u": UNIT,
        "y": YES_NO,
        "at": MOMENT,
        "c": choice("x", "z"),
        "cs": choices("x", "z"),
        "s": SIGNATURE,
        "p": PHOTOS,
        "f": FILES,
        "t": rows({"name": TEXT, "amount": MONEY, "p": PHOTOS}),
    },
    key="done",
)
AT = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)


def printed(inside: str, data: JsonObject | None = None, texts: FormTexts | None = None) -> str:
    facts = RecordFacts(
        {"done": data or {}},
        {"done": FORM},
        number="R202611-0001",
        issued_at=AT,
        site="第一園區",
        business_key="B1",
        title="A-1203 漏水",
        handlings={"repair": Handling("陳工", AT)},
    )
    template = load_template(f"<article>{inside}</article>".encode(), "slip")
    return (
        render(template, facts, texts or FormTexts(), lambda file_id: f"/files/{file_id}")
        .removeprefix("<article>")
        .removesuffix("</article>")
    )


@pytest.mark.parametrize(
    ("inside", "data", "text"),
    [
        ("{{done.a}}", {"a": "x\ny"}, "x<br>y"),
        ("{{done.a}}", {}, ""),
        ("{{done.n}}", {"n": 2.5}, "2.5"),
        ("{{done.m}}", {"m": "1234.50"}, "1,234.50"),
        ("{{done.u}}", {"u": {"id": 1, "label": "A-1203"}}, "A-1203"),
        ("{{done.u.label}}", {"u": {"id": 1, "label": "A-1203"}}, "A-1203"),
        ("{{done.y}}", {"y": False}, "否"),
        ("{{done.at}}", {"at": "2026-11-23T01:30:00+00:00"}, "2026-11-23 09:30"),
        ("{{date done.at}} {{time done.at}}", {"at": "2026-11-23T09:30:00+08:00"}, "2026-11-23 09:30"),
        ("{{done.c}}", {"c": "z"}, "Z"),
        ("{{done.cs}}", {"cs": ["x", "z"]}, "X、Z"),
        ("{{checkbox done.y}}", {"y": True}, "☑"),
        ("{{checkbox done.y}}", {}, "☐"),
        ("{{money done.m}}", {"m": "0"}, "0.00"),
        ("{{capital done.m}}", {"m": "1234.50"}, "壹仟貳佰叁拾肆元伍角整"),
        ("{{done.f}}", {"f": [{"id": 2, "name": "帳單.pdf"}]}, "帳單.pdf"),
        ("{{record.number}} {{record.issued_at}} {{record.site}}", {}, "R202611-0001 2026-11-23 09:30 第一園區"),
        ("{{case.business_key}} {{case.title}}", {}, "B1 A-1203 漏水"),
        ("{{handler repair}} {{handled_at repair}}{{handler nobody}}", {}, "陳工 2026-11-23 09:30"),
        ("{{! nothing }}", {}, ""),
        ("{{elsewhere.x}}", {}, ""),
        ("{{done.at}}", {"at": "odd"}, "odd"),
        ("{{money done.a}}", {"a": "odd"}, "odd"),
        ("{{#done.y}}yes{{/done.y}}{{^done.y}}no{{/done.y}}", {"y": True}, "yes"),
        ("{{#done.y}}yes{{/done.y}}{{^done.y}}no{{/done.y}}", {"y": False}, "no"),
        ("{{#done.a}}yes{{/done.a}}", {}, ""),
        ("{{#done.n}}yes{{/done.n}}", {"n": 0}, "yes"),
        (
            "{{#done.t}}{{@number}}{{name}}={{amount}};{{/done.t}}",
            {"t": [{"name": "a", "amount": "1.00"}, {"name": "b", "amount": ""}]},
            "1a=1.00;2b=;",
        ),
        ("{{^done.t}}none{{/done.t}}", {"t": []}, "none"),
        ("{{#done.t}}{{done.n}}{{/done.t}}", {"n": 7, "t": [{}, {}]}, "77"),
        ("{{@number}}", {}, ""),
        ("{{done.t.0.name}}", {"t": [{"name": "a"}]}, "a"),
        ("{{#done.u}}{{done.u}}{{/done.u}}", {"u": {"id": 1, "label": "A"}}, "A"),
    ],
)
def test_values_are_printed_as_their_forms_word_them(inside: str, data: JsonObject, text: str) -> None:
    assert printed(inside, data) == text


def test_all_choices_are_printed_with_boxes() -> None:
    assert (
        re.sub("<[^>]+>", "", printed("{{choices done.c}}|{{choices done.y}}|{{choices done.cs}}", {"c": "z", "y": False, "cs": ["x"]}))
        == "☐ X ☑ Z|☐ 是 ☑ 否|☑ X ☐ Z"
    )
    assert "☑" not in printed("{{choices done.c}}{{choices done.y}}{{choices done.cs}}", {})


def test_signatures_and_photos_are_pictures_by_their_id() -> None:
    data = {
        "s": {"file": 9, "signer": "王<b>", "at": "2026-11-23T09:30:00+08:00"},
        "p": [{"id": 7, "name": '"x".jpg'}],
        "t": [{"p": [{"id": 8, "name": "y"}]}],
    }
    cell = printed("{{signature done.s}}{{done.s}}{{image done.p}}{{done.p}}{{#done.t}}{{p}}{{/done.t}}", data)
    assert re.findall(r'src="([^"]+)"', cell) == ["/files/9", "/files/9", "/files/7", "/files/7", "/files/8"]
    assert "王&lt;b&gt; 2026-11-23 09:30" in cell
    assert printed("{{signature done.s}}{{image done.p}}", {}) == ""
    assert printed("{{signature done.s}}{{image done.p}}", {"s": {"file": "9"}, "p": ["x", {"id": "7"}]}) == ""


@given(st.text(max_size=60))
def test_no_value_becomes_markup(text: str) -> None:
    hostile = f"<script>alert(1)</script>{text}\"'><img src=x onerror=y>"
    data: JsonObject = {
        "a": hostile,
        "m": hostile,
        "at": hostile,
        "c": hostile,
        "cs": [hostile],
        "u": {"id": 1, "label": hostile},
        "s": {"file": 1, "signer": hostile, "at": hostile},
        "p": [{"id": 1, "name": hostile}],
        "t": [{"name": hostile, "amount": hostile}],
        "n": hostile,
        "y": hostile,
        "f": [{"id": 1, "name": hostile}],
    }
    inside = (
        "{{done.a}}{{money done.m}}{{capital done.m}}{{done.at}}{{done.c}}{{choices done.c}}{{choices done.cs}}{{done.u}}"
        "{{signature done.s}}{{image done.p}}{{#done.t}}{{name}}{{amount}}{{/done.t}}{{done.f}}{{done.n}}"
    )
    tree = lxml_html.fromstring(f"<div>{printed(inside, data)}</div>")
    assert {element.tag for element in tree.iter()} <= {"div", "span", "img", "br"}
    assert all(source == "/files/1" for source in tree.xpath("//img/@src"))
    assert not tree.xpath("//@onerror")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["id", "file", "label", "name", "signer", "at"]), inner, max_size=4)
        ),
        max_leaves=8,
    )
)
def test_odd_data_prints_something_and_never_fails(value: Any) -> None:
    names = [field.name for field in FORM.fields]
    verbs = ["", "choices ", "checkbox ", "money ", "capital ", "date ", "signature ", "image "]
    inside = "".join(f"{{{{{verb}done.{name}}}}}" for name in names for verb in verbs) + "".join(
        f"{{{{#done.{name}}}}}x{{{{/done.{name}}}}}" for name in names
    )
    printed(inside, dict.fromkeys(names, value))


def test_the_templates_own_words_are_translated() -> None:
    english = FormTexts("en", {"編號：": "No.: ", "共": "In all", "X": "Ex"})
    assert (
        printed("<p>編號：{{record.number}}</p><p> 共 {{done.m}}</p>{{done.c}}{{capital done.m}}", {"m": "3", "c": "x"}, english)
        == "<p>No.: R202611-0001</p><p> In all 3.00</p>ExThree yuan only"
    )
    assert printed("<p>維護</p>{{capital done.m}}", {"m": "20000"}, FormTexts("zh-Hans")) == "<p>维护</p>贰万元整"


def test_a_page_stands_alone_or_names_its_style() -> None:
    assert '<link rel="stylesheet" href="/record.css">' in page(
        "<article></article>", title="報修單 <1>", locale="zh-Hant", stylesheet="/record.css"
    )
    alone = page("<article></article>", title="報修單 <1>", locale="zh-Hant", stylesheet="p{}</style><script>", inline=True)
    assert lxml_html.fromstring(alone).xpath("//title/text()") == ["報修單 <1>"]
    assert not lxml_html.fromstring(alone).xpath("//script | //link")
