"""Gathers the comments and attachments of a case as the reader sees them, for its own page and those of its work items."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

import flask
from markupsafe import Markup, escape

from engine.comments import EDIT_FOR, LONGEST
from engine.file_types import EXTENSIONS, IMAGES
from engine.model import Actor
from engine.permissions import may
from engine.queries import talk
from engine.queries.talk import AttachmentRow, CommentRow
from webui.display import file_address
from webui.unit_of_work import current, runtime_of

#: what the page shows; the case's history has them all
_COMMENTS = 50


@dataclass(frozen=True, slots=True)
class CommentView:
    """A comment, and what the reader may do with it now."""

    row: CommentRow
    #: the text with the people it mentions marked
    body: Markup
    may_edit: bool
    may_strike: bool


@dataclass(frozen=True, slots=True)
class AttachmentView:
    """An attachment, and what the reader may do with it now."""

    row: AttachmentRow
    address: str
    #: of a picture
    thumbnail: str | None
    may_strike: bool


@dataclass(frozen=True, slots=True)
class Talk:
    """Both panels."""

    instance_id: int
    #: the item on whose page they stand; None on the case's own
    work_item_id: int | None
    #: oldest first
    comments: tuple[CommentView, ...]
    #: whether earlier ones are left out
    has_more: bool
    attachments: tuple[AttachmentView, ...]
    may_write: bool
    longest: int
    upload_bytes: int
    #: for the file field
    accept: str


def gather(actor: Actor, instance_id: int, site_id: int | None, work_item_id: int | None = None) -> Talk:
    """What the panels show. The caller has checked that the person may see the case."""
    uow, settings = current(), runtime_of().settings
    page = talk.comments(uow, instance_id, limit=_COMMENTS)
    now = runtime_of().clock.now()
    strikes_comments = may(actor, "comment:strike-any", site_id)
    strikes_files = may(actor, "attachment:strike-any", site_id)
    return Talk(
        instance_id=instance_id, work_item_id=work_item_id,
        comments=tuple(_comment(row, actor, now, strikes_comments) for row in reversed(page.rows)), has_more=page.after is not None,
        attachments=tuple(_attachment(row, actor, strikes_files) for row in talk.attachments(uow, instance_id)),
        may_write=may(actor, "comment:write", site_id), longest=LONGEST, upload_bytes=settings.upload_bytes,
        accept=",".join([*sorted(IMAGES), *(suffix for kind, suffix in EXTENSIONS.items() if kind not in IMAGES)]),
    )


def back(instance_id: int, *, anchor: str) -> str:
    """Where a write from one of the panels leads: to the item's page it came from, else to the case."""
    text = flask.request.values.get("item", "")
    if text.isascii() and text.isdigit() and 0 < len(text) < 19 and int(text):
        return flask.url_for("work_item.show", work_item_id=int(text), _anchor=anchor)
    return flask.url_for("cases.show", instance_id=instance_id, _anchor=anchor)


def _comment(row: CommentRow, actor: Actor, now: datetime, strikes_any: bool) -> CommentView:
    mine, stands = row.author_id == actor.user_id, row.struck_at is None
    return CommentView(
        row=row, body=_marked(row), may_edit=mine and stands and now - row.at <= EDIT_FOR, may_strike=stands and (mine or strikes_any),
    )


def _marked(row: CommentRow) -> Markup:
    text = str(escape(row.body))
    names = sorted({str(escape(mention.name)) for mention in row.mentions}, key=len, reverse=True)
    if names:
        pattern = re.compile(f"[@＠](?:{'|'.join(map(re.escape, names))})")
        text = pattern.sub(lambda found: f'<b class="mention">{found[0]}</b>', text)
    return Markup(text)  # noqa: S704 - escaped above, and the names too


def _attachment(row: AttachmentRow, actor: Actor, strikes_any: bool) -> AttachmentView:
    mine = row.uploaded_by is not None and row.uploaded_by == actor.user_id
    return AttachmentView(
        row=row, address=file_address(row.file_id),
        thumbnail=flask.url_for("files.thumbnail", file_id=row.file_id) if row.media_type in IMAGES else None,
        may_strike=row.struck_at is None and (mine or strikes_any),
    )
