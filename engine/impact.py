"""What a new version would mean for the cases that run: whom it does not concern, who can move to it, who cannot and why. Changes nothing.

Where a case stands is read from its saved state without building it and kept for the next look (`standings`); what was found for one way
of standing holds for all that stand so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import orjson
from sqlalchemy import select

from engine import callers, definitions, migration, permissions, standings
from engine.branching import Level
from engine.callers import Caller
from engine.comparison import Comparison, FileChange, compare
from engine.comparison.comparing import touched
from engine.content import DefinitionContent, InstanceContent
from engine.definitions import DefinitionInfo
from engine.diagram import Diagram, Element, read_diagram
from engine.migration_rules import Blocked, Judge, Position, Reason
from engine.model import Actor
from engine.persistence.tables import definition, instance
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.standings import Case, StillCountingError

#: cases of a group that are named, and rows that are fetched at once
SHOWN, _FETCH = 30, 500
UNAFFECTED, MOVABLE, BLOCKED = "unaffected", "movable", "blocked"


@dataclass(frozen=True, slots=True)
class CaseName:
    """A running case, as lists show it."""

    id: int
    number: str
    title: str


@dataclass(slots=True)
class Group:
    """Cases of one version that stand at the same steps, and for which the same holds."""

    #: stays the same for the same answer, so that a choice can be made for it
    id: str
    definition_id: int
    #: of the version
    number: int
    #: what people call the procedure
    name: str
    key: str
    #: (process, element id, name) of the steps where they stand, innermost
    steps: tuple[tuple[str, str, str], ...]
    #: `unaffected`: nothing that is still to come is different; `movable`; `blocked`
    verdict: str
    blocked: tuple[Blocked, ...]
    is_affected: bool
    #: of every case
    instance_ids: list[int] = field(default_factory=list)
    #: the first of them
    cases: tuple[CaseName, ...] = ()

    @property
    def count(self) -> int:
        """How many."""
        return len(self.instance_ids)

    @property
    def can_move(self) -> bool:
        """Whether they can be moved as they are."""
        return not self.blocked


@dataclass(frozen=True, slots=True)
class Impact:
    """What a package would do."""

    comparison: Comparison
    groups: tuple[Group, ...]
    #: processes of the package with their current version; None for a new one
    processes: tuple[tuple[str, DefinitionInfo | None], ...]
    #: (element id, name) of people's steps in the package
    targets: tuple[tuple[str, str], ...] = ()
    #: who calls a process of the package without being in it
    callers: tuple[Caller, ...] = ()
    #: why there are no groups yet: running cases are still being read
    counting: StillCountingError | None = None

    def count(self, verdict: str) -> int:
        """Cases for which that holds."""
        return sum(group.count for group in self.groups if group.verdict == verdict)

    @property
    def rules(self) -> tuple[FileChange, ...]:
        """Changed clauses and limits of the manual."""
        return self.comparison.of_area("clauses", "limits")


def of_package(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, files: Mapping[str, bytes], mappings: Mapping[str, Mapping[str, str]] | None = None,
    running: Mapping[str, bytes] | None = None, is_patient: bool = False,
) -> Impact:
    """Of files that are not deployed, against what is. `mappings`: group id → element id → its id in the package.

    Cases of every version but the package's own, at the sites where the actor may move cases. `running`: the files as they would be run,
    where that is known; else they are read, and DeploymentRefusedError is raised for files that nothing could be run from. Where
    many cases have to be read first there are no groups but `counting`, unless the caller `is_patient`.
    """
    known = {info.key: info.id for info in definitions.list_latest(runtime, uow)}
    running = running or definitions.normalised(runtime, uow, files)
    diagrams = {key: diagram for name, body in running.items() if name.endswith(".bpmn") for key, diagram in read_diagram(body).items()}
    contents = {key: _content(diagram, running) for key, diagram in diagrams.items()}
    latest = {key: definitions.get(runtime, uow, known[key]) for key in diagrams if key in known}
    bases = list(dict.fromkeys(info.deployment_id for info in latest.values()))
    before: dict[str, bytes] = {}
    for deployment_id in reversed(bases):
        before |= definitions.files_of(uow, deployment_id)
    found: tuple[Group, ...] = ()
    counting = None
    try:
        found = _Look(runtime, uow, contents, files, mappings or {}).groups(actor, is_patient=is_patient)
    except StillCountingError as error:
        counting = error
    targets = tuple(step for key in sorted(diagrams) for step in steps_of(diagrams[key]))
    return Impact(compare(before, files), found, tuple((key, latest.get(key)) for key in sorted(diagrams)), targets,
                  callers.of(runtime, uow, latest), counting)


def steps_of(diagram: Diagram) -> tuple[tuple[str, str], ...]:
    """People's steps of a process: element id and name."""
    return tuple((each.id, each.name or each.id) for each in diagram.human_elements)


