"""What the files of a procedure must have in common, beyond what the linter sees of each: nothing unused, no field that is not there,
no sentence without English."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from lxml import etree

from engine import board_rules, limit_reading, limit_rules, register_rules
from engine.board_rules import Board, read_board
from engine.diagram import BPMN, SPIFF, Diagram, parse_xml, read_diagram
from engine.errors import Finding, GuichengError
from engine.forms import Form, form_messages, load_form
from engine.forms.display import field_at
from engine.i18n import own_catalogue, read_catalogue
from engine.limit_rules import Limit
from engine.record_templates import RecordTemplate, load_template
from engine.register_rules import Register, read_register

_TITLE_FIELD = re.compile(r"\{([A-Za-z_][\w.]*)\}")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
#: properties of elements and processes that people read
_WORDED = ("require_message", "group")
_EXPRESSIONS = ("require", "candidate_roles", "assignee", "signers")
#: what a signature chain leaves under its form's key, besides what the form says
_OF_CHAINS = frozenset({"outcome", "opinions", "round", "by_role"})


@dataclass(slots=True)
class Contents:
    """A procedure's files, read as far as they can be; what cannot be read is left out, for the linter has told it."""

    files: Mapping[str, bytes]
    diagrams: dict[str, Diagram] = field(default_factory=dict)
    forms: dict[str, Form] = field(default_factory=dict)
    records: dict[str, RecordTemplate] = field(default_factory=dict)
    limits: list[Limit] = field(default_factory=list)
    registers: dict[str, Register] = field(default_factory=dict)
    board: Board | None = None
    roots: dict[str, etree._Element] = field(default_factory=dict)

    @classmethod
    def read(cls, files: Mapping[str, bytes]) -> Contents:
        """From a deployment's files."""
        contents = cls(files)
        for name, raw in sorted(files.items()):
            path = PurePosixPath(name)
            try:
                if path.suffix == ".bpmn":
                    contents.diagrams.update(read_diagram(raw))
                    contents.roots[name] = parse_xml(raw)
                elif path.suffix == ".json" and path.parent.name == "forms":
                    contents.forms[path.stem] = load_form(raw, path.stem)
                elif path.suffix == ".html" and path.parent.name == "records":
                    contents.records[path.stem] = load_template(raw, path.stem)
                elif path.suffix == ".toml" and path.parent.name == register_rules.FOLDER:
                    contents.registers[path.stem] = read_register(raw, path.stem, "")
                elif name == board_rules.FILE:
                    contents.board = read_board(raw, "")
            except (GuichengError, etree.XMLSyntaxError):
                continue
        if limit_rules.FILE in files and contents.diagrams:
            home = limit_rules.home_of({process_id: diagram.called for process_id, diagram in contents.diagrams.items()})
            with suppress(GuichengError):
                contents.limits += limit_reading.read_limits(files[limit_rules.FILE], home)
        return contents


def unused_files(contents: Contents) -> Iterator[Finding]:
    """Forms, records and decisions that no element names."""
    elements = [element for diagram in contents.diagrams.values() for element in diagram.elements.values()]
    used = {"forms": {form for element in elements for form in (element.form, element.signer_form)},
            "records": {element.record for element in elements},
            "decisions": {element.decision for element in elements}}
    for name, raw in sorted(contents.files.items()):
        path = PurePosixPath(name)
        kind = path.parent.name
        if kind not in used:
            continue
        if kind == "decisions":
            named = set(re.findall(rb'<decision\b[^>]*\bid="([^"]+)"', raw))
            is_used = any(each.decode() in used[kind] for each in named)
        else:
            is_used = path.stem in used[kind]
        if not is_used:
            yield Finding("unused-file", "error", None, "沒有步驟用到這個檔案。", {}, name)


