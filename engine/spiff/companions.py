"""Reads what is deployed beside the diagrams — forms, printed records, limits, registers, boards — as far as the linter has to know it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from engine import board_rules, limit_reading, limit_rules, record_printing, register_rules
from engine.errors import Finding, GuichengError
from engine.forms import load_form
from engine.forms.paths import unknown_paths
from engine.record_templates import load_template
from engine.spiff.lint.rule import Package


def read_forms(files: Mapping[str, bytes], findings: list[Finding]) -> dict[str, frozenset[str] | None]:
    """The forms by key with the names of their fields; None, and a finding, for a form that cannot be used."""
    forms: dict[str, frozenset[str] | None] = {}
    for name, key, content in _under(files, "forms", ".json"):
        try:
            forms[key] = frozenset(field.name for field in load_form(content, key).fields)
        except GuichengError as error:
            forms[key] = None
            findings.append(_told("broken-form", name, error))
    return forms


def read_records(files: Mapping[str, bytes], findings: list[Finding]) -> frozenset[str]:
    """Keys of the printed records; a finding for each that cannot be used."""
    keys: set[str] = set()
    for name, key, content in _under(files, "records", ".html"):
        keys.add(key)
        try:
            load_template(content, key)
        except GuichengError as error:
            findings.append(_told("broken-record", name, error))
    return frozenset(keys)


def check_paths(files: Mapping[str, bytes], package: Package) -> Iterator[Finding]:
    """Paths in forms and printed records to fields that their form does not have. Forms of other deployments are taken on trust."""
    forms = {key: load_form(content, key) for _, key, content in _under(files, "forms", ".json") if package.forms.get(key) is not None}
    for name, key, _ in _under(files, "forms", ".json"):
        for path in unknown_paths(forms[key], forms) if key in forms else ():
            yield Finding("unknown-path", "error", None, "「{path}」不是任何表單的欄位。", {"path": path}, name)
    known = {element for process in package.known_processes.values() for element in process.elements}
    known |= {element for diagram in package.executable().values() for element in diagram.elements}
    for name, key, content in _under(files, "records", ".html"):
        try:
            slips = list(record_printing.unknown_paths(load_template(content, key), forms, frozenset(known)))
        except GuichengError:
            # told already when the template was read
            continue
        for line, path in slips:
            sentence = "第 {line} 行的「{path}」不是任何表單的欄位或流程的步驟，或不是這種欄位。"
            yield Finding("unknown-path", "error", None, sentence, {"line": line, "path": path}, name)


def check_limits(files: Mapping[str, bytes], package: Package) -> Iterator[Finding]:
    """What is wrong with limits.toml, and what it names that is not there."""
    raw = files.get(limit_rules.FILE)
    if raw is None:
        return
    elements = {process_id: known.elements for process_id, known in package.known_processes.items()}
    elements |= {process_id: tuple(diagram.elements) for process_id, diagram in package.executable().items()}
    if not package.executable():
        return
    home = limit_rules.home_of({process_id: diagram.called for process_id, diagram in package.executable().items()})
    try:
        limits = limit_reading.read_limits(raw, home)
        roles = package.roles if package.roles is not None else {limit.escalate_to or "" for limit in limits}
        found = limit_rules.check_references(limits, elements, roles)
    except limit_rules.LimitsInvalidError as error:
        found = list(error.findings)
    yield from (replace(finding, file=limit_rules.FILE) for finding in found)


def check_registers(files: Mapping[str, bytes], package: Package) -> Iterator[Finding]:
    """What is wrong with registers, and what they name that is not there."""
    own = package.executable()
    forms = {key: load_form(content, key) for _, key, content in _under(files, "forms", ".json") if package.forms.get(key) is not None}
    elements = {element for process in package.known_processes.values() for element in process.elements}
    elements |= {element for diagram in own.values() for element in diagram.elements}
    limits = _limit_ids(files)
    for name, key, content in _under(files, register_rules.FOLDER, ".toml"):
        try:
            register = register_rules.read_register(content, key, register_rules.own_process(own))
        except register_rules.RegisterInvalidError as error:
            yield from (replace(finding, file=name) for finding in error.findings)
            continue
        is_open = any(process not in own or own[process].called for process in register.processes)
        around = register_rules.Surroundings(forms, elements, limits, package.records, None, package.roles, is_open)
        yield from (replace(finding, file=name) for finding in register_rules.check_register(register, around))


def check_boards(files: Mapping[str, bytes], package: Package) -> Iterator[Finding]:
    """What is wrong with board.toml, and what it names that is not there."""
    raw = files.get(board_rules.FILE)
    if raw is None:
        return
    own = package.executable()
    key = register_rules.own_process(own)
    elements = {process_id: known.elements for process_id, known in package.known_processes.items()}
    elements |= {process_id: tuple(diagram.elements) for process_id, diagram in own.items()}
    forms = {name: load_form(content, name) for _, name, content in _under(files, "forms", ".json") if package.forms.get(name) is not None}
    limits = _limit_ids(files)
    element_forms = {element_id: element.form for element_id, element in own[key].elements.items()} if key in own else {}
    around = board_rules.Surroundings(elements, element_forms, forms, limits, package.roles)
    try:
        yield from board_rules.check_board(board_rules.read_board(raw, key), around)
    except board_rules.BoardInvalidError as error:
        yield from error.findings


def _limit_ids(files: Mapping[str, bytes]) -> set[str]:
    try:
        return {limit.id for limit in limit_reading.read_limits(files.get(limit_rules.FILE, b""), "")}
    except limit_rules.LimitsInvalidError:
        # told by its own check
        return set()


def _under(files: Mapping[str, bytes], folder: str, suffix: str) -> Iterator[tuple[str, str, bytes]]:
    """(file name, key, content) of the files of one kind; the key is the bare file name."""
    for name, content in sorted(files.items()):
        path = PurePosixPath(name)
        if path.suffix == suffix and path.parent.name == folder:
            yield name, path.stem, content


def _told(rule: str, file: str, error: GuichengError) -> Finding:
    return Finding(rule, "error", None, error.sentence, error.data, file)