def of_version(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, definition_id: int, mappings: Mapping[str, Mapping[str, str]] | None = None,
    instance_ids: Sequence[int] | None = None, is_patient: bool = False,
) -> tuple[Group, ...]:
    """Of a deployed version, for the cases of its procedure that run on another (or for those of them that are named).

    StillCountingError where many have to be read first, unless the caller `is_patient`.
    """
    info = definitions.get(runtime, uow, definition_id)
    together = definitions.deployed_with(uow, definition_id)
    contents = {key: definitions.content(runtime, uow, each) for key, each in together.items()}
    files = definitions.files_of(uow, info.deployment_id)
    return _Look(runtime, uow, contents, files, mappings or {}).groups(
        actor, keys=[info.key], but=definition_id, instance_ids=instance_ids, is_patient=is_patient)


def _content(diagram: Diagram, files: Mapping[str, bytes]) -> DefinitionContent:
    return DefinitionContent(0, diagram.process_id, 0, diagram.name, 0, diagram, {}, {}, (), b"", files)


class _Look:
    """One look over the running cases of a package's processes."""

    def __init__(
        self, runtime: Runtime, uow: UnitOfWork, contents: Mapping[str, DefinitionContent], files: Mapping[str, bytes],
        mappings: Mapping[str, Mapping[str, str]],
    ) -> None:
        self._runtime, self._uow = runtime, uow
        self._contents, self._files, self._mappings = contents, files, mappings
        self._infos: dict[int, DefinitionInfo] = {}
        self._touched: dict[int, set[tuple[str, str]]] = {}
        self._worlds: dict[tuple[int, str], _World] = {}
        self._groups: dict[str, Group] = {}

    def groups(
        self, actor: Actor, keys: Sequence[str] | None = None, but: int | None = None, instance_ids: Sequence[int] | None = None,
        is_patient: bool = False,
    ) -> tuple[Group, ...]:
        sites = permissions.sites_where(actor, migration.PERMISSION) if actor.user_id is not None else None
        running = standings.running(
            self._uow, keys or list(self._contents), but=but, instance_ids=instance_ids, is_patient=is_patient,
            site_ids=None if sites is None else list(sites))
        for case in running:
            group = self._world(case).group(case.positions, is_stuck=case.is_stuck)
            self._groups.setdefault(group.id, group).instance_ids.append(case.id)
        self._name()
        order = {BLOCKED: 0, MOVABLE: 1, UNAFFECTED: 2}
        return tuple(sorted(self._groups.values(), key=lambda each: (order[each.verdict], each.key, -each.number, -each.count, each.id)))

    def _name(self) -> None:
        """What the first cases of each group are called."""
        shown = [each for group in self._groups.values() for each in group.instance_ids[:SHOWN]]
        query = select(instance.c.id, instance.c.business_key, instance.c.title)
        chunks = (shown[at:at + _FETCH] for at in range(0, len(shown), _FETCH))
        names = {row.id: CaseName(row.id, row.business_key or "", row.title)
                 for chunk in chunks for row in self._uow.reading.execute(query.where(instance.c.id.in_(chunk)))}
        for group in self._groups.values():
            group.cases = tuple(names[each] for each in group.instance_ids[:SHOWN])

    def _world(self, case: Case) -> _World:
        key = (case.definition_id, case.bindings or "")
        if key not in self._worlds:
            runtime, uow = self._runtime, self._uow
            bound: dict[str, int] = orjson.loads(case.bindings) if case.bindings else {}
            old = definitions.instance_content(runtime, uow, case.definition_id, bound)
            info = self._infos.setdefault(case.definition_id, definitions.get(runtime, uow, case.definition_id))
            self._worlds[key] = _World(info, old, self._bound_to(old, bound), self._touched_by(info), self._mappings)
        return self._worlds[key]

    def _bound_to(self, old: InstanceContent, bound: Mapping[str, int]) -> InstanceContent:
        """The package's processes, and of those deployed apart what the case is bound to, else the current version."""
        runtime, uow = self._runtime, self._uow
        own = self._contents[old.own.key]
        found: dict[str, DefinitionContent] = {}
        waiting = list(own.diagram.called)
        while waiting:
            key = waiting.pop()
            if key not in found:
                found[key] = self._contents.get(key) or definitions.content(
                    runtime, uow, bound.get(key) or definitions.latest(runtime, uow, key).id)
                waiting.extend(found[key].diagram.called)
        return InstanceContent(own, found)

    def _touched_by(self, info: DefinitionInfo) -> set[tuple[str, str]]:
        """What is different between the deployment of a version and the package, as steps of the version."""
        if info.deployment_id not in self._touched:
            before = definitions.files_of(self._uow, info.deployment_id)
            comparison = compare(before, self._files)
            found = touched(comparison)
            paths = {change.path for change in comparison.files}
            query = select(definition.c.id).where(definition.c.deployment_id == info.deployment_id)
            for definition_id in self._uow.reading.execute(query).scalars():
                diagram = definitions.content(self._runtime, self._uow, definition_id).diagram
                found |= {(diagram.process_id, each.id) for each in diagram.elements.values() if _uses(each, paths)}
            self._touched[info.deployment_id] = found
        return self._touched[info.deployment_id]


