"""Registers of the deployed procedures: which there are for a person, what one is called in every part, and its values as words.

Rows are read by `engine.queries.registers`; what a file may say is `engine.register_rules`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from engine import definitions, permissions, register_rules
from engine.content import DefinitionContent
from engine.errors import ForbiddenError, NotFoundError
from engine.forms import FormTexts, text_of
from engine.forms.display import moment
from engine.forms.model import FieldKind, Form
from engine.forms.view import COVERED
from engine.i18n import read_catalogue
from engine.model import Actor
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.register_columns import BoundColumn, BoundRegister, storage_of
from engine.record_templates import title_of
from engine.register_rules import Path, Register, RegisterInvalidError
from engine.runtime import Runtime

#: they see every register, whatever its roles
_EVERY = frozenset({"manager", "general_manager", "administrator"})
STATES = {
    "active": "進行中", "completed": "已完成", "cancelled": "已取消", "suspended": "已暫停", "incident": "需處理異常", "voided": "已作廢",
}
LIMITS = {"kept": "達成", "missed": "超時", "running": "計時中"}
_ELEMENT_TITLES = {"who": "{element}：辦理人", "when": "{element}：時間", "times": "{element}：次數"}


@dataclass(frozen=True, slots=True)
class RegisterEntry:
    """A register in the list."""

    #: process key that its address names
    process: str
    key: str
    #: source language
    title: str
    note: str
    #: of the process: heading in the list
    process_name: str
    #: whose catalogue translates it
    definition_id: int


@dataclass(frozen=True, slots=True)
class OpenRegister:
    """One register with everything around it that it names."""

    entry: RegisterEntry
    bound: BoundRegister
    contents: tuple[DefinitionContent, ...]
    #: English by source text of all its procedures
    english: Mapping[str, str]

    def title(self, column: BoundColumn, texts: FormTexts) -> str:
        """A column's heading for the reader."""
        path = column.column.path
        source = column.column.title or (column.field.title if column.field else "") or register_rules.default_title(path)
        if source:
            return texts.of(source)
        if path.scope in _ELEMENT_TITLES:
            found = (each.diagram.elements[path.name].name for each in self.contents if path.name in each.diagram.elements)
            return texts.of(_ELEMENT_TITLES[path.scope], element=texts.of(next(found, path.name)))
        if path.scope in ("limit", "minutes"):
            named = (limit.name for each in self.contents for limit in each.limits if path.name in (limit.id, limit.full_id))
            name = texts.of(next(named, path.name))
            return name if path.scope == "limit" else texts.of("{limit}（分鐘）", limit=name)
        if path.scope == "record":
            return texts.of(next((title_of(each.records[path.name]) for each in self.contents if path.name in each.records), path.name))
        return path.name

    def choices(self, column: BoundColumn, texts: FormTexts) -> list[tuple[str, str]]:
        """(value, wording) that a filter offers; empty for what has no choices."""
        path, field = column.column.path, column.field
        if column.is_covered:
            return []
        words: Mapping[str, str] = {}
        if path.scope == "limit":
            words = LIMITS
        elif path == Path("case", "state"):
            words = STATES
        elif path == Path("case", "late") or (field is not None and field.kind is FieldKind.YES_NO):
            words = {"true": "是", "false": "否"}
        elif field is not None and field.kind is FieldKind.CHOICE:
            words = {choice.value: choice.title for choice in field.choices}
        return [(value, texts.of(word)) for value, word in words.items()]

    def words(self, column: BoundColumn, value: Any, texts: FormTexts) -> str:
        """A value as the reader reads it; nothing for none."""
        path, field = column.column.path, column.field
        if value is None or value == "":
            return ""
        if column.is_covered:
            return texts.of(COVERED)
        if isinstance(value, datetime):
            return moment(value, texts.zone)
        if path.scope == "limit":
            return texts.of(LIMITS.get(value, value))
        if path.scope == "case" and path.name in ("state", "late", "procedure"):
            return texts.of({**STATES, "true": "是", "false": "否"}.get(value, value) if path.name != "procedure" else value)
        if field is not None and field.kind is FieldKind.CHOICES:
            return text_of(field, str(value).split(" "), texts)
        if field is not None and field.kind is FieldKind.YES_NO:
            return texts.of("是" if value == "true" else "否")
        if path.scope == "minutes":
            return number_words(round(Decimal(str(value)), 1))
        if isinstance(value, Decimal | int | float):
            return number_words(value) if field is None or field.kind is not FieldKind.MONEY else text_of(field, value, texts)
        return str(value) if field is None else text_of(field, value, texts)