def unknown_fields(contents: Contents, forms: Mapping[str, Form]) -> Iterator[Finding]:
    """Fields that expressions, titles and limits read and that no form has. `forms`: those of called and calling procedures too."""
    chains = {element.form for diagram in contents.diagrams.values() for element in diagram.elements.values() if element.signers}
    for file, element_id, expression in expressions(contents):
        for path in paths_read(expression):
            if _is_missing(path, forms) and not (path.partition(".")[2] in _OF_CHAINS and path.partition(".")[0] in chains):
                yield Finding("unknown-field", "error", element_id, "運算式讀取「{path}」，但表單沒有這個欄位：{expression}",
                              {"path": path, "expression": expression[:200]}, file)
    for diagram in contents.diagrams.values():
        for path in _TITLE_FIELD.findall(diagram.title or ""):
            if _is_missing(path, forms):
                yield Finding("unknown-field", "error", None, "標題樣式讀取「{path}」，但表單沒有這個欄位。", {"path": path}, "")


def expressions(contents: Contents) -> Iterator[tuple[str, str | None, str]]:
    """(file, element, expression) of conditions, gates, candidates, scripts, parameters and limits."""
    for file, root in contents.roots.items():
        for flow in root.iter(f"{{{BPMN}}}sequenceFlow"):
            text = (flow.findtext(f"{{{BPMN}}}conditionExpression") or "").strip()
            if text:
                yield file, flow.get("sourceRef"), text
        for script in root.iter(f"{{{BPMN}}}scriptTask"):
            yield file, script.get("id"), (script.findtext(f"{{{BPMN}}}script") or "").strip()
        for service in root.iter(f"{{{BPMN}}}serviceTask"):
            for parameter in service.iter(f"{{{SPIFF}}}parameter"):
                yield file, service.get("id"), parameter.get("value", "")
    for diagram in contents.diagrams.values():
        for element in diagram.elements.values():
            for name in _EXPRESSIONS:
                if element.properties.get(name, "").strip():
                    yield "", element.id, element.properties[name].strip()
    for limit in contents.limits:
        for text in limit.expressions:
            yield limit_rules.FILE, None, text
        if limit.category:
            form, _, name = limit.category.partition(".")
            yield limit_rules.FILE, None, f'{form}["{name}"]'


def paths_read(expression: str) -> Iterator[str]:
    """`form.field` for each `form["field"]` and `form.get("field")` that an expression or script reads."""
    try:
        tree = ast.parse(expression)
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
            holder, key = node.value, node.slice
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get" and node.args:
            holder, key = node.func.value, node.args[0]
        else:
            continue
        if isinstance(holder, ast.Name) and isinstance(key, ast.Constant) and isinstance(key.value, str):
            yield f"{holder.id}.{key.value}"


def _is_missing(path: str, forms: Mapping[str, Form]) -> bool:
    # a name that is no form is a variable of the diagram itself
    key = path.partition(".")[0]
    return key in forms and "." in path and field_at(path, forms)[0] is None


def untranslated(contents: Contents) -> Iterator[Finding]:
    """Sentences that a person may read and that neither the procedure's catalogue nor ours has in English."""
    english = {name: read_catalogue(raw) for name, raw in contents.files.items() if name == "locale/en.po"}.get("locale/en.po", {})
    for file, text in dict.fromkeys(_messages(contents)):
        if _CHINESE.search(text) and text not in english and text not in own_catalogue():
            yield Finding("untranslated", "error", None, "locale/en.po 缺少英文：{text}", {"text": text}, file)


def _messages(contents: Contents) -> Iterator[tuple[str, str]]:
    for name in contents.roots:
        for diagram in read_diagram(contents.files[name]).values():
            for text in _diagram_messages(diagram):
                if text:
                    yield name, text
    for key, form in contents.forms.items():
        for text in form_messages(form):
            yield f"forms/{key}.json", text
    for key, template in contents.records.items():
        for text in template.messages():
            yield f"records/{key}.html", text
    for limit in contents.limits:
        yield limit_rules.FILE, limit.name
    for key, register in contents.registers.items():
        for text in register.messages():
            yield f"{register_rules.FOLDER}/{key}.toml", text
    for text in contents.board.messages() if contents.board is not None else ():
        yield board_rules.FILE, text


def _diagram_messages(diagram: Diagram) -> Iterator[str]:
    yield from (diagram.name, diagram.documentation, diagram.group or "")
    yield from (lane.name for lane in diagram.lanes)
    yield from (flow.name for flow in diagram.flows)
    for element in diagram.elements.values():
        yield from (element.name, element.documentation, element.instructions)
        yield from (element.properties.get(name, "") for name in _WORDED)
