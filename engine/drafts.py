"""What a person has typed into a work item's form and not sent yet, kept on the server so that another device can go on with it.

A draft is its author's alone and is never checked: it may be half a form. Files and drawn signatures stay out of it: a signature that
was not given must not lie about.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson
from sqlalchemy import delete, insert, select, update

from engine import submissions
from engine.errors import InvalidError, TooLargeError
from engine.model import Actor
from engine.persistence.tables import work_item_draft
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime

#: after which a draft that nobody touched goes
KEEP = timedelta(days=30)
#: fields that one draft can hold
MOST_FIELDS = 2_000

#: `(name, value)` in the order of the form; a name may come several times
Fields = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """What was typed, and when it was last kept."""

    work_item_id: int
    fields: Fields
    saved_at: datetime


def find(uow: UnitOfWork, actor: Actor, work_item_id: int) -> Draft | None:
    """The person's own draft of an item; None without one."""
    row = uow.reading.execute(
        select(work_item_draft.c.fields, work_item_draft.c.saved_at)
        .where(work_item_draft.c.work_item_id == work_item_id, work_item_draft.c.user_id == actor.user_id)
    ).one_or_none()
    return None if row is None else Draft(work_item_id, tuple((name, value) for name, value in orjson.loads(row.fields)), row.saved_at)


def save(runtime: Runtime, uow: UnitOfWork, actor: Actor, work_item_id: int, fields: Sequence[tuple[str, str]]) -> Draft:
    """Keep what was typed instead of what was kept before. The caller has checked that the person may see the item.

    Raises the conflict that says why nobody can send it any more; TooLargeError over the settings' `form_bytes`.
    """
    item = submissions.find_item(uow, work_item_id)
    submissions.require_reach(actor, item)
    submissions.require_live(uow, item)
    if actor.user_id is None:
        raise InvalidError(reason="草稿需要登入。")
    kept: Fields = tuple((name, value) for name, value in fields if value and not value.startswith("data:"))
    body = orjson.dumps(kept)
    if len(kept) > MOST_FIELDS or len(body) > runtime.settings.form_bytes:
        raise TooLargeError(what="草稿", limit=f"{runtime.settings.form_bytes // 1024} KB")
    now = runtime.clock.now()
    mine = (work_item_draft.c.work_item_id == work_item_id) & (work_item_draft.c.user_id == actor.user_id)
    connection = uow.writing
    if connection.execute(update(work_item_draft).where(mine).values(fields=body, saved_at=now)).rowcount == 0:
        connection.execute(insert(work_item_draft).values(work_item_id=work_item_id, user_id=actor.user_id, fields=body, saved_at=now))
    return Draft(work_item_id, kept, now)


def discard(uow: UnitOfWork, actor: Actor, work_item_id: int) -> bool:
    """Forget the person's draft of an item; False when there was none."""
    mine = (work_item_draft.c.work_item_id == work_item_id) & (work_item_draft.c.user_id == actor.user_id)
    return uow.writing.execute(delete(work_item_draft).where(mine)).rowcount == 1


def sweep(uow: UnitOfWork, now: datetime) -> int:
    """Forget drafts that nobody has touched for `KEEP`; how many that were."""
    return uow.writing.execute(delete(work_item_draft).where(work_item_draft.c.saved_at < now - KEEP)).rowcount
