"""SpiffWorkflow cannot compensate."""

from __future__ import annotations

from collections.abc import Iterator

from engine.diagram import local_name
from engine.spiff.lint.rule import Found, Rule, Source, label, owner_id


def check(source: Source) -> Iterator[Found]:
    """Compensation events and activities."""
    for node in source.root.iter():
        if local_name(node) == "compensateEventDefinition" or node.get("isForCompensation") == "true":
            yield owner_id(node), {"name": label(node)}


RULE = Rule("compensation", "「{name}」使用了引擎不支援的補償（compensation）。", check)
