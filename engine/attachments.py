"""Files that people add to a case beside its forms. Struck out with a reason they stay; nothing here deletes one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, Any

from sqlalchemy import func, insert, select, update

from engine import files, history, permissions, steps
from engine.errors import ConflictError, InvalidError, NotFoundError
from engine.files import StoredFile
from engine.history import NewEvent
from engine.model import Actor
from engine.persistence.tables import case_attachment, file, instance
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime


class AttachmentsFullError(ConflictError):
    """Expected a case with room for one more attachment."""

    code = "attachments_full"
    sentence = "這個案件已有 {limit} 個附件，不能再加。請先合併成一個 PDF，或劃去不需要的附件。"


class AttachmentStruckError(ConflictError):
    """Expected an attachment that stands."""

    code = "attachment_struck"
    sentence = "這個附件已經劃去。"


@dataclass(frozen=True, slots=True)
class Attached:
    """An attachment that was just added."""

    id: int
    file: StoredFile


def add(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, instance_id: int, source: IO[bytes] | bytes, name: str,
    work_item_id: int | None = None,
) -> Attached:
    """Keep a file with a case the person may read. FileRefusedError for its content, TooLargeError, AttachmentsFullError."""
    _require_case(uow, actor, instance_id)
    stored = files.store(runtime, uow, actor, source, name, "attachment")
    return _attach(runtime, uow, actor, instance_id, stored, work_item_id)


def adopt(runtime: Runtime, uow: UnitOfWork, actor: Actor, instance_id: int, file_id: int, work_item_id: int | None = None) -> Attached:
    """Keep one of the person's own uploads, which no form has taken, with a case. FileBoundError when a form was faster."""
    _require_case(uow, actor, instance_id)
    return _attach(runtime, uow, actor, instance_id, files.get(uow, actor, file_id), work_item_id)


def strike(runtime: Runtime, uow: UnitOfWork, actor: Actor, attachment_id: int, reason: str) -> None:
    """Strike an attachment out: one's own, or as a manager anybody's. It stays, with who struck it out and why."""
    row = _find(uow, actor, attachment_id)
    if row.uploaded_by != actor.user_id:
        permissions.require(actor, "attachment:strike-any", row.site_id)
    if not reason.strip():
        raise InvalidError(reason="請填寫原因。")
    now = runtime.clock.now()
    stands = (case_attachment.c.id == attachment_id) & case_attachment.c.struck_at.is_(None)
    values = {"struck_at": now, "struck_by": actor.user_id, "struck_reason": reason.strip()[:1000]}
    if uow.writing.execute(update(case_attachment).where(stands).values(values)).rowcount != 1:
        raise AttachmentStruckError
    event = NewEvent(
        "attachment.struck", detail={"attachment": attachment_id}, values={"reason": reason.strip()[:1000], "file": row.name},
    )
    history.append(uow, actor, row.instance_id, [event], now)


def instance_of(uow: UnitOfWork, actor: Actor, attachment_id: int) -> int:
    """The case that an attachment belongs to. NotFoundError where it isn't the person's to see."""
    found: int = _find(uow, actor, attachment_id).instance_id
    return found


def _require_case(uow: UnitOfWork, actor: Actor, instance_id: int) -> None:
    if not permissions.may(actor, "attachment:add", steps.load(uow, instance_id).site_id):
        raise NotFoundError(kind="案件", id=instance_id)


def _attach(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, instance_id: int, stored: StoredFile, work_item_id: int | None
) -> Attached:
    files.attach(uow, [stored.id], instance_id)
    values = {"instance_id": instance_id, "file_id": stored.id, "work_item_id": work_item_id}
    attachment_id: int = uow.writing.execute(insert(case_attachment).values(values).returning(case_attachment.c.id)).scalar_one()
    event = NewEvent(
        "attachment.added", detail={"attachment": attachment_id, "digest": stored.digest.hex()}, values={"file": stored.name},
    )
    # takes the case's lock: of two that come at once the second one counts the first
    history.append(uow, actor, instance_id, [event], runtime.clock.now())
    standing = select(func.count()).where(case_attachment.c.instance_id == instance_id, case_attachment.c.struck_at.is_(None))
    limit = runtime.settings.case_attachments
    if uow.writing.execute(standing).scalar_one() > limit:
        raise AttachmentsFullError(limit=limit)
    return Attached(attachment_id, stored)


def _find(uow: UnitOfWork, actor: Actor, attachment_id: int) -> Any:
    row = uow.reading.execute(
        select(case_attachment.c.instance_id, file.c.name, file.c.uploaded_by, instance.c.site_id)
        .join(file, file.c.id == case_attachment.c.file_id).join(instance, instance.c.id == case_attachment.c.instance_id)
        .where(case_attachment.c.id == attachment_id)
    ).one_or_none()
    if row is None or not permissions.may(actor, "process-instance:read", row.site_id):
        raise NotFoundError(kind="附件", id=attachment_id)
    return row
