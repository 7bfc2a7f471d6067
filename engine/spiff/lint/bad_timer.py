"""A timer has a positive ISO 8601 duration, date or cycle, as a quoted text or from an expression."""

from __future__ import annotations

from collections.abc import Iterator

from engine.diagram import local_name
from engine.spiff.lint.rule import Found, Rule, Source, label, owner_id
from engine.spiff.timer_texts import literal, problem

_KINDS = {"timeDuration": "duration", "timeDate": "date", "timeCycle": "cycle"}


def check(source: Source) -> Iterator[Found]:
    """Timers with a fixed text that cannot be used, and timers without any."""
    for definition in source.all_nodes("timerEventDefinition"):
        event = definition.getparent()
        given = [child for child in definition if local_name(child) in _KINDS]
        if event is None:
            continue
        if len(given) != 1 or not (given[0].text or "").strip():
            yield owner_id(event), {"name": label(event), "text": "", "reason": "沒有指定時間。"}
            continue
        text = literal(given[0].text or "")
        wrong = problem(_KINDS[local_name(given[0])], text) if text is not None else None
        if wrong is not None:
            yield owner_id(event), {"name": label(event), "text": text, "reason": wrong}


RULE = Rule("bad-timer", "「{name}」的計時器「{text}」不能使用：{reason}", check)
