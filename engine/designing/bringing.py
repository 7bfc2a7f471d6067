"""A draft begun from files of another tool: looked at first, then made; what was left to do stays beside it as the note of a version."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from engine import definitions, permissions, procedure_access
from engine.designing import drafts, versions
from engine.designing.drafts import NAME, Draft
from engine.errors import FieldError, Finding, FormInvalidError
from engine.foreign import Brought, Outcome, bring_in
from engine.foreign.tree import words
from engine.i18n import describe_finding, translate
from engine.model import Actor
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Look:
    """What would be made of files."""

    #: the procedure's name: the given one, or one that was found in the files
    procedure: str
    brought: Brought
    #: what a deployment would say of it
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Wishes:
    """How it is to be made."""

    #: the procedure's name; empty: as the files say
    procedure: str = ""
    #: role by the files' own word for it, over what fits
    roles: Mapping[str, str] | None = None
    #: leave a whole drawing as it is and add no lanes
    keep_drawing: bool = False


def look(runtime: Runtime, uow: UnitOfWork, actor: Actor, files: Mapping[str, bytes], wishes: Wishes) -> Look:
    """Read the files and store nothing. ForeignRefusedError where one cannot be taken; FormInvalidError for a name that cannot be used."""
    permissions.require(actor, "procedure:design")
    organisation = runtime.organisation
    if not files:
        raise FormInvalidError([FieldError("files", "required", "請選擇檔案。", {})])
    unknown = sorted({role for role in (wishes.roles or {}).values() if role and role not in organisation.roles})
    if unknown:
        raise FormInvalidError([FieldError("roles", "unknown_role", "沒有「{role}」這個角色。", {"role": unknown[0]})])
    chosen = {said: role for said, role in (wishes.roles or {}).items() if role}
    procedure = wishes.procedure.strip() or _suggested(runtime, files, chosen)
    if not NAME.fullmatch(procedure):
        raise FormInvalidError([FieldError("procedure", "pattern", "請用小寫英文字母、數字和底線，以字母開頭，最多 80 個字元。", {})])
    made = bring_in(files, runtime.settings, organisation.roles, procedure, chosen=chosen, keep_drawing=wishes.keep_drawing)
    known = definitions.known_diagrams(runtime, uow)
    package = runtime.reader.read(made.files, runtime.settings, known, organisation, runtime.signatures())
    return Look(procedure, made, package.findings)


def begin(runtime: Runtime, uow: UnitOfWork, actor: Actor, files: Mapping[str, bytes], wishes: Wishes, locale: str) -> tuple[Draft, Look]:
    """Begin the draft. Its first version keeps, in its note, what is left to do. Errors as `look` and `drafts.create`."""
    seen = look(runtime, uow, actor, files, wishes)
    procedure_access.require(uow, actor, seen.procedure, "design")
    draft = drafts.create(runtime, uow, actor, seen.procedure, "files", files=seen.brought.files)
    tools = "、".join(dict.fromkeys(seen.brought.tools.values()))
    name = translate(locale, "由 {tools} 帶入", tools=tools)
    versions.keep(runtime, uow, actor, draft.id, name, note_of(seen.brought, locale))
    return draft, seen


def note_of(brought: Brought, locale: str) -> str:
    """What is left to do, a line each with the text that was taken out; cut where a version's note ends."""
    lines = []
    for note in brought.of(Outcome.OPEN):
        lines.append(f"- {describe_finding(note.finding, locale)}")
        lines += [f"    {line}" for line in note.original.splitlines()]
    return "\n".join(lines)[:versions.NOTE_LENGTH]


def _suggested(runtime: Runtime, files: Mapping[str, bytes], chosen: Mapping[str, str]) -> str:
    """A name from the process's own name or its file's."""
    made = bring_in(files, runtime.settings, runtime.organisation.roles, "procedure", chosen=chosen)
    diagram = next(iter(made.tools))
    for said in (made.title, re.sub(r"\.bpmn(20)?$", "", PurePosixPath(diagram).stem)):
        name = words(said).lower()
        if name and name != "procedure" and NAME.fullmatch(name):
            return name
    return "brought_in"
