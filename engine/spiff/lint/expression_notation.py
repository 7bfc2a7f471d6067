"""A case's data has keys and no attributes, and `True`, `False`, `None` begin with a capital: anything else fails when a case comes by."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from lxml import etree

from engine.diagram import SPIFF
from engine.spiff.lint.bad_expression import expressions, label_of_owner
from engine.spiff.lint.rule import Found, Rule, Source, owner_id, tag

_WORDS = {"true": True, "false": False, "null": None, "none": None}


def check(source: Source) -> Iterator[Found]:
    """Expressions and scripts that read `form.field`, or write `true`, with what they should say."""
    for node, field, text in (*expressions(source), *_scripts(source)):
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError):
            continue
        notation = _Notation(tree)
        mended = notation.visit(tree)
        if notation.is_wrong:
            wanted = ast.unparse(mended)[:200]
            yield owner_id(node), {"name": label_of_owner(source, node), "expression": text[:200], "wanted": wanted, "property": field}


def _scripts(source: Source) -> Iterator[tuple[etree._Element, str, str]]:
    for node in source.root.iter(tag("script"), f"{{{SPIFF}}}preScript", f"{{{SPIFF}}}postScript"):
        if (node.text or "").strip():
            yield node, "script", (node.text or "").strip()


class _Notation(ast.NodeTransformer):
    """Writes it as the sandbox reads it."""

    def __init__(self, tree: ast.AST) -> None:
        self.is_wrong = False
        #: methods that are called: `rows.append(…)`
        self._called = {id(part.func) for part in ast.walk(tree) if isinstance(part, ast.Call)}
        self._bound = {part.id for part in ast.walk(tree) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        held = self.visit(node.value)
        if id(node) in self._called or node.attr.startswith("__"):
            return ast.copy_location(ast.Attribute(held, node.attr, node.ctx), node)
        self.is_wrong = True
        return ast.copy_location(ast.Subscript(held, ast.Constant(node.attr), node.ctx), node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id not in _WORDS or node.id in self._bound:
            return node
        self.is_wrong = True
        return ast.copy_location(ast.Constant(_WORDS[node.id]), node)


RULE = Rule("expression-notation", "「{name}」的運算式「{expression}」要寫成「{wanted}」。", check)
