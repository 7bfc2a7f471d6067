"""Which fields of a form hold a kind of personal data, what they hold, and the same data without it. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.erased import erased_on
from engine.forms.model import FILE_LISTS, Field, FieldKind, Form, is_empty
from engine.retention.kinds import Kind

#: a word of that many characters is looked for inside other texts too: shorter ones stand in words that say something else
_LEAST_HAN, _LEAST_OTHER, _LEAST_TEXT = 2, 4, 6
_HAN = re.compile(r"[\u3400-\u9fff]")
#: in history: free text beside what a form said
_WORDS = frozenset({"reason", "note", "text", "words", "opinion", "before"})


def concerns(entry: Field, kind: Kind) -> bool:
    """Whether a field, or a column of a table, holds a kind of personal data as a whole."""
    if kind is Kind.IDENTITY:
        return bool(entry.personal)
    if kind is Kind.CONTACTS:
        return entry.kind is FieldKind.TEXT and (bool(entry.text_format) or entry.is_contact or entry.desk in ("caller", "phone"))
    if kind is Kind.TEXTS:
        return entry.kind is FieldKind.LONG_TEXT
    if kind is Kind.PHOTOS:
        return entry.kind is FieldKind.PHOTOS and not entry.personal
    if kind is Kind.FILES:
        return entry.kind is FieldKind.FILES and not entry.personal
    if kind is Kind.SIGNATURES:
        return entry.kind is FieldKind.SIGNATURE
    return kind is Kind.TENANTS and entry.kind is FieldKind.TENANT


def holds(form: Form, kind: Kind) -> bool:
    """Whether a form asks for a kind of personal data anywhere."""
    return any(concerns(each, kind) for entry in form.fields for each in (entry, *entry.columns))


@dataclass(slots=True)
class Found:
    """What a case holds of the kinds that are to go."""

    #: words that are replaced wherever a text is nothing else
    exact: set[str] = field(default_factory=set)
    #: words that are replaced inside other texts too
    inside: set[str] = field(default_factory=set)
    #: files whose content and name go
    files: set[int] = field(default_factory=set)
    #: values that stand in forms, and rows beside them
    count: int = 0

    def word(self, value: Any, *, is_text: bool = False) -> None:
        """Take a word in: one that says who somebody is, or with `is_text` what somebody wrote."""
        text = value.strip() if isinstance(value, str) else ""
        if not text or erased_on(text):
            return
        self.exact.add(text)
        least = _LEAST_TEXT if is_text else _LEAST_HAN if _HAN.search(text) else _LEAST_OTHER
        if len(text) >= least:
            self.inside.add(text)

    @property
    def is_nothing(self) -> bool:
        """Whether there is nothing to erase."""
        return not (self.exact or self.files or self.count)


class Eraser:
    """Finds what is to go in anything that a case keeps as JSON, and then takes it out."""

    def __init__(self, forms: Mapping[str, Form], kinds: Collection[Kind], mark: str) -> None:
        self._forms = forms
        self._kinds = kinds
        #: what stands where something was
        self.mark = mark
        self.found = Found()

    # ------------------------------------------------------------ finding

    def look(self, value: Any, *, is_history: bool = False) -> None:
        """Take in what a document holds: data of forms wherever they lie, and in history what people wrote beside them."""
        for form, data in self._of_forms(value):
            for entry in form.fields:
                self._look_at(entry, data.get(entry.name))
        if is_history and isinstance(value, Mapping):
            if Kind.TEXTS in self._kinds:
                for name in _WORDS & set(value):
                    if isinstance(value[name], str) and value[name] and not erased_on(value[name]):
                        self.found.word(value[name], is_text=True)
                        self.found.count += 1
            if Kind.CONTACTS in self._kinds and isinstance(value.get("actor"), str):
                self.found.word(value["actor"])

    def _look_at(self, entry: Field, value: Any) -> None:
        if is_empty(value) or erased_on(value):
            return
        if entry.kind is FieldKind.ROWS and isinstance(value, list):
            for row in value:
                for column in entry.columns if isinstance(row, Mapping) else ():
                    self._look_at(column, row.get(column.name))
            if not entry.personal:
                return
        if not any(concerns(entry, kind) for kind in self._kinds):
            return
        if entry.kind in FILE_LISTS:
            held = {each["id"] for each in value if isinstance(each, Mapping) and isinstance(each.get("id"), int)} if isinstance(
                value, list) else set()
            self.found.files |= held
        elif entry.kind is FieldKind.SIGNATURE:
            if isinstance(value, Mapping) and isinstance(value.get("file"), int):
                self.found.files.add(value["file"])
        elif entry.kind is FieldKind.TENANT:
            if isinstance(value, Mapping) and not erased_on(value.get("label")):
                self.found.count += 1
        else:
            self.found.count += 1
            if entry.kind in (FieldKind.TEXT, FieldKind.LONG_TEXT):
                self.found.word(value, is_text=entry.kind is FieldKind.LONG_TEXT)

    def _of_forms(self, value: Any) -> Iterator[tuple[Form, Mapping[str, Any]]]:
        if isinstance(value, Mapping):
            if isinstance(value.get("form"), str) and value["form"] in self._forms:
                # a submission, as history tells it
                form = self._forms[value["form"]]
                yield from ((form, value[part]) for part in ("before", "after") if isinstance(value.get(part), Mapping))
            for key, each in value.items():
                if key in self._forms and isinstance(each, Mapping):
                    yield from self._branches(self._forms[key], each)
                yield from self._of_forms(each)
        elif isinstance(value, list):
            for each in value:
                yield from self._of_forms(each)

    @staticmethod
    def _branches(form: Form, data: Mapping[str, Any]) -> Iterator[tuple[Form, Mapping[str, Any]]]:
        yield form, data
        if isinstance(data.get("by_role"), Mapping):
            yield from ((form, each) for each in data["by_role"].values() if isinstance(each, Mapping))

    # ------------------------------------------------------------ erasing

    def take_out(self, value: Any, *, is_history: bool = False) -> Any:
        """The same document without what was found in any of them."""
        words = self._words()
        return self._without(value, None, words, is_history=is_history)

    def text(self, value: str, most: int | None = None) -> str:
        """A text without the words that were found."""
        return self._text(value, self._words())[:most]

    def field(self, form: str, name: str, column: str | None = None) -> bool:
        """Whether a field of a form, or a column of a table in it, is to go as a whole."""
        known = self._forms.get(form)
        entry = known.field(name) if known else None
        if entry is not None and column is not None:
            entry = next((each for each in entry.columns if each.name == column), None)
        return entry is not None and any(concerns(entry, kind) for kind in self._kinds)

    def value_of(self, form: str, name: str, value: Any) -> Any:
        """What stands in a field afterwards, given what stood there."""
        known = self._forms.get(form)
        entry = known.field(name) if known else None
        words = self._words()
        return self._without(value, None, words) if entry is None else self._erased(entry, value, words)

    def _words(self) -> re.Pattern[str] | None:
        inside = sorted(self.found.inside, key=len, reverse=True)
        return re.compile("|".join(map(re.escape, inside))) if inside else None

    def _without(self, value: Any, form: Form | None, words: re.Pattern[str] | None, *, is_history: bool = False) -> Any:
        if isinstance(value, str):
            return self._text(value, words)
        if isinstance(value, list):
            return [self._without(each, None, words) for each in value]
        if not isinstance(value, Mapping):
            return value
        if isinstance(value.get("id"), int) and value["id"] in self.found.files and "name" in value:
            return {**value, "name": self.mark}
        if isinstance(value.get("file"), int) and "signer" in value:
            # who signed, and when, stays
            return value
        told = self._forms.get(value["form"]) if isinstance(value.get("form"), str) else None
        kept: dict[str, Any] = {}
        for key, each in value.items():
            entry = form.field(key) if form is not None else None
            if entry is not None:
                kept[key] = self._erased(entry, each, words)
            elif key in self._forms and isinstance(each, Mapping):
                kept[key] = self._without(each, self._forms[key], words)
            elif key == "by_role" and form is not None and isinstance(each, Mapping):
                kept[key] = {role: self._without(part, form, words) for role, part in each.items()}
            elif told is not None and key in ("before", "after") and isinstance(each, Mapping):
                kept[key] = self._without(each, told, words)
            elif is_history and isinstance(each, str) and each and self._is_said(key):
                kept[key] = self.mark
            else:
                kept[key] = self._without(each, None, words)
        return kept

    def _is_said(self, key: str) -> bool:
        """Whether history has under that name, beside what a form said, words that are to go as a whole."""
        return (key in _WORDS and Kind.TEXTS in self._kinds) or (key == "actor" and Kind.CONTACTS in self._kinds)

    def _erased(self, entry: Field, value: Any, words: re.Pattern[str] | None) -> Any:
        if is_empty(value):
            return value
        is_gone = any(concerns(entry, kind) for kind in self._kinds)
        if entry.kind in FILE_LISTS or entry.kind is FieldKind.SIGNATURE:
            return self._without(value, None, words)
        if entry.kind is FieldKind.TENANT and isinstance(value, Mapping):
            return {**value, "label": self.mark} if is_gone else self._without(value, None, words)
        if is_gone:
            return value if erased_on(value) else self.mark
        if entry.kind is FieldKind.ROWS and isinstance(value, list):
            columns = {column.name: column for column in entry.columns}
            return [
                {name: self._erased(columns[name], each, words) if name in columns else self._without(each, None, words)
                 for name, each in row.items()} if isinstance(row, Mapping) else row
                for row in value
            ]
        if entry.kind in (FieldKind.TEXT, FieldKind.LONG_TEXT):
            return self._without(value, None, words)
        # a choice, a date, a number say nothing of a person by a word that happens to be the same
        return value

    def _text(self, value: str, words: re.Pattern[str] | None) -> str:
        if not value or erased_on(value):
            return value
        if value.strip() in self.found.exact:
            return self.mark
        return words.sub(lambda _match: self.mark, value) if words is not None else value
