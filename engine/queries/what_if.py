"""Plays of the weeks ahead as people look at them: the list, one with its figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import orjson
from sqlalchemy import Row, Select, select

from engine import permissions
from engine.errors import NotFoundError
from engine.model import Actor, JsonObject
from engine.persistence.tables import user, what_if_run
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.paging import Page, clamp, decode, encode

PERMISSION = "what-if:play"


@dataclass(frozen=True, slots=True)
class PlayView:
    """One play."""

    id: int
    name: str
    #: `waiting`, `running`, `finished`, `stopped`, `failed`
    state: str
    #: as `engine.what_if.order.Order.as_json` gives it
    question: JsonObject
    #: that it was learned from; None for all of them
    sites: tuple[int, ...] | None
    asked_at: datetime
    asked_by: str | None
    started_at: datetime | None
    finished_at: datetime | None
    percent: int
    #: the figures; None until it is finished, and in lists
    result: JsonObject | None
    #: why it failed: source sentence and its data
    problem: JsonObject | None

    @property
    def is_over(self) -> bool:
        """Whether nothing goes on any more."""
        return self.state not in ("waiting", "running")


def plays(uow: UnitOfWork, actor: Actor, *, after: str | None = None, limit: int = 40) -> Page[PlayView]:
    """The newest first: for whoever sees all sites every play, else one's own."""
    permissions.require(actor, PERMISSION)
    query = _views(actor).order_by(what_if_run.c.id.desc())
    if after:
        (before,) = decode("what_if", after, (int,))
        query = query.where(what_if_run.c.id < before)
    rows = uow.reading.execute(query.limit(clamp(limit) + 1)).all()
    shown = rows[: clamp(limit)]
    return Page(tuple(_view(row) for row in shown), encode("what_if", (shown[-1].id,)) if len(rows) > len(shown) else None)


def find(uow: UnitOfWork, actor: Actor, run_id: int) -> PlayView:
    """One with its figures; NotFoundError without it, or where it isn't the person's to see."""
    permissions.require(actor, PERMISSION)
    query = _views(actor).add_columns(what_if_run.c.result).where(what_if_run.c.id == run_id)
    row = uow.reading.execute(query).one_or_none()
    if row is None:
        raise NotFoundError(kind="推演", id=run_id)
    return _view(row, row.result)


def _views(actor: Actor) -> Select[tuple[object, ...]]:
    columns = (column for column in what_if_run.c if column.name != "result")
    query = select(*columns, user.c.display_name.label("asked_by_name")).outerjoin(user, user.c.id == what_if_run.c.asked_by)
    if permissions.sites_where(actor, PERMISSION) is not None:
        # figures of sites that one doesn't see are in the others'
        query = query.where(what_if_run.c.asked_by == actor.user_id)
    return query


def _view(row: Row[tuple[object, ...]], result: str | None = None) -> PlayView:
    found = row._mapping
    return PlayView(
        id=found["id"], name=found["name"], state=found["state"], question=orjson.loads(found["question"]),
        sites=None if found["sites"] is None else tuple(orjson.loads(found["sites"])), asked_at=found["asked_at"],
        asked_by=found["asked_by_name"], started_at=found["started_at"], finished_at=found["finished_at"], percent=found["done"] // 10,
        result=None if result is None else orjson.loads(result), problem=orjson.loads(found["problem"]) if found["problem"] else None,
    )  # fmt: skip
