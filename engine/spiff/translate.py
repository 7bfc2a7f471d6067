"""Translates simple expressions of other engines (Camunda 7's JUEL, `${a > 5}`, and FEEL, `= a > 5`) into the sandbox's Python subset.

Comparisons, boolean operators, arithmetic and dotted names are translated; calls and everything else are not: None means that a
person has to rewrite the expression.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<number>\d+(?:\.\d+)?)|(?P<name>[^\W\d]\w*(?:\.[^\W\d]\w*)*)"""
    r"""|(?P<operator>&&|\|\||==|!=|<=|>=|[-+*/%<>=!()]))"""
)
_WORDS = {"true": "True", "false": "False", "null": "None", "and": "and", "or": "or", "not": "not"}
_JUEL_WORDS = {**_WORDS, "eq": "==", "ne": "!=", "lt": "<", "gt": ">", "le": "<=", "ge": ">=", "div": "/", "mod": "%", "empty": "not"}
_JUEL_OPERATORS = {"&&": "and", "||": "or", "!": "not"}
_FEEL_OPERATORS = {"=": "=="}
#: FEEL has neither; in JUEL a single = assigns
_NOT_IN_FEEL = frozenset({"==", "&&", "||", "!", "%"})
_NOT_IN_JUEL = frozenset({"="})
#: names that are no data in JUEL
_JUEL_OBJECTS = frozenset({"execution", "task", "instanceof"})
_FEEL_RESERVED = frozenset(
    {"if", "then", "else", "for", "in", "return", "some", "every", "satisfies", "between", "instance", "of", "function", "date", "time"}
)


def is_foreign(expression: str) -> bool:
    """Whether the text is written in another engine's language."""
    text = expression.strip()
    return text.startswith(("${", "#{", "="))


def translate(expression: str) -> str | None:
    """The same in the sandbox's subset; None when it is not simple enough."""
    text = expression.strip()
    if text.startswith(("${", "#{")) and text.endswith("}"):
        return _translated(text[2:-1], _JUEL_WORDS, _JUEL_OPERATORS, _NOT_IN_JUEL, _JUEL_OBJECTS)
    if text.startswith("="):
        return _translated(text[1:], _WORDS, _FEEL_OPERATORS, _NOT_IN_FEEL, _FEEL_RESERVED)
    return None


def _translated(
    text: str, words: dict[str, str], operators: dict[str, str], refused: frozenset[str], reserved: frozenset[str]
) -> str | None:
    parts: list[str] = []
    position, text = 0, text.rstrip()
    previous = ""
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            return None
        position = match.end()
        token = match.group(match.lastgroup or "")
        if token in refused or (previous == "name" and token == "("):  # noqa: S105 - a bracket
            return None
        if match.lastgroup == "name" and token.lower() not in words:
            first, *rest = token.split(".")
            if first in reserved:
                return None
            parts.append(first + "".join(f'["{step}"]' for step in rest))
        elif match.lastgroup == "name":
            parts.append(words[token.lower()])
        else:
            parts.append(operators.get(token, token))
        previous = "name" if match.lastgroup == "name" and token.lower() not in words else token
    if not parts:
        return None
    result = " ".join(parts).replace("( ", "(").replace(" )", ")")
    try:
        compile(result, "<translated>", "eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return result
