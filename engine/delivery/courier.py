"""Works out what is to be sent to whom, and sends it: from happenings to deliveries in one transaction, then each delivery by itself.

A delivery is a row that waits for its moment. An attempt takes it first (attempts + 1, the next moment ahead), sends without holding
anything, and writes down how it went. Killed in between, it is tried again with the same key.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import orjson
import structlog
from sqlalchemy import Row, insert, select, update

from engine.delivery import channels, messages, wishes
from engine.delivery.channels import HOOKS, Channel
from engine.delivery.guarded import SendFailedError
from engine.delivery.messages import Message
from engine.delivery.outside import link_message, note_sent
from engine.delivery.sending import send
from engine.delivery.wishes import WAYS
from engine.errors import GuichengError, InvalidError
from engine.i18n import LOCALES
from engine.model import JsonObject
from engine.notifications import Kind
from engine.persistence.tables import delivery, notification, role_grant, user
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import notifications as queries
from engine.runtime import Runtime
from engine.steps import run_step

_log = structlog.get_logger(__name__)

#: happenings that one transaction looks at
BATCH = 500
#: happenings that one message names; the others it counts
_NAMED = 30
#: people of one role at one site that are told outside the pages: more are a mailing list, not a role
_MOST_READERS = 200
#: seconds until the second attempt, which grows fivefold up to two hours
_FIRST_DELAY, _LONGEST_DELAY = 60.0, 7_200.0
_FOR_THE_TAKING = (Kind.OPENED, Kind.RETURNED)


# ---------------------------------------------------------------- from happenings to deliveries

def gather(runtime: Runtime, uow: UnitOfWork) -> int:
    """Look at happenings that nobody looked at, and queue what is to be sent of them; says how many were looked at."""
    waits = select(notification.c.id).where(notification.c.pending_at.is_not(None)).limit(1)
    if uow.reading.execute(waits).scalar() is None:
        return 0
    query = select(notification).where(notification.c.pending_at.is_not(None)).order_by(notification.c.id).limit(BATCH)
    rows = uow.writing.execute(query.with_for_update(skip_locked=True)).all()
    if rows:
        _queue_hooks(runtime, uow, rows)
        ways = [way for way in WAYS if channels.for_way(runtime, uow, way) is not None]
        if ways:
            _queue_people(runtime, uow, rows, ways)
        uow.writing.execute(update(notification).where(notification.c.id.in_([row.id for row in rows])).values(pending_at=None))
    return len(rows)


def _queue_hooks(runtime: Runtime, uow: UnitOfWork, rows: Sequence[Row[Any]]) -> None:
    now = runtime.clock.now()
    for channel in channels.usable(uow):
        ids = [row.id for row in rows if channel.wants(row.kind, row.role, row.site_id)] if channel.kind in HOOKS else []
        for start in range(0, len(ids), _NAMED):
            part = ids[start : start + _NAMED]
            _queue(uow, f"n{part[0]}-{part[-1]}-c{channel.id}", "hook", part, now, now, channel_id=channel.id)


def _queue_people(runtime: Runtime, uow: UnitOfWork, rows: Sequence[Row[Any]], ways: Sequence[str]) -> None:
    readers = _readers(uow, rows)
    now = runtime.clock.now()
    people = sorted({person for each in readers.values() for person in each})
    for start in range(0, len(people), BATCH):
        for person, wish in wishes.of_people(uow, people[start : start + BATCH]).items():
            zone = wishes.zone_of(runtime, uow, person)
            for way in ways:
                ids = [row.id for row in rows if person in readers[row.id] and row.kind in list(Kind)
                       and wish.choices.get((Kind(row.kind), way), False)]
                if ids and wish.address(way):
                    moment = wish.next_moment(now, zone)
                    # what waits for the same moment is one message
                    later = f"u{person}-{way}-{moment:%Y%m%d%H%M}"
                    key = later if moment > now else f"n{ids[0]}-{ids[-1]}-u{person}-{way}"
                    _queue(uow, key, way, ids, moment, now, user_id=person)


def _readers(uow: UnitOfWork, rows: Sequence[Row[Any]]) -> dict[int, set[int]]:
    """For each happening whom it is for, without whose own act it was."""
    roles = sorted({row.role for row in rows if row.user_id is None and row.role is not None})
    holders: dict[tuple[str, int | None], list[int]] = {}
    if roles:
        query = (
            select(role_grant.c.user_id, role_grant.c.role, role_grant.c.site_id).join(user, user.c.id == role_grant.c.user_id)
            .where(role_grant.c.role.in_(roles), user.c.deactivated_at.is_(None)).order_by(role_grant.c.user_id)
        )
        for grant in uow.reading.execute(query):
            holders.setdefault((grant.role, grant.site_id), []).append(grant.user_id)
    found: dict[int, set[int]] = {}
    for row in rows:
        if row.user_id is not None:
            found[row.id] = {row.user_id}
        else:
            everywhere, here = holders.get((row.role, None), []), holders.get((row.role, row.site_id), [])
            found[row.id] = set([*here, *everywhere][:_MOST_READERS])
        found[row.id].discard(row.by_id)
    return found


def _queue(
    uow: UnitOfWork, key: str, way: str, ids: list[int], moment: datetime, now: datetime, *, user_id: int | None = None,
    channel_id: int | None = None,
) -> None:
    """A new delivery, or more for one that waits under the same key."""
    connection = uow.writing
    known = connection.execute(select(delivery.c.id, delivery.c.content, delivery.c.state).where(delivery.c.key == key)).one_or_none()
    if known is not None and known.state == "waiting":
        content = orjson.loads(known.content)
        ids = [*content.get("notifications", []), *ids]
        values = {"content": _content(ids, content.get("more", 0))}
        connection.execute(update(delivery).where(delivery.c.id == known.id).values(**values))
        return
    if known is not None:
        # sent already, though its moment has not come by this clock: what is new goes by itself
        key = f"{key}-n{ids[0]}"
    connection.execute(insert(delivery).values(
        key=key, way=way, user_id=user_id, channel_id=channel_id, content=_content(ids, 0), state="waiting", next_at=moment, made_at=now,
    ))


def _content(ids: list[int], more: int) -> str:
    return orjson.dumps({"notifications": ids[-_NAMED:], "more": more + max(0, len(ids) - _NAMED)}).decode()


# ---------------------------------------------------------------- sending

@dataclass(slots=True)
class _Parcel:
    """What one attempt hands over."""

    channel: Channel
    message: Message
    to: str
    #: the link that it carries
    link_id: int | None = None


@dataclass(frozen=True, slots=True)
class _Needless:
    """There is nothing to be sent any more."""

    reason: str = field(default="")


def due(runtime: Runtime, uow: UnitOfWork, most: int, without: Iterable[int] = ()) -> list[int]:
    """Deliveries whose moment has come, those that wait longest first."""
    query = select(delivery.c.id).where(delivery.c.state == "waiting", delivery.c.next_at <= runtime.clock.now())
    busy = list(without)
    if busy:
        query = query.where(delivery.c.id.not_in(busy))
    return list(uow.reading.execute(query.order_by(delivery.c.next_at, delivery.c.id).limit(most)).scalars())


def attempt(runtime: Runtime, delivery_id: int) -> str:
    """Try one delivery whose moment has come; the state it is in then."""
    row = run_step(runtime, partial(_take, runtime, delivery_id=delivery_id))
    if row is None:
        return "taken"
    try:
        parcel = _pack(runtime, row)
        if isinstance(parcel, _Needless):
            return run_step(runtime, partial(_end, runtime, row=row, state="needless"))
        send(parcel.channel, parcel.message, parcel.to, runtime.clock.now())
    except GuichengError as error:
        is_final = isinstance(error, InvalidError) or getattr(error, "is_final", False)
        is_last = is_final or row.attempts >= runtime.settings.delivery_attempts
        problem = {"sentence": error.sentence, "data": {name: str(value) for name, value in error.data.items()}}
        _log.warning("delivery_failed", delivery=row.id, key=row.key, attempt=row.attempts, gives_up=is_last, reason=error.source_text())
        return run_step(runtime, partial(_end, runtime, row=row, state="dead" if is_last else "waiting", problem=problem))
    return run_step(runtime, partial(_sent, runtime, row=row, link_id=parcel.link_id))


def send_due(runtime: Runtime) -> int:
    """Look at what happened and send all that is due, on the caller's thread; says how many attempts were made."""
    made = 0
    while run_step(runtime, partial(gather, runtime)):
        pass
    while True:
        with UnitOfWork(runtime.database) as uow:
            ids = due(runtime, uow, BATCH)
        if not ids:
            return made
        for each in ids:
            attempt(runtime, each)
            made += 1


