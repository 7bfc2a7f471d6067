"""Saving files of a draft: each only if nobody has changed it since its author looked. Every save is kept, so none is ever lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update

from engine.designing import contents, drafts
from engine.designing.drafts import Draft, DraftFile
from engine.errors import ConflictError, NotFoundError
from engine.model import Actor
from engine.persistence.tables import design_change, design_draft, design_file, user
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Edit:
    """What becomes of one file."""

    path: str
    #: None removes it
    body: bytes | None
    #: the file's revision that the author had before them; 0: there was none
    revision: int


@dataclass(frozen=True, slots=True)
class Change:
    """One save of one file."""

    revision: int
    path: str
    is_removal: bool
    at: datetime
    by: int | None
    by_name: str


class FileChangedError(ConflictError):
    """Expected a file as its author last saw it, but somebody has saved it since. Nothing of the save was kept."""

    code = "file_changed"
    sentence = "{changed_by}已於您編輯期間儲存「{path}」。請比較並合併後再儲存，您的內容沒有遺失。"


def save(runtime: Runtime, uow: UnitOfWork, actor: Actor, draft_id: int, edits: Sequence[Edit]) -> Draft:
    """Save them all or none. A file that already is what the edit makes of it isn't changed, whoever saved it.

    FileChangedError names the file, who saved it and at which revision it stands now.
    """
    draft = drafts.open_for_writing(uow, actor, draft_id)
    there = _rows(uow, draft_id)
    fresh = [edit for edit in edits if not _is_same(there.get(edit.path), edit)]
    for edit in fresh:
        contents.require_name(edit.path)
        _require_unchanged(there.get(edit.path), edit)
    return _store(runtime, uow, actor, draft, there, fresh) if fresh else draft


def put_back(runtime: Runtime, uow: UnitOfWork, actor: Actor, draft_id: int, wanted: dict[str, bytes]) -> Draft:
    """Make the draft hold exactly these files, as one more save: what was there stays among the saves. Nothing to hold is an error."""
    if not wanted:
        raise NotFoundError(kind="版本", id=draft_id)
    draft = drafts.open_for_writing(uow, actor, draft_id)
    there = _rows(uow, draft_id)
    edits = [Edit(path, body, 0) for path, body in wanted.items()]
    edits += [Edit(path, None, 0) for path, held in there.items() if held.digest and path not in wanted]
    fresh = [edit for edit in edits if not _is_same(there.get(edit.path), edit)]
    return _store(runtime, uow, actor, draft, there, fresh) if fresh else draft


def changes(uow: UnitOfWork, actor: Actor, draft_id: int, *, path: str | None = None, before: int | None = None,
            limit: int = 50) -> list[Change]:
    """Saves, newest first, at most `limit` and earlier than revision `before`."""
    drafts.get(uow, actor, draft_id)
    query = (
        select(design_change, user.c.display_name)
        .select_from(design_change.outerjoin(user, user.c.id == design_change.c.by))
        .where(design_change.c.draft_id == draft_id)
        .order_by(design_change.c.revision.desc(), design_change.c.path).limit(limit)
    )
    if path is not None:
        query = query.where(design_change.c.path == path)
    if before is not None:
        query = query.where(design_change.c.revision < before)
    rows = uow.reading.execute(query)
    return [Change(row.revision, row.path, row.digest is None, row.at, row.by, row.display_name or "") for row in rows]


def body_at(uow: UnitOfWork, actor: Actor, draft_id: int, path: str, revision: int) -> bytes:
    """A file as it stood at a revision of the draft: what a merge starts from. NotFoundError where there was none."""
    drafts.get(uow, actor, draft_id)
    query = (
        select(design_change.c.digest)
        .where(design_change.c.draft_id == draft_id, design_change.c.path == path, design_change.c.revision <= revision)
        .order_by(design_change.c.revision.desc()).limit(1)
    )
    digest = uow.reading.execute(query).scalar()
    if digest is None:
        raise NotFoundError(kind="檔案", id=path)
    return contents.body(uow, bytes(digest))


def files_at(uow: UnitOfWork, actor: Actor, draft_id: int, revision: int) -> dict[str, bytes]:
    """The whole folder as it stood at a revision."""
    drafts.get(uow, actor, draft_id)
    query = (
        select(design_change.c.path, design_change.c.digest)
        .where(design_change.c.draft_id == draft_id, design_change.c.revision <= revision).order_by(design_change.c.revision)
    )
    standing: dict[str, bytes | None] = {row.path: row.digest for row in uow.reading.execute(query)}
    return contents.bodies(uow, {path: bytes(digest) for path, digest in sorted(standing.items()) if digest is not None})


def restore(runtime: Runtime, uow: UnitOfWork, actor: Actor, draft_id: int, revision: int) -> Draft:
    """Make the draft hold what it held at a revision."""
    return put_back(runtime, uow, actor, draft_id, files_at(uow, actor, draft_id, revision))


def _store(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, draft: Draft, there: dict[str, DraftFile], edits: Sequence[Edit]
) -> Draft:
    sizes = {path: held.size for path, held in there.items() if held.digest}
    sizes.update({edit.path: len(edit.body) for edit in edits if edit.body is not None})
    removed = {edit.path for edit in edits if edit.body is None}
    contents.require_size(runtime, len(sizes.keys() - removed), sum(size for path, size in sizes.items() if path not in removed))
    now, revision, connection = runtime.clock.now(), draft.revision + 1, uow.writing
    digests = contents.keep(uow, [edit.body for edit in edits if edit.body is not None])
    for edit in edits:
        digest = None if edit.body is None else digests[edit.body]
        values = {"digest": digest, "size": len(edit.body or b""), "revision": revision, "changed_at": now, "changed_by": actor.user_id}
        if edit.path in there:
            mine = (design_file.c.draft_id == draft.id) & (design_file.c.path == edit.path)
            connection.execute(update(design_file).where(mine).values(**values))
        else:
            connection.execute(insert(design_file).values(draft_id=draft.id, path=edit.path, **values))
    connection.execute(insert(design_change), [
        {"draft_id": draft.id, "revision": revision, "path": edit.path, "at": now, "by": actor.user_id,
         "digest": None if edit.body is None else digests[edit.body]} for edit in edits])
    connection.execute(
        update(design_draft).where(design_draft.c.id == draft.id)
        .values(revision=revision, changed_at=now, changed_by=actor.user_id))
    return drafts.get(uow, actor, draft.id)


def _rows(uow: UnitOfWork, draft_id: int) -> dict[str, DraftFile]:
    """Its files by path, those that were removed among them."""
    query = (
        select(design_file, user.c.display_name)
        .select_from(design_file.outerjoin(user, user.c.id == design_file.c.changed_by)).where(design_file.c.draft_id == draft_id)
    )
    return {row.path: drafts.file_of(row) for row in uow.reading.execute(query)}


def _is_same(held: DraftFile | None, edit: Edit) -> bool:
    digest = held.digest if held is not None else ""
    return digest == ("" if edit.body is None else contents.digest_of(edit.body).hex())


def _require_unchanged(held: DraftFile | None, edit: Edit) -> None:
    if (held.revision if held is not None else 0) == edit.revision:
        return
    if held is not None and not held.digest and edit.revision == 0:
        # a new file where one was removed
        return
    if held is None:
        raise NotFoundError(kind="檔案", id=edit.path)
    raise FileChangedError(
        path=edit.path, changed_by=held.changed_by_name or "系統", changed_at=held.changed_at, revision=held.revision,
        is_removed=not held.digest)
