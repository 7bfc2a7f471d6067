"""What happened in a case, in order. Reads the chain's rows and the erasable values beside them; checks no digest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import Row, Select, func, select

from engine.errors import NotFoundError
from engine.persistence.tables import corrected_time, history_event, history_value, user
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.paging import Page, clamp, decode, encode


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One event of a case."""

    seq: int
    #: participle, e.g. `work_item.claimed`
    type: str
    at: datetime
    #: when it is said to have happened, where that differs from `at`
    claimed_at: datetime | None
    actor_id: int | None
    #: as it was at the time where that was kept, else as it is now; None for the system
    actor_name: str | None
    on_behalf_of: int | None
    #: name of who was away
    on_behalf_name: str | None
    channel: str
    definition_id: int | None
    element_id: str | None
    token: str | None
    detail: dict[str, Any]
    #: changed fields with before and after, actor's name, free text; empty once erased
    values: dict[str, Any]
    #: when it is said to have happened since it was put right; None where it was not
    corrected_to: datetime | None = None


def page(
    uow: UnitOfWork, instance_id: int, *, after: str | None = None, limit: int = 200, newest_first: bool = False
) -> Page[HistoryRow]:
    """Events in order. The caller has checked that the person may see the case."""
    limit = clamp(limit)
    sort = "newest" if newest_first else "seq"
    order = history_event.c.seq.desc() if newest_first else history_event.c.seq
    statement = _select().where(history_event.c.instance_id == instance_id).order_by(order).limit(limit + 1)
    if after:
        (last,) = decode(sort, after, (int,))
        statement = statement.where(history_event.c.seq < last if newest_first else history_event.c.seq > last)
    rows = [_row(row) for row in uow.reading.execute(statement)]
    shown = tuple(rows[:limit])
    return Page(shown, encode(sort, (shown[-1].seq,)) if len(rows) > limit else None)


def happened_at(uow: UnitOfWork, instance_id: int, seq: int) -> datetime:
    """When an event is said to have happened, as it was said last; NotFoundError."""
    put_right = select(corrected_time.c.happened_at).where(corrected_time.c.instance_id == instance_id, corrected_time.c.seq == seq)
    said = func.coalesce(put_right.scalar_subquery(), history_event.c.claimed_at, history_event.c.at)
    query = select(said).where(history_event.c.instance_id == instance_id, history_event.c.seq == seq)
    found: datetime | None = uow.reading.execute(query).scalar()
    if found is None:
        raise NotFoundError(kind="歷程", id=seq)
    return found


@lru_cache(maxsize=1)
def _select() -> Select[Any]:
    away = user.alias("away")
    return select(
        history_event.c.seq, history_event.c.type, history_event.c.at, history_event.c.claimed_at, history_event.c.actor_id,
        user.c.display_name, history_event.c.on_behalf_of, away.c.display_name.label("on_behalf_name"),
        history_event.c.channel, history_event.c.definition_id,
        history_event.c.element_id, history_event.c.token, history_event.c.detail, history_value.c.body,
        corrected_time.c.happened_at.label("corrected_to"),
    ).select_from(
        history_event.outerjoin(user, user.c.id == history_event.c.actor_id)
        .outerjoin(away, away.c.id == history_event.c.on_behalf_of).outerjoin(
            history_value, (history_value.c.instance_id == history_event.c.instance_id) & (history_value.c.seq == history_event.c.seq),
        ).outerjoin(
            corrected_time,
            (corrected_time.c.instance_id == history_event.c.instance_id) & (corrected_time.c.seq == history_event.c.seq),
        )
    )


def _row(row: Row[*tuple[Any, ...]]) -> HistoryRow:
    columns = dict(row._mapping)
    name, body = columns.pop("display_name"), columns.pop("body")
    values: dict[str, Any] = orjson.loads(body) if body else {}
    detail = orjson.loads(columns["detail"]) if columns["detail"] else {}
    return HistoryRow(**{**columns, "detail": detail, "actor_name": values.get("actor") or name, "values": values})
