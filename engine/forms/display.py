"""Words for values: how a field's value reads on a page, in a list and on paper, in the reader's language and the site's zone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from engine.erased import SENTENCE, erased_on
from engine.forms.model import FILE_LISTS, Field, FieldKind, Form, is_empty
from engine.i18n import Catalogue, translate

#: of a site that says nothing else
DEFAULT_ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class FormTexts:
    """Who reads: language, the deployment's catalogue, the zone of the site."""

    locale: str = "zh-Hant"
    catalogue: Catalogue | None = None
    zone: ZoneInfo = DEFAULT_ZONE

    def of(self, source: str, **data: Any) -> str:
        """A source text in the reader's language."""
        return translate(self.locale, source, self.catalogue, **data)

    def listed(self, parts: list[str]) -> str:
        """Several words as one enumeration."""
        return (", " if self.locale == "en" else "、").join(parts)  # not a message


def text_of(field: Field, value: Any, texts: FormTexts) -> str:
    """A value of this field as words; nothing for an empty one, and the plain value where it is not what the field would hold."""
    if is_empty(value):
        return ""
    if (day := erased_on(value)) is not None:
        return texts.of(SENTENCE, date=day)
    if field.kind in (FieldKind.CHOICE, FieldKind.CHOICES):
        titles = {choice.value: choice.title for choice in field.choices}
        chosen = value if isinstance(value, list) else [value]
        return texts.listed([texts.of(titles.get(str(entry), str(entry))) for entry in chosen])
    if field.kind is FieldKind.YES_NO:
        return yes_no(value, texts)
    if field.kind is FieldKind.MONEY:
        return money(value)
    if field.kind is FieldKind.DATE_TIME:
        return moment(value, texts.zone)
    if field.kind in FILE_LISTS and isinstance(value, list):
        return texts.listed([str(entry.get("name", "")) for entry in value if isinstance(entry, Mapping)])
    if field.kind is FieldKind.ROWS and isinstance(value, list):
        return texts.of("{count} 行", count=len(value))
    if field.kind in (FieldKind.NUMBER, FieldKind.INTEGER) and field.unit:
        return f"{value} {texts.of(field.unit)}"
    if field.kind in (FieldKind.TEXT, FieldKind.LONG_TEXT) and value == field.default:
        # nobody wrote it: it is the form's own sentence
        return texts.of(str(value))
    return plain_text(value)


def plain_text(value: Any) -> str:
    """A value of no known field: labels of references, signers of signatures, the rest as written."""
    if is_empty(value):
        return ""
    if isinstance(value, Mapping):
        return str(value.get("label", value.get("signer", "")))
    if isinstance(value, list):
        return "、".join(plain_text(entry) for entry in value)  # not a message
    return str(value)


def yes_no(value: Any, texts: FormTexts) -> str:
    """是 or 否."""
    return texts.of("是" if value else "否")


def money(value: Any) -> str:
    """`1,234.50`."""
    try:
        return f"{Decimal(str(value)):,.2f}"
    except InvalidOperation:
        return plain_text(value)


def moment(value: Any, zone: ZoneInfo, pattern: str = "%Y-%m-%d %H:%M") -> str:
    """A date and time of the data in the site's zone; as it is, where it is none."""
    try:
        at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        return (at.astimezone(zone) if at.tzinfo else at).strftime(pattern)
    except ValueError:
        return plain_text(value)


def field_at(path: str, forms: Mapping[str, Form]) -> tuple[Field | None, str]:
    """The field that a path of the instance's data leads to, and what of the path goes beyond it (`label` of a unit, say)."""
    key, _, rest = path.partition(".")
    form = forms.get(key)
    name, _, beyond = rest.partition(".")
    field = form.field(name) if form else None
    if field and field.kind is FieldKind.ROWS and beyond:
        index, _, after = beyond.partition(".")
        column, _, deeper = (after if index.isdigit() else beyond).partition(".")
        return next((entry for entry in field.columns if entry.name == column), None), deeper
    return field, beyond


def form_messages(form: Form) -> Iterator[str]:
    """Every source text of a form that a person may read: what its catalogue has to translate."""
    texts = [form.title, form.description, *(group.title for group in form.layout), *(shown.title for shown in form.shown)]
    texts += [check.message for check in form.checks]
    for field in (*form.fields, *(column for table in form.fields for column in table.columns)):
        texts += [field.title, field.help, field.placeholder, field.unit, field.pattern_message]
        texts += [choice.title for choice in field.choices]
        texts += [str(field.default)] if field.kind in (FieldKind.TEXT, FieldKind.LONG_TEXT) and field.default else []
    return (text for text in dict.fromkeys(texts) if text)
