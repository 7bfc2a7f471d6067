"""Fills a record template with a case's data: words, boxes, signatures and photos, every value escaped. Pure; files come by a callable."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from engine.chinese_amounts import in_words as in_capitals
from engine.english_amounts import in_english
from engine.forms.display import FormTexts, field_at, moment, money, plain_text, text_of
from engine.forms.model import FILE_LISTS, Field, FieldKind, Form, is_empty
from engine.forms.view import COVERED
from engine.model import JsonObject
from engine.paths import lookup
from engine.record_templates import CASE_PATHS, RECORD_PATHS, Part, Raw, RecordTemplate, Section, Value, Words

#: lines of a table on a paper that is printed empty
BLANK_LINES = 6
CHECKED, UNCHECKED = "☑", "☐"

#: (file id) → address of the picture: a path of the web, or a data URL for a page that stands by itself
ImageAddress = Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Handling:
    """Who completed an element, and when."""

    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RecordFacts:
    """What a record prints."""

    #: the instance's data
    data: JsonObject
    #: forms of the instance's definitions, by key
    forms: Mapping[str, Form]
    #: of the record itself
    number: str
    issued_at: datetime | None
    site: str = ""
    business_key: str = ""
    title: str = ""
    #: who else reported the same thing: names, telephone numbers and times
    reporters: str = ""
    #: whether the reader sees papers of identity, which are covered for everybody else
    shows_identity: bool = False
    #: by element id, the last time each
    handlings: Mapping[str, Handling] = field(default_factory=dict)
    #: printed empty, to be filled in by hand: every part of the paper is there, tables have lines to write on
    is_blank: bool = False


def render(template: RecordTemplate, facts: RecordFacts, texts: FormTexts, image: ImageAddress) -> str:
    """The filled `<article>`, safe to be put into a page."""
    return "".join(_Printer(facts, texts, image).parts(template.parts, ()))


def page(article: str, *, title: str, locale: str, stylesheet: str, inline: bool = False, icon: str = "") -> str:
    """A whole A4 page around an article. `stylesheet` is an address, or with `inline` the style itself, for a file that stands alone;
    `icon` is the address of the sign on the browser's tab."""
    # a style sheet of ours, but "</style" inside one would still end it
    style = f"<style>{stylesheet.replace('</', '')}</style>" if inline else f'<link rel="stylesheet" href="{html.escape(stylesheet)}">'
    sign = f'\n<link rel="icon" href="{html.escape(icon)}" type="image/svg+xml">' if icon else ""
    return (
        f'<!doctype html>\n<html lang="{html.escape(locale)}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{html.escape(title)}</title>\n'
        f'{style}{sign}\n</head>\n'
        f'<body class="record-page">\n{article}\n</body>\n</html>\n'
    )


#: rows that a section is in, innermost first: the table's field, the row, its number
Scope = tuple[tuple[Field, Mapping[str, Any], int], ...]


