"""Some properties take one of a few words."""

from __future__ import annotations

from collections.abc import Iterator

from engine.model import COLLECTION_NAMES
from engine.spiff.lint.rule import Found, Rule, Source, named

_OF_PROCESSES: dict[str, tuple[str, ...]] = {
    "for_each": COLLECTION_NAMES,
    "catch_up": ("all", "latest"),
    "hidden_start": ("true", "false"),
}
_ALLOWED = {"calendar": ("always", "working"), "outside": ("tenant", "owner", "contractor"), "hand_over": ("link",)}


def check(source: Source) -> Iterator[Found]:
    """Properties with another word."""
    for diagram in source.diagrams:
        for name, allowed in _OF_PROCESSES.items():
            value = diagram.properties.get(name, "").strip()
            if value and value not in allowed:
                data = {"name": diagram.name, "property": name, "value": value, "allowed": "、".join(allowed)}
                yield diagram.process_id, data
    for _, element in source.elements():
        for name, allowed in _ALLOWED.items():
            value = element.properties.get(name, "").strip()
            if value and value not in allowed:
                yield element.id, {**named(element), "property": name, "value": value, "allowed": "、".join(allowed)}


RULE = Rule("unknown-property-value", "「{name}」的屬性 {property} 不能是「{value}」，只能是：{allowed}。", check)
