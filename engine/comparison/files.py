"""Files beside the diagrams, flattened to places and texts so that two of them can be laid side by side. Pure."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from lxml import etree

from engine.comparison.values import Change, FileChange, Property
from engine.diagram import parse_xml

#: lines of a text's difference, and places of a structured file's, that are shown
MOST = 400
_AREAS = {
    "forms/": "form", "decisions/": "decision", "records/": "record", "registers/": "register", "scenarios/": "scenario",
    "locale/": "words",
}
#: what tells the entries of a list apart, by preference
_KEYS = ("id", "number", "name", "key", "const", "value")
_SEPARATOR = " › "


def area_of(path: str) -> str:
    """What a file of a package is for."""
    if path.endswith(".bpmn"):
        return "diagram"
    if path.endswith(".dmn"):
        return "decision"
    if path in ("limits.toml", "clauses.toml"):
        return path.removesuffix(".toml")
    return next((area for start, area in _AREAS.items() if path.startswith(start)), "other")


def compare_file(path: str, before: bytes | None, after: bytes | None) -> FileChange | None:
    """What is different; None where nothing is."""
    if before == after:
        return None
    change = Change.ADDED if before is None else Change.REMOVED if after is None else Change.CHANGED
    if change is not Change.CHANGED:
        return FileChange(path, area_of(path), change)
    assert before is not None
    assert after is not None
    flat = _flat(path, before), _flat(path, after)
    if flat[0] is not None and flat[1] is not None:
        properties = tuple(properties_of(flat[0], flat[1]))
        if properties:
            return FileChange(path, area_of(path), change, properties[:MOST])
    return FileChange(path, area_of(path), change, (), tuple(_lines(before, after)))


def properties_of(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Property]:
    """What is not the same, in the order of what is, then of what was."""
    for name in dict.fromkeys([*after, *before]):
        if before.get(name) != after.get(name):
            yield Property(name, before.get(name), after.get(name))


def _flat(path: str, raw: bytes) -> dict[str, str] | None:
    """Place → text; None for what is only text."""
    try:
        if path.endswith(".json"):
            return dict(_walk(orjson.loads(raw), ()))
        if path.endswith(".toml"):
            return dict(_walk(tomllib.loads(raw.decode()), ()))
        if path.endswith(".dmn"):
            return dict(_decisions(parse_xml(raw)))
    except (orjson.JSONDecodeError, tomllib.TOMLDecodeError, UnicodeDecodeError, etree.XMLSyntaxError):
        return None
    return None


def _walk(value: Any, place: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        if not value:
            yield _SEPARATOR.join(place), "{}"
        for name, inner in value.items():
            # where fields are, not that they are fields
            here = place if name in ("properties", "limit", "clause") and isinstance(inner, (dict, list)) else (*place, str(name))
            yield from _walk(inner, here)
    elif isinstance(value, list) and any(isinstance(each, (dict, list)) for each in value):
        used: dict[str, int] = {}
        for number, each in enumerate(value, 1):
            key = _key(each) or f"#{number}"
            used[key] = used.get(key, 0) + 1
            yield from _walk(each, (*place, key if used[key] == 1 else f"{key} ({used[key]})"))
    elif isinstance(value, list):
        yield _SEPARATOR.join(place), "、".join(_text(each) for each in value)
    else:
        yield _SEPARATOR.join(place), _text(value)


def _key(value: Any) -> str | None:
    if not isinstance(value, Mapping):
        return None
    return next((str(value[name]) for name in _KEYS if isinstance(value.get(name), (str, int))), None)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "✓" if value else "✗"
    return "—" if value is None else str(value)


def _decisions(root: etree._Element) -> Iterator[tuple[str, str]]:
    """Each rule of a table as one line: its conditions, then what comes of it."""
    for decision in root.iter("{*}decision"):
        name = decision.get("name") or decision.get("id") or "—"
        for table in decision.iter("{*}decisionTable"):
            yield _SEPARATOR.join((name, "hitPolicy")), table.get("hitPolicy", "UNIQUE")
            inputs = [_words(each) or each.get("label") or "" for each in table.iterfind("{*}input")]
            outputs = [each.get("label") or each.get("name") or "" for each in table.iterfind("{*}output")]
            yield _SEPARATOR.join((name, "input")), " | ".join(inputs)
            yield _SEPARATOR.join((name, "output")), " | ".join(outputs)
            for number, rule in enumerate(table.iterfind("{*}rule"), 1):
                conditions = " | ".join(_words(each) or "-" for each in rule.iterfind("{*}inputEntry"))
                results = " | ".join(_words(each) for each in rule.iterfind("{*}outputEntry"))
                yield _SEPARATOR.join((name, rule.get("id") or f"#{number}")), f"{conditions} → {results}"
        for literal in decision.iterfind("{*}literalExpression"):
            yield name, _words(literal)


def _words(node: etree._Element) -> str:
    return " ".join(" ".join(str(text) for text in node.itertext()).split())


def _lines(before: bytes, after: bytes) -> Iterator[str]:
    texts = [raw.decode("utf-8", "replace").splitlines() for raw in (before, after)]
    for number, line in enumerate(difflib.unified_diff(texts[0], texts[1], lineterm="", n=2)):
        if number >= MOST:
            yield "@ …"
            return
        if number > 1:
            yield "@" if line.startswith("@@") else line