class _Printer:
    """One filling of a template."""

    def __init__(self, facts: RecordFacts, texts: FormTexts, image: ImageAddress) -> None:
        self._facts = facts
        self._texts = texts
        self._image = image

    def parts(self, parts: tuple[Part, ...], scope: Scope) -> Iterator[str]:
        for part in parts:
            if isinstance(part, Raw):
                yield part.html
            elif isinstance(part, Words):
                yield self._words(part.text)
            elif isinstance(part, Value):
                yield self._value(part, scope)
            else:
                yield from self._section(part, scope)

    def _words(self, text: str) -> str:
        core = " ".join(text.split())
        before, after = (" " if text[:1].isspace() else ""), (" " if text[-1:].isspace() else "")
        return before + html.escape(self._texts.of(core)) + after if core else " "

    def _section(self, section: Section, scope: Scope) -> Iterator[str]:
        origin, value = self._find(section.path, scope)
        if section.path in RECORD_PATHS or section.path in CASE_PATHS:
            value = self._own(section.path)
        is_something = not is_empty(value) and value is not False
        if self._facts.is_blank and not section.inverted:
            for number in range(1, BLANK_LINES + 1) if origin and origin.kind is FieldKind.ROWS else (0,):
                yield from self.parts(section.parts, ((origin, {}, number), *scope) if number and origin else scope)
        elif section.inverted:
            if not is_something and not self._facts.is_blank:
                yield from self.parts(section.parts, scope)
        elif origin and origin.kind is FieldKind.ROWS and isinstance(value, list):
            for number, row in enumerate(value, 1):
                if isinstance(row, Mapping):
                    yield from self.parts(section.parts, ((origin, row, number), *scope))
        elif is_something:
            yield from self.parts(section.parts, scope)

    def _value(self, value: Value, scope: Scope) -> str:
        if value.path == "@number":
            return str(scope[0][2]) if scope else ""
        if value.verb in ("handler", "handled_at"):
            handling = self._facts.handlings.get(value.path)
            if handling is None:
                return ""
            return _escaped(handling.name if value.verb == "handler" else moment(handling.at, self._texts.zone))
        if value.path in RECORD_PATHS or value.path in CASE_PATHS:
            return _escaped(self._own(value.path))
        origin, found = self._find(value.path, scope)
        if origin and origin.personal and not self._facts.shows_identity:
            return _escaped("" if is_empty(found) else self._texts.of(COVERED))
        if value.verb == "choices":
            return self._choices(origin, found)
        if value.verb == "checkbox":
            return CHECKED if not is_empty(found) and found is not False else UNCHECKED
        if value.verb == "signature" or (not value.verb and origin and origin.kind is FieldKind.SIGNATURE):
            return self._signature(found)
        if value.verb == "image" or (not value.verb and origin and origin.kind is FieldKind.PHOTOS):
            return self._images(found)
        return _escaped(self._text(value.verb, origin, found))

    def _text(self, verb: str, origin: Field | None, found: Any) -> str:
        if is_empty(found):
            return ""
        if verb == "money":
            return money(found)
        if verb == "capital":
            return self._capital(found)
        if verb in ("date", "time", "date_time"):
            return moment(found, self._texts.zone, {"date": "%Y-%m-%d", "time": "%H:%M", "date_time": "%Y-%m-%d %H:%M"}[verb])
        return text_of(origin, found, self._texts) if origin else plain_text(found)

    def _capital(self, found: Any) -> str:
        try:
            amount = Decimal(str(found))
        except InvalidOperation:
            return plain_text(found)
        return in_english(amount) or money(found) if self._texts.locale == "en" else self._texts.of(in_capitals(amount))

    def _own(self, path: str) -> str:
        facts = self._facts
        known: dict[str, str] = {
            "record.number": facts.number,
            "record.issued_at": moment(facts.issued_at, self._texts.zone) if facts.issued_at else "",
            "record.site": facts.site,
            "case.business_key": facts.business_key,
            "case.title": facts.title,
            "case.reporters": facts.reporters,
        }
        return known[path]

    def _find(self, path: str, scope: Scope) -> tuple[Field | None, Any]:
        for table, row, _number in scope:
            column = next((entry for entry in table.columns if entry.name == path), None)
            if column:
                return column, row.get(path)
        origin, beyond = field_at(path, self._facts.forms)
        return (None if beyond else origin), lookup(self._facts.data, path)

    def _choices(self, origin: Field | None, found: Any) -> str:
        texts = self._texts
        if origin is None:
            return _escaped(plain_text(found))
        if origin.kind is FieldKind.YES_NO:
            offered = [(True, "是"), (False, "否")]
            chosen: list[Any] = [] if found is None else [found]
        else:
            offered = [(choice.value, choice.title) for choice in origin.choices]  # type: ignore[misc]
            chosen = found if isinstance(found, list) else [found]
        boxes = [f"{CHECKED if value in chosen else UNCHECKED} {html.escape(texts.of(title))}" for value, title in offered]
        return " ".join(f'<span class="record-choice">{box}</span>' for box in boxes)

    def _signature(self, found: Any) -> str:
        if not isinstance(found, Mapping) or not isinstance(found.get("file"), int):
            return ""
        signer, at = str(found.get("signer", "")), moment(found.get("at", ""), self._texts.zone)
        picture = f'<img class="record-signature-image" src="{html.escape(self._image(found["file"]))}" alt="{html.escape(signer)}">'
        return f'<span class="record-signed">{picture}<span class="record-signer">{html.escape(f"{signer} {at}".strip())}</span></span>'

    def _images(self, found: Any) -> str:
        files = [entry for entry in found if isinstance(entry, Mapping)] if isinstance(found, list) else []
        pictures = [
            f'<img class="record-photo" src="{html.escape(self._image(entry["id"]))}" alt="{html.escape(str(entry.get("name", "")))}">'
            for entry in files
            if isinstance(entry.get("id"), int)
        ]
        return f'<span class="record-photos">{"".join(pictures)}</span>' if pictures else ""


