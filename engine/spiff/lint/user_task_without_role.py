"""Work in no lane is seen by the fallback role only."""

from __future__ import annotations

from collections.abc import Iterator

from engine.spiff.lint.rule import Found, Rule, Source, named


def check(source: Source) -> Iterator[Found]:
    """People's work without lane, expression or outside person."""
    for diagram, element in source.elements():
        if (
            diagram.is_executable
            and element.is_human
            and not (element.role or element.candidate_roles or element.outside or element.assignee)
        ):
            yield element.id, named(element)


RULE = Rule("user-task-without-role", "「{name}」不在任何泳道內，也沒有指定角色，只有備援角色看得到。", check, severity="ours")
