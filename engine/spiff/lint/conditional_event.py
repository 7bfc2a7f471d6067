"""A conditional event looks at the data of its own token, which no other branch changes: false once, it waits for ever."""

from __future__ import annotations

from collections.abc import Iterator

from engine.spiff.lint.rule import Found, Rule, Source, named


def check(source: Source) -> Iterator[Found]:
    """Conditional events that wait: caught in the flow or at the border of an activity."""
    for _, element in source.elements():
        if element.kind in ("intermediateCatchEvent", "boundaryEvent") and element.event_kind == "conditional":
            yield element.id, named(element)


RULE = Rule("conditional-event", "「{name}」是條件事件，其他分支的資料變更不會觸發它。請改用訊息或訊號。", check)
