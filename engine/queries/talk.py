"""What people have added to a case: its comments with their mentions and earlier wordings, and its attachments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Select, select

from engine.folding import fold
from engine.persistence.tables import (
    case_attachment,
    case_comment,
    comment_mention,
    file,
    history_event,
    history_value,
    role_grant,
    user,
)
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.paging import Page, clamp, decode, encode


@dataclass(frozen=True, slots=True)
class Mention:
    """Somebody whom a comment names."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class CommentRow:
    """A comment as it reads now."""

    id: int
    instance_id: int
    work_item_id: int | None
    body: str
    author_id: int
    author_name: str
    at: datetime
    edited_at: datetime | None
    struck_at: datetime | None
    struck_by_name: str | None
    struck_reason: str | None
    mentions: tuple[Mention, ...] = ()
    #: what it said before it was mended, oldest first
    earlier: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AttachmentRow:
    """An attachment with its file."""

    id: int
    instance_id: int
    file_id: int
    name: str
    media_type: str
    size: int
    uploaded_at: datetime
    uploaded_by: int | None
    uploaded_by_name: str | None
    struck_at: datetime | None
    struck_by_name: str | None
    struck_reason: str | None


def comments(uow: UnitOfWork, instance_id: int, *, after: str | None = None, limit: int = 50) -> Page[CommentRow]:
    """Comments of a case, newest first. The caller has checked that the person may see the case."""
    limit = clamp(limit)
    conditions = [case_comment.c.instance_id == instance_id]
    if after:
        (last,) = decode("comment", after, (int,))
        conditions.append(case_comment.c.id < last)
    return _read(uow, instance_id, conditions, limit)


def comment(uow: UnitOfWork, instance_id: int, comment_id: int) -> CommentRow:
    """One comment, which is there."""
    return _read(uow, instance_id, [case_comment.c.id == comment_id], 1).rows[0]


def _read(uow: UnitOfWork, instance_id: int, conditions: Sequence[ColumnElement[bool]], limit: int) -> Page[CommentRow]:
    statement = _comments().where(*conditions).limit(limit + 1)
    found = uow.reading.execute(statement).all()
    shown = found[:limit]
    mentions = _mentions(uow, [row.id for row in shown])
    earlier = _earlier(uow, instance_id, [row.id for row in shown if row.edited_at is not None])
    rows = tuple(
        CommentRow(**row._mapping, mentions=tuple(mentions.get(row.id, ())), earlier=tuple(earlier.get(row.id, ()))) for row in shown
    )
    return Page(rows, encode("comment", (rows[-1].id,)) if len(found) > limit else None)


def attachments(uow: UnitOfWork, instance_id: int) -> tuple[AttachmentRow, ...]:
    """Attachments of a case, oldest first, those that were struck out too."""
    statement = _attachments().where(case_attachment.c.instance_id == instance_id)
    return tuple(AttachmentRow(**row._mapping) for row in uow.reading.execute(statement))


# built once: joins over aliases cost more to write down than to run
@lru_cache(maxsize=1)
def _comments() -> Select[Any]:
    author, striker = user.alias("author"), user.alias("striker")
    return (
        select(
            case_comment.c.id, case_comment.c.instance_id, case_comment.c.work_item_id, case_comment.c.body, case_comment.c.author_id,
            author.c.display_name.label("author_name"), case_comment.c.at, case_comment.c.edited_at, case_comment.c.struck_at,
            striker.c.display_name.label("struck_by_name"), case_comment.c.struck_reason,
        )
        .join(author, author.c.id == case_comment.c.author_id).outerjoin(striker, striker.c.id == case_comment.c.struck_by)
        .order_by(case_comment.c.id.desc())
    )


@lru_cache(maxsize=1)
def _attachments() -> Select[Any]:
    uploader, striker = user.alias("uploader"), user.alias("striker")
    return (
        select(
            case_attachment.c.id, case_attachment.c.instance_id, case_attachment.c.file_id, file.c.name, file.c.media_type, file.c.size,
            file.c.uploaded_at, file.c.uploaded_by, uploader.c.display_name.label("uploaded_by_name"), case_attachment.c.struck_at,
            striker.c.display_name.label("struck_by_name"), case_attachment.c.struck_reason,
        )
        .join(file, file.c.id == case_attachment.c.file_id).outerjoin(uploader, uploader.c.id == file.c.uploaded_by)
        .outerjoin(striker, striker.c.id == case_attachment.c.struck_by)
        .order_by(case_attachment.c.id).limit(500)
    )


def _mentions(uow: UnitOfWork, comment_ids: Sequence[int]) -> dict[int, list[Mention]]:
    found: dict[int, list[Mention]] = {}
    if comment_ids:
        statement = (
            select(comment_mention.c.comment_id, user.c.id, user.c.display_name).join(user, user.c.id == comment_mention.c.user_id)
            .where(comment_mention.c.comment_id.in_(comment_ids)).order_by(user.c.display_name, user.c.id)
        )
        for row in uow.reading.execute(statement):
            found.setdefault(row.comment_id, []).append(Mention(row.id, row.display_name))
    return found


def _earlier(uow: UnitOfWork, instance_id: int, comment_ids: Sequence[int]) -> dict[int, list[str]]:
    """From the history, which keeps every wording; nothing of it is copied into the comments' table."""
    found: dict[int, list[str]] = {}
    if comment_ids:
        same = (history_value.c.instance_id == history_event.c.instance_id) & (history_value.c.seq == history_event.c.seq)
        statement = (
            select(history_event.c.detail, history_value.c.body).join(history_value, same)
            .where(history_event.c.instance_id == instance_id, history_event.c.type == "comment.edited").order_by(history_event.c.seq)
        )
        for row in uow.reading.execute(statement):
            comment_id, before = orjson.loads(row.detail)["comment"], orjson.loads(row.body).get("before")
            if comment_id in comment_ids and before:
                found.setdefault(comment_id, []).append(before)
    return found


def mentionable(uow: UnitOfWork, site_id: int | None, q: str, limit: int = 8) -> tuple[Mention, ...]:
    """Active people of a case's site whose name, or its pinyin, holds `q`; by name."""
    at_site = role_grant.c.site_id.is_(None) if site_id is None else role_grant.c.site_id.is_(None) | (role_grant.c.site_id == site_id)
    statement = (
        select(user.c.id, user.c.display_name.label("name")).distinct().join(role_grant, role_grant.c.user_id == user.c.id)
        .where(user.c.deactivated_at.is_(None), at_site).order_by(user.c.display_name, user.c.id).limit(limit)
    )
    folded = fold(q)[:40]
    if folded:
        statement = statement.where(user.c.search.like(f"%{folded}%"))
    return tuple(Mention(row.id, row.name) for row in uow.reading.execute(statement))
