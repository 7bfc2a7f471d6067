"""Languages: what a reader gets for a source sentence, whatever state the catalogues are in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import i18n
from engine.errors import FieldError, Finding, NotFoundError, WorkItemAlreadyClaimedError

ROOT = Path(__file__).parents[2]
CATALOGUES = ("engine/locale/en.po", "webui/locale/en.po")
PO = """
msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\\n"

msgid "單元"
msgstr "Unit"

msgid "數量"
msgstr "Amount"

#~ msgid "舊的"
#~ msgstr "Old"

msgid "數量"
msgstr "Quantity"

msgid "長"
"句"
msgstr "long "
"sentence"

msgid "沒有譯文"
msgstr ""
"""


def test_a_catalogue_is_read_and_the_last_of_two_entries_counts() -> None:
    assert i18n.read_catalogue(PO.encode()) == {"單元": "Unit", "數量": "Quantity", "長句": "long sentence"}


@pytest.mark.parametrize(
    "broken", ['msgid "a', 'msgstr "x"', "msgid\nmsgstr", '"lost"', "garbage here", "msgid 單元\nmsgstr Unit", "\udcff"]
)
def test_a_broken_entry_costs_only_itself(broken: str) -> None:
    raw = (broken + '\n\nmsgid "單元"\nmsgstr "Unit"\n').encode("utf-8", "surrogateescape")
    assert i18n.read_catalogue(raw)["單元"] == "Unit"


@given(st.binary(max_size=200))
def test_no_bytes_make_the_reader_of_catalogues_fail(raw: bytes) -> None:
    i18n.read_catalogue(raw)


def test_each_language_gets_its_words() -> None:
    english = {"維護單元": "Maintain unit"}
    assert i18n.translate("zh-Hant", "維護單元", english) == "維護單元"
    assert i18n.translate("zh-Hans", "維護單元", english) == "维护单元"
    assert i18n.translate("en", "維護單元", english) == "Maintain unit"
    assert i18n.translate("en", "沒有譯文的句子", english) == "沒有譯文的句子"


def test_values_are_filled_in_after_translating_and_are_not_translated_themselves() -> None:
    english = {"由{name}簽收": "claimed by {name}"}
    assert i18n.translate("en", "由{name}簽收", english, name="陳國強") == "claimed by 陳國強"
    assert i18n.translate("zh-Hans", "由{name}簽收", english, name="陳國強") == "由陳國強签收"


def test_filling_reaches_no_attribute_and_survives_odd_braces() -> None:
    assert i18n.fill("{a.__class__} {a} {missing} {{x}} {", {"a": 1}) == "{a.__class__} 1 — {x} {"
    assert i18n.fill("{a!r:>10}", {"a": 1}) == "1"


def test_an_error_is_described_in_the_readers_language() -> None:
    assert i18n.describe(WorkItemAlreadyClaimedError(assignee="陳國強"), "en") == "This work item has already been claimed by 陳國強."
    assert i18n.describe(NotFoundError(kind="單元", id="X"), "zh-Hans").startswith("找不到单元「X」")


def test_a_field_error_names_the_field_by_its_label_in_the_readers_language() -> None:
    error = FieldError("phone", "required", "請填寫「{label}」。", {"label": "聯絡電話"})
    assert i18n.describe_field_error(error, "zh-Hant") == "請填寫「聯絡電話」。"
    assert i18n.describe_field_error(error, "zh-Hans") == "请填写「联络电话」。"
    assert i18n.describe_field_error(error, "en", {"聯絡電話": "Phone"}) == "Please fill in “Phone”."


def test_a_finding_is_described_with_its_data() -> None:
    finding = Finding("rule", "error", "x", "元素 {element_id} 有誤", {"element_id": "a"})
    assert i18n.describe_finding(finding, "en", {"元素 {element_id} 有誤": "Element {element_id} is wrong"}) == "Element a is wrong"


@pytest.mark.parametrize(
    ("header", "locale"),
    [
        (None, "zh-Hant"),
        ("", "zh-Hant"),
        ("fr", "zh-Hant"),
        ("*", "zh-Hant"),
        ("en-GB,en;q=0.9", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-Hans"),
        ("zh-TW", "zh-Hant"),
        ("zh-Hant-HK", "zh-Hant"),
        ("zh-SG", "zh-Hans"),
        ("fr, en;q=0.2, zh-TW;q=0.3", "zh-Hant"),
        ("en;q=0", "zh-Hant"),
        ("en;q=abc, zh-CN;q=0.1", "zh-Hans"),
    ],
)
def test_the_best_offered_language_of_a_header_is_found(header: str | None, locale: str) -> None:
    assert i18n.best_locale(header) == locale


def test_particles_and_names_keep_apart_in_simplified_characters() -> None:
    """The same character is written in two ways, by its word."""
    assert i18n.simplified("帶著未修好的項目") == "带着未修好的项目"
    assert i18n.simplified("著名、裡面的鑰匙、驗再覆蓋、回覆業戶") == "著名、里面的钥匙、验再覆盖、回复业户"


def test_a_source_text_has_one_translation() -> None:
    """The two files are one namespace, in which the last entry wins: two wordings of one text would change each other's pages."""
    found = Counter(key for name in CATALOGUES for key in _keys((ROOT / name).read_text(encoding="utf-8")))
    doubled = [key for key, count in found.items() if key and count > 1]
    assert not doubled, "give different meanings different source texts: " + "、".join(doubled)


def _keys(text: str) -> Iterator[str]:
    """Source texts of a catalogue, each as often as it has an entry."""
    for entry in re.finditer(r'^msgid ((?:"(?:[^"\\]|\\.)*"\n)+)msgstr', text, re.M):
        yield "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', entry[1]))