def _uses(element: Element, paths: set[str]) -> bool:
    """Whether a step uses one of the files."""
    if element.decision and any(path.endswith(".dmn") for path in paths):
        return True
    return any(key and f"{folder}/{key}.{ending}" in paths for folder, key, ending in (
        ("forms", element.form, "json"), ("forms", element.signer_form, "json"), ("records", element.record, "html")))  # fmt: skip


class _World:
    """The cases of one version with the same bindings."""

    def __init__(
        self, info: DefinitionInfo, old: InstanceContent, new: InstanceContent, touched_by: set[tuple[str, str]],
        mappings: Mapping[str, Mapping[str, str]],
    ) -> None:
        self._info, self._old, self._new, self._touched, self._mappings = info, old, new, touched_by, mappings
        self._judges: dict[tuple[tuple[str, str], ...], Judge] = {(): Judge(old, new)}
        self._levels: dict[tuple[str, str | None], Level] = {}
        self._known: dict[tuple[tuple[Position, ...], bool], Group] = {}

    def group(self, positions: tuple[Position, ...], *, is_stuck: bool) -> Group:
        """What holds for a case that stands so."""
        key = (positions, is_stuck)
        if key not in self._known:
            self._known[key] = self._make(positions, is_stuck=is_stuck)
        return self._known[key]

    def _make(self, positions: tuple[Position, ...], *, is_stuck: bool) -> Group:
        judge = self._judges[()]
        steps = tuple(sorted({
            (process_key, each.element_id, "" if element is None else element.name)
            for each in positions if not any(other.path[:len(each.path) + 1] == (*each.path, each.element_id) for other in positions)
            for process_key, element in [judge.element(each.path, each.element_id)]
            if element is None or element.kind != "boundaryEvent"
        }))  # fmt: skip
        blocked = (Blocked(Reason.INCIDENT),) if is_stuck else judge.verdict(positions).blocked
        said = [self._info.id, steps, sorted((each.reason, each.element_id) for each in blocked)]
        group_id = hashlib.blake2s(orjson.dumps(said), digest_size=6).hexdigest()
        if (mapping := self._mappings.get(group_id)) and not is_stuck:
            pairs = tuple(sorted(mapping.items()))
            if pairs not in self._judges:
                self._judges[pairs] = Judge(self._old, self._new, mapping)
            blocked = self._judges[pairs].verdict(positions).blocked
        is_affected = self._is_affected(positions)
        verdict = UNAFFECTED if not is_affected else BLOCKED if blocked else MOVABLE
        return Group(group_id, self._info.id, self._info.version, self._info.name, self._info.key, steps, verdict, blocked, is_affected)

    def _is_affected(self, positions: tuple[Position, ...]) -> bool:
        """Whether anything that is still to come is different."""
        around = {(*each.path, each.element_id) for each in positions}
        for position in positions:
            process_key, diagram, parent = self._walk(position.path)
            if diagram is None or (process_key, "") in self._touched:
                return True
            here = (*position.path, position.element_id)
            is_around = any(len(other) > len(here) and other[:len(here)] == here for other in around)
            for element_id in self._level(diagram, process_key, parent).ahead(position.element_id):
                # what is inside a step where the case stands is told by where it stands there
                is_inside_told = is_around and element_id == position.element_id
                if self._differs(process_key, diagram, element_id, is_inside_told=is_inside_told):
                    return True
        return False

    def _differs(self, process_key: str, diagram: Diagram, element_id: str, *, is_inside_told: bool) -> bool:
        if (process_key, element_id) in self._touched:
            return True
        element = diagram.elements.get(element_id)
        if element is None or is_inside_told:
            return False
        if element.called in self._old.called:
            return any(key == element.called for key, _ in self._touched)
        inside = [each for each in diagram.elements.values() if each.parent_id == element_id]
        return any(self._differs(process_key, diagram, each.id, is_inside_told=False) for each in inside)

    def _walk(self, path: tuple[str, ...]) -> tuple[str, Diagram | None, str | None]:
        key, diagram, parent = self._old.own.key, self._old.own.diagram, None
        for element_id in path:
            element = diagram.elements.get(element_id)
            if element is None or (element.called is not None and element.called not in self._old.called):
                return key, None, None
            if element.called is None:
                parent = element_id
            else:
                key, diagram, parent = element.called, self._old.called[element.called].diagram, None
        return key, diagram, parent

    def _level(self, diagram: Diagram, process_key: str, parent: str | None) -> Level:
        if (process_key, parent) not in self._levels:
            self._levels[process_key, parent] = Level(diagram, parent)
        return self._levels[process_key, parent]
