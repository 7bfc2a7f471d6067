"""A due time is a positive ISO 8601 duration, and the warning comes before it."""

from __future__ import annotations

from collections.abc import Iterator

from engine.calendars import DurationInvalidError, parse_duration
from engine.spiff.lint.rule import Found, Rule, Source, named


def check(source: Source) -> Iterator[Found]:
    """`due` and `warn` that cannot be counted."""
    for _, element in source.elements():
        durations = {}
        for name, text in (("due", element.due), ("warn", element.warn)):
            if text is None:
                continue
            try:
                durations[name] = parse_duration(text)
            except DurationInvalidError as error:
                yield element.id, {**named(element), "property": name, "text": text, "reason": str(error.data.get("reason", ""))}
        if element.warn is not None and element.due is None:
            yield element.id, {**named(element), "property": "warn", "text": element.warn, "reason": "沒有設定 due。"}
        elif len(durations) == 2 and durations["warn"].plain() >= durations["due"].plain():
            yield element.id, {**named(element), "property": "warn", "text": element.warn or "", "reason": "預警必須短於時限。"}


RULE = Rule("bad-due", "「{name}」的時限 {property}「{text}」不能使用：{reason}", check)
