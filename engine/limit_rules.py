"""The manual's limits as values: reads `limits.toml` and says what is wrong with it. Pure; clocks are run by `engine.limits`.

The format is described in diagrams/how-to/limits.md.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Literal
from zoneinfo import ZoneInfo

from engine.calendars import END_OF_DAY, CalendarName, Duration, DurationInvalidError, Target, parse_duration, parse_target
from engine.errors import Finding, InvalidError

#: the file inside a deployment
FILE = "limits.toml"
_RULE = "limits"
_ID = re.compile(r"^[a-z][a-z0-9_]{0,59}$")
_HAPPENING = re.compile(r"^(?:(?P<process>[^/:\s]+)/)?(?P<element>[^/:\s]+):(?P<moment>[a-z]+)$")
_INSTANCE = "instance"
_KEYS = frozenset({"id", "name", "clause", "from", "to", "target", "calendar", "when", "scope", "cancel", "pause", "resume", "warn",
                   "escalate_to", "effective_from"})


class Moment(StrEnum):
    """What can happen to an element or to the whole instance."""

    #: a work item came into being
    CREATED = "created"
    #: the element was passed
    COMPLETED = "completed"
    #: the token left the element another way
    CANCELLED = "cancelled"
    #: the instance began
    STARTED = "started"
    #: the instance reached its end or was cancelled
    ENDED = "ended"
    #: a manager put the instance to rest
    SUSPENDED = "suspended"
    #: a manager woke it up
    RESUMED = "resumed"


_ELEMENT_MOMENTS = frozenset({Moment.CREATED, Moment.COMPLETED, Moment.CANCELLED})


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that starts, stops or holds a clock; also what a step reports to have happened."""

    #: process that holds the element; the instance's own for moments of the whole instance
    process_key: str
    #: None for the whole instance
    element_id: str | None
    moment: Moment

    def __str__(self) -> str:
        return f"{self.element_id or _INSTANCE}:{self.moment}"


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit of the manual, as one `[[limit]]` states it."""

    #: inside its procedure
    id: str
    process_key: str
    name: str
    clauses: tuple[str, ...]
    #: any of these starts the clock
    starts: tuple[Happening, ...]
    #: any of these stops it
    stops: tuple[Happening, ...]
    target: Target
    calendar: CalendarName = "always"
    #: expression over the instance's data; None for every instance
    when: str | None = None
    #: `instance`: one clock; `round`: a new one at the first start after a stop
    scope: Literal["instance", "round"] = "instance"
    #: end the clock without counting
    cancels: tuple[Happening, ...] = ()
    pauses: tuple[Happening, ...] = ()
    resumes: tuple[Happening, ...] = ()
    #: how long before the target to remind
    warn: Duration | None = None
    #: role that sees what is open once the target is missed
    escalate_to: str | None = None
    #: a date means midnight in the company's zone; None: ever since
    effective_from: date | datetime | None = None

    @property
    def full_id(self) -> str:
        """What clocks, due rows and statistics carry: unique over all procedures."""
        return f"{self.process_key}.{self.id}"

    def effective_at(self, zone: str) -> datetime | None:
        """The moment from which it holds; None: ever since."""
        start = self.effective_from
        if start is None:
            return None
        moment = start if isinstance(start, datetime) else datetime(start.year, start.month, start.day)  # noqa: DTZ001
        return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))


class LimitsInvalidError(InvalidError):
    """limits.toml cannot be used; nothing of it is."""

    code = "limits_invalid"
    sentence = "limits.toml 有 {count} 處錯誤。"

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__(count=len(self.findings))


def in_force(limits: Iterable[Limit], at: datetime, zone: str) -> list[Limit]:
    """Of the limits with the same id, the latest that has begun at that moment."""
    current: dict[str, tuple[float, Limit]] = {}
    for limit in limits:
        begins = limit.effective_at(zone)
        if begins is not None and begins > at:
            continue
        rank = begins.timestamp() if begins else float("-inf")
        if limit.full_id not in current or current[limit.full_id][0] <= rank:
            current[limit.full_id] = (rank, limit)
    return [limit for _, limit in current.values()]


def read_limits(raw: bytes, process_key: str) -> tuple[Limit, ...]:
    """Read a procedure's limits.toml. LimitsInvalidError carries a finding for everything that is wrong."""
    try:
        document = tomllib.loads(raw.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise LimitsInvalidError([_finding("limits.toml 不是有效的 TOML 檔：{reason}", reason=str(error))]) from error
    findings = [_finding("limits.toml 有未知的設定「{key}」。", key=key) for key in sorted(document.keys() - {"limit"})]
    entries = document.get("limit", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise LimitsInvalidError([*findings, _finding("「limit」應寫成 [[limit]]。")])
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
            findings.append(_finding("時限「{id}」重複：同一 id 須有不同的 effective_from。", id=limit.id))
        seen.add(key)
    if findings:
        raise LimitsInvalidError(findings)
    return tuple(limits)


def check_references(limits: Iterable[Limit], elements: Mapping[str, Collection[str]], roles: Collection[str]) -> list[Finding]:
    """What limits name that does not exist. `elements`: process id → element ids, of every process at hand."""
    findings: list[Finding] = []
    for limit in limits:
        for happening in (*limit.starts, *limit.stops, *limit.cancels, *limit.pauses, *limit.resumes):
            known = elements.get(happening.process_key)
            if known is None:
                findings.append(_finding("時限「{id}」引用了不存在的流程「{process}」。", id=limit.id, process=happening.process_key))
            elif happening.element_id is not None and happening.element_id not in known:
                findings.append(_finding("時限「{id}」引用了不存在的節點「{element}」。", happening.element_id, id=limit.id,
                                         element=happening.element_id))
        if limit.escalate_to is not None and limit.escalate_to not in roles:
            findings.append(_finding("時限「{id}」引用了不存在的角色「{role}」。", id=limit.id, role=limit.escalate_to))
    return findings


def _finding(sentence: str, element_id: str | None = None, **data: Any) -> Finding:
    return Finding(rule=_RULE, severity="error", element_id=element_id, sentence=sentence, data=data, file=FILE)


class _Reader:
    """Reads one `[[limit]]` and collects what is wrong with it."""

    def __init__(self, entry: Mapping[str, Any], label: str, process_key: str) -> None:
        self._entry = entry
        self._label = label
        self._process_key = process_key
        self.findings: list[Finding] = []

    def limit(self) -> Limit | None:
        for key in sorted(self._entry.keys() - _KEYS):
            self._wrong("時限「{id}」有未知的設定「{key}」。", key=key)
        identifier = self._text("id", required=True)
        if identifier and not _ID.match(identifier):
            self._wrong("時限的 id「{id}」只能用小寫英文字母、數字與底線。")
        name, clause = self._text("name", required=True), self._text("clause", required=True)
        starts, stops = self._happenings("from", required=True), self._happenings("to", required=True)
        cancels, pauses, resumes = (self._happenings(key) for key in ("cancel", "pause", "resume"))
        if pauses and not resumes:
            self._wrong("時限「{id}」有 pause 而沒有 resume：停錶之後將永不再走。")
        if set(starts) & set(stops):
            self._wrong("時限「{id}」的 from 與 to 相同。")
        target, warn = self._target(), self._warn()
        limit = Limit(
            id=identifier, process_key=self._process_key, name=name, clauses=tuple(filter(None, map(str.strip, clause.split(",")))),
            starts=starts, stops=stops, target=target or END_OF_DAY, calendar=self._choice("calendar", "always", "working"),
            when=self._text("when") or None, scope=self._choice("scope", "instance", "round"),
            cancels=cancels, pauses=pauses, resumes=resumes, warn=warn,
            escalate_to=self._text("escalate_to") or None, effective_from=self._effective_from(),
        )
        return None if self.findings else limit

    def _wrong(self, sentence: str, **data: Any) -> None:
        self.findings.append(_finding(sentence, id=self._label, **data))

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
        whole = match["element"] == _INSTANCE
        if whole == (moment in _ELEMENT_MOMENTS) or (whole and match["process"]):
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
