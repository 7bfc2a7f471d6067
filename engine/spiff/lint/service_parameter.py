"""A service task gives its operator the parameters that it takes: all it needs, none it doesn't know, and no constant of another kind."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from engine.diagram import SPIFF
from engine.model import Parameter, Signature
from engine.spiff.lint.rule import Found, Rule, Source, label, owner_id

_MISSING, _UNKNOWN, _WRONG = "缺少必要參數", "沒有這個參數", "參數值不合適"


def check(source: Source) -> Iterator[Found]:
    """Every parameter that is missing, unknown or, where it is a constant, of the wrong kind."""
    offered = source.package.operators or {}
    for node in source.root.iter(f"{{{SPIFF}}}serviceTaskOperator"):
        task, operator = source.nodes.get(owner_id(node) or ""), node.get("id", "")
        signature = offered.get(operator)
        if signature is None or task is None:
            continue
        given = {each.get("id", ""): each.get("value", "").strip() for each in node.iter(f"{{{SPIFF}}}parameter")}
        for name, problem in _problems(signature, given):
            yield owner_id(task), {"name": label(task), "operator": operator, "parameter": name, "problem": problem}


def _problems(signature: Signature, given: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    known = {parameter.name: parameter for parameter in signature.parameters}
    yield from ((name, _MISSING) for name, parameter in known.items() if parameter.is_required and not given.get(name))
    yield from ((name, _UNKNOWN) for name in given if name not in known)
    for name, expression in given.items():
        if name in known and expression and not _may_be(known[name], expression):
            yield name, _WRONG


def _may_be(parameter: Parameter, expression: str) -> bool:
    """Whether an expression can give what the parameter takes: only constants can be judged."""
    try:
        value = ast.literal_eval(expression)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return True
    return parameter.takes(value)


RULE = Rule("service-parameter", "服務任務「{name}」呼叫「{operator}」時，參數「{parameter}」有誤：{problem}。", check)
