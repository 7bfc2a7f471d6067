"""A call needs a process that is deployed already or comes in the same deployment."""

from __future__ import annotations

from collections.abc import Iterator

from engine.spiff.lint.rule import Found, Rule, Source, named


def check(source: Source) -> Iterator[Found]:
    """Calls to nothing."""
    package = source.package
    for _, element in source.elements():
        if element.kind == "callActivity" and element.called not in package.executable() and element.called not in package.known_processes:
            yield element.id, {**named(element), "called": element.called or "—"}


RULE = Rule("unknown-called-process", "「{name}」呼叫的流程「{called}」不存在。", check)
