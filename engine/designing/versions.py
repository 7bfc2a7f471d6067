"""Named versions of a draft: what it held at a time, under a name, with who kept it and why. They never change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, select

from engine.designing import contents, drafts, saving
from engine.designing.drafts import Draft
from engine.errors import FieldError, FormInvalidError, NotFoundError
from engine.model import Actor
from engine.persistence.tables import design_file, design_version, design_version_file, user
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime

NAME_LENGTH, NOTE_LENGTH = 120, 4000


@dataclass(frozen=True, slots=True)
class Version:
    """A named version, without its files."""

    id: int
    draft_id: int
    number: int
    name: str
    note: str
    #: the draft's revision that it keeps
    revision: int
    created_at: datetime
    created_by: int | None
    created_by_name: str
    #: what was deployed with it; None where it was only kept
    deployment_id: int | None


def keep(runtime: Runtime, uow: UnitOfWork, actor: Actor, draft_id: int, name: str, note: str = "") -> Version:
    """Keep what the draft holds now."""
    name, note = name.strip(), note.strip()
    if not name or len(name) > NAME_LENGTH:
        raise FormInvalidError([FieldError("name", "required", "請填寫名稱，最多 {most} 個字。", {"most": NAME_LENGTH})])
    if len(note) > NOTE_LENGTH:
        raise FormInvalidError([FieldError("note", "too_long", "說明最多 {most} 個字。", {"most": NOTE_LENGTH})])
    return _store(runtime, uow, actor, drafts.open_for_writing(uow, actor, draft_id), name, note, None)


def keep_deployed(runtime: Runtime, uow: UnitOfWork, actor: Actor, draft: Draft, deployment_id: int, name: str, note: str) -> Version:
    """Keep what was deployed from the draft just now. For those who may deploy, also where they may not design."""
    return _store(runtime, uow, actor, draft, name[:NAME_LENGTH], note[:NOTE_LENGTH], deployment_id)


def get(uow: UnitOfWork, actor: Actor, version_id: int) -> Version:
    """One; NotFoundError if there is none."""
    row = uow.reading.execute(_select().where(design_version.c.id == version_id)).one_or_none()
    if row is None:
        raise NotFoundError(kind="版本", id=version_id)
    drafts.get(uow, actor, row.draft_id)
    return _version(row)


def listed(uow: UnitOfWork, actor: Actor, draft_id: int, *, before: int | None = None, limit: int = 50) -> list[Version]:
    """Those of a draft, newest first, at most `limit` with a number below `before`."""
    drafts.get(uow, actor, draft_id)
    query = _select().where(design_version.c.draft_id == draft_id).order_by(design_version.c.number.desc()).limit(limit)
    if before is not None:
        query = query.where(design_version.c.number < before)
    return [_version(row) for row in uow.reading.execute(query)]


def files(uow: UnitOfWork, version_id: int) -> dict[str, bytes]:
    """Content by path."""
    rows = uow.reading.execute(
        select(design_version_file.c.path, design_version_file.c.digest)
        .where(design_version_file.c.version_id == version_id).order_by(design_version_file.c.path)
    )
    return contents.bodies(uow, {row.path: bytes(row.digest) for row in rows})


def file(uow: UnitOfWork, actor: Actor, draft_id: int, version_id: int, path: str) -> bytes:
    """One file as a version of that draft kept it; NotFoundError where there is none."""
    held = files(uow, version_id) if get(uow, actor, version_id).draft_id == draft_id else {}
    if path not in held:
        raise NotFoundError(kind="檔案", id=path)
    return held[path]


def restore(runtime: Runtime, uow: UnitOfWork, actor: Actor, draft_id: int, version_id: int) -> Draft:
    """Make the draft hold what a version of it kept. What it holds now stays among its saves."""
    if get(uow, actor, version_id).draft_id != draft_id:
        raise NotFoundError(kind="版本", id=version_id)
    return saving.put_back(runtime, uow, actor, draft_id, files(uow, version_id))


def _store(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, draft: Draft, name: str, note: str, deployment_id: int | None
) -> Version:
    draft_id, connection = draft.id, uow.writing
    last = connection.execute(select(func.max(design_version.c.number)).where(design_version.c.draft_id == draft_id)).scalar()
    version_id: int = connection.execute(
        insert(design_version)
        .values(draft_id=draft_id, number=(last or 0) + 1, name=name, note=note, revision=draft.revision, created_at=runtime.clock.now(),
                created_by=actor.user_id, deployment_id=deployment_id)
        .returning(design_version.c.id)
    ).scalar_one()
    held = select(design_file.c.path, design_file.c.digest).where(design_file.c.draft_id == draft_id, design_file.c.digest.is_not(None))
    rows = [{"version_id": version_id, "path": row.path, "digest": row.digest} for row in connection.execute(held)]
    if rows:
        connection.execute(insert(design_version_file), rows)
    return get(uow, actor, version_id)


def _select() -> Any:
    return select(design_version, user.c.display_name.label("created_by_name")).select_from(
        design_version.outerjoin(user, user.c.id == design_version.c.created_by))


def _version(row: Row[Any]) -> Version:
    return Version(**{**row._mapping, "created_by_name": row.created_by_name or ""})
