"""Where the fields of a form are used: by gateways, gates, scripts, titles, signatures, limits, decision tables, records, registers, the
board, other forms and scenarios. What a designer has to be told before a field goes or gets another name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from lxml import etree

from engine import definitions, limit_rules
from engine.designing import contents, drafts
from engine.diagram import Diagram, parse_xml
from engine.forms import Form
from engine.forms.conditions import Condition
from engine.model import Actor
from engine.persistence.unit_of_work import UnitOfWork
from engine.register_rules import FOLDER as REGISTERS
from engine.runtime import Runtime
from engine.scenarios.consistency import Contents, expressions, paths_read
from engine.scenarios.reader import read_scenarios

_NAMED = re.compile(r"\{([A-Za-z_]\w*\.[\w.]+)\}")
#: `form.field` inside a property that is a template or a path
_PATH = re.compile(r"\b([a-z]\w*\.[a-z]\w*(?:\.\w+)?)")
_BOARD = "board.toml"


@dataclass(frozen=True, slots=True)
class Usage:
    """One place that a field is used at."""

    #: `step`, `title`, `signature`, `limit`, `decision`, `record`, `register`, `board`, `form`, `scenario`
    kind: str
    #: inside its procedure's folder
    file: str
    element_id: str | None
    #: what people call the place: the step, the record's line, the register's column
    name: str
    #: the expression or text that uses it
    text: str = ""
    #: procedure that it is in; empty for the draft's own
    procedure: str = ""


def of_form(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, draft_id: int, key: str, unsaved: Mapping[str, bytes] | None = None
) -> dict[str, list[Usage]]:
    """Field → where it is used, in the draft (`unsaved` files laid over it) and in the other procedures; `table.column` for columns."""
    drafts.get(uow, actor, draft_id)
    files = {**drafts.files(uow, draft_id), **(unsaved or {})}
    contents.require_room(runtime, files)
    found: dict[str, dict[Usage, None]] = {}
    for path, usage in (*_used(tuple(sorted(files.items())), ""), *_around(runtime, uow, files)):
        form, _, field = path.partition(".")
        if form == key and field:
            found.setdefault(field, {})[usage] = None
            found.setdefault(field.partition(".")[0], {})[usage] = None
    return {field: list(usages) for field, usages in found.items()}


def _around(runtime: Runtime, uow: UnitOfWork, files: Mapping[str, bytes]) -> Iterator[tuple[str, Usage]]:
    own = Contents.read({name: raw for name, raw in files.items() if name.endswith(".bpmn")}).diagrams
    latest = definitions.list_latest(runtime, uow)
    mine = {info.deployment_id for info in latest if info.key in own}
    for deployment_id in dict.fromkeys(info.deployment_id for info in latest if info.deployment_id not in mine):
        first = next(info for info in latest if info.deployment_id == deployment_id)
        held = definitions.content(runtime, uow, first.id)
        yield from _used(tuple(sorted(held.files.items())), first.name)


@lru_cache(maxsize=128)
def _used(files: tuple[tuple[str, bytes], ...], procedure: str) -> tuple[tuple[str, Usage], ...]:
    held = Contents.read(dict(files))
    found = [*_in_diagrams(held), *_in_decisions(held), *_in_papers(held), *_in_forms(held)]
    if not procedure:
        return (*found, *_in_scenarios(held))
    # scenarios of other procedures fill in their own forms, and there are hundreds
    return tuple((path, Usage(each.kind, each.file, each.element_id, each.name, each.text, procedure)) for path, each in found)


def _in_diagrams(held: Contents) -> Iterator[tuple[str, Usage]]:
    homes = {process.get("id"): name for name, root in held.roots.items() for process in root.iter() if _is(process, "process")}
    elements = {element.id: (diagram, element) for diagram in held.diagrams.values() for element in diagram.elements.values()}
    for file, element_id, expression in expressions(held):
        where = elements.get(element_id or "")
        name = (where[1].name if where else "") or element_id or ""
        home = file or (homes.get(where[0].process_id, "") if where else "")
        kind = "limit" if home == limit_rules.FILE else "step"
        for path in paths_read(expression):
            yield path, Usage(kind, home, element_id, name, expression[:300])
    for diagram in held.diagrams.values():
        yield from _named(diagram, homes.get(diagram.process_id, ""))


def _named(diagram: Diagram, file: str) -> Iterator[tuple[str, Usage]]:
    for path in _NAMED.findall(diagram.title or ""):
        yield path, Usage("title", file, None, diagram.name, diagram.title or "")
    for element in diagram.elements.values():
        for name in element.properties.get("signature", "").replace("，", ",").split(","):
            if name.strip() and element.form:
                yield f"{element.form}.{name.strip()}", Usage("signature", file, element.id, element.name or element.id)
        told = " ".join((element.repetition, element.instructions, *(each.expression or "" for each in element.events)))
        for path in (*_NAMED.findall(told), *paths_read(element.repetition), *_PATH.findall(element.properties.get("number_from", ""))):
            yield path, Usage("step", file, element.id, element.name or element.id, told.strip()[:300])


def _in_decisions(held: Contents) -> Iterator[tuple[str, Usage]]:
    for name, raw in held.files.items():
        if name.endswith(".dmn"):
            # what cannot be read is told by the check
            with suppress(etree.XMLSyntaxError, ValueError):
                for node in parse_xml(raw).iter():
                    if _is(node, "text") and node.text:
                        for path in (*paths_read(node.text.strip()), *_PATH.findall(node.text)):
                            yield path, Usage("decision", name, None, name.rpartition("/")[2], node.text.strip()[:300])


def _in_papers(held: Contents) -> Iterator[tuple[str, Usage]]:
    for key, template in held.records.items():
        places = [(part.path, part.line) for part in template.values()] + [(part.path, part.line) for part in template.sections()]
        for path, line in places:
            yield path, Usage("record", f"records/{key}.html", None, key, f"{line}: {path}")
    for key, register in held.registers.items():
        file = f"{REGISTERS}/{key}.toml"
        for column in register.columns:
            path = f"{register.rows}.{column.path.name}" if column.path.scope == "row" else str(column.path)
            yield path, Usage("register", file, None, register.title, column.id)
        for path in map(str, filter(None, (register.period, register.unit))):
            yield path, Usage("register", file, None, register.title, path)
        yield register.rows, Usage("register", file, None, register.title, register.rows)
    board = held.board
    if board is not None:
        form = next((element.form for diagram in held.diagrams.values() for element in diagram.elements.values()
                     if element.id == board.assigning.element), None)
        for path in (board.unit, board.card_class, f"{form}.{board.assigning.field}" if form else ""):
            yield path, Usage("board", _BOARD, None, board.title, path)


def _in_forms(held: Contents) -> Iterator[tuple[str, Usage]]:
    for key, form in held.forms.items():
        for path, name, text in _of_form(form):
            yield path, Usage("form", f"forms/{key}.json", None, name, text)


def _of_form(form: Form) -> Iterator[tuple[str, str, str]]:
    """(path, what people call the place, why)."""
    for shown in form.shown:
        yield shown.path, form.title, "ui:show"
    for check in form.checks:
        yield f"{form.key}.{check.field}", form.title, "ui:check"
        for parts in check.that.names():
            yield _full(form, parts), form.title, "ui:check"
    for field in form.fields:
        if field.prefill and not field.prefill.startswith("@"):
            yield field.prefill, f"{form.title}: {field.title}", "ui:prefill"
        for path in _read_by(field.show_if):
            yield path if "." in path else f"{form.key}.{path}", f"{form.title}: {field.title}", "ui:show_if"
        for entry in (field, *field.columns):
            own = {column.name for column in field.columns} if entry is not field else set()
            for parts in entry.compute.names() if entry.compute else ():
                path = f"{form.key}.{field.name}.{parts[0]}" if parts[0] in own else _full(form, parts)
                yield path, f"{form.title}: {entry.title}", "ui:compute"


def _full(form: Form, parts: tuple[str, ...]) -> str:
    return ".".join(parts[1:]) if parts[0] == "data" else ".".join((form.key, *parts))


def _read_by(condition: Condition | None) -> Iterator[str]:
    if condition is not None:
        yield from filter(None, (condition.field, condition.path))
        for part in condition.parts:
            yield from _read_by(part)


def _in_scenarios(held: Contents) -> Iterator[tuple[str, Usage]]:
    forms = {element.id: element.form for diagram in held.diagrams.values() for element in diagram.elements.values() if element.form}
    starts = {key: element.form for key, diagram in held.diagrams.items() for element in diagram.elements.values()
              if element.kind == "startEvent" and element.form}
    for name, raw in held.files.items():
        if name.startswith("scenarios/"):
            for scenario in _scenarios(name, raw):
                for step in scenario.steps:
                    form = forms.get(step.subject) or starts.get(step.subject)
                    for field in step.data if form else ():
                        yield f"{form}.{field}", Usage("scenario", name, step.subject, scenario.name, f"{step.line}")


@lru_cache(maxsize=512)
def _scenarios(name: str, raw: bytes) -> tuple[Any, ...]:
    return tuple(read_scenarios({name: raw})[0])


def _is(node: etree._Element, name: str) -> bool:
    return isinstance(node.tag, str) and etree.QName(node).localname == name
