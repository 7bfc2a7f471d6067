"""The manual beside a draft: each clause with what carries it out and which scenarios show it, and each limit. Reads, never writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from lxml import etree

from engine import definitions, limit_rules
from engine.designing import contents, drafts
from engine.designing.toml_text import Entries, TomlUnsplittableError
from engine.diagram import GATEWAY_KINDS, Diagram, read_diagram
from engine.errors import Finding
from engine.limit_rules import Limit
from engine.model import Actor
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.scenarios.clauses import FILE as CLAUSES
from engine.scenarios.clauses import Clause, carriers, read_clauses
from engine.scenarios.consistency import Contents
from engine.scenarios.reader import read_scenarios


@dataclass(frozen=True, slots=True)
class Place:
    """A step, or a process as a whole, that carries a clause out."""

    process: str
    #: None for the process as a whole
    element_id: str | None
    name: str
    #: None where it is drawn in another procedure
    file: str | None


@dataclass(frozen=True, slots=True)
class ClauseState:
    """A clause with what is there of it."""

    clause: Clause
    places: tuple[Place, ...] = ()
    #: ids of limits that measure it
    limits: tuple[str, ...] = ()
    #: files of the draft's scenarios that cite it
    scenarios: tuple[str, ...] = ()

    @property
    def lacks_carrier(self) -> bool:
        """Whether nothing carries it out, though it asks for something."""
        return self.clause.is_executable and not self.places and not self.limits

    @property
    def lacks_scenario(self) -> bool:
        """Whether no scenario shows it, though it asks for something."""
        return self.clause.is_executable and not self.scenarios


@dataclass(frozen=True, slots=True)
class LimitState:
    """One entry of limits.toml as it is written."""

    id: str
    effective_from: date | None
    #: by key of the file; lists of texts for happenings
    values: Mapping[str, Any]
    #: whether it counts already: changing what it measures needs a day from which the change does
    is_deployed: bool


@dataclass(frozen=True, slots=True)
class Manual:
    """What the panel shows."""

    clauses: tuple[ClauseState, ...]
    limits: tuple[LimitState, ...]
    #: numbers that limits and steps may name: those here and those of the other procedures
    known: tuple[Clause, ...]
    #: the draft's own steps and events, which limits may name
    steps: tuple[Place, ...] = ()
    #: the process whose steps limits name without it
    home: str = ""
    findings: tuple[Finding, ...] = ()
    #: the files' revisions, 0 where there is none
    revisions: Mapping[str, int] = field(default_factory=dict)


def look(runtime: Runtime, uow: UnitOfWork, actor: Actor, draft_id: int, unsaved: Mapping[str, bytes] | None = None) -> Manual:
    """The manual as the draft has it, `unsaved` files laid over it."""
    draft = drafts.get(uow, actor, draft_id)
    held = drafts.file_list(uow, draft_id)
    files = {**drafts.files(uow, draft_id), **(unsaved or {})}
    contents.require_room(runtime, files)
    clauses, findings = read_clauses(files.get(CLAUSES, b""))
    limits, broken = _limits(uow, draft.base_deployment_id, files)
    read = Contents.read(files)
    return Manual(
        tuple(_states(runtime, uow, files, read, clauses)), limits, tuple(_known(runtime, uow, clauses)), tuple(_steps(files, read)),
        limit_rules.home_of({key: diagram.called for key, diagram in read.diagrams.items()}) if read.diagrams else "",
        (*findings, *broken), {each.path: each.revision for each in held if each.path in (CLAUSES, limit_rules.FILE)})


def others(runtime: Runtime, uow: UnitOfWork, own: Mapping[str, Diagram]) -> Iterator[tuple[Diagram, Sequence[Limit], Mapping[str, bytes]]]:
    """Diagram, limits and files of each current process that the draft doesn't hold."""
    for info in definitions.list_latest(runtime, uow):
        if info.key not in own:
            held = definitions.content(runtime, uow, info.id)
            yield held.diagram, held.limits, held.files


def known(runtime: Runtime, uow: UnitOfWork, files: Mapping[str, bytes]) -> list[Clause]:
    """Every clause that there is, in these files and in what runs."""
    return _known(runtime, uow, read_clauses(files.get(CLAUSES, b""))[0])


