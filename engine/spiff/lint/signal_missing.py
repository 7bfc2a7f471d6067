"""A signal event that names no signal waits for nothing."""

from __future__ import annotations

from collections.abc import Iterator

from engine.spiff.lint.rule import Found, Rule, Source, named


def check(source: Source) -> Iterator[Found]:
    """Signal events without a name to go by."""
    for _, element in source.elements():
        if any(event.kind == "signal" and not event.name for event in element.events):
            yield element.id, named(element)


RULE = Rule("signal-missing", "「{name}」沒有指定訊號。", check)
