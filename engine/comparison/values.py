"""What a comparison finds, as values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Change(StrEnum):
    """What became of something."""

    ADDED = "added"
    REMOVED = "removed"
    #: drawn elsewhere, and nothing else
    MOVED = "moved"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Property:
    """One thing said of an element or in a file, as it was and as it is."""

    #: `name`, `lane`, `property:due`, `condition` …; of a file the place in it, parts joined by ` › `
    name: str
    #: None where it wasn't said
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class ElementChange:
    """An element of a diagram that is not as it was."""

    #: the process that holds it; empty for what stands beside processes: messages, participants
    process_key: str
    element_id: str
    #: BPMN local name
    kind: str
    #: what people call it; of a flow empty where it has no name
    name: str
    change: Change
    properties: tuple[Property, ...] = ()
    #: of a flow: the ids that it joins, as it is (or was)
    joins: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file of the package that is not as it was; diagrams are told by their elements."""

    path: str
    #: `form`, `decision`, `record`, `register`, `limits`, `clauses`, `scenario`, `words`, `diagram` or `other`
    area: str
    change: Change
    properties: tuple[Property, ...] = ()
    #: of texts: lines with ` `, `-`, `+` or `@` in front
    lines: tuple[str, ...] = ()