def cites(files: Mapping[str, bytes]) -> dict[str, list[str]]:
    """Clause → files of the scenarios that cite it."""
    found: dict[str, list[str]] = {}
    for name, raw in sorted(files.items()):
        if name.startswith("scenarios/"):
            for number in _cited(name, raw):
                found.setdefault(number, []).append(name)
    return found


def _states(
    runtime: Runtime, uow: UnitOfWork, files: Mapping[str, bytes], held: Contents, clauses: Sequence[Clause]
) -> Iterator[ClauseState]:
    home = _homes(files)
    wanted = {clause.number for clause in clauses}
    places: dict[str, dict[Place, None]] = {}
    limits: dict[str, dict[str, None]] = {}
    around = list(others(runtime, uow, held.diagrams))
    diagrams = {**held.diagrams, **{diagram.process_id: diagram for diagram, _, _ in around}}
    for diagram in diagrams.values():
        for carrier in carriers([diagram], ()):
            place = _place(diagram, carrier.name, home.get(diagram.process_id))
            for number in wanted.intersection(carrier.clauses):
                places.setdefault(number, {})[place] = None
    for limit in (*held.limits, *(each for _, entries, _ in around for each in entries)):
        for number in wanted.intersection(limit.clauses):
            limits.setdefault(number, {})[limit.id] = None
    shown = cites(files)
    for clause in clauses:
        number = clause.number
        yield ClauseState(clause, tuple(places.get(number, ())), tuple(limits.get(number, ())), tuple(shown.get(number, ())))


def _place(diagram: Diagram, name: str, file: str | None) -> Place:
    element_id = name.partition("/")[2] or None
    element = diagram.elements.get(element_id or "")
    return Place(diagram.process_id, element_id, element.name if element else diagram.name, file)


def _steps(files: Mapping[str, bytes], held: Contents) -> Iterator[Place]:
    home = _homes(files)
    for key, diagram in held.diagrams.items():
        for element in diagram.elements.values():
            if element.kind not in GATEWAY_KINDS and element.name:
                yield Place(key, element.id, element.name, home.get(key))


def _homes(files: Mapping[str, bytes]) -> dict[str, str]:
    """Process → the file that draws it."""
    found: dict[str, str] = {}
    for name, raw in files.items():
        if name.endswith(".bpmn"):
            # what cannot be read is told by the check
            with suppress(etree.XMLSyntaxError, ValueError):
                found |= dict.fromkeys(read_diagram(raw), name)
    return found


def _known(runtime: Runtime, uow: UnitOfWork, own: Sequence[Clause]) -> list[Clause]:
    known = {clause.number: clause for clause in own}
    seen: set[int] = set()
    for info in definitions.list_latest(runtime, uow):
        if info.deployment_id not in seen:
            seen.add(info.deployment_id)
            for clause in read_clauses(definitions.content(runtime, uow, info.id).files.get(CLAUSES, b""))[0]:
                known.setdefault(clause.number, clause)
    return list(known.values())


def _limits(uow: UnitOfWork, deployment_id: int | None, files: Mapping[str, bytes]) -> tuple[tuple[LimitState, ...], list[Finding]]:
    try:
        entries = Entries(files.get(limit_rules.FILE, b""), "limit", limit_rules.FILE).values
    except TomlUnsplittableError as error:
        return (), [Finding("limits", "error", None, error.sentence, error.data, limit_rules.FILE)]
    counting = deployed_limits(uow, deployment_id)
    return tuple(
        LimitState(str(entry.get("id", "")), entry.get("effective_from"), entry, (entry.get("id"), entry.get("effective_from")) in counting)
        for entry in entries), []


def deployed_limits(uow: UnitOfWork, deployment_id: int | None) -> set[tuple[Any, Any]]:
    """(id, day) of the limits that the deployment behind a draft counts by."""
    raw = definitions.files_of(uow, deployment_id).get(limit_rules.FILE, b"") if deployment_id is not None else b""
    try:
        return {(entry.get("id"), entry.get("effective_from")) for entry in Entries(raw, "limit", limit_rules.FILE).values}
    except TomlUnsplittableError:
        return set()


@lru_cache(maxsize=1024)
def _cited(name: str, raw: bytes) -> tuple[str, ...]:
    scenarios, _ = read_scenarios({name: raw})
    return tuple(number for scenario in scenarios for number in scenario.clauses)
