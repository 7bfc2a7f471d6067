"""A timer that recurs only makes sense where it may fire more than once: elsewhere SpiffWorkflow breeds tokens, or does not interrupt."""

from __future__ import annotations

from collections.abc import Iterator

from engine.spiff.lint.rule import Found, Rule, Source, named


def check(source: Source) -> Iterator[Found]:
    """Cycle timers on anything but non-interrupting boundary events and the start events of a process."""
    for _, element in source.elements():
        once = element.kind == "intermediateCatchEvent" or (element.kind == "boundaryEvent" and element.interrupting)
        if once and any(event.timer == "cycle" for event in element.events):
            yield element.id, named(element)


RULE = Rule("cycle-position", "「{name}」只會發生一次，不能用循環計時器。請改用時間長度（Duration）。", check)
