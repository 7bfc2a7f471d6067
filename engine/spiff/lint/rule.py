"""What a rule is and what it gets to look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from engine.diagram import BPMN, CONTAINERS, Diagram, Element, local_name, read_processes
from engine.model import Signature

#: an element's id (None: the file as a whole) and what fills the rule's sentence
Found = tuple[str | None, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class KnownProcess:
    """What the linter must know of a process that is deployed already."""

    #: ids of the processes that it calls
    called: tuple[str, ...] = ()
    #: ids of its embedded sub-processes
    subprocesses: tuple[str, ...] = ()
    #: ids of all its elements
    elements: tuple[str, ...] = ()
    #: whether an event sub-process listens in it
    has_event_subprocess: bool = False

    @classmethod
    def of(cls, diagram: Diagram) -> KnownProcess:
        """What its diagram says."""
        elements = diagram.elements.values()
        return cls(
            called=diagram.called,
            subprocesses=tuple(element.id for element in elements if element.kind in CONTAINERS),
            elements=tuple(diagram.elements),
            has_event_subprocess=any(element.triggered_by_event for element in elements),
        )


@dataclass(frozen=True, slots=True)
class Package:
    """Everything that is deployed together, and what is known of the place it is deployed to."""

    sources: list[Source] = field(default_factory=list)
    #: keys of the deployment's forms (with their field names, None where a form is broken), its printed records and its decisions
    forms: Mapping[str, frozenset[str] | None] = field(default_factory=dict)
    records: frozenset[str] = frozenset()
    decisions: frozenset[str] = frozenset()
    known_processes: Mapping[str, KnownProcess] = field(default_factory=dict)
    #: role ids, and operators by name; None: not known here, so not checked
    roles: frozenset[str] | None = None
    operators: Mapping[str, Signature | None] | None = None
    #: whether the files are the project's own, where some warnings are errors
    is_ours: bool = False

    def diagrams(self) -> Iterator[Diagram]:
        """Every process of every file."""
        for source in self.sources:
            yield from source.diagrams

    def executable(self) -> dict[str, Diagram]:
        """Executable processes by id."""
        return {diagram.process_id: diagram for diagram in self.diagrams() if diagram.is_executable}


@dataclass(frozen=True, slots=True)
class Source:
    """One diagram file, normalised and parsed."""

    file: str
    root: etree._Element
    package: Package
    #: executable or not, in the order of the file
    diagrams: tuple[Diagram, ...]
    #: XML nodes by id; of duplicates the first
    nodes: Mapping[str, etree._Element]

    @classmethod
    def of(cls, file: str, root: etree._Element, package: Package) -> Source:
        """Read a tree for the rules."""
        nodes: dict[str, etree._Element] = {}
        for node in root.iter():
            if local_name(node) and node.get("id"):
                nodes.setdefault(node.get("id", ""), node)
        return cls(file, root, package, tuple(read_processes(root)), nodes)

    def elements(self) -> Iterator[tuple[Diagram, Element]]:
        """Every flow node with its process; of processes that are not executable too, for they are drawn together."""
        for diagram in self.diagrams:
            for element in diagram.elements.values():
                yield diagram, element

    def all_nodes(self, *names: str) -> Iterator[etree._Element]:
        """XML nodes by BPMN name, in order."""
        return self.root.iter(*(tag(name) for name in names))


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that a diagram must (error) or should (warning) be."""

    #: stable; the REST API's `rule`
    code: str
    #: source sentence (zh-Hant) over the data that `check` yields
    sentence: str
    check: Callable[[Source], Iterator[Found]]
    #: `error`, `warning`, or `ours`: an error in the project's own files, a warning in imported ones
    severity: str = "error"

    def severity_in(self, package: Package) -> str:
        """`error` or `warning` for the package at hand."""
        if self.severity == "ours":
            return "error" if package.is_ours else "warning"
        return self.severity


def named(element: Element) -> dict[str, Any]:
    """Data of a sentence that names an element as people see it."""
    return {"name": element.name or element.id}


def label(node: etree._Element) -> str:
    """How people know an XML node: its name, else its id."""
    return node.get("name") or node.get("id") or local_name(node)


def owner_id(node: etree._Element) -> str | None:
    """Id of the node, or of the nearest node around it that has one."""
    current: etree._Element | None = node
    while current is not None:
        if local_name(current) and current.get("id") and not local_name(current).endswith("EventDefinition"):
            return current.get("id")
        current = current.getparent()
    return None


def tag(name: str) -> str:
    """A BPMN name with its namespace."""
    return f"{{{BPMN}}}{name}"