def prints_identity(template: RecordTemplate, forms: Mapping[str, Form]) -> bool:
    """Whether a template prints what belongs to papers of identity."""
    return _prints_identity(template.parts, forms, ())


def _prints_identity(parts: tuple[Part, ...], forms: Mapping[str, Form], tables: tuple[Field, ...]) -> bool:
    for part in parts:
        if isinstance(part, Section):
            origin = _known(part.path, forms, tables)
            if _prints_identity(part.parts, forms, (origin, *tables) if isinstance(origin, Field) else tables):
                return True
        elif isinstance(part, Value):
            origin = _known(part.path, forms, tables)
            if isinstance(origin, Field) and origin.personal:
                return True
    return False


def unknown_paths(
    template: RecordTemplate, forms: Mapping[str, Form], element_ids: frozenset[str] | None = None
) -> Iterator[tuple[int, str]]:
    """(line, path) of everything a template prints that no form of the deployment can hold. Forms that are not here are taken on trust:
    a called process prints what its caller knows."""
    yield from _unknown(template.parts, forms, element_ids, ())


def _unknown(
    parts: tuple[Part, ...], forms: Mapping[str, Form], element_ids: frozenset[str] | None, tables: tuple[Field, ...]
) -> Iterator[tuple[int, str]]:
    for part in parts:
        if isinstance(part, Section):
            origin = None if part.path in RECORD_PATHS | CASE_PATHS else _known(part.path, forms, tables)
            if origin is False:
                yield part.line, part.path
            inner = (origin, *tables) if isinstance(origin, Field) and origin.kind is FieldKind.ROWS and not part.inverted else tables
            yield from _unknown(part.parts, forms, element_ids, inner)
        elif isinstance(part, Value):
            if part.verb in ("handler", "handled_at"):
                if element_ids is not None and part.path not in element_ids:
                    yield part.line, part.path
            elif part.path != "@number" and part.path not in RECORD_PATHS | CASE_PATHS:
                origin = _known(part.path, forms, tables)
                if origin is False or (isinstance(origin, Field) and not _fits(part.verb, origin)):
                    yield part.line, part.path


def _known(path: str, forms: Mapping[str, Form], tables: tuple[Field, ...]) -> Field | bool:
    """The field at a path; True for one that cannot be looked up here, False for one that is not there."""
    for table in tables:
        column = next((entry for entry in table.columns if entry.name == path), None)
        if column:
            return column
    key = path.partition(".")[0]
    if key not in forms:
        # one word is no path into the data: a column that the table does not have
        return "." in path
    origin, beyond = field_at(path, forms)
    if origin is None:
        # what a signature chain leaves beside the fields of its form
        return path.split(".")[1] == "by_role"
    return True if beyond else origin


def _fits(verb: str, origin: Field) -> bool:
    if verb == "signature":
        return origin.kind is FieldKind.SIGNATURE
    if verb == "image":
        return origin.kind in FILE_LISTS
    if verb == "choices":
        return origin.kind in (FieldKind.CHOICE, FieldKind.CHOICES, FieldKind.YES_NO)
    return True


def _escaped(text: str) -> str:
    return html.escape(text).replace("\n", "<br>")
