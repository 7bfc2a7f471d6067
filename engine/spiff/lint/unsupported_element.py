"""BPMN that the engine cannot run."""

from __future__ import annotations

from collections.abc import Iterator

from engine.diagram import local_name
from engine.spiff.lint.rule import Found, Rule, Source, label, owner_id

_UNSUPPORTED = frozenset(
    {
        "complexGateway",
        "adHocSubProcess",
        "transaction",
        "callChoreography",
        "subChoreography",
        "choreographyTask",
        "implicitThrowEvent",
        "globalUserTask",
        "globalTask",
        "globalScriptTask",
        "globalManualTask",
        "globalBusinessRuleTask",
        "cancelEventDefinition",
    }
)


def check(source: Source) -> Iterator[Found]:
    """Each such element."""
    for node in source.root.iter():
        if local_name(node) in _UNSUPPORTED:
            yield owner_id(node), {"name": label(node), "kind": local_name(node)}


RULE = Rule("unsupported-element", "「{name}」使用了引擎不支援的「{kind}」。", check)
