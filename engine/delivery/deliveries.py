"""What an administrator does with deliveries that went nowhere: look, try again, drop; and a message to see whether a channel works."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import orjson
from sqlalchemy import delete, func, select, update

from engine import permissions
from engine.delivery import channels
from engine.delivery.messages import Message
from engine.delivery.sending import send
from engine.i18n import translate
from engine.model import Actor, JsonObject
from engine.persistence.tables import delivery, notification_channel, user
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.paging import COUNT_CAP, Page, clamp, decode, encode
from engine.runtime import Runtime

#: states, those that need somebody first
STATES = ("dead", "waiting", "sent", "needless", "dropped")
_WAYS = ("email", "sms", "hook")


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One delivery as the list shows it."""

    id: int
    key: str
    way: str
    state: str
    #: the person, the channel, or the address of somebody without an account
    to: str
    #: how many happenings it tells of; 0 for a link
    count: int
    attempts: int
    made_at: datetime
    next_at: datetime
    ended_at: datetime | None
    #: what the last attempt failed with: sentence and data
    problem: JsonObject | None


def page(
    uow: UnitOfWork, actor: Actor, *, state: str | None = None, way: str | None = None, after: str | None = None, limit: int = 50
) -> Page[DeliveryRow]:
    """Latest first."""
    permissions.require(actor, "delivery:administer")
    limit = clamp(limit)
    query = (
        select(delivery, user.c.display_name, notification_channel.c.name.label("channel_name"))
        .select_from(
            delivery.outerjoin(user, user.c.id == delivery.c.user_id)
            .outerjoin(notification_channel, notification_channel.c.id == delivery.c.channel_id)
        )
        .order_by(delivery.c.id.desc()).limit(limit + 1)
    )
    if state in STATES:
        query = query.where(delivery.c.state == state)
    if way in _WAYS:
        query = query.where(delivery.c.way == way)
    if after:
        query = query.where(delivery.c.id < decode("deliveries", after, (int,))[0])
    rows = [
        DeliveryRow(
            row.id, row.key, row.way, row.state, row.display_name or row.channel_name or row.address or "",
            _count(orjson.loads(row.content)), row.attempts, row.made_at, row.next_at, row.ended_at,
            orjson.loads(row.problem) if row.problem else None,
        )
        for row in uow.reading.execute(query)
    ]
    shown = tuple(rows[:limit])
    return Page(shown, encode("deliveries", (shown[-1].id,)) if len(rows) > limit else None)


def dead(uow: UnitOfWork, actor: Actor) -> int:
    """How many were given up, capped at COUNT_CAP."""
    permissions.require(actor, "delivery:administer")
    some = select(delivery.c.id).where(delivery.c.state == "dead").limit(COUNT_CAP).subquery()
    found: int = uow.reading.execute(select(func.count()).select_from(some)).scalar_one()
    return found


def retry(runtime: Runtime, uow: UnitOfWork, actor: Actor, ids: Iterable[int]) -> int:
    """Try given-up deliveries again with all their attempts, under the same key; says how many."""
    permissions.require(actor, "delivery:administer")
    values = {"state": "waiting", "attempts": 0, "next_at": runtime.clock.now(), "ended_at": None, "handled_by": actor.user_id}
    gone = delivery.c.id.in_(sorted(set(ids))) & (delivery.c.state == "dead")
    moved = uow.writing.execute(update(delivery).where(gone).values(**values)).rowcount
    uow.after_commit(runtime.news.announce)
    return moved


def drop(runtime: Runtime, uow: UnitOfWork, actor: Actor, ids: Iterable[int]) -> int:
    """Let deliveries be that were given up or still wait; says how many."""
    permissions.require(actor, "delivery:administer")
    values = {"state": "dropped", "ended_at": runtime.clock.now(), "handled_by": actor.user_id}
    open_still = delivery.c.id.in_(sorted(set(ids))) & delivery.c.state.in_(["dead", "waiting"])
    return uow.writing.execute(update(delivery).where(open_still).values(**values)).rowcount


def forget(uow: UnitOfWork, before: datetime, most: int = 5_000) -> int:
    """Drop rows of what ended before a moment, but not what was given up; says how many."""
    old = select(delivery.c.id).where(delivery.c.state.in_(["sent", "needless", "dropped"]), delivery.c.ended_at < before).limit(most)
    return uow.writing.execute(delete(delivery).where(delivery.c.id.in_(old))).rowcount


def try_channel(runtime: Runtime, uow: UnitOfWork, actor: Actor, channel_id: int, to: str, locale: str) -> None:
    """Send a message that says that the channel works. What went wrong is raised; nothing is tried again."""
    permissions.require(actor, "delivery:administer")
    channel = channels.for_use(uow, channel_id)
    now = runtime.clock.now()
    subject = translate(locale, "規程測試訊息")
    text = translate(locale, "這是一則測試訊息，收到表示「{name}」可以使用。", name=channel.name)
    # the store's connection is not needed while the message travels
    uow.rollback()
    send(channel, Message(f"test-{channel_id}-{int(now.timestamp() * 1_000)}", subject, text), to, now)


def _count(content: JsonObject) -> int:
    return len(content.get("notifications", [])) + int(content.get("more", 0))
