"""Turns one submitted value into what the data holds, or refuses it with the rule it breaks. One function a kind of field.

Types and limits of text, numbers and lists are JSON Schema's, checked by `jsonschema-rs`; what it has no word for is checked here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal, DecimalException
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import jsonschema_rs
import orjson

from engine.forms.model import FILE_LISTS, Field, FieldKind, FileFacts, Referenced, is_empty

#: looks a reference up: (kind `person` | `unit` | `tenant`, id or code or label) → what it is, or None
Resolve = Callable[[str, Any], Referenced | None]
#: what is known of an uploaded file, None where there is none (or not for this person)
FileInfo = Callable[[int], FileFacts | None]

MAX_NUMBER = 10**15
_MONEY = re.compile(r"-?\d{1,13}(\.\d{1,2})?")
_TIME = re.compile(r"\d{2}:\d{2}(:\d{2})?")
_PHONE = re.compile(r"[0-9+()#*,\-. ]{3,40}")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")
#: what no text may hold: control characters but tab and line feed, and halves of surrogate pairs
_UNSTORABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


class Refused(ValueError):  # noqa: N818 - it never leaves this package; it becomes a FieldError
    """A value that a field does not take."""

    def __init__(self, code: str, sentence: str, **data: Any) -> None:
        super().__init__(code)
        self.code = code
        self.sentence = sentence
        self.data = data


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What cleaning has to know of the world outside the form."""

    resolve: Resolve
    file_info: FileInfo
    now: datetime
    zone: ZoneInfo


def clean(field: Field, value: Any, around: Surroundings) -> Any:
    """What the data will hold for a submitted value that is not empty. Raises Refused."""
    cleaned = _CLEANERS[field.kind](field, value, around)
    if not is_empty(cleaned):
        _within_limits(field, cleaned)
    return cleaned


def computed(field: Field, result: Any) -> Any:
    """What an expression's result becomes in the data, by the field's type."""
    try:
        if field.kind is FieldKind.YES_NO:
            return bool(result)
        if field.kind is FieldKind.TEXT:
            return "" if result is None else str(result)
        if isinstance(result, bool) or not isinstance(result, Decimal) or abs(result) > MAX_NUMBER:
            return field.empty
        if field.kind is FieldKind.MONEY:
            return str(result.quantize(Decimal("0.01"), ROUND_HALF_UP))
        if field.kind is FieldKind.INTEGER:
            return int(result.quantize(Decimal(1), ROUND_HALF_UP))
        return plain_number(result)
    except DecimalException:
        return field.empty


def plain_number(number: Decimal) -> int | float:
    """A JSON number: whole where it is whole."""
    return int(number) if number == number.to_integral_value() else float(number)


def local_moment(text: str, zone: ZoneInfo) -> datetime:
    """A date and time as written; without an offset it is in the site's zone. ValueError when it is none."""
    moment = datetime.fromisoformat(text)
    return (moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)).replace(microsecond=0)


def _text(field: Field, value: Any, around: Surroundings) -> str:
    if not isinstance(value, str):
        raise Refused("type", "「{label}」必須是文字。")
    text = value.replace("\r\n", "\n").replace("\r", "\n").strip()
    if _UNSTORABLE.search(text):
        raise Refused("characters", "「{label}」含有無法保存的字元。")
    if field.kind is FieldKind.TEXT and "\n" in text:
        raise Refused("one_line", "「{label}」只能填寫一行。")
    if text and field.text_format == "email" and not _EMAIL.fullmatch(text):
        raise Refused("email", "「{label}」必須是電子郵件地址。")
    if text and field.text_format == "phone" and not _PHONE.fullmatch(text):
        raise Refused("phone", "「{label}」必須是電話號碼。")
    return text


def _number(field: Field, value: Any, around: Surroundings) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or abs(value) > MAX_NUMBER:
        raise Refused("number", "「{label}」必須是數字。")
    return value


def _integer(field: Field, value: Any, around: Surroundings) -> int:
    number = value if isinstance(value, int) and not isinstance(value, bool) else None
    if isinstance(value, float) and value.is_integer():
        number = int(value)
    if number is None or abs(number) > MAX_NUMBER:
        raise Refused("integer", "「{label}」必須是整數。")
    return number