def _take(runtime: Runtime, uow: UnitOfWork, delivery_id: int) -> Row[Any] | None:
    now = runtime.clock.now()
    row = uow.writing.execute(select(delivery).where(delivery.c.id == delivery_id)).one_or_none()
    if row is None or row.state != "waiting" or row.next_at > now:
        return None
    mine = delivery.c.id == delivery_id, delivery.c.state == "waiting", delivery.c.attempts == row.attempts
    if row.attempts >= runtime.settings.delivery_attempts:
        # every attempt took its process down with it
        uow.writing.execute(update(delivery).where(*mine).values(state="dead", ended_at=now))
        return None
    values = {"attempts": row.attempts + 1, "next_at": now + timedelta(seconds=_delay(row.attempts))}
    if uow.writing.execute(update(delivery).where(*mine).values(**values)).rowcount != 1:
        return None
    return uow.writing.execute(select(delivery).where(delivery.c.id == delivery_id)).one()


def _pack(runtime: Runtime, row: Row[Any]) -> _Parcel | _Needless:
    content: JsonObject = orjson.loads(row.content)
    if "link" in content:
        with UnitOfWork(runtime.database) as uow:
            channel = _channel(runtime, uow, row)
        made = link_message(runtime, row.key, content)
        return _Needless() if made is None else _Parcel(channel, made, row.address or "", content["link"])
    with UnitOfWork(runtime.database) as uow:
        channel = _channel(runtime, uow, row)
        rows = [each for each in queries.by_ids(uow, row.user_id, content["notifications"]) if _is_of_use(each, row.user_id)]
        if not rows:
            return _Needless()
        locale, to = channel.locale, ""
        if row.user_id is not None:
            person = uow.reading.execute(select(user.c.locale, user.c.deactivated_at).where(user.c.id == row.user_id)).one()
            locale, to = person.locale, wishes.of(uow, row.user_id).address(row.way)
            if person.deactivated_at is not None or not to:
                return _Needless()
        message = messages.of_rows(runtime, uow, row.key, rows, content.get("more", 0), locale if locale in LOCALES else LOCALES[0])
        return _Parcel(channel, message, to)


