"""Drafts: a procedure's whole folder as designers have it in hand, apart from what is deployed. One open draft a procedure, for all who
may design it; its files are kept by content, as deployments keep theirs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from lxml import etree
from sqlalchemy import Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from engine import definitions, permissions, procedure_access, procedures
from engine.designing import blank, contents
from engine.diagram import read_diagram
from engine.errors import ConflictError, FieldError, FormInvalidError, GuichengError, NotFoundError
from engine.model import Actor
from engine.persistence.tables import definition, deployment, design_change, design_draft, design_file, user
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime

#: what a draft can be begun from
SOURCES = ("deployed", "folder", "empty", "files")
#: a procedure's name is the name of its folder
NAME = re.compile(r"[a-z][a-z0-9_]{0,79}")


class DraftThereError(ConflictError):
    """Expected a procedure without an open draft."""

    code = "draft_there"
    sentence = "「{procedure}」已經有草稿，請打開它繼續。"


@dataclass(frozen=True, slots=True)
class DraftFile:
    """A file of a draft, without its content."""

    path: str
    #: bytes
    size: int
    #: the draft's revision that last changed it: what a save has to name
    revision: int
    changed_at: datetime
    changed_by: int | None
    changed_by_name: str
    #: SHA-256 of the content, hexadecimal
    digest: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft without its files."""

    id: int
    procedure: str
    revision: int
    base_deployment_id: int | None
    created_at: datetime
    changed_at: datetime
    changed_by: int | None
    #: empty where the system changed it
    changed_by_name: str
    closed_at: datetime | None


def create(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, procedure: str, source: str = "deployed", *, title: str = "",
    files: Mapping[str, bytes] | None = None,
) -> Draft:
    """Begin one: from what is `deployed`, from the program's own `folder`, from given `files`, or `empty` with a start and an end.

    `title`: what people call a new procedure. DraftThereError where one is open, NotFoundError where there is nothing to begin from.
    """
    procedure_access.require(uow, actor, procedure, "design")
    if not NAME.fullmatch(procedure):
        raise FormInvalidError([FieldError("procedure", "pattern", "請用小寫英文字母、數字和底線，以字母開頭，最多 80 個字元。", {})])
    base, chosen = _begin(runtime, uow, procedure, source, title, files)
    contents.require_room(runtime, chosen)
    now = runtime.clock.now()
    try:
        draft_id: int = uow.writing.execute(
            insert(design_draft)
            .values(procedure=procedure, revision=1, base_deployment_id=base, created_at=now, created_by=actor.user_id, changed_at=now,
                    changed_by=actor.user_id)
            .returning(design_draft.c.id)
        ).scalar_one()
    except IntegrityError as error:
        # the partial unique index decides between two who begin at once
        raise DraftThereError(procedure=procedure) from error
    digests = contents.keep(uow, chosen.values())
    stamp = {"draft_id": draft_id, "revision": 1}
    if chosen:
        uow.writing.execute(insert(design_file), [
            {**stamp, "path": path, "digest": digests[body], "size": len(body), "changed_at": now, "changed_by": actor.user_id}
            for path, body in chosen.items()])
        uow.writing.execute(insert(design_change), [
            {**stamp, "path": path, "digest": digests[body], "at": now, "by": actor.user_id} for path, body in chosen.items()])
    return get(uow, actor, draft_id)


def get(uow: UnitOfWork, actor: Actor, draft_id: int) -> Draft:
    """One, also a closed one. Everybody whose role designs may look; NotFoundError if there is none."""
    permissions.require(actor, "procedure:read-drafts")
    row = uow.reading.execute(_select().where(design_draft.c.id == draft_id)).one_or_none()
    if row is None:
        raise NotFoundError(kind="草稿", id=draft_id)
    return _draft(row)


def find(uow: UnitOfWork, actor: Actor, procedure: str) -> Draft | None:
    """The open draft of a procedure; None where nobody has begun one."""
    permissions.require(actor, "procedure:read-drafts")
    row = uow.reading.execute(_select().where(design_draft.c.procedure == procedure, design_draft.c.closed_at.is_(None))).one_or_none()
    return None if row is None else _draft(row)


def listed(uow: UnitOfWork, actor: Actor) -> list[Draft]:
    """The open ones, by procedure. There is at most one a procedure, so there are never many."""
    permissions.require(actor, "procedure:read-drafts")
    rows = uow.reading.execute(_select().where(design_draft.c.closed_at.is_(None)).order_by(design_draft.c.procedure))
    return [_draft(row) for row in rows]


def file_list(uow: UnitOfWork, draft_id: int) -> list[DraftFile]:
    """Its files by path, without those that were removed."""
    query = (
        select(design_file, user.c.display_name)
        .select_from(design_file.outerjoin(user, user.c.id == design_file.c.changed_by))
        .where(design_file.c.draft_id == draft_id, design_file.c.digest.is_not(None)).order_by(design_file.c.path)
    )
    return [file_of(row) for row in uow.reading.execute(query)]


