"""Roles that properties name must exist, or nobody is ever asked."""

from __future__ import annotations

from collections.abc import Iterator

from engine.spiff.lint.rule import Found, Rule, Source, named


def check(source: Source) -> Iterator[Found]:
    """`escalate_to`, `attended_by` and `start_roles` with a role that is not known."""
    roles = source.package.roles
    if roles is None:
        return
    for _, element in source.elements():
        for name, role in (("escalate_to", element.escalate_to), ("attended_by", element.attended_by)):
            if role is not None and role not in roles:
                yield element.id, {**named(element), "property": name, "role": role}
    for diagram in source.diagrams:
        for role in diagram.start_roles:
            if role not in roles:
                yield diagram.process_id, {"name": diagram.name, "property": "start_roles", "role": role}


RULE = Rule("unknown-property-role", "「{name}」的屬性 {property} 指定的角色「{role}」不存在。", check)
