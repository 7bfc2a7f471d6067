"""A register while it is edited: its file changed by fields, its rows as they would be; and the beginning of forms, records, registers."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import tomlkit

from engine import definitions, register_rules
from engine.designing import contents, drafts, manual, saving
from engine.designing.drafts import Draft
from engine.designing.saving import Edit
from engine.designing.toml_text import Entries
from engine.errors import FieldError, Finding, FormInvalidError
from engine.forms import FormTexts
from engine.i18n import CATALOGUE_FILE, describe_finding, read_catalogue
from engine.model import Actor
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.register_columns import BoundColumn, BoundRegister, storage_of
from engine.queries.registers import Reader
from engine.register_rules import FOLDER, Register, RegisterInvalidError, Surroundings
from engine.registers import OpenRegister, RegisterEntry
from engine.runtime import Runtime
from engine.scenarios.consistency import Contents

HEAD_KEYS = ("title", "note", "clause", "rows", "period", "unit", "roles", "summary")
COLUMN_KEYS = ("id", "value", "title", "filter", "total", "share", "hidden")
#: rows that a preview shows
_ROWS = 8
_KEY = re.compile(r"[a-z][a-z0-9_]{0,59}")
_NUMBER_LABEL = "編號："  # not a message
_RECORD = """<article>
  <header>
    <h1 class="record-title">{title}</h1>
    <p class="record-number"><span>{number}</span><span>{{{{record.number}}}}</span></p>
  </header>
