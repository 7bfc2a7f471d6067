"""A lane whose role nobody can hold hides its work from everybody."""

from __future__ import annotations

from collections.abc import Iterator

from engine.spiff.lint.rule import Found, Rule, Source


def check(source: Source) -> Iterator[Found]:
    """Lanes with people's work whose role is not known."""
    roles = source.package.roles
    for diagram in source.diagrams if roles is not None else ():
        working = {element.role for element in diagram.human_elements if element.candidate_roles is None and element.outside is None}
        for lane in diagram.lanes:
            if lane.role in working and lane.role not in (roles or ()):
                yield lane.id or diagram.process_id, {"name": lane.name or lane.id, "role": lane.role}


RULE = Rule("unknown-role", "泳道「{name}」對應的角色「{role}」不存在於 organisation.toml。", check, severity="ours")
