"""Turns expressions over the other engine's flat variables into ours, which name the form that holds the field.

JUEL and FEEL are translated by `engine.spiff.translate`; Python (Spiff-Arena) is taken as it is. What cannot be translated is taken out and
named, so that nothing is left that would be read as something else.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from lxml import etree

from engine.diagram import BPMN, local_name
from engine.errors import ExpressionError
from engine.foreign.notes import Notes
from engine.foreign.tree import put_property, tag, taken_out
from engine.spiff.sandbox import check_expression
from engine.spiff.timer_texts import looks_iso
from engine.spiff.translate import is_foreign, translate

_TIMER_TEXTS = ("timeDate", "timeDuration", "timeCycle")
_EXPRESSIONS = ("conditionExpression", "condition", "loopCardinality", "loopCondition", "completionCondition")
_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
#: what every expression of ours may name besides forms
_OWN = frozenset({"_", "loopCounter", "len", "float", "int", "str", "min", "max", "sum", "any", "all", "round", "abs", "sorted", "True",
                  "False", "None", "datetime", "timedelta", "bool", "list", "dict", "range", "set"})
_LATER = re.compile(r"\.plus(Second|Minute|Hour|Day|Week|Month|Year)s\(\s*(\d{1,6})\s*\)")
_NOW = re.compile(r"^[$#]\{\s*(?:now\(\)|dateTime\(\))\s*(?P<later>(?:\.plus[A-Z][a-z]+\(\s*\d{1,6}\s*\))+)(?:\.toDate\(\))?\s*\}$")
_FEEL_NOW = re.compile(r"""^=\s*now\(\)\s*\+\s*duration\(\s*"(P[\dYMWDTHS]+)"\s*\)$""")
_UNITS = {"Day": "D", "Week": "W", "Month": "M", "Year": "Y"}
_TIME_UNITS = {"Hour": "H", "Minute": "M", "Second": "S"}


@dataclass(slots=True)
class Variables:
    """Which form holds which variable, and from where in the diagram it can be seen."""

    root: etree._Element
    #: element id → our form's key
    forms: dict[str, str] = field(default_factory=dict)
    #: our form's key → the other system's variable → our field
    fields: dict[str, Mapping[str, str]] = field(default_factory=dict)
    _before: dict[str, list[str]] = field(default_factory=dict)

    def look(self) -> None:
        """Note what leads to what."""
        self._before.clear()
        for node in self.root.iter():
            kind, identity = local_name(node), node.get("id", "")
            if kind == "sequenceFlow":
                self._before.setdefault(node.get("targetRef", ""), []).append(node.get("sourceRef", ""))
            elif kind == "boundaryEvent":
                self._before.setdefault(identity, []).append(node.get("attachedToRef", ""))
            elif kind == "startEvent":
                around = node.getparent()
                if around is not None and local_name(around) != "process":
                    self._before.setdefault(identity, []).append(around.get("id", ""))

    def holder(self, variable: str, element_id: str) -> tuple[str, str] | None:
        """(form, field) of the variable as seen from an element: of the nearest step before it, else of the only form that has it."""
        seen, row = {element_id}, [element_id]
        while row:
            for each in row:
                key = self.forms.get(each)
                if key is not None and variable in self.fields.get(key, {}):
                    return key, self.fields[key][variable]
            row = [source for each in row for source in self._before.get(each, ()) if source not in seen]
            seen.update(row)
        held = [(key, names[variable]) for key, names in self.fields.items() if variable in names]
        return held[0] if len(held) == 1 else None

    def ours(self, expression: str, element_id: str) -> tuple[str, list[str]]:
        """A Python expression with its variables as fields of forms, and the names that no form asks for."""
        tree = ast.parse(expression, mode="eval")
        own = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
        own |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
        raw, unknown = expression.encode(), []
        found = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id not in own | _OWN]
        lines = [0]
        for line in raw.splitlines(keepends=True):
            lines.append(lines[-1] + len(line))
        for node in sorted(found, key=lambda each: (each.lineno, each.col_offset), reverse=True):
            held = self.holder(node.id, element_id)
            if held is None:
                unknown.append(node.id)
                continue
            start = lines[node.lineno - 1] + node.col_offset
            raw = raw[:start] + f'{held[0]}["{held[1]}"]'.encode() + raw[start + len(node.id.encode()):]
        return raw.decode(), sorted(set(unknown))


def translated(text: str, variables: Variables, element_id: str) -> tuple[str, list[str]] | None:
    """An expression of the other system as one of ours, with the names that no form asks for; None where a person has to write it."""
    text = text.strip()
    python = translate(text) if is_foreign(text) else text
    if python is None:
        return None
    try:
        check_expression(python)
        ours, unknown = variables.ours(python, element_id)
        check_expression(ours)
    except (ExpressionError, SyntaxError, ValueError, RecursionError):
        return None
    if any(isinstance(node, ast.Name | ast.Attribute) and _is_inner(node) for node in ast.walk(ast.parse(ours, mode="eval"))):
        return None
    return ours, unknown


def _is_inner(node: ast.AST) -> bool:
    return "__" in (node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else "")


def translate_all(root: etree._Element, variables: Variables, notes: Notes) -> None:
    """Every condition, loop and timer of the diagram."""
    for node in list(root.iter(*map(tag, _EXPRESSIONS))):
        _expression(node, variables, notes)
    for node in list(root.iter(*map(tag, _TIMER_TEXTS))):
        _timer(node, variables, notes)


def _expression(node: etree._Element, variables: Variables, notes: Notes) -> None:
    text, language = (node.text or "").strip(), node.get("language", "")
    outside = [name for name in node.attrib if str(name).startswith("{") and not str(name).startswith(_XSI)]
    scripted = language.rpartition("/")[2].lower() not in ("", "juel", "feel", "python", "xpath", "unspecified")
    owner = _owner(node)
    seen_from = owner.get("id", "") if _is_node(owner) else owner.get("sourceRef", "")
    found = None if scripted or outside else translated(text, variables, seen_from)
    if not text and not outside:
        taken_out(node)
        return
    if found is None:
        notes.open("expression", owner, "「{name}」的條件不能照搬（由程式計算，或寫法這裡沒有），已拿掉。請以表單的欄位重新寫。",
                   original=text or " ".join(f"{name!s}={node.get(str(name))}" for name in outside))
        taken_out(node)
        return
    ours, unknown = found
    node.text = ours
    for name in list(node.attrib):
        if name != "id":
            del node.attrib[name]
    if local_name(node) == "conditionExpression":
        prefixes = {prefix for prefix, uri in node.nsmap.items() if uri == BPMN}
        prefix = "" if None in prefixes else f"{min(filter(None, prefixes))}:"
        node.set(f"{_XSI}type", f"{prefix}tFormalExpression")
    if ours != text:
        notes.translated("expression", owner, "「{name}」的條件「{before}」已轉為「{after}」。", before=text[:200], after=ours[:200])
    if unknown:
        notes.open(
            "unknown-variable", owner,
            "「{name}」的條件用到「{variables}」，但沒有表單填寫它。請在前面的表單加上這個欄位，或改寫條件。",
            original=ours, variables="、".join(unknown))


def _timer(node: etree._Element, variables: Variables, notes: Notes) -> None:
    text, owner = (node.text or "").strip(), _owner(node)
    inner = text[2:-1].strip() if text.startswith(("${", "#{")) else text.removeprefix("=").strip()
    bare = inner.strip("\"'")
    for name in list(node.attrib):
        if name != "id":
            del node.attrib[name]
    if looks_iso(bare):
        node.text = f'"{bare}"'
        if text not in (bare, node.text):
            notes.translated("timer", owner, "「{name}」的時間「{before}」已轉為「{after}」。", before=text, after=bare)
        return
    later = duration(text)
    if later is not None and local_name(node) == "timeDate":
        # counted from when it is reached, as there
        node.tag, node.text = tag("timeDuration"), f'"{later}"'
        notes.translated("timer", owner, "「{name}」的時間「{before}」已轉為「{after}」。", before=text, after=later)
        return
    found = translated(text, variables, owner.get("id", "")) if text else None
    if found is None or found[1]:
        notes.open("timer", owner, "「{name}」的時間「{before}」不能照搬，請填入 ISO 8601 的時間或間隔（例如 PT2H）。",
                   original=text, before=text[:200])
        node.text = ""
        return
    node.text = found[0]
    notes.translated("timer", owner, "「{name}」的時間「{before}」已轉為「{after}」。", before=text, after=found[0])


def duration(text: str) -> str | None:
    """`${now().plusDays(3)}`, `=now() + duration("P3D")` and plain ISO as an ISO 8601 duration; None for anything else."""
    text = text.strip()
    if looks_iso(text) and text.startswith("P"):
        return text
    if feel := _FEEL_NOW.match(text):
        return feel.group(1)
    found = _NOW.match(text)
    if found is None:
        return None
    steps = _LATER.findall(found.group("later"))
    days = "".join(f"{int(count)}{_UNITS[unit]}" for unit, count in steps if unit in _UNITS)
    time = "".join(f"{int(count)}{_TIME_UNITS[unit]}" for unit, count in steps if unit in _TIME_UNITS)
    if ("W" in days and len(days) > days.index("W") + 1) or (steps and len({unit for unit, _ in steps}) < len(steps)):
        return None
    return f"P{days}{f'T{time}' if time else ''}" if days or time else None


def set_expression(node: etree._Element, name: str, text: str, variables: Variables, notes: Notes) -> bool:
    """Set one of our properties from an expression of theirs; False where it cannot be translated."""
    found = translated(text, variables, node.get("id", ""))
    if found is None or found[1]:
        return False
    put_property(node, name, found[0])
    notes.translated(
        "expression", node,
        "「{name}」的「{setting}」「{before}」已轉為「{after}」。",
        setting=name, before=text[:200], after=found[0])
    return True


def _owner(node: etree._Element) -> etree._Element:
    """The flow node or flow that an expression belongs to."""
    current: etree._Element | None = node
    while current is not None:
        name = local_name(current)
        if current.get("id") and (name == "sequenceFlow" or _is_node(current)):
            return current
        current = current.getparent()
    return node


def _is_node(node: etree._Element) -> bool:
    name = local_name(node)
    return name != "sequenceFlow" and name.endswith(("Task", "task", "Event", "Gateway", "subProcess", "callActivity", "transaction"))

