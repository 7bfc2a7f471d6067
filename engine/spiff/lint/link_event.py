"""SpiffWorkflow takes link events for plain ones: the token goes on where it is, or is lost."""

from __future__ import annotations

from collections.abc import Iterator

from engine.spiff.lint.rule import Found, Rule, Source, named


def check(source: Source) -> Iterator[Found]:
    """Each link event."""
    for _, element in source.elements():
        if element.event_kind == "link":
            yield element.id, named(element)


RULE = Rule("link-event", "「{name}」是連結事件，引擎不支援。請直接畫出流程線。", check)
