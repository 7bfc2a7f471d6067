"""Reads what is to be deployed: takes the files in, normalises and lints them, and tells what they would start.

`read_package` does the work in this process, for files that are trusted (our own `bpmn/`) and for the process that
`engine.spiff.reader` keeps for files that are not. It never raises because of what a file holds: everything is a finding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from lxml import etree
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException

from engine.diagram import Diagram
from engine.errors import Finding
from engine.model import Signature
from engine.settings import Settings
from engine.spiff.companions import check_boards, check_limits, check_paths, check_registers, read_forms, read_records
from engine.spiff.intake import XML_SUFFIXES, RefusedError, check_files, read_xml
from engine.spiff.lint import lint
from engine.spiff.lint.rule import KnownProcess, Package, Source
from engine.spiff.normalise import normalise
from engine.spiff.parser import compile_process
from engine.spiff.schema import validate_decision, validate_diagram


@dataclass(frozen=True, slots=True)
class StartSubscription:
    """A start event that something other than a person triggers."""

    element_id: str
    #: `message`, `signal` or `timer`
    kind: str
    #: name of the message or signal; of a timer its ISO text
    name: str
    #: of a timer: `date`, `duration` or `cycle`
    timer: str | None = None


@dataclass(frozen=True, slots=True)
class ReadProcess:
    """One executable process of the deployment."""

    process_id: str
    name: str
    file_name: str
    #: ids of the processes that it calls
    called: tuple[str, ...]
    #: ids of its embedded sub-processes
    subprocesses: tuple[str, ...]
    starts: tuple[StartSubscription, ...]


@dataclass(frozen=True, slots=True)
class ReadPackage:
    """What was found in a set of files."""

    #: diagrams and decisions that had to be changed, by file name, as they are to be run
    normalised: dict[str, bytes]
    findings: tuple[Finding, ...]
    processes: tuple[ReadProcess, ...]

    @property
    def is_refused(self) -> bool:
        """Whether anything found is an error."""
        return any(finding.severity == "error" for finding in self.findings)


def read_package(
    files: Mapping[str, bytes],
    settings: Settings,
    known_processes: Mapping[str, KnownProcess] | None = None,
    *,
    roles: frozenset[str] | None = None,
    operators: Mapping[str, Signature | None] | None = None,
    is_ours: bool = False,
) -> ReadPackage:
    """Take in, normalise, validate and lint the files of one deployment.

    `known_processes` are those deployed already, by process id; `roles` and `operators` are not checked where they are None;
    `is_ours` makes errors of what is a warning in an imported file (generated ids, roles that are not known).
    """
    findings = list(check_files(files, settings))
    if findings:
        return ReadPackage({}, tuple(findings), ())
    forms = read_forms(files, findings)
    trees, changed = _take_in(files, settings, frozenset(forms), findings)
    package = Package(
        forms=forms,
        records=read_records(files, findings),
        decisions=frozenset(decision for name, root in trees.items() if name.endswith(".dmn") for decision in _decisions(root)),
        known_processes=dict(known_processes or {}),
        roles=roles,
        operators=operators,
        is_ours=is_ours,
    )
    package.sources.extend(Source.of(name, root, package) for name, root in trees.items() if name.endswith(".bpmn"))
    findings.extend(_unique_processes(package))
    findings.extend(lint(package))
    findings.extend(check_limits(files, package))
    findings.extend(check_paths(files, package))
    findings.extend(check_registers(files, package))
    findings.extend(check_boards(files, package))
    normalised = {name: etree.tostring(trees[name], encoding="UTF-8", xml_declaration=True) for name in changed}
    if not any(finding.severity == "error" for finding in findings):
        findings.extend(_try_out(package, {**files, **normalised}))
    return ReadPackage(normalised, tuple(findings), tuple(_processes(package)))


def _take_in(
    files: Mapping[str, bytes], settings: Settings, form_keys: frozenset[str], findings: list[Finding]
) -> tuple[dict[str, etree._Element], list[str]]:
    trees: dict[str, etree._Element] = {}
    changed: list[str] = []
    for name in sorted(files):
        if PurePosixPath(name).suffix not in XML_SUFFIXES:
            continue
        try:
            root, recoded = read_xml(files[name], settings)
        except RefusedError as error:
            findings.append(replace(error.finding, file=name))
            continue
        found: list[Finding] = []
        if name.endswith(".bpmn"):
            found = normalise(root, form_keys)
            if found or recoded:
                changed.append(name)
            found += validate_diagram(root)
        else:
            found += validate_decision(root)
            if recoded:
                changed.append(name)
        findings.extend(replace(finding, file=name) for finding in found)
        trees[name] = root
    return trees, changed


def _decisions(root: etree._Element) -> list[str]:
    return [node.get("id", "") for node in root.iter("{*}decision") if node.get("id")]


def _unique_processes(package: Package) -> list[Finding]:
    """SpiffWorkflow knows processes by id alone, across all files."""
    owners: dict[str, str] = {}
    findings = []
    for source in package.sources:
        for diagram in source.diagrams:
            other = owners.setdefault(diagram.process_id, source.file)
            if other != source.file:
                sentence = "流程 id「{id}」也出現在檔案「{other}」中。"
                data = {"id": diagram.process_id, "other": other}
                findings.append(Finding("duplicate-process", "error", diagram.process_id, sentence, data, source.file))
    return findings


def _try_out(package: Package, files: Mapping[str, bytes]) -> list[Finding]:
    """Let the engine's own parser have a look: what it refuses although every rule was content is told as it stands."""
    xml = {name: content for name, content in files.items() if PurePosixPath(name).suffix in XML_SUFFIXES}
    findings = []
    for source in package.sources:
        for diagram in source.diagrams:
            if not diagram.is_executable:
                continue
            try:
                compile_process(xml, diagram.process_id)
            except Exception as error:
                element_id = getattr(error, "id", None) if isinstance(error, ValidationException) else None
                findings.append(
                    Finding(
                        "engine-refused", "error", element_id or diagram.process_id, "執行引擎不接受流程「{name}」：{reason}",
                        {"name": diagram.name, "reason": str(error)[:300]}, source.file,
                    )
                )  # fmt: skip
    return findings


def _processes(package: Package) -> list[ReadProcess]:
    return [
        ReadProcess(
            process_id=diagram.process_id,
            name=diagram.name,
            file_name=source.file,
            called=diagram.called,
            subprocesses=KnownProcess.of(diagram).subprocesses,
            starts=tuple(start_subscriptions(diagram)),
        )
        for source in package.sources
        for diagram in source.diagrams
        if diagram.is_executable
    ]


def start_subscriptions(diagram: Diagram) -> list[StartSubscription]:
    """What starts the process without a person."""
    return [
        StartSubscription(
            element.id, event.kind, (event.expression or "").strip("\"' ") if event.kind == "timer" else event.name or "", event.timer
        )
        for element in diagram.start_elements
        for event in element.events
        if event.kind in ("message", "signal", "timer")
    ]
