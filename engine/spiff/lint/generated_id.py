"""Ids live in saved state and in logs: one that a modeler made up tells nobody anything."""

from __future__ import annotations

from collections.abc import Iterator

from engine.diagram import GENERATED_ID
from engine.spiff.lint.rule import Found, Rule, Source, named


def check(source: Source) -> Iterator[Found]:
    """Activities, events and gateways with such an id."""
    for _, element in source.elements():
        if GENERATED_ID.match(element.id):
            yield element.id, {**named(element), "id": element.id}


RULE = Rule(
    "generated-id", "「{name}」的 id「{id}」是工具自動產生的，請改為看得懂的英文名稱，例如 approve_application。", check, severity="ours"
)
