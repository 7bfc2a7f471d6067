"""What a draft's diagrams can name: roles, forms with their fields, records, clauses, operations, processes, decisions. For pickers, so
that nobody types an id; read from the draft itself and from what runs here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from lxml import etree

from engine import definitions
from engine.content import Role
from engine.definitions import stem
from engine.diagram import parse_xml, read_processes
from engine.errors import GuichengError
from engine.forms import load_form
from engine.forms.model import Field
from engine.i18n import read_catalogue
from engine.model import COLLECTION_NAMES
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.scenarios.clauses import FILE as CLAUSES
from engine.scenarios.clauses import Clause, read_clauses

_ENGLISH = "locale/en.po"
_RECORD_TITLE = re.compile(r'class="record-title[^>]*>([^<{]+)<')


@dataclass(frozen=True, slots=True)
class FormChoice:
    """A form of the draft."""

    key: str
    title: str
    #: in order; empty where the form cannot be read
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class OperatorChoice:
    """An operation of the catalogue."""

    name: str
    #: (name, whether it is needed)
    parameters: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything that there is to choose from."""

    roles: tuple[Role, ...]
    forms: tuple[FormChoice, ...]
    #: (key, title) of printed records
    records: tuple[tuple[str, str], ...]
    clauses: tuple[Clause, ...]
    operators: tuple[OperatorChoice, ...]
    #: (process id, name)
    processes: tuple[tuple[str, str], ...]
    #: (decision id, name)
    decisions: tuple[tuple[str, str], ...]
    #: series of numbers
    series: tuple[str, ...]
    #: what periodic work goes over
    collections: tuple[str, ...]
    #: English of the draft's own texts
    english: Mapping[str, str]


def of(runtime: Runtime, uow: UnitOfWork, files: Mapping[str, bytes]) -> Catalogue:
    """What a set of files may name. A file that cannot be read offers nothing; the check says why."""
    organisation = runtime.organisation
    clauses, _ = read_clauses(files.get(CLAUSES, b""))
    processes = {info.key: info.name for info in definitions.list_latest(runtime, uow)} | dict(_processes(files))
    return Catalogue(
        roles=tuple(organisation.roles.values()),
        forms=tuple(_form(stem(name), body) for name, body in sorted(files.items()) if _is(name, "forms/", ".json")),
        records=tuple(_record(stem(name), body) for name, body in sorted(files.items()) if _is(name, "records/", ".html")),
        clauses=tuple(clauses),
        operators=tuple(_operator(name, each) for name, each in sorted(runtime.signatures().items())),
        processes=tuple(sorted(processes.items())),
        decisions=tuple(_decisions(files)),
        series=tuple(organisation.numbering),
        collections=COLLECTION_NAMES,
        english=read_catalogue(files[_ENGLISH]) if _ENGLISH in files else {},
    )


def _is(name: str, folder: str, ending: str) -> bool:
    return name.startswith(folder) and name.endswith(ending)


def _form(key: str, body: bytes) -> FormChoice:
    try:
        form = load_form(body, key)
    except GuichengError:
        return FormChoice(key, "", ())
    return FormChoice(key, form.title, form.fields)


def _record(key: str, body: bytes) -> tuple[str, str]:
    found = _RECORD_TITLE.search(body.decode("utf-8", "replace"))
    return key, found.group(1).strip() if found else ""


def _operator(name: str, signature: Any) -> OperatorChoice:
    return OperatorChoice(name, tuple((each.name, each.is_required) for each in signature.parameters) if signature is not None else ())


def _processes(files: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    for root in _roots(files, ".bpmn"):
        for diagram in read_processes(root):
            yield diagram.process_id, diagram.name


def _decisions(files: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    for root in _roots(files, ".dmn"):
        for node in root.iter():
            if isinstance(node.tag, str) and etree.QName(node).localname == "decision":
                yield node.get("id", ""), node.get("name", "")


def _roots(files: Mapping[str, bytes], ending: str) -> Iterator[etree._Element]:
    for name, body in sorted(files.items()):
        if name.endswith(ending):
            with suppress(etree.XMLSyntaxError, ValueError):
                yield parse_xml(body)
