"""Checks a folder of procedures as a whole: what `guicheng check`, every deployment and the tests look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from engine import definitions
from engine.bootstrap import load_organisation
from engine.content import Organisation
from engine.definitions import Deployment
from engine.drawing import pictures_fresh
from engine.errors import DeploymentRefusedError, Finding
from engine.forms import Form
from engine.i18n import translate
from engine.model import Actor
from engine.persistence.unit_of_work import UnitOfWork
from engine.procedures import Procedure, called_first, read_procedures
from engine.runtime import Runtime
from engine.scenarios.clauses import FILE as CLAUSES
from engine.scenarios.clauses import Clause, by_clause, carriers, cited, read_clauses, uncovered, unknown_carried
from engine.scenarios.consistency import Contents, unknown_fields, untranslated, unused_files
from engine.scenarios.player import play
from engine.scenarios.reader import ScenarioUnreadableError, read_scenarios
from engine.scenarios.report import Outcome, line_of
from engine.scenarios.stage import Stage
from engine.settings import Settings
from engine.spiff.reader import InProcessReader, PackageReader

#: scenarios that a deployment from outside may bring along
MOST_SCENARIOS = 200


@dataclass(frozen=True, slots=True)
class ProcedureReport:
    """What was found of one procedure."""

    name: str
    findings: tuple[Finding, ...]
    outcomes: tuple[Outcome, ...]
    #: people's elements that no passing scenario went through, `process/element`
    unvisited: tuple[str, ...]
    clauses: int

    @property
    def is_ok(self) -> bool:
        """Whether nothing found is an error."""
        return all(finding.severity != "error" for finding in self.findings)


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What was found of a folder."""

    procedures: tuple[ProcedureReport, ...]

    @property
    def is_ok(self) -> bool:
        """Whether nothing found is an error."""
        return all(procedure.is_ok for procedure in self.procedures)

    def lines(self, locale: str) -> Iterator[str]:
        """The report as plain text: errors first, then warnings, then what went well."""
        for procedure in self.procedures:
            for severity, mark in (("error", "✗"), ("warning", "!")):
                for finding in procedure.findings:
                    if finding.severity == severity:
                        yield f"{mark} {procedure.name}/{line_of(finding, locale)}"
            passed = sum(outcome.is_passed for outcome in procedure.outcomes)
            yield translate(
                locale, "{mark} {name}：{count} 條款，情境 {passed}/{scenarios} 通過，{unvisited} 個人工步驟未經情境。",
                mark="✓" if procedure.is_ok else "✗", name=procedure.name, count=procedure.clauses, passed=passed,
                scenarios=len(procedure.outcomes), unvisited=len(procedure.unvisited))


def check(folder: Path, settings: Settings | None = None, progress: Callable[[str], None] = lambda name: None) -> CheckReport:
    """Check one procedure's folder or a folder of them. A single one is checked with its neighbours at hand, which it may call.

    `progress` is told what is being done, one name a scenario. NoDiagramError for a folder without any.
    """
    chosen = {procedure.name for procedure in read_procedures([folder])}
    around = folder if any(entry.is_dir() and entry.name in chosen for entry in folder.iterdir()) else folder.resolve().parent
    procedures = read_procedures([around])
    settings = replace(settings or Settings(), bpmn=around)
    with Stage(settings, load_organisation(settings)) as stage:
        findings = {procedure.name: list(_deploy(stage, procedure)) for procedure in procedures}
        outcomes: dict[str, list[Outcome]] = {}
        for procedure in procedures:
            if procedure.name in chosen:
                outcomes[procedure.name], unreadable = _play(stage, procedure.files, progress)
                findings[procedure.name] += unreadable
    world = _World.of(procedures, [outcome for entry in outcomes.values() for outcome in entry])
    stale = set(pictures_fresh(around, around.parent / "diagrams")) if (around.parent / "diagrams").is_dir() else set()
    return CheckReport(tuple(
        _report(procedure, world, findings[procedure.name], outcomes[procedure.name], stale)
        for procedure in procedures if procedure.name in chosen))


@dataclass(frozen=True, slots=True)
class _World:
    """All procedures at hand, read."""

    contents: Mapping[str, Contents]
    clauses: Mapping[str, tuple[list[Clause], list[Finding]]]
    #: clause → names of what carries it out
    carriers_of: Mapping[str, list[str]]
    outcomes: Sequence[Outcome]

    @classmethod
    def of(cls, procedures: Sequence[Procedure], outcomes: Sequence[Outcome]) -> _World:
        contents = {procedure.name: Contents.read(procedure.files) for procedure in procedures}
        clauses = {procedure.name: read_clauses(procedure.files.get(CLAUSES, b"")) for procedure in procedures}
        carried = [carrier for held in contents.values() for carrier in carriers(held.diagrams.values(), held.limits)]
        return cls(contents, clauses, by_clause(carried), outcomes)

    @property
    def known_clauses(self) -> set[str]:
        return {clause.number for entry, _ in self.clauses.values() for clause in entry}

    @property
    def forms(self) -> dict[str, Form]:
        return {key: form for held in self.contents.values() for key, form in held.forms.items()}


def _deploy(stage: Stage, procedure: Procedure) -> Iterator[Finding]:
    try:
        yield from stage.deploy(procedure.files, is_ours=True).findings
    except DeploymentRefusedError as error:
        yield from error.findings


