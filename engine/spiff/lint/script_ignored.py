"""Pre-scripts and post-scripts run with tasks, sub-processes and calls; on events and gateways SpiffWorkflow passes over them."""

from __future__ import annotations

from collections.abc import Iterator

from engine.diagram import EVENT_KINDS, GATEWAY_KINDS, extension_text, local_name
from engine.spiff.lint.rule import Found, Rule, Source, label

#: a script task has its script
_WITHOUT = EVENT_KINDS | GATEWAY_KINDS | {"scriptTask", "process"}


def check(source: Source) -> Iterator[Found]:
    """Elements with such a script that never runs."""
    for node_id, node in source.nodes.items():
        if local_name(node) in _WITHOUT and (extension_text(node, "preScript") or extension_text(node, "postScript")):
            yield node_id, {"name": label(node)}


RULE = Rule("script-ignored", "「{name}」的前置或後置腳本不會執行：只有任務、子流程與呼叫才會。", check)
