"""Without a message SpiffWorkflow does not wait and sends nothing."""

from __future__ import annotations

from collections.abc import Iterator

from engine.spiff.lint.rule import Found, Rule, Source, named

_KINDS = frozenset({"receiveTask", "sendTask"})


def check(source: Source) -> Iterator[Found]:
    """Receive and send tasks, and message events, that name no message."""
    for _, element in source.elements():
        events = [event for event in element.events if event.kind == "message"]
        if (element.kind in _KINDS and not events) or any(not event.name for event in events):
            yield element.id, named(element)


RULE = Rule("message-missing", "「{name}」沒有指定訊息。", check)