def number_words(value: Any) -> str:
    """A number without idle zeros: 12, 12.5, 1,234.25."""
    text = f"{Decimal(str(value)):,.2f}"
    return text.rstrip("0").rstrip(".")


def listed(runtime: Runtime, uow: UnitOfWork, actor: Actor) -> list[RegisterEntry]:
    """The registers of the current procedures that this person may read."""
    permissions.require(actor, "process-instance:read")
    found: list[RegisterEntry] = []
    for content in _deployments(runtime, uow).values():
        for key, register in _registers_of(content).items():
            if _may_read(actor, register):
                found.append(RegisterEntry(content.key, key, register.title, register.note, content.name, content.id))
    return found


def open_register(runtime: Runtime, uow: UnitOfWork, actor: Actor, process: str, key: str) -> OpenRegister:
    """One register. NotFoundError where there is none, ForbiddenError where it is not for the person's roles."""
    permissions.require(actor, "process-instance:read")
    content = _deployments(runtime, uow).get(process)
    register = _registers_of(content).get(key) if content is not None else None
    if content is None or register is None:
        raise NotFoundError(kind="台帳", id=f"{process}/{key}")
    if not _may_read(actor, register):
        raise ForbiddenError(permission="process-instance:read")
    contents = _around(runtime, uow, content, register)
    forms: dict[str, Form] = {}
    english: dict[str, str] = {}
    for each in reversed(contents):
        forms |= each.forms
        english |= _read_catalogue(each.files.get("locale/en.po", b""))
    columns = tuple(BoundColumn(column, register_rules.field_of(column.path, register, forms)) for column in register.columns)
    period = storage_of(register.period, register_rules.field_of(register.period, register, forms))
    bound = BoundRegister(register, columns, period, tuple(each.key for each in contents))
    entry = RegisterEntry(content.key, key, register.title, register.note, content.name, content.id)
    return OpenRegister(entry, bound, contents, english)


def _may_read(actor: Actor, register: Register) -> bool:
    return not register.roles or not (register.roles | _EVERY).isdisjoint(actor.roles())


def _deployments(runtime: Runtime, uow: UnitOfWork) -> dict[str, DefinitionContent]:
    """Of each deployment the process that its registers are named after: process key → content."""
    processes: dict[int, dict[str, int]] = {}
    for info in definitions.list_latest(runtime, uow):
        processes.setdefault(info.deployment_id, {})[info.key] = info.id
    found = {}
    for each in processes.values():
        key = register_rules.own_process(each)
        found[key] = definitions.content(runtime, uow, each[key])
    return found


def _registers_of(content: DefinitionContent) -> dict[str, Register]:
    found = {}
    for name, raw in sorted(content.files.items()):
        if name.startswith(f"{register_rules.FOLDER}/") and name.endswith(".toml"):
            register = _read(raw, definitions.stem(name), content.key)
            if register is not None:
                found[register.key] = register
    return found


def _around(runtime: Runtime, uow: UnitOfWork, content: DefinitionContent, register: Register) -> tuple[DefinitionContent, ...]:
    """The register's own procedure, those whose cases it shows, and those that they call; the own one first."""
    latest = {info.key: info.id for info in definitions.list_latest(runtime, uow)}
    ids = [content.id, *(latest[key] for key in register.processes if key in latest)]
    for each in list(ids):
        ids += definitions.bindings(runtime, uow, each).values()
    return tuple(definitions.content(runtime, uow, each) for each in dict.fromkeys(ids))


@lru_cache(maxsize=256)
def _read(raw: bytes, key: str, own: str) -> Register | None:
    try:
        return register_rules.read_register(raw, key, own)
    except RegisterInvalidError:
        # deployed before registers were checked
        return None


@lru_cache(maxsize=256)
def _read_catalogue(raw: bytes) -> dict[str, str]:
    return read_catalogue(raw)