def files(uow: UnitOfWork, draft_id: int) -> dict[str, bytes]:
    """Content by path: what a deployment takes."""
    rows = uow.reading.execute(
        select(design_file.c.path, design_file.c.digest)
        .where(design_file.c.draft_id == draft_id, design_file.c.digest.is_not(None)).order_by(design_file.c.path)
    ).all()
    return contents.bodies(uow, {row.path: bytes(row.digest) for row in rows})


def drawn_names(uow: UnitOfWork, among: Sequence[Draft]) -> dict[str, str]:
    """Procedure → what its main process is called in the draft, where that can be read."""
    if not among:
        return {}
    paths = {(draft.id, f"{draft.procedure}.bpmn"): draft.procedure for draft in among}
    query = select(design_file.c.draft_id, design_file.c.path, design_file.c.digest).where(
        design_file.c.draft_id.in_([draft.id for draft in among]), design_file.c.path.in_([path for _, path in paths]),
        design_file.c.digest.is_not(None))
    digests = {paths[row.draft_id, row.path]: bytes(row.digest) for row in uow.reading.execute(query) if (row.draft_id, row.path) in paths}
    return {name: found for name, body in contents.bodies(uow, digests).items() if (found := _drawn_name(name, body))}


@lru_cache(maxsize=256)
def _drawn_name(procedure: str, body: bytes) -> str:
    try:
        diagram = read_diagram(body).get(procedure)
    except (GuichengError, etree.XMLSyntaxError):
        return ""
    return diagram.name if diagram is not None else ""


def read(uow: UnitOfWork, actor: Actor, draft_id: int, path: str) -> tuple[DraftFile, bytes]:
    """One file with its content; NotFoundError where there is none."""
    get(uow, actor, draft_id)
    found = next((each for each in file_list(uow, draft_id) if each.path == path), None)
    if found is None:
        raise NotFoundError(kind="檔案", id=path)
    return found, contents.body(uow, bytes.fromhex(found.digest))


def close(runtime: Runtime, uow: UnitOfWork, actor: Actor, draft_id: int) -> Draft:
    """Put it away: what is deployed counts again. Its saves and versions stay, and `reopen` brings it back."""
    held = open_for_writing(uow, actor, draft_id)
    uow.writing.execute(update(design_draft).where(design_draft.c.id == held.id).values(closed_at=runtime.clock.now()))
    return get(uow, actor, draft_id)


def reopen(runtime: Runtime, uow: UnitOfWork, actor: Actor, draft_id: int) -> Draft:
    """Take a closed one up again; DraftThereError where another was begun since."""
    held = get(uow, actor, draft_id)
    procedure_access.require(uow, actor, held.procedure, "design")
    try:
        uow.writing.execute(update(design_draft).where(design_draft.c.id == held.id).values(closed_at=None))
    except IntegrityError as error:
        raise DraftThereError(procedure=held.procedure) from error
    return get(uow, actor, draft_id)


def open_for_writing(uow: UnitOfWork, actor: Actor, draft_id: int) -> Draft:
    """The draft, locked until the transaction ends; only for those who may design the procedure, and only while it is open."""
    held = get(uow, actor, draft_id)
    procedure_access.require(uow, actor, held.procedure, "design")
    row = uow.writing.execute(_select().where(design_draft.c.id == draft_id).with_for_update(of=design_draft)).one()
    if row.closed_at is not None:
        raise NotFoundError(kind="草稿", id=draft_id)
    return _draft(row)


def file_of(row: Row[Any]) -> DraftFile:
    """From a row of `design_file` with the name of who changed it."""
    digest = bytes(row.digest).hex() if row.digest is not None else ""
    return DraftFile(row.path, row.size, row.revision, row.changed_at, row.changed_by, row.display_name or "", digest)


def _begin(
    runtime: Runtime, uow: UnitOfWork, procedure: str, source: str, title: str, files: Mapping[str, bytes] | None
) -> tuple[int | None, Mapping[str, bytes]]:
    """The deployment that it is held against, and the files that it begins with."""
    newest = (
        select(deployment.c.id, definition.c.id.label("definition_id"))
        .join(definition, definition.c.deployment_id == deployment.c.id)
        .where(deployment.c.procedure == procedure, definition.c.is_latest).order_by(deployment.c.id.desc(), definition.c.key).limit(1)
    )
    row = uow.reading.execute(newest).one_or_none()
    base = None if row is None else row.id
    if source == "files":
        return base, dict(files or {})
    if source == "empty":
        return base, blank.folder(procedure, title or procedure)
    if source == "folder":
        folder = runtime.settings.bpmn / procedure
        found = procedures.read_folder(folder) if folder.is_dir() else {}
        if found:
            return base, found
    elif row is not None:
        return base, definitions.files_of(uow, row.id)
    raise NotFoundError(kind="流程", id=procedure)


def _select() -> Any:
    return select(
        design_draft.c.id, design_draft.c.procedure, design_draft.c.revision, design_draft.c.base_deployment_id, design_draft.c.created_at,
        design_draft.c.changed_at, design_draft.c.changed_by, user.c.display_name.label("changed_by_name"), design_draft.c.closed_at,
    ).select_from(design_draft.outerjoin(user, user.c.id == design_draft.c.changed_by))


def _draft(row: Row[Any]) -> Draft:
    return Draft(**{**row._mapping, "changed_by_name": row.changed_by_name or ""})