def _money(field: Field, value: Any, around: Surroundings) -> str:
    text = value.strip() if isinstance(value, str) else str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""
    if not _MONEY.fullmatch(text) or not text.isascii():
        raise Refused("money", "「{label}」必須是金額，最多兩位小數。")
    amount = Decimal(text)
    least, most = field.limit("minimum"), field.limit("maximum")
    if least is not None and amount < least:
        raise Refused("minimum", "「{label}」不能小於 {limit}。", limit=least)
    if most is not None and amount > most:
        raise Refused("maximum", "「{label}」不能大於 {limit}。", limit=most)
    return str(amount.quantize(Decimal("0.01")) + 0)


def _date(field: Field, value: Any, around: Surroundings) -> str:
    try:
        return date.fromisoformat(value).isoformat()
    except (TypeError, ValueError) as error:
        raise Refused("date", "「{label}」必須是日期，例如 2026-11-23。") from error


def _time(field: Field, value: Any, around: Surroundings) -> str:
    try:
        if not _TIME.fullmatch(value):
            raise ValueError(value)
        return time.fromisoformat(value).strftime("%H:%M")
    except (TypeError, ValueError) as error:
        raise Refused("time", "「{label}」必須是時間，例如 09:30。") from error


def _date_time(field: Field, value: Any, around: Surroundings) -> str:
    try:
        moment = local_moment(value, around.zone)
        later = moment > around.now
    except (TypeError, ValueError, OverflowError) as error:
        raise Refused("date_time", "「{label}」必須是日期和時間，例如 2026-11-23 09:30。") from error
    if field.not_future and later:
        raise Refused("not_future", "「{label}」不能晚於現在。")
    return moment.isoformat()


def _choice(field: Field, value: Any, around: Surroundings) -> str:
    if not isinstance(value, str) or value not in {choice.value for choice in field.choices}:
        raise Refused("choice", "「{label}」請從列出的選項中選擇。")
    return value


def _choices(field: Field, value: Any, around: Surroundings) -> list[str]:
    if not isinstance(value, list):
        raise Refused("choice", "「{label}」請從列出的選項中選擇。")
    chosen = {_choice(field, entry, around) for entry in value}
    return [choice.value for choice in field.choices if choice.value in chosen]


def _yes_no(field: Field, value: Any, around: Surroundings) -> bool:
    if not isinstance(value, bool):
        raise Refused("yes_no", "「{label}」請選擇是或否。")
    if field.must_be_true and not value:
        raise Refused("const", "請確認「{label}」。")
    return value


def _reference(field: Field, value: Any, around: Surroundings) -> dict[str, Any]:
    wanted = (value.get("id") or value.get("label")) if isinstance(value, Mapping) else value
    text = wanted.strip() if isinstance(wanted, str) else wanted
    known = isinstance(text, str | int) and not isinstance(text, bool) and len(str(text)) <= 200 and not _UNSTORABLE.search(str(text))
    found = around.resolve(field.kind.value, text) if known and not is_empty(text) else None
    if found is None:
        raise Refused("reference", "「{label}」找不到「{value}」，請重新選擇。", value=str(text)[:60] if known else "—")
    return {"id": found.id, "label": found.label}


def _files(field: Field, value: Any, around: Surroundings) -> list[dict[str, Any]]:
    if not isinstance(value, list):
        raise Refused("files", "「{label}」必須是檔案列表。")
    files: dict[int, dict[str, Any]] = {}
    for entry in value[:1_000]:
        facts = _file(entry.get("id") if isinstance(entry, Mapping) else entry, around)
        if field.kind is FieldKind.PHOTOS and not facts.media_type.startswith("image/"):
            raise Refused("photo", "「{label}」只接受圖片，「{name}」不是圖片。", name=facts.name)
        files[facts.id] = {"id": facts.id, "name": facts.name}
    return list(files.values())