</article>
"""


@dataclass(frozen=True, slots=True)
class RegisterText:
    """A register's file with what its form shows."""

    text: str
    head: Mapping[str, Any]
    columns: tuple[Mapping[str, Any], ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """A register as its page would begin."""

    title: str
    note: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    #: what it names that isn't there
    problems: tuple[str, ...]


def listed(uow: UnitOfWork, actor: Actor, draft_id: int) -> list[tuple[str, str]]:
    """(key, title) of the draft's registers."""
    drafts.get(uow, actor, draft_id)
    found = []
    for path, raw in sorted(drafts.files(uow, draft_id).items()):
        if path.startswith(f"{FOLDER}/") and path.endswith(".toml"):
            try:
                title = str(tomllib.loads(raw.decode("utf-8")).get("title", ""))
            except (UnicodeDecodeError, tomllib.TOMLDecodeError):
                title = ""
            found.append((definitions.stem(path), title))
    return found


def begin(runtime: Runtime, uow: UnitOfWork, actor: Actor, draft_id: int, kind: str, key: str, title: str) -> Draft:
    """A new `form`, `record` or `register` with what it cannot be without. FormInvalidError for a name that is no key."""
    drafts.open_for_writing(uow, actor, draft_id)
    if not _KEY.fullmatch(key) or not title:
        raise FormInvalidError([FieldError("key", "pattern", "請填名稱，代碼用小寫英文字母、數字和底線，以字母開頭。", {})])
    path, text = _fresh(kind, key, title)
    if path in drafts.files(uow, draft_id):
        raise FormInvalidError([FieldError("key", "taken", "已經有「{path}」。", {"path": path})])
    return saving.save(runtime, uow, actor, draft_id, [Edit(path, text.encode(), 0)])


def write(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, draft_id: int, key: str, text: str, head: Mapping[str, Any] | None,
    columns: Sequence[tuple[int | None, Mapping[str, Any]]] | None,
) -> RegisterText:
    """The text with other values, and what is wrong with it; nothing is stored. `columns`: (place that it had, None for a new one; values).

    What isn't changed keeps its bytes. TomlUnsplittableError where the file cannot be taken apart.
    """
    drafts.get(uow, actor, draft_id)
    entries = Entries(text.encode(), "column", f"{FOLDER}/{key}.toml")
    if head is not None:
        before = tomllib.loads(text)
        entries.change_head({name: head.get(name) or None for name in HEAD_KEYS if (head.get(name) or None) != before.get(name)})
    if columns is not None:
        order = []
        for place, values in columns:
            wanted = {name: values.get(name) or None for name in COLUMN_KEYS}
            if place is None:
                entries.add({name: value for name, value in wanted.items() if value is not None})
                order.append(len(entries.values) - 1)
            else:
                entries.change(place, {name: value for name, value in wanted.items() if value != (entries.values[place].get(name) or None)})
                order.append(place)
        entries.arrange(order)
    written = entries.written().decode()
    document = tomllib.loads(written)
    files = {**drafts.files(uow, draft_id), f"{FOLDER}/{key}.toml": written.encode()}
    contents.require_room(runtime, files)
    return RegisterText(
        written, {name: document[name] for name in HEAD_KEYS if name in document}, tuple(document.get("column", [])),
        tuple(_findings(runtime, uow, files, key)))


def preview(runtime: Runtime, uow: UnitOfWork, actor: Actor, draft_id: int, key: str, text: str, *, locale: str) -> Shown:
    """The first rows by what runs now. RegisterInvalidError for a text that is no register."""
    drafts.get(uow, actor, draft_id)
    files = {**drafts.files(uow, draft_id), f"{FOLDER}/{key}.toml": text.encode()}
    contents.require_room(runtime, files)
    held = Contents.read(files)
    own = register_rules.own_process(held.diagrams)
    register = register_rules.read_register(text.encode(), key, own)
    findings = list(_findings(runtime, uow, files, key))
    latest = {info.key: info.id for info in definitions.list_latest(runtime, uow)}
    around = tuple(definitions.content(runtime, uow, latest[each]) for each in (*held.diagrams, *register.processes) if each in latest)
    opened = _opened(register, held, around, read_catalogue(files.get(CATALOGUE_FILE, b"")))
    zone = ZoneInfo(runtime.organisation.calendar.zone)
    texts = FormTexts(locale, opened.english, zone)
    columns = [column for column in opened.bound.columns if not column.column.is_hidden]
    page = Reader(opened.bound, actor, zone).page(uow, limit=_ROWS)
    return Shown(
        texts.of(register.title), texts.of(register.note), tuple(opened.title(column, texts) for column in columns),
        tuple(tuple(opened.words(column, row.values[column.id], texts) for column in columns) for row in page.rows),
        tuple(describe_finding(each, locale) for each in findings))


def _opened(register: Register, held: Contents, around: tuple[Any, ...], english: Mapping[str, str]) -> OpenRegister:
    forms = {key: form for each in around for key, form in each.forms.items()} | held.forms
    columns = tuple(BoundColumn(column, register_rules.field_of(column.path, register, forms)) for column in register.columns)
    period = storage_of(register.period, register_rules.field_of(register.period, register, forms))
    bound = BoundRegister(register, columns, period, tuple(dict.fromkeys((*held.diagrams, *register.processes))))
    return OpenRegister(RegisterEntry("", register.key, register.title, register.note, "", 0), bound, around, english)


def _findings(runtime: Runtime, uow: UnitOfWork, files: Mapping[str, bytes], key: str) -> Iterator[Finding]:
    held = Contents.read(files)
    try:
        register = register_rules.read_register(files[f"{FOLDER}/{key}.toml"], key, register_rules.own_process(held.diagrams))
    except RegisterInvalidError as error:
        yield from error.findings
        return
    others = list(manual.others(runtime, uow, held.diagrams))
    known = {clause.number for clause in manual.known(runtime, uow, files)}
    for number in register.clauses:
        if number not in known:
            yield Finding("clauses", "warning", None, "沒有條款「{number}」。", {"number": number})
    yield from register_rules.check_register(register, Surroundings(
        forms=held.forms, elements={name for diagram in held.diagrams.values() for name in diagram.elements}
        | {name for diagram, _, _ in others for name in diagram.elements},
        limits={name for limit in held.limits for name in (limit.id, limit.full_id)}, records=set(held.records),
        processes={*held.diagrams, *(diagram.process_id for diagram, _, _ in others)}, roles=set(runtime.organisation.roles),
        is_open=len(register.processes) > 1))


def _fresh(kind: str, key: str, title: str) -> tuple[str, str]:
    if kind == "form":
        form = {"title": title, "type": "object", "properties": {"note": {"type": "string", "ui:widget": "textarea", "title": "備註"}}}
        return f"forms/{key}.json", json.dumps(form, ensure_ascii=False, indent=2) + "\n"
    if kind == "record":
        safe = title.replace("&", "&amp;").replace("<", "&lt;").replace("{", "｛")
        return f"records/{key}.html", _RECORD.format(title=safe, number=_NUMBER_LABEL)
    if kind == "register":
        heading = tomlkit.string(title).as_string()
        return f"{FOLDER}/{key}.toml", f'title = {heading}\n\n[[column]]\nid = "number"\nvalue = "case.number"\n'
    raise FormInvalidError([FieldError("kind", "unknown", "不是可用的值。", {})])
