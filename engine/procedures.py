"""Procedures as folders on disk: finds them, reads their files as a deployment takes them, and puts called ones before their callers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from engine.errors import UsageError

#: endings of what belongs to a deployment; notes and pictures beside it don't
_ENDINGS = frozenset({".bpmn", ".dmn", ".json", ".html", ".toml", ".po", ".yaml"})
_PROCESS = re.compile(rb"<(?:\w+:)?process\b[^>]*?\bid\s*=\s*[\"']([^\"']+)[\"']")
_CALLED = re.compile(rb"\bcalledElement\s*=\s*[\"']([^\"']+)[\"']")


class NoDiagramError(UsageError):
    """A path that holds nothing to deploy."""

    code = "no_diagram"
    sentence = "「{path}」中沒有流程圖（.bpmn）。"


@dataclass(frozen=True, slots=True)
class Procedure:
    """A set of files that is deployed together."""

    #: the folder's name; for loose files the first file's
    name: str
    #: by path inside the deployment, with `/`
    files: Mapping[str, bytes]
    #: whether it was a folder, whose name is the procedure's
    is_folder: bool = True


def read_procedures(paths: Iterable[Path]) -> list[Procedure]:
    """What the paths hold: a procedure's folder, a folder of such folders, or loose files, which make one procedure together.

    NoDiagramError for a path without any diagram.
    """
    found: list[Procedure] = []
    loose: dict[str, bytes] = {}
    for path in paths:
        if path.is_dir():
            folders = [path] if _is_procedure(path) else sorted(filter(_is_procedure, path.iterdir()))
            if not folders:
                raise NoDiagramError(path=path)
            found += [Procedure(folder.resolve().name, read_folder(folder)) for folder in folders]
        elif path.is_file():
            loose[path.name] = path.read_bytes()
        else:
            raise NoDiagramError(path=path)
    if loose:
        found.append(Procedure(Path(next(iter(loose))).stem, loose, is_folder=False))
    return called_first(found)


def read_folder(folder: Path) -> dict[str, bytes]:
    """A folder's files by their path inside it."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*"))
            if path.is_file() and path.suffix in _ENDINGS and not any(part.startswith(".") for part in path.relative_to(folder).parts)}


def _is_procedure(folder: Path) -> bool:
    return any(folder.glob("*.bpmn"))


def called_first(procedures: list[Procedure]) -> list[Procedure]:
    """In an order in which each comes after those that it calls."""
    # a look by pattern is enough for an order; whether a file can be read at all is for the deployment to say
    holder = {process: entry.name for entry in procedures for process in _matches(_PROCESS, entry)}
    calls = {entry.name: {holder[called] for called in _matches(_CALLED, entry) if called in holder} - {entry.name} for entry in procedures}
    try:
        order = list(TopologicalSorter(calls).static_order())
    except CycleError:
        # two that call each other: no order is right, and the deployment names the missing one
        return procedures
    return sorted(procedures, key=lambda entry: order.index(entry.name))


def _matches(pattern: re.Pattern[bytes], entry: Procedure) -> set[bytes]:
    return {match for name, raw in entry.files.items() if name.endswith(".bpmn") for match in pattern.findall(raw)}
