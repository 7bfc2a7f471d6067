"""Who stands in for whom: of one person, or of everybody for a manager."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Select, or_, select
from sqlalchemy.sql.expression import literal, tuple_

from engine.persistence.tables import substitution, user
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.paging import Page, clamp, decode, encode


@dataclass(frozen=True, slots=True)
class Substitution:
    """One absence with its substitute."""

    id: int
    absent_id: int
    absent: str
    substitute_id: int
    substitute: str
    starts_at: datetime
    ends_at: datetime
    #: role ids; empty for all
    roles: tuple[str, ...]
    #: process ids; empty for all
    procedures: tuple[str, ...]
    note: str | None
    ended_at: datetime | None

    def state(self, now: datetime) -> str:
        """`planned`, `active` or `ended`."""
        if self.ended_at is not None or self.ends_at <= now:
            return "ended"
        return "active" if self.starts_at <= now else "planned"


_ABSENT, _DEPUTY = user.alias("absent"), user.alias("deputy")
_ROWS: Select[Any] = select(
    substitution.c.id, substitution.c.absent_id, _ABSENT.c.display_name.label("absent"), substitution.c.substitute_id,
    _DEPUTY.c.display_name.label("substitute"), substitution.c.starts_at, substitution.c.ends_at, substitution.c.roles,
    substitution.c.procedures, substitution.c.note, substitution.c.ended_at,
).select_from(substitution.join(_ABSENT, _ABSENT.c.id == substitution.c.absent_id).join(
    _DEPUTY, _DEPUTY.c.id == substitution.c.substitute_id))


def page(
    uow: UnitOfWork, *, person_id: int | None, now: datetime, with_ended: bool = False, after: str | None = None, limit: int = 50,
) -> Page[Substitution]:
    """The latest first, of one person on either side, or (None) of everybody. The caller has checked who asks."""
    limit, statement = clamp(limit), _ROWS
    if person_id is not None:
        statement = statement.where(or_(substitution.c.absent_id == person_id, substitution.c.substitute_id == person_id))
    if not with_ended:
        statement = statement.where(substitution.c.ended_at.is_(None), substitution.c.ends_at > now)
    if after:
        moment, identity = decode("substitutes", after, (datetime, int))
        place = tuple_(literal(moment, substitution.c.starts_at.type), identity)
        statement = statement.where(tuple_(substitution.c.starts_at, substitution.c.id) < place)
    rows = uow.reading.execute(statement.order_by(substitution.c.starts_at.desc(), substitution.c.id.desc()).limit(limit + 1)).all()
    shown = tuple(Substitution(**{**row._mapping, "roles": _list(row.roles), "procedures": _list(row.procedures)}) for row in rows[:limit])
    return Page(shown, encode("substitutes", (shown[-1].starts_at, shown[-1].id)) if len(rows) > limit else None)


def _list(text: str | None) -> tuple[str, ...]:
    return tuple(orjson.loads(text)) if text else ()