def _play(stage: Stage, files: Mapping[str, bytes], progress: Callable[[str], None]) -> tuple[list[Outcome], list[Finding]]:
    scenarios, errors = read_scenarios(files)
    outcomes = []
    timed = own_and_called(files)
    for scenario in scenarios:
        progress(scenario.file)
        outcomes.append(play(stage, scenario, timed))
    return outcomes, [unreadable(error) for error in errors]


def own_processes(files: Mapping[str, bytes]) -> frozenset[str]:
    """Processes of a deployment."""
    return frozenset(Contents.read({name: raw for name, raw in files.items() if name.endswith(".bpmn")}).diagrams)


def own_and_called(files: Mapping[str, bytes]) -> frozenset[str]:
    """Processes of a deployment and those that they call: whose timers its scenarios are about."""
    own = Contents.read({name: raw for name, raw in files.items() if name.endswith(".bpmn")}).diagrams
    return frozenset(own) | {called for diagram in own.values() for called in diagram.called}


def unreadable(error: ScenarioUnreadableError) -> Finding:
    """Where a scenario's file cannot be read, and why."""
    return Finding("scenario", "error", None, error.sentence, error.data, f"{error.file}:{error.line}")


def _stale(process_id: str) -> Finding:
    return Finding("stale-picture", "error", None, "diagrams/{process}.svg 不是最新的，請執行 make pictures。", {"process": process_id})


def _report(procedure: Procedure, world: _World, findings: Sequence[Finding], own: Sequence[Outcome], stale: set[str]) -> ProcedureReport:
    held, (clauses, broken) = world.contents[procedure.name], world.clauses[procedure.name]
    passed = frozenset().union(*(outcome.passed for outcome in world.outcomes if outcome.is_passed))
    people = [f"{key}/{element.id}" for key, diagram in held.diagrams.items() for element in diagram.human_elements]
    unvisited = tuple(mark for mark in people if mark not in passed)
    found = [
        *findings,
        *broken,
        *unused_files(held),
        *unknown_fields(held, {**world.forms, **held.forms}),
        *untranslated(held),
        *(_stale(process_id) for process_id in sorted(stale & set(held.diagrams))),
        *(finding for outcome in own for finding in outcome.failures),
        *unknown_carried(carriers(held.diagrams.values(), held.limits), world.known_clauses),
        *cited(own, world.carriers_of, world.known_clauses),
        *uncovered(clauses, world.carriers_of, world.outcomes),
        *(Finding("unvisited", "warning", mark.partition("/")[2], "沒有通過的情境經過這一步。", {}) for mark in unvisited),
    ]
    return ProcedureReport(procedure.name, tuple(found), tuple(own), unvisited, len(clauses))


def run_package_scenarios(
    files: Mapping[str, bytes],
    organisation: Organisation,
    settings: Settings,
    *,
    others: Sequence[Mapping[str, bytes]] = (),
    reader: InProcessReader | PackageReader | None = None,
) -> list[Finding]:
    """What the scenarios of a deployment say; empty when all pass or there are none. `others`: deployments that it may call, called first.

    DeploymentRefusedError when the files cannot be deployed at all.
    """
    scenarios, errors = read_scenarios(files)
    findings = [unreadable(error) for error in errors]
    if len(scenarios) > MOST_SCENARIOS:
        data = {"count": len(scenarios), "limit": MOST_SCENARIOS}
        return [Finding("scenario", "error", None, "情境共 {count} 個，上限為 {limit}。", data)]
    if findings or not scenarios:
        return findings
    with Stage(settings, organisation, reader=reader) as stage:
        for other in others:
            stage.deploy(other)
        stage.deploy(files)
        timed = own_and_called(files)
        return [finding for scenario in scenarios for finding in play(stage, scenario, timed).failures]


def deploy_checked(
    runtime: Runtime,
    uow: UnitOfWork,
    actor: Actor,
    files: Mapping[str, bytes],
    *,
    note: str = "",
    dry_run: bool = False,
    is_ours: bool = False,
    procedure: str | None = None,
    is_approved: bool = False,
) -> Deployment:
    """`definitions.deploy` after the scenarios in the package have passed. For the edges: the API, the designer, the command line.

    The scenarios run on a store of their own before anything is written; a failed one refuses the deployment like an error of the linter.
    """
    planned = definitions.deploy(runtime, uow, actor, files, dry_run=True, is_ours=is_ours, procedure=procedure)
    if any(info.is_new for info in planned.definitions) and any(name.startswith("scenarios/") for name in files):
        findings = run_package_scenarios(
            files, runtime.organisation, runtime.settings, others=_others(runtime, uow, planned), reader=runtime.reader)
        if findings:
            raise DeploymentRefusedError([*planned.findings, *findings])
    if dry_run:
        return planned
    return definitions.deploy(
        runtime, uow, actor, files, note=note, is_ours=is_ours, procedure=procedure, is_approved=is_approved)


def _others(runtime: Runtime, uow: UnitOfWork, planned: Deployment) -> list[Mapping[str, bytes]]:
    """The files of every other current deployment, called ones first."""
    own = {info.key for info in planned.definitions}
    found: dict[int, Procedure] = {}
    for info in definitions.list_latest(runtime, uow):
        if info.key not in own and info.deployment_id not in found:
            found[info.deployment_id] = Procedure(info.key, definitions.content(runtime, uow, info.id).files)
    return [procedure.files for procedure in called_first(list(found.values()))]
