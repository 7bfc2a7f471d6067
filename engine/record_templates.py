"""Templates of printed records: reads one, refuses what is not on its list, and fills it. Logic-less: no code, no address, all escaped.

The format is described in `diagrams/how-to/records.md`. A template is well-formed XML, so that a designer learns of a slip by its line
instead of having it silently mended.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree

from engine.errors import InvalidError

MAX_BYTES = 200_000
MAX_DEPTH = 40
TAGS = frozenset(
    {
        "article",
        "section",
        "header",
        "footer",
        "h1",
        "h2",
        "h3",
        "p",
        "div",
        "span",
        "strong",
        "em",
        "small",
        "br",
        "hr",
        "table",
        "caption",
        "colgroup",
        "col",
        "thead",
        "tbody",
        "tfoot",
        "tr",
        "th",
        "td",
        "ul",
        "ol",
        "li",
        "dl",
        "dt",
        "dd",
    }
)
#: tags that HTML writes without an end
VOID = frozenset({"br", "hr", "col"})
CLASSES = frozenset(
    {
        "record-title",
        "record-number",
        "record-meta",
        "record-grid",
        "record-plain",
        "record-label",
        "record-tall",
        "record-taller",
        "record-right",
        "record-center",
        "record-signature",
        "record-small",
        "record-keep",
        "record-page-break",
    }
    | {f"record-w-{width}" for width in range(5, 100, 5)}
)
#: attribute → what its value must look like
ATTRIBUTES = {
    "class": re.compile(r"[a-z0-9 -]*"),
    "colspan": re.compile(r"[1-9]\d?"),
    "rowspan": re.compile(r"[1-9]\d?"),
    "scope": re.compile(r"(row|col)(group)?"),
    "lang": re.compile(r"[A-Za-z-]{2,12}"),
}
VERBS = frozenset({"choices", "checkbox", "money", "capital", "date", "time", "date_time", "signature", "image", "handler", "handled_at"})
#: what is said of the record and its case, beside the case's data
RECORD_PATHS = frozenset({"record.number", "record.issued_at", "record.site"})
CASE_PATHS = frozenset({"case.business_key", "case.title", "case.reporters"})

_BRACES = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*")


class RecordTemplateError(InvalidError):
    """The file is no record template of ours; nothing was deployed."""

    code = "record_template_invalid"
    sentence = "單據範本「{key}」第 {line} 行的「{name}」有誤：{reason}"


@dataclass(frozen=True, slots=True)
class Raw:
    """A tag, ready to be written."""

    html: str


@dataclass(frozen=True, slots=True)
class Words:
    """Text of the template itself, in the source language."""

    text: str


@dataclass(frozen=True, slots=True)
class Value:
    """A value to be filled in."""

    path: str
    #: how it is printed; empty for "as its form words it"
    verb: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Section:
    """A part that is printed once a row, or once if there is something (or, inverted, nothing)."""

    path: str
    inverted: bool
    parts: tuple[Part, ...]
    line: int = 0


Part = Raw | Words | Value | Section
#: words of the template in the reader's language, not yet escaped
Translate = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class RecordTemplate:
    """One template, read and checked."""

    #: file name without `.html`
    key: str
    parts: tuple[Part, ...]

    def values(self) -> Iterator[Value]:
        """Every value it prints, wherever it stands."""
        return _values(self.parts)

    def sections(self) -> Iterator[Section]:
        """Every section, outer before inner."""
        return _sections(self.parts)

    def messages(self) -> Iterator[str]:
        """Its own words: what its catalogue has to translate."""
        return iter(dict.fromkeys(_messages(self.parts)))


_TITLE = re.compile(rb'class="record-title[^>]*>([^<{]+)<')


def title_of(raw: bytes) -> str:
    """What people call the record: the heading of its template; empty where it has none."""
    found = _TITLE.search(raw)
    return found[1].decode(errors="replace").strip() if found else ""


def load_template(raw: bytes, key: str) -> RecordTemplate:
    """A template from the bytes of its file. RecordTemplateError names the line and the reason."""
    return RecordTemplate(key, _Reader(key).read(raw))


class _Reader:
    """Reads one file."""

    def __init__(self, key: str) -> None:
        self._key = key

    def read(self, raw: bytes) -> tuple[Part, ...]:
        if len(raw) > MAX_BYTES:
            raise self._refused(1, "檔案過大。")
        if b"<!DOCTYPE" in raw.upper() or b"<!ENTITY" in raw.upper():
            raise self._refused(1, "不能有 DOCTYPE。")
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True)
        try:
            root = etree.fromstring(raw, parser)
        except etree.XMLSyntaxError as error:
            raise self._refused(error.lineno or 1, "不是格式完整的標記，每個標籤都要結束。") from error
        if root.tag != "article":
            raise self._refused(1, "最外層須為 article。")
        return tuple(self._element(root, 0))

    def _element(self, element: etree._Element, depth: int) -> Iterator[Part]:
        tag = element.tag
        if not isinstance(tag, str) or tag not in TAGS or depth > MAX_DEPTH:
            raise self._refused(_line(element), "這個標籤不能使用。", str(tag))
        attributes = "".join(f' {name}="{value}"' for name, value in self._attributes(element))
        if tag in VOID:
            if len(element) or (element.text or "").strip():
                raise self._refused(_line(element), "這個標籤不能有內容。", tag)
            yield Raw(f"<{tag}{attributes}>")
            return
        yield Raw(f"<{tag}{attributes}>")
        yield from self._grouped(self._pieces(element, depth), _line(element))
        yield Raw(f"</{tag}>")

    def _attributes(self, element: etree._Element) -> Iterator[tuple[str, str]]:
        for name, value in element.attrib.items():
            pattern = ATTRIBUTES.get(str(name))
            if pattern is None or not pattern.fullmatch(str(value)):
                raise self._refused(_line(element), "這個屬性不能使用，或值不正確。", str(name))
            if name == "class" and (unknown := set(str(value).split()) - CLASSES):
                raise self._refused(_line(element), "這個類別不能使用。", min(unknown))
            yield str(name), str(value)

    def _pieces(self, element: etree._Element, depth: int) -> Iterator[Part | tuple[str, str, int]]:
        """The children in order; `("#", path, line)` and `("/", path, line)` where sections open and close."""
        line = _line(element)
        yield from self._text(element.text or "", line)
        for child in element:
            if isinstance(child, etree._Entity):
                raise self._refused(_line(child), "字元實體只能用 &amp; &lt; &gt; &quot; 和數字。")
            yield from self._element(child, depth + 1)
            yield from self._text(child.tail or "", _line(child))

    def _text(self, text: str, line: int) -> Iterator[Part | tuple[str, str, int]]:
        position = 0
        for match in _BRACES.finditer(text):
            yield from self._words(text[position : match.start()], line)
            yield from self._tag(match[1].strip(), line)
            position = match.end()
        yield from self._words(text[position:], line)

    def _words(self, text: str, line: int) -> Iterator[Part]:
        if "{{" in text or "}}" in text:
            raise self._refused(line, "雙大括號沒有成對。")
        if text:
            yield Words(text)

    def _tag(self, inside: str, line: int) -> Iterator[Part | tuple[str, str, int]]:
        if inside.startswith("!"):
            return
        if inside[:1] in ("#", "^", "/"):
            yield inside[0], self._path(inside[1:].strip(), line), line
            return
        verb, _, path = inside.partition(" ")
        if path:
            if verb not in VERBS:
                raise self._refused(line, "不認識這個寫法。", verb)
            yield Value(self._path(path.strip(), line), verb, line)
        else:
            yield Value(inside if inside == "@number" else self._path(inside, line), "", line)

    def _path(self, path: str, line: int) -> str:
        if not _PATH.fullmatch(path):
            raise self._refused(line, "這不是資料路徑。", path)
        return path

    def _grouped(self, pieces: Iterator[Part | tuple[str, str, int]], line: int, until: str = "") -> Iterator[Part]:
        for piece in pieces:
            if not isinstance(piece, tuple):
                yield piece
                continue
            sign, path, at = piece
            if sign == "/":
                if path != until:
                    raise self._refused(at, "這個區段沒有在同一層開始。", path)
                return
            yield Section(path, sign == "^", tuple(self._grouped(pieces, at, path)), at)
        if until:
            raise self._refused(line, "這個區段沒有在同一層結束。", until)

    def _refused(self, line: int, reason: str, name: str = "") -> RecordTemplateError:
        return RecordTemplateError(key=self._key, line=line, reason=reason, name=name[:60] or "—")


def _line(element: etree._Element) -> int:
    # the stubs do not know its type
    line: Any = element.sourceline
    return int(line or 1)


def _values(parts: tuple[Part, ...]) -> Iterator[Value]:
    for part in parts:
        if isinstance(part, Value):
            yield part
        elif isinstance(part, Section):
            yield from _values(part.parts)


def _sections(parts: tuple[Part, ...]) -> Iterator[Section]:
    for part in parts:
        if isinstance(part, Section):
            yield part
            yield from _sections(part.parts)


def _messages(parts: tuple[Part, ...]) -> Iterator[str]:
    for part in parts:
        if isinstance(part, Words) and re.search(r"\w", part.text):
            yield " ".join(part.text.split())
        elif isinstance(part, Section):
            yield from _messages(part.parts)
