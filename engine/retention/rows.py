"""What a case keeps as rows of tables: what of it is personal, and the same rows without it.

Books and receipts are not among them: the law asks that they be kept as they were written.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Column, ColumnElement, Row, Table, and_, delete, insert, or_, select, update

from engine.persistence.tables import (
    approval,
    case_attachment,
    case_comment,
    case_reporter,
    content_to_forget,
    delivery,
    dossier_entry,
    file,
    idempotency,
    identity_look,
    import_row,
    incident,
    instance_variable,
    intervention,
    intervention_case,
    migration_case,
    notification,
    notification_read,
    outside_link,
    phone_call,
    record,
    register_line,
    shift_note,
    signature,
    work_item,
    work_item_draft,
)
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.approvals import NO_DIGEST
from engine.retention.choosing import Eraser, Found
from engine.retention.kinds import Kind


@dataclass(frozen=True, slots=True)
class _Words:
    """A column in which somebody wrote something, of the rows of a case."""

    kind: Kind
    column: Column[Any]
    #: of the rows of a case
    of_case: Callable[[int], ColumnElement[bool]]
    #: what stands there afterwards: nothing, or a sentence that says so
    is_emptied: bool = False


def _own(table: Table) -> Callable[[int], ColumnElement[bool]]:
    return lambda instance_id: table.c.instance_id == instance_id


def _of_items(instance_id: int) -> ColumnElement[bool]:
    return outside_link.c.work_item_id.in_(select(work_item.c.id).where(work_item.c.instance_id == instance_id))


def _imported(instance_id: int) -> ColumnElement[bool]:
    return and_(import_row.c.subject_id == instance_id, import_row.c.kind >= "case.", import_row.c.kind < "case/")


_COLUMNS: tuple[_Words, ...] = (
    _Words(Kind.CONTACTS, case_reporter.c.name, _own(case_reporter)),
    _Words(Kind.CONTACTS, case_reporter.c.phone, _own(case_reporter), is_emptied=True),
    _Words(Kind.CONTACTS, outside_link.c.recipient, _of_items),
    _Words(Kind.CONTACTS, outside_link.c.send_to, _of_items, is_emptied=True),
    _Words(Kind.CONTACTS, outside_link.c.used_by, _of_items),
    _Words(Kind.CONTACTS, outside_link.c.used_from, _of_items, is_emptied=True),
    _Words(Kind.CALLS, phone_call.c.name, _own(phone_call)),
    _Words(Kind.CALLS, phone_call.c.number, _own(phone_call), is_emptied=True),
    _Words(Kind.CALLS, phone_call.c.note, _own(phone_call), is_emptied=True),
    _Words(Kind.TEXTS, case_reporter.c.words, _own(case_reporter)),
    _Words(Kind.TEXTS, case_reporter.c.told_note, _own(case_reporter), is_emptied=True),
    _Words(Kind.TEXTS, case_comment.c.body, _own(case_comment)),
    _Words(Kind.TEXTS, case_comment.c.struck_reason, _own(case_comment)),
    _Words(Kind.TEXTS, case_attachment.c.struck_reason, _own(case_attachment)),
    _Words(Kind.TEXTS, approval.c.opinion, _own(approval)),
    _Words(Kind.TEXTS, record.c.void_reason, _own(record)),
    _Words(Kind.TEXTS, shift_note.c.text, _own(shift_note)),
)
#: columns that say again what stands elsewhere: the words that are to go are taken out of them
_SAID_AGAIN: tuple[tuple[Column[Any], Callable[[int], ColumnElement[bool]]], ...] = (
    (work_item.c.title, _own(work_item)),
    (file.c.name, _own(file)),
    (identity_look.c.what, _own(identity_look)),
    (case_reporter.c.words, _own(case_reporter)),
    (case_comment.c.body, _own(case_comment)),
    (approval.c.opinion, _own(approval)),
    (phone_call.c.note, _own(phone_call)),
    (shift_note.c.text, _own(shift_note)),
    (import_row.c.label, _imported),
    (intervention.c.reason, lambda case: intervention.c.id.in_(_orders(case))),
)
#: the same of columns that hold JSON
_JSON: tuple[tuple[Column[Any], Callable[[int], ColumnElement[bool]]], ...] = (
    (approval.c.answer, _own(approval)),
    (incident.c.message, _own(incident)),
    (intervention.c.parameters, lambda case: intervention.c.id.in_(_orders(case))),
    (intervention_case.c.effects, _own(intervention_case)),
    (intervention_case.c.problem, _own(intervention_case)),
    (migration_case.c.problem, _own(migration_case)),
    (import_row.c.payload, _imported),
    (import_row.c.changes, _imported),
)
_SOURCE_OF_FILES = {Kind.PHOTOS: ("photo",), Kind.FILES: ("attachment",), Kind.SIGNATURES: ("signature",)}


def look(uow: UnitOfWork, row: Row[Any], found: Found, kinds: Collection[Kind]) -> None:
    """Take in what rows of the case hold; of files only those of the case whose content is still there."""
    connection = uow.reading
    for each in _COLUMNS:
        if each.kind in kinds:
            for value in connection.execute(select(each.column).where(each.of_case(row.id), each.column.is_not(None))).scalars():
                before = len(found.exact)
                found.word(value, is_text=each.kind is not Kind.CONTACTS and each.column.key not in ("name", "number"))
                found.count += len(found.exact) > before
    mine = (file.c.instance_id == row.id, file.c.erased_at.is_(None))
    asked: list[ColumnElement[bool]] = [file.c.id.in_(found.files)]
    asked += [and_(file.c.kind.in_(names), file.c.personal.is_(None)) for kind, names in _SOURCE_OF_FILES.items() if kind in kinds]
    asked += [file.c.personal.is_not(None)] if Kind.IDENTITY in kinds else []
    there = connection.execute(select(file.c.id, file.c.name, file.c.kind).where(*mine, or_(*asked))).all()
    found.files = {known.id for known in there}
    for known in there:
        if known.kind != "signature":
            found.word(known.name, is_text=True)


def take_out(uow: UnitOfWork, row: Row[Any], eraser: Eraser, kinds: Collection[Kind], day: str, now: datetime) -> int:
    """The rows without it; how many were changed. What undoing would bring back goes as well."""
    changed = _fields(uow, row.id, eraser)
    for each in _COLUMNS:
        if each.kind in kinds:
            gone = None if each.is_emptied and each.column.nullable else "" if each.is_emptied else day
            some = (each.of_case(row.id), each.column.is_not(None), each.column != "", each.column.not_like(f"{day[:5]}%"))
            changed += uow.writing.execute(update(each.column.table).where(*some).values({each.column: gone})).rowcount
    for column, of_case in _SAID_AGAIN:
        changed += _rewrite(uow, column, of_case(row.id), eraser.text)
    for column, of_case in _JSON:
        changed += _rewrite(uow, column, of_case(row.id), lambda value: _again(eraser, value))
    return changed + _files(uow, eraser, day, now) + _leftovers(uow, row)


def _again(eraser: Eraser, value: Any) -> Any:
    cleaned = orjson.dumps(eraser.take_out(orjson.loads(value)))
    return cleaned.decode() if isinstance(value, str) else cleaned


def _rewrite(uow: UnitOfWork, column: Column[Any], condition: ColumnElement[bool], clean: Callable[[Any], Any]) -> int:
    keys = list(column.table.primary_key.columns)
    changed = 0
    for found in uow.writing.execute(select(column.label("said"), *keys).where(condition, column.is_not(None))).all():
        cleaned = clean(found.said)
        if cleaned != found.said:
            most = getattr(column.type, "length", None)
            if isinstance(cleaned, str) and most:
                cleaned = cleaned[:most]
            mine = (key == getattr(found, key.key) for key in keys)
            uow.writing.execute(update(column.table).where(*mine).values({column: cleaned}))
            changed += 1
    return changed


def _fields(uow: UnitOfWork, instance_id: int, eraser: Eraser) -> int:
    """What lists, registers and the dossier keep of forms."""
    changed = 0
    for found in uow.writing.execute(select(instance_variable).where(instance_variable.c.instance_id == instance_id)).all():
        form, _, name = found.name.partition(".")
        changed += _typed(uow, instance_variable, found, eraser, is_gone=eraser.field(form, name))
    lines = select(register_line).where(register_line.c.instance_id == instance_id, register_line.c.field != "")
    for found in uow.writing.execute(lines).all():
        form, _, table = found.source.partition(".")
        is_gone = eraser.field(form, table, found.field) if table else eraser.field(form, found.field)
        changed += _typed(uow, register_line, found, eraser, is_gone=is_gone)
    for found in uow.writing.execute(select(dossier_entry).where(dossier_entry.c.instance_id == instance_id)).all():
        value = orjson.loads(found.value)
        cleaned = eraser.value_of(found.form, found.field, value)
        if cleaned != value:
            _update(uow, dossier_entry, found, {"value": orjson.dumps(cleaned).decode()})
            changed += 1
    return changed


def _typed(uow: UnitOfWork, table: Table, found: Row[Any], eraser: Eraser, *, is_gone: bool) -> int:
    if is_gone and (found.text or found.number is not None or found.at is not None):
        values: dict[str, Any] = {"text": eraser.mark, "number": None, "at": None}
    elif found.text and eraser.text(found.text) != found.text:
        values = {"text": eraser.text(found.text, 300)}
    else:
        return 0
    if values["text"] == found.text:
        return 0
    _update(uow, table, found, values)
    return 1


def _update(uow: UnitOfWork, table: Table, found: Row[Any], values: Mapping[str, Any]) -> None:
    mine = (key == getattr(found, key.key) for key in table.primary_key.columns)
    uow.writing.execute(update(table).where(*mine).values(**values))


def _files(uow: UnitOfWork, eraser: Eraser, day: str, now: datetime) -> int:
    """Names go now; content that no other file needs goes once this is committed, and until it is gone it is on a list."""
    connection = uow.writing
    gone = sorted(eraser.found.files)
    if not gone:
        return 0
    digests = connection.execute(
        update(file).where(file.c.id.in_(gone)).values(erased_at=now, name=day).returning(file.c.digest)).scalars().all()
    listed = set(connection.execute(select(content_to_forget.c.digest)).scalars())
    fresh = {bytes(each) for each in digests} - {bytes(each) for each in listed}
    if fresh:
        connection.execute(insert(content_to_forget), [{"digest": each, "since": now} for each in sorted(fresh)])
    return len(gone)


def unseal(uow: UnitOfWork, instance_id: int, paths: Collection[str]) -> int:
    """What was signed is no longer all there: the digests of what went go with it, for a short value could be guessed from one."""
    changed = 0
    query = select(signature.c.id, signature.c.fields).where(signature.c.instance_id == instance_id)
    for found in uow.writing.execute(query).all() if paths else ():
        sealed: dict[str, Any] = orjson.loads(found.fields) if found.fields else {"salt": "", "fields": dict.fromkeys(paths)}
        left = {path: seal for path, seal in sealed["fields"].items() if path not in paths}
        if len(left) != len(sealed["fields"]):
            kept = orjson.dumps({**sealed, "fields": left}) if found.fields else None
            uow.writing.execute(update(signature).where(signature.c.id == found.id).values(fields=kept, content_digest=NO_DIGEST))
            changed += 1
    return changed


def _leftovers(uow: UnitOfWork, row: Row[Any]) -> int:
    """Drafts, copies for undoing, and what people were told and sent of the case."""
    connection = uow.writing
    items = select(work_item.c.id).where(work_item.c.instance_id == row.id)
    changed: int = connection.execute(delete(work_item_draft).where(work_item_draft.c.work_item_id.in_(items))).rowcount
    changed += connection.execute(update(migration_case).where(
        migration_case.c.instance_id == row.id, migration_case.c.before_data.is_not(None)).values(before=None, before_data=None)).rowcount
    changed += connection.execute(update(intervention_case).where(
        intervention_case.c.instance_id == row.id, intervention_case.c.undo.is_not(None)).values(undo=None)).rowcount
    return changed


def forget_told(uow: UnitOfWork, instance_id: int, words: Collection[str]) -> None:
    """What people were told of a case, what was sent to those words as addresses, and answers kept for a repeat: of cases that ended
    so short a time ago that these were not forgotten anyway."""
    connection = uow.writing
    told = list(connection.execute(select(notification.c.id).where(notification.c.instance_id == instance_id)).scalars())
    if told:
        connection.execute(delete(notification_read).where(notification_read.c.notification_id.in_(told)))
        connection.execute(delete(notification).where(notification.c.id.in_(told)))
    if words:
        connection.execute(delete(delivery).where(delivery.c.address.in_(words)))
    for kept in connection.execute(select(idempotency).where(idempotency.c.user_id > 0)).all():
        if any(word.encode() in bytes(kept.response) for word in words):
            connection.execute(delete(idempotency).where(idempotency.c.user_id == kept.user_id, idempotency.c.key == kept.key))


def _orders(instance_id: int) -> Any:
    return select(intervention_case.c.intervention_id).where(intervention_case.c.instance_id == instance_id)
