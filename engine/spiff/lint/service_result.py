"""A service with an effect is carried out when the step commits: what it gives back cannot be in the data of the step that asked for it."""

from __future__ import annotations

from collections.abc import Iterator

from engine.diagram import SPIFF
from engine.spiff.lint.rule import Found, Rule, Source, label, owner_id


def check(source: Source) -> Iterator[Found]:
    """Service tasks that expect a result of an operator that doesn't answer at once."""
    offered = source.package.operators or {}
    for node in source.root.iter(f"{{{SPIFF}}}serviceTaskOperator"):
        task = source.nodes.get(owner_id(node) or "")
        signature = offered.get(node.get("id", ""))
        answers = signature is not None and signature.is_reader
        if node.get("resultVariable", "").strip() and task is not None and not answers:
            yield owner_id(task), {"name": label(task), "variable": node.get("resultVariable")}


RULE = Rule("service-result", "服務任務「{name}」要求的結果「{variable}」不會寫入流程資料。", check)
