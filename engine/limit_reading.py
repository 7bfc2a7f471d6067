"""Reads `limits.toml` and says what is wrong with it. The format is described in diagrams/how-to/limits.md."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from engine.calendars import Duration, DurationInvalidError, Target, parse_duration, parse_target
from engine.errors import Finding
from engine.limit_rules import ELEMENT_MOMENTS, INSTANCE, Happening, Kind, Limit, LimitsInvalidError, Moment, finding

_ID = re.compile(r"^[a-z][a-z0-9_]{0,59}$")
_HAPPENING = re.compile(r"^(?:(?P<process>[^/:\s]+)/)?(?P<element>[^/:\s]+):(?P<moment>[a-z]+)$")
_FIELD = re.compile(r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")
_PER_CENT = re.compile(r"^(\d{1,3}(?:\.\d{1,2})?) ?%$")
_NUMBER = re.compile(r"^(\d{1,9}(?:\.\d{1,4})?)$")
#: what every kind may say
_EVERYWHERE = frozenset({"id", "kind", "name", "clause", "when", "escalate_to", "effective_from", "every", "each", "category"})
_COUNTED = frozenset({"from", "exclude", "target"})
_KEYS_OF: Mapping[Kind, frozenset[str]] = {
    Kind.CLOCK: frozenset({"from", "to", "target", "by_day", "calendar", "scope", "cancel", "pause", "resume", "warn"}),
    Kind.SHARE: _COUNTED | {"to", "met", "apart", "scope", "cancel"},
    Kind.AVERAGE: _COUNTED | {"value"},
    Kind.NEVER: frozenset({"needs", "needs_when", "act", "void", "met"}),
}


def read_limits(raw: bytes, process_key: str) -> tuple[Limit, ...]:
    """Read a procedure's limits.toml. LimitsInvalidError carries a finding for everything that is wrong."""
    try:
        document = tomllib.loads(raw.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise LimitsInvalidError([finding("limits.toml 不是有效的 TOML 檔：{reason}", reason=str(error))]) from error
    findings = [finding("limits.toml 有未知的設定「{key}」。", key=key) for key in sorted(document.keys() - {"limit"})]
    entries = document.get("limit", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise LimitsInvalidError([*findings, finding("「limit」應寫成 [[limit]]。")])
    limits: list[Limit] = []
    for number, entry in enumerate(entries, start=1):
        reader = _Reader(entry, str(entry.get("id", f"#{number}")), process_key)
        limit = reader.limit()
        findings += reader.findings
        if limit is not None:
            limits.append(limit)
    seen: set[tuple[str, Any]] = set()
    for limit in limits:
        key = (limit.id, limit.effective_from)
        if key in seen:
            findings.append(finding("時限「{id}」重複：同一 id 須有不同的 effective_from。", id=limit.id))
        seen.add(key)
    if findings:
        raise LimitsInvalidError(findings)
    return tuple(limits)



class _Reader:
    """Reads one `[[limit]]` and collects what is wrong with it."""

    def __init__(self, entry: Mapping[str, Any], label: str, process_key: str) -> None:
        self._entry = entry
        self._label = label
        self._process_key = process_key
        self.findings: list[Finding] = []

    def limit(self) -> Limit | None:
        kind = self._kind()
        for key in sorted(self._entry.keys() - (_KEYS_OF[kind] | _EVERYWHERE)):
            self._wrong("時限「{id}」有未知的設定「{key}」。", key=key)
        identifier = self._text("id", required=True)
        if identifier and not _ID.match(identifier):
            self._wrong("時限的 id「{id}」只能用小寫英文字母、數字與底線。")
        name, clause = self._text("name", required=True), self._text("clause", required=True)
        is_act = kind is Kind.NEVER
        starts = self._happenings("needs" if is_act else "from", required=True)
        stops = self._happenings("act" if is_act else "to", required=kind in (Kind.CLOCK, Kind.NEVER))
        cancels, pauses, resumes = (self._happenings(key) for key in ("void" if is_act else "cancel", "pause", "resume"))
        if pauses and not resumes:
            self._wrong("時限「{id}」有 pause 而沒有 resume：停錶之後將永不再走。")
        if set(starts) & set(stops):
            self._wrong("時限「{id}」的 from 與 to 相同。")
        by_day, every = self._by_day(), self._every()
        # what a happening decides at once is counted each time that it happens
        scope: Any = "round" if is_act or not stops else self._choice("scope", "instance", "round")
        limit = Limit(
            id=identifier, process_key=self._process_key, name=name, clauses=tuple(filter(None, map(str.strip, clause.split(",")))),
            starts=starts, stops=stops, kind=kind, target=self._target() if kind is Kind.CLOCK and by_day is None else None, by_day=by_day,
            goal=self._goal(kind), calendar=self._choice("calendar", "always", "working"), when=self._text("when") or None,
            needs_when=self._text("needs_when") or None, met=self._text("met", required=kind is Kind.SHARE and not stops) or None,
            apart=self._text("apart") or None, exclude=self._text("exclude") or None,
            value=self._text("value", required=kind is Kind.AVERAGE) or None, scope=scope, cancels=cancels, pauses=pauses, resumes=resumes,
            warn=self._warn(), escalate_to=self._text("escalate_to") or None, effective_from=self._effective_from(),
            every=every, each=self._text("each") or None, category=self._category(),
        )  # fmt: skip
        if limit.each and not every:
            self._wrong("時限「{id}」有 each 而沒有 every：要逐項量，須說明多久一次。")
        return None if self.findings else limit

    def _category(self) -> str | None:
        text = self._text("category")
        if text and not _FIELD.match(text):
            self._wrong("時限「{id}」的 category 應寫成「表單.欄位」。")
            return None
        return text or None

    def _kind(self) -> Kind:
        text = self._text("kind") or Kind.CLOCK
        if text not in list(Kind):
            self._wrong("時限「{id}」的「{key}」只能是 {values}。", key="kind", values=", ".join(Kind))
            return Kind.CLOCK
        return Kind(text)

    def _every(self) -> Any:
        text = self._text("every")
        if text not in ("", "month", "half_year"):
            self._wrong("時限「{id}」的「{key}」只能是 {values}。", key="every", values="month, half_year")
            return None
        return text or None

    def _by_day(self) -> int | None:
        day = self._entry.get("by_day")
        if day is None:
            return None
        if isinstance(day, bool) or not isinstance(day, int) or not 1 <= day <= 28:
            self._wrong("時限「{id}」的 by_day 應為 1 到 28 的數字（每月幾日前）。")
            return None
        if "target" in self._entry:
            self._wrong("時限「{id}」有 by_day，就不要再寫 target。")
        return day

    def _goal(self, kind: Kind) -> Decimal | None:
        if kind is Kind.CLOCK:
            return None
        if kind is Kind.NEVER:
            return Decimal(0)
        text = self._text("target", required=True)
        pattern = _PER_CENT if kind is Kind.SHARE else _NUMBER
        match = pattern.match(text)
        if match is None:
            if text:
                example = "95%" if kind is Kind.SHARE else "4.5"
                self._wrong("時限「{id}」的 target「{text}」應寫成「{example}」這樣。", text=text, example=example)
            return None
        goal = Decimal(match[1]) / (100 if kind is Kind.SHARE else 1)
        if kind is Kind.SHARE and goal > 1:
            self._wrong("時限「{id}」的 target「{text}」超過百分之百。", text=text)
        return goal

    def _wrong(self, sentence: str, **data: Any) -> None:
        self.findings.append(finding(sentence, id=self._label, **data))

    def _text(self, key: str, *, required: bool = False) -> str:
        value = self._entry.get(key, "")
        if not isinstance(value, str):
            self._wrong("時限「{id}」的「{key}」應為文字。", key=key)
            return ""
        text: str = value.strip()
        if required and not text:
            self._wrong("時限「{id}」缺少「{key}」。", key=key)
        return text

    def _choice(self, key: str, default: str, other: str) -> Any:
        value: Any = self._text(key) or default
        if value not in (default, other):
            self._wrong("時限「{id}」的「{key}」只能是 {first} 或 {second}。", key=key, first=default, second=other)
        return value

    def _happenings(self, key: str, *, required: bool = False) -> tuple[Happening, ...]:
        value = self._entry.get(key, [])
        texts = [value] if isinstance(value, str) else value
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            self._wrong("時限「{id}」的「{key}」應為「節點:completed」這樣的文字或其列表。", key=key)
            return ()
        if required and not texts:
            self._wrong("時限「{id}」缺少「{key}」。", key=key)
        return tuple(filter(None, (self._happening(key, text.strip()) for text in texts)))

    def _happening(self, key: str, text: str) -> Happening | None:
        match = _HAPPENING.match(text)
        moment = match["moment"] if match else ""
        if match is None or moment not in Moment.__members__.values():
            self._wrong("時限「{id}」的「{key}」看不懂「{text}」，應為「節點:created」、「節點:completed」或「instance:started」等。",
                        key=key, text=text)
            return None
        whole = match["element"] == INSTANCE
        if whole == (moment in ELEMENT_MOMENTS) or (whole and match["process"]):
            self._wrong("時限「{id}」的「{key}」裡「{text}」不成立：節點有 created、completed、cancelled，"
                        "instance 有 started、ended、suspended、resumed。", key=key, text=text)
            return None
        return Happening(match["process"] or self._process_key, None if whole else match["element"], Moment(moment))

    def _target(self) -> Target | None:
        text = self._text("target", required=True)
        try:
            return parse_target(text) if text else None
        except DurationInvalidError as error:
            self._wrong("時限「{id}」的「{key}」：「{text}」不是有效的時限。{reason}", key="target", **error.data)
            return None

    def _warn(self) -> Duration | None:
        text = self._text("warn")
        try:
            return parse_duration(text) if text else None
        except DurationInvalidError as error:
            self._wrong("時限「{id}」的「{key}」：「{text}」不是有效的時限。{reason}", key="warn", **error.data)
            return None

    def _effective_from(self) -> date | datetime | None:
        value = self._entry.get("effective_from")
        if value is None or isinstance(value, date):
            return value
        self._wrong("時限「{id}」的 effective_from 應為 TOML 日期，例如 2026-01-01（不加引號）。")
        return None
