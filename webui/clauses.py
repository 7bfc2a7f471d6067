"""The clauses of the manual that a step carries out: why a person is asked to do it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.diagram import Element
from webui.wording import content, worded

_FILE = "clauses.toml"


@dataclass(frozen=True, slots=True)
class ClauseText:
    """One clause."""

    #: as the manual numbers it, e.g. `5.1`
    number: str
    #: the procedure's name in the reader's language; the id where it isn't known
    procedure: str
    #: what it says; empty where the deployment doesn't carry its text
    text: str = ""


def clauses_of(element: Element | None, definition_id: int) -> tuple[ClauseText, ...]:
    """The clauses that the element names, with their text where `clauses.toml` has it."""
    if element is None or not element.clauses:
        return ()
    held = content(definition_id)
    known = _read(held.files.get(_FILE))
    found = []
    for clause in element.clauses:
        key, _, number = clause.rpartition(" ")
        procedure = worded(held.name, definition_id) if key in ("", held.key) else key
        found.append(ClauseText(number or clause, procedure, worded(known.get(clause, known.get(number, "")), definition_id)))
    return tuple(found)


def _read(raw: bytes | None) -> Mapping[str, str]:
    """Clause → text, from either `"repair 5.1" = "…"`, `[[clause]] id/text` or nested tables."""
    if raw is None:
        return {}
    try:
        document = tomllib.loads(raw.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError):
        return {}
    found: dict[str, str] = {}
    _collect(document, found)
    return found


def _collect(node: Any, found: dict[str, str], name: str = "") -> None:
    if isinstance(node, Mapping):
        text = node.get("text", node.get("title"))
        if isinstance(text, str):
            found[str(node.get("id", name))] = text
            return
        for key, value in node.items():
            if isinstance(value, str):
                found[str(key)] = value
            else:
                _collect(value, found, str(key))
    elif isinstance(node, list):
        for entry in node:
            _collect(entry, found, name)