def _signature(field: Field, value: Any, around: Surroundings) -> dict[str, Any]:
    if not isinstance(value, Mapping) or set(value) - {"file", "signer", "at"}:
        raise Refused("signature", "「{label}」的簽名無法識別，請重新簽名。")
    signer = value.get("signer")
    if value.get("file") is None:
        raise Refused("signature_missing", "請在「{label}」簽名。")
    if not isinstance(signer, str) or not signer.strip() or len(signer) > 100 or _UNSTORABLE.search(signer) or "\n" in signer.strip():
        raise Refused("signer", "請填寫「{label}」的簽名人姓名。")
    facts = _file(value["file"], around)
    if facts.kind != "signature":
        raise Refused("signature", "「{label}」的簽名無法識別，請重新簽名。")
    return {"file": facts.id, "signer": signer.strip(), "at": around.now.astimezone(around.zone).replace(microsecond=0).isoformat()}


def _file(file_id: Any, around: Surroundings) -> FileFacts:
    known = isinstance(file_id, int) and not isinstance(file_id, bool) and 0 < file_id < 2**63
    facts = around.file_info(file_id) if known else None
    if facts is None:
        raise Refused("file", "「{label}」的檔案不存在，請重新上傳。")
    return facts


_CLEANERS: dict[FieldKind, Callable[[Field, Any, Surroundings], Any]] = {
    FieldKind.TEXT: _text,
    FieldKind.LONG_TEXT: _text,
    FieldKind.NUMBER: _number,
    FieldKind.INTEGER: _integer,
    FieldKind.MONEY: _money,
    FieldKind.DATE: _date,
    FieldKind.TIME: _time,
    FieldKind.DATE_TIME: _date_time,
    FieldKind.CHOICE: _choice,
    FieldKind.CHOICES: _choices,
    FieldKind.YES_NO: _yes_no,
    FieldKind.PERSON: _reference,
    FieldKind.UNIT: _reference,
    FieldKind.TENANT: _reference,
    FieldKind.PHOTOS: _files,
    FieldKind.FILES: _files,
    FieldKind.SIGNATURE: _signature,
}

#: JSON Schema keyword → what to say, with {limit} where the keyword has one
_SENTENCES = {
    "minLength": "「{label}」至少 {limit} 個字。",
    "maxLength": "「{label}」最多 {limit} 個字。",
    "pattern": "「{label}」的格式不正確。",
    "minimum": "「{label}」不能小於 {limit}。",
    "maximum": "「{label}」不能大於 {limit}。",
    "exclusiveMinimum": "「{label}」必須大於 {limit}。",
    "exclusiveMaximum": "「{label}」必須小於 {limit}。",
    "multipleOf": "「{label}」必須是 {limit} 的倍數。",
    "minItems": "「{label}」至少需要 {limit} 項。",
    "maxItems": "「{label}」最多 {limit} 項。",
}


def _within_limits(field: Field, value: Any) -> None:
    if not field.limits or field.kind is FieldKind.MONEY:
        return
    for error in _validator(orjson.dumps(dict(field.limits), option=orjson.OPT_SORT_KEYS)).iter_errors(value):
        keyword = error.kind.name
        sentence = field.pattern_message if keyword == "pattern" and field.pattern_message else _SENTENCES[keyword]
        raise Refused(keyword, sentence, limit=field.limits[keyword])


def check_count(field: Field, rows: list[Any]) -> None:
    """Raise Refused when a table has too few or too many rows."""
    _within_limits(field, rows)


@lru_cache(maxsize=2_048)
def _validator(limits: bytes) -> Any:
    # a linear-time engine for patterns: a designer's pattern cannot hang a worker
    return jsonschema_rs.Draft202012Validator(orjson.loads(limits), pattern_options=jsonschema_rs.RegexOptions())


def missing(field: Field) -> Refused:
    """What to say of a required field that is empty."""
    if field.kind in (FieldKind.CHOICE, FieldKind.CHOICES, FieldKind.YES_NO):
        return Refused("required", "請選擇「{label}」。")
    if field.kind in FILE_LISTS:
        return Refused("required", "請為「{label}」上傳檔案。")
    if field.kind is FieldKind.SIGNATURE:
        return Refused("required", "請在「{label}」簽名。")
    return Refused("required", "請填寫「{label}」。")