def _channel(runtime: Runtime, uow: UnitOfWork, row: Row[Any]) -> Channel:
    if row.channel_id is not None:
        channel = channels.for_use(uow, row.channel_id)
        if channel.is_enabled:
            return channel
        raise SendFailedError("這個傳送方式已停用")
    found = channels.for_way(runtime, uow, row.way)
    if found is None:
        raise SendFailedError("還沒有設定這種傳送方式")
    return found


def _is_of_use(row: queries.NotificationRow, user_id: int | None) -> bool:
    """Whether a person needs to be sent it: not what they have read, nor work that a colleague has taken meanwhile."""
    if user_id is None:
        return True
    is_taken = row.kind in _FOR_THE_TAKING and (row.is_live is False or row.holder_id not in (None, user_id))
    return not row.is_read and not is_taken


def _sent(runtime: Runtime, uow: UnitOfWork, row: Row[Any], link_id: int | None) -> str:
    if link_id is not None:
        note_sent(runtime, uow, link_id)
    return _end(runtime, uow, row, "sent")


def _end(runtime: Runtime, uow: UnitOfWork, row: Row[Any], state: str, problem: JsonObject | None = None) -> str:
    """Write down how an attempt went, unless somebody dropped the delivery meanwhile."""
    values: dict[str, Any] = {"state": state, "problem": None if problem is None else orjson.dumps(problem).decode()}
    if state != "waiting":
        values["ended_at"] = runtime.clock.now()
    mine = delivery.c.id == row.id, delivery.c.state == "waiting", delivery.c.attempts == row.attempts
    uow.writing.execute(update(delivery).where(*mine).values(**values))
    return state


def _delay(attempts: int) -> float:
    return float(min(_LONGEST_DELAY, _FIRST_DELAY * 5**attempts))
