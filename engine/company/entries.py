"""The kinds of entries that the directory keeps and what each field of theirs takes; pages, the interface and imports read it alike.

Knows no store: `directory` writes entries, `queries.entries` reads them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from engine.errors import FieldError, FormInvalidError
from engine.i18n import LOCALE_NAMES, LOCALES

FieldKind = Literal["text", "integer", "decimal", "date", "choice", "zone", "site", "building", "unit", "tenant"]
#: kinds whose value is the id of another entry
REFERENCES = ("site", "building", "unit", "tenant")


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an entry."""

    name: str
    #: source language
    label: str
    kind: FieldKind = "text"
    is_required: bool = False
    longest: int = 100
    #: (value, label in the source language)
    choices: tuple[tuple[str, str], ...] = ()
    #: decimal places
    places: int = 2
    #: shown to roles that need it only
    is_personal: bool = False
    #: chosen once, when the entry is made
    is_fixed: bool = False
    #: said below it
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of entry."""

    id: str
    #: source language: one of them
    name: str
    fields: tuple[Field, ...]
    #: permission to write
    permission: str = "directory:write"

    def field(self, name: str) -> Field:
        """A field by its name."""
        return next(field for field in self.fields if field.name == name)


_LANGUAGES = tuple((locale, LOCALE_NAMES[locale]) for locale in LOCALES)
_CODE = Field("code", "編號", is_required=True, longest=20)

SITE = Kind("site", "園區", (
    _CODE, Field("name", "名稱", is_required=True), Field("time_zone", "時區", "zone", is_required=True, longest=50)))
BUILDING = Kind("building", "樓宇", (
    Field("site_id", "園區", "site", is_required=True, is_fixed=True), _CODE, Field("name", "名稱", is_required=True)))
UNIT = Kind("unit", "單元", (
    Field("building_id", "樓宇", "building", is_required=True, is_fixed=True), Field("code", "編號", is_required=True, longest=30),
    Field("floor", "樓層", "integer"), Field("area", "面積（平方米）", "decimal")))
TENANT = Kind("tenant", "業戶", (
    Field("code", "編號", is_required=True, longest=30), Field("name", "名稱", is_required=True, longest=200),
    Field("kind", "類別", "choice", is_required=True, choices=(("company", "公司"), ("person", "個人"))),
    Field("contact", "聯絡人"), Field("phone", "電話", longest=40, is_personal=True),
    Field("locale", "語言", "choice", is_required=True, choices=_LANGUAGES)), "tenant:write")
TENANCY = Kind("tenancy", "租期", (
    Field("unit_id", "單元", "unit", is_required=True, is_fixed=True),
    Field("tenant_id", "業戶", "tenant", is_required=True, is_fixed=True),
    Field("started_at", "入駐日期", "date", is_required=True, hint="以入駐通知單為準。"), Field("ended_at", "退租日期", "date"),
    Field("fee_rate", "管理費單價（每平方米每月）", "decimal", places=4)), "tenant:write")
PERSON = Kind("person", "人員", (
    Field("username", "登入名", is_required=True, longest=60, is_fixed=True, hint="小寫英文字母、數字、句點、減號或底線。"),
    Field("display_name", "姓名", is_required=True), Field("phone", "電話", longest=40, is_personal=True),
    Field("email", "電子郵件", longest=200, is_personal=True), Field("locale", "語言", "choice", is_required=True, choices=_LANGUAGES)),
    "user:administer")
PRICE = Kind("price", "收費項目", (
    Field("code", "編號", is_required=True, longest=30, is_fixed=True), Field("name", "名稱", is_required=True, longest=200),
    Field("unit_name", "單位", is_required=True, longest=20), Field("labour", "人工費", "decimal", is_required=True),
    Field("material", "材料費", "decimal", is_required=True),
    Field("effective_from", "生效日期", "date", is_required=True, hint="舊價格保留，從這一天起改用新價格。")), "price:write")

KINDS: Mapping[str, Kind] = {kind.id: kind for kind in (SITE, BUILDING, UNIT, TENANT, TENANCY, PERSON, PRICE)}


def clean(kind: Kind, raw: Mapping[str, Any], zone: ZoneInfo, *, is_new: bool) -> dict[str, Any]:
    """What was sent as the values of the entry's fields. FormInvalidError names every field that can't be.

    Texts are trimmed and empty ones None; a date is the midnight there with which it begins. What isn't sent stays as it is, but of
    a new entry every required field must come.
    """
    values: dict[str, Any] = {}
    errors: list[FieldError] = []
    for field in kind.fields:
        if field.name not in raw and not (is_new and field.is_required):
            continue
        if field.is_fixed and not is_new:
            continue
        try:
            values[field.name] = _value(field, raw.get(field.name), zone)
        except _Refused as refused:
            errors.append(FieldError(field.name, refused.code, refused.sentence, {"label": field.label, **refused.data}))
    if errors:
        raise FormInvalidError(errors)
    return values


class _Refused(Exception):  # noqa: N818 - never leaves this module
    def __init__(self, code: str, sentence: str, **data: Any) -> None:
        self.code, self.sentence, self.data = code, sentence, data


def _value(field: Field, raw: Any, zone: ZoneInfo) -> Any:
    text = raw.strip() if isinstance(raw, str) else raw
    if text in (None, ""):
        if field.is_required:
            raise _Refused("required", "請填寫「{label}」。")
        return None
    if field.kind == "integer":
        return _integer(text)
    if field.kind in REFERENCES:
        return _integer(text, 1, 2**63 - 1)
    if field.kind == "decimal":
        return _decimal(text, field.places)
    if field.kind == "date":
        return _date(text, zone)
    if not isinstance(text, str) or "\0" in text or any("\ud800" <= sign <= "\udfff" for sign in text):
        raise _Refused("type", "「{label}」必須是文字。")
    if len(text) > field.longest:
        raise _Refused("max_length", "「{label}」最多 {limit} 個字。", limit=field.longest)
    if field.kind == "choice" and text not in {value for value, _ in field.choices}:
        raise _Refused("choice", "「{label}」請從列出的選項中選擇。")
    if field.kind == "zone" and text not in available_timezones():
        raise _Refused("time_zone", "「{label}」不是已知的時區，例如 Asia/Shanghai。")
    return text


def _integer(value: Any, least: int = -100, most: int = 1_000) -> int:
    text = str(value)
    if isinstance(value, bool) or not re.fullmatch(r"-?[0-9]{1,19}", text) or not least <= int(text) <= most:
        raise _Refused("integer", "「{label}」必須是整數。")
    return int(text)


def _decimal(value: Any, places: int) -> Decimal:
    try:
        number = Decimal(str(value).replace(",", ""))
    except InvalidOperation as error:
        raise _Refused("number", "「{label}」必須是數字。") from error
    if not number.is_finite() or number < 0 or number >= 10**8 or number != round(number, places):
        raise _Refused("number", "「{label}」應為不小於零的數字，最多 {places} 位小數。", places=places)
    return round(number, places)


def _date(value: Any, zone: ZoneInfo) -> datetime:
    if isinstance(value, datetime):
        return value
    try:
        day = value if isinstance(value, date) else date.fromisoformat(str(value))
    except ValueError as error:
        raise _Refused("date", "「{label}」應為日期，例如 2026-11-28。") from error
    if not 1900 <= day.year <= 2200:
        raise _Refused("date", "「{label}」應為日期，例如 2026-11-28。")
    return datetime.combine(day, time(), zone)
