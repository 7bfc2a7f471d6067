"""A script is written in the sandbox's Python subset: no imports, no classes, nothing of Python's own insides."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from engine.diagram import SPIFF
from engine.errors import ExpressionError
from engine.spiff.lint.rule import Found, Rule, Source, owner_id, tag
from engine.spiff.sandbox import check_script

_REFUSED = (
    ast.Import,
    ast.ImportFrom,
    ast.ClassDef,
    ast.With,
    ast.AsyncWith,
    ast.AsyncFor,
    ast.AsyncFunctionDef,
    ast.Yield,
    ast.YieldFrom,
    ast.Await,
    ast.Match,
    ast.Global,
    ast.Nonlocal,
    ast.Delete,
)


#: characters; what is longer is no script of a diagram
_LONGEST = 20_000


def check(source: Source) -> Iterator[Found]:
    """Scripts, pre-scripts and post-scripts that do not parse or go beyond the subset."""
    for node in source.root.iter(tag("script"), f"{{{SPIFF}}}preScript", f"{{{SPIFF}}}postScript"):
        script = (node.text or "").strip()
        if not script:
            continue
        if len(script) > _LONGEST:
            yield owner_id(node), {"name": owner_id(node) or "", "reason": "內容過長。"}
            continue
        try:
            check_script(script)
        except ExpressionError as error:
            yield owner_id(node), {"name": owner_id(node) or "", "reason": str(error.data.get("reason", ""))}
            continue
        refused = next((part for part in ast.walk(ast.parse(script)) if isinstance(part, _REFUSED) or _inside(part)), None)
        if refused is not None:
            yield (
                owner_id(node),
                {"name": owner_id(node) or "", "reason": f"{type(refused).__name__} ({getattr(refused, 'lineno', 1)})"},
            )


def _inside(part: ast.AST) -> bool:
    return (isinstance(part, ast.Attribute) and part.attr.startswith("__")) or (isinstance(part, ast.Name) and part.id.startswith("__"))


RULE = Rule("bad-script", "「{name}」的腳本無法解讀：{reason}", check)
