"""The three languages. zh-Hant is the source of every sentence, zh-Hans is derived from it, English comes from catalogues.

Pure but for reading the catalogues that come with the program. A sentence without English is shown in the source language; a missing
or broken catalogue never stops a page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import PoFileError, PoFileParser
from opencc import OpenCC

from engine.errors import FieldError, Finding, GuichengError

#: the languages on offer, the source first
LOCALES = ("zh-Hant", "zh-Hans", "en")
SOURCE_LOCALE = "zh-Hant"
#: what each language calls itself
LOCALE_NAMES = {"zh-Hant": "繁體中文", "zh-Hans": "简体中文", "en": "English"}  # not a message

#: English by source text
Catalogue = Mapping[str, str]

_CATALOGUES = (Path(__file__).parent / "locale" / "en.po", Path(__file__).parent.parent / "webui" / "locale" / "en.po")
_FIELD = re.compile(r"\{\{|\}\}|\{(\w+)(?:![rsa])?(?::[^{}]*)?\}")
#: data of an error that is wording of ours (or of a diagram), not something a person typed
_WORDING = frozenset({"right", "kind", "what", "reason", "state", "label", "element", "budget", "permission", "column"})


def translate(locale: str, text: str, catalogue: Catalogue | None = None, **data: Any) -> str:
    """The source `text` in the language, its `{fields}` filled from `data`; `catalogue` (a deployment's) goes before our own."""
    worded = _worded(locale, text, catalogue)
    return fill(worded, data) if data else worded


def fill(text: str, data: Mapping[str, Any]) -> str:
    """Put values in the place of `{name}`. Unlike `str.format` it reaches no attribute, and a missing value is a dash."""

    def value(match: re.Match[str]) -> str:
        if match[1] is None:
            return match[0][0]
        return str(data.get(match[1], "—"))

    return _FIELD.sub(value, text)


def describe(error: GuichengError, locale: str, catalogue: Catalogue | None = None) -> str:
    """An error as one sentence for its reader."""
    return _describe(error.sentence, error.data, locale, catalogue)


def describe_finding(finding: Finding, locale: str, catalogue: Catalogue | None = None) -> str:
    """What the linter says, as one sentence for its reader."""
    return _describe(finding.sentence, finding.data, locale, catalogue)


def describe_field_error(error: FieldError, locale: str, catalogue: Catalogue | None = None) -> str:
    """What is wrong with one field, as one sentence; the field is named by its label in the reader's language."""
    return _describe(error.sentence, error.data, locale, catalogue)


def best_locale(accept_language: str | None) -> str:
    """The language on offer that an Accept-Language header likes best; the source language when it likes none."""
    wishes: list[tuple[float, int, str]] = []
    for position, part in enumerate((accept_language or "").split(",")[:20]):
        tag, _, parameters = part.strip().partition(";")
        name = parameters.strip().removeprefix("q=")
        try:
            quality = float(name) if name else 1.0
        except ValueError:
            quality = 0.0
        locale = _offered(tag.strip().lower())
        if locale and quality > 0:
            wishes.append((-quality, position, locale))
    return min(wishes)[2] if wishes else SOURCE_LOCALE


def read_catalogue(raw: bytes) -> dict[str, str]:
    """English by source text from the bytes of a `.po` file. Of two entries the last counts; what cannot be read is left out."""
    catalogue = _LastWins()
    # block by block, so that one broken entry costs itself and not what follows it
    for block in re.split(r"\n[ \t\r]*\n", raw.decode("utf-8", "replace")):
        with suppress(PoFileError, ValueError, LookupError, AttributeError):
            PoFileParser(catalogue, ignore_obsolete=True, abort_invalid=True).parse(block.split("\n"))
    return catalogue.english


#: where a deployment's own English lies among its files
CATALOGUE_FILE = "locale/en.po"


@lru_cache(maxsize=1)
def own_catalogue() -> Catalogue:
    """English of the program's own sentences and pages."""
    english: dict[str, str] = {}
    for path in _CATALOGUES:
        if path.is_file():
            english.update(read_catalogue(path.read_bytes()))
    return english


@lru_cache(maxsize=1)
def _converter() -> Callable[[str], str]:
    # of Taiwan: 帶著 becomes 带着, and 著名 stays, which the plain table does not tell apart
    return cast(Callable[[str], str], OpenCC("tw2s").convert)


@lru_cache(maxsize=16_384)
def simplified(text: str) -> str:
    """zh-Hans from zh-Hant."""
    return _converter()(text)


class _LastWins(Catalog):
    """Babel keeps the first of two entries; several people append to our files, and the last one is meant."""

    def __init__(self) -> None:
        super().__init__()
        self.english: dict[str, str] = {}

    def __setitem__(self, id: Any, message: Message) -> None:  # noqa: A002 - Babel's own parameter name
        if isinstance(message.id, str) and message.id and isinstance(message.string, str) and message.string:
            self.english[message.id] = message.string


def _worded(locale: str, text: str, catalogue: Catalogue | None) -> str:
    if not text or locale == SOURCE_LOCALE:
        return text
    if locale == "zh-Hans":
        return simplified(text)
    if catalogue and text in catalogue:
        return catalogue[text]
    return own_catalogue().get(text, text)


def _describe(sentence: str, data: Mapping[str, Any], locale: str, catalogue: Catalogue | None) -> str:
    worded = {
        name: _worded(locale, value, catalogue) if name in _WORDING and isinstance(value, str) else value for name, value in data.items()
    }
    return fill(_worded(locale, sentence, catalogue), worded)


def _offered(tag: str) -> str | None:
    parts = tag.split("-")
    if parts[0] == "en":
        return "en"
    if parts[0] == "zh":
        return "zh-Hant" if not {"hant", "tw", "hk", "mo"}.isdisjoint(parts) else "zh-Hans"
    return SOURCE_LOCALE if tag == "*" else None
