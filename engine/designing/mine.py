"""Drafts that a person has had in hand: when, how often and which files they saved. Read only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from engine import permissions
from engine.designing import drafts
from engine.designing.drafts import Draft
from engine.model import Actor
from engine.persistence.tables import design_change
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.paging import Page, clamp, decode, encode

#: files of a draft that are named
SHOWN = 6


@dataclass(frozen=True, slots=True)
class MyDraft:
    """One of them."""

    draft: Draft
    #: the person's last save
    saved_at: datetime
    #: revisions that are theirs, their beginning of it included
    saves: int
    #: files that they saved, the latest first: at most SHOWN
    paths: tuple[str, ...]
    #: how many more
    further: int


def listed(uow: UnitOfWork, actor: Actor, *, after: str | None = None, limit: int = 30) -> Page[MyDraft]:
    """Those with saves of the person, the newest draft first, open ones and those that were put away."""
    permissions.require(actor, "procedure:read-drafts")
    size = clamp(limit)
    query = (
        select(design_change.c.draft_id, func.max(design_change.c.at).label("saved_at"),
               func.count(design_change.c.revision.distinct()).label("saves"))
        .where(design_change.c.by == actor.user_id).group_by(design_change.c.draft_id)
        .order_by(design_change.c.draft_id.desc()).limit(size + 1)
    )
    if after is not None:
        query = query.where(design_change.c.draft_id < decode("my-drafts", after, [int])[0])
    rows = uow.reading.execute(query).all()
    found = []
    for row in rows[:size]:
        paths = _paths(uow, actor, row.draft_id)
        found.append(MyDraft(drafts.get(uow, actor, row.draft_id), row.saved_at, row.saves, paths[:SHOWN], max(0, len(paths) - SHOWN)))
    return Page(tuple(found), encode("my-drafts", [rows[size - 1].draft_id]) if len(rows) > size else None)


def _paths(uow: UnitOfWork, actor: Actor, draft_id: int) -> tuple[str, ...]:
    """Files that the person saved after the draft was begun: at its beginning every file is theirs."""
    mine = (design_change.c.draft_id == draft_id, design_change.c.by == actor.user_id, design_change.c.revision > 1)
    query = select(design_change.c.path).where(*mine).group_by(design_change.c.path).order_by(func.max(design_change.c.revision).desc())
    return tuple(uow.reading.execute(query).scalars())
