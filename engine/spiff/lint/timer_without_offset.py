"""A date without an offset depends on the zone of the machine."""

from __future__ import annotations

from collections.abc import Iterator

from engine.spiff.lint.rule import Found, Rule, Source, owner_id
from engine.spiff.timer_texts import literal, problem, shows_offset


def check(source: Source) -> Iterator[Found]:
    """Fixed dates of timers that do not say their offset."""
    for node in source.all_nodes("timeDate"):
        text = literal(node.text or "")
        if text is not None and problem("date", text) is None and not shows_offset(text):
            yield owner_id(node), {"name": owner_id(node) or "", "text": text}


RULE = Rule("timer-without-offset", "「{name}」的計時器「{text}」沒有時區，例如 +08:00。", check, severity="warning")
