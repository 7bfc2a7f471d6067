"""Who looked at papers of identity, for the administrator."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select

from engine.persistence.tables import identity_look, instance, user
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.paging import Page, clamp, decode, encode


@dataclass(frozen=True, slots=True)
class LookRow:
    """One look."""

    id: int
    at: datetime
    user_id: int
    user_name: str
    instance_id: int
    business_key: str | None
    title: str
    file_id: int | None
    what: str
    channel: str


def page(
    uow: UnitOfWork, *, user_id: int | None = None, instance_id: int | None = None, after: str | None = None, limit: int = 50
) -> Page[LookRow]:
    """Looks, latest first; of one person, or at one case."""
    limit = clamp(limit)
    statement = (
        select(
            identity_look.c.id, identity_look.c.at, identity_look.c.user_id, user.c.display_name.label("user_name"),
            identity_look.c.instance_id, instance.c.business_key, instance.c.title, identity_look.c.file_id, identity_look.c.what,
            identity_look.c.channel,
        )
        .join(user, user.c.id == identity_look.c.user_id).join(instance, instance.c.id == identity_look.c.instance_id)
    )
    if user_id is not None:
        statement = statement.where(identity_look.c.user_id == user_id)
    if instance_id is not None:
        statement = statement.where(identity_look.c.instance_id == instance_id)
    if after:
        moment, last = decode("looks", after, (datetime, int))
        statement = statement.where(or_(identity_look.c.at < moment, (identity_look.c.at == moment) & (identity_look.c.id < last)))
    rows = uow.reading.execute(statement.order_by(identity_look.c.at.desc(), identity_look.c.id.desc()).limit(limit + 1)).all()
    shown = tuple(LookRow(**row._mapping) for row in rows[:limit])
    return Page(shown, encode("looks", (shown[-1].at, shown[-1].id)) if len(rows) > limit else None)
