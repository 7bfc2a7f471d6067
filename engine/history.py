"""The append-only record of an instance: who did what, when, by which way, chained so that a later change shows.

Each event's digest covers the digest before it, its own fields, and a salted digest of its personal values. The values lie in a table
of their own and can be erased: the chain still holds, and without the salt the digest tells nothing.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import bindparam, insert, select, update

from engine.errors import StaleInstanceError
from engine.model import Actor
from engine.persistence.prepared import Prepared
from engine.persistence.tables import history_event, history_value, instance
from engine.persistence.unit_of_work import UnitOfWork

_START = b"\0" * 32
# built once, for every step sends them
_EVENTS = Prepared(insert(history_event), *(column.name for column in history_event.c))
_VALUES = Prepared(insert(history_value), "instance_id", "seq", "salt", "body")
_HEAD = Prepared(
    select(instance.c.history_seq, instance.c.history_digest, instance.c.definition_id)
    .where(instance.c.id == bindparam("instance_id")).with_for_update()
)
_MOVE_HEAD = Prepared(
    update(instance).where(instance.c.id == bindparam("at_id"), instance.c.history_seq == bindparam("at_seq"))
    .values(history_seq=bindparam("new_seq"), history_digest=bindparam("new_digest"))
)


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event to be appended."""

    #: participle, e.g. `work_item.claimed`
    type: str
    element_id: str | None = None
    token: str | None = None
    #: without personal values
    detail: dict[str, Any] = field(default_factory=dict)
    #: personal values: changed fields with before and after, free text, names
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Head:
    """The end of an instance's chain."""

    seq: int
    digest: bytes | None


@dataclass(frozen=True, slots=True)
class Batch:
    """Events composed but not yet written, so that the instance's row can be locked first."""

    head: Head
    rows: list[dict[str, Any]]
    values: list[dict[str, Any]]

    def insert(self, uow: UnitOfWork) -> None:
        """Write them: at most two statements. The instance's row must already carry the new head."""
        if self.rows:
            _EVENTS.run_each(uow.writing, self.rows)
        if self.values:
            _VALUES.run_each(uow.writing, self.values)


def compose(actor: Actor, instance_id: int, definition_id: int | None, head: Head, events: Sequence[NewEvent], now: datetime) -> Batch:
    """Chain events behind the head."""
    rows: list[dict[str, Any]] = []
    values: list[dict[str, Any]] = []
    seq, digest = head.seq, head.digest or _START
    for event in events:
        seq += 1
        detail = orjson.dumps(event.detail, option=orjson.OPT_SORT_KEYS).decode() if event.detail else None
        row: dict[str, Any] = {
            "instance_id": instance_id,
            "seq": seq,
            "type": event.type,
            "at": now,
            "claimed_at": actor.claimed_at,
            "actor_id": actor.user_id,
            "on_behalf_of": actor.on_behalf_of,
            "channel": str(actor.channel),
            "definition_id": definition_id,
            "element_id": event.element_id,
            "token": event.token,
            "detail": detail,
        }
        sealed = b""
        # of a person without an account nothing else would tell the name
        personal = event.values if actor.link is None else {**event.values, "actor": actor.name}
        if personal:
            salt, body = os.urandom(16), orjson.dumps(personal, option=orjson.OPT_SORT_KEYS)
            values.append({"instance_id": instance_id, "seq": seq, "salt": salt, "body": body})
            sealed = hashlib.sha256(salt + body).digest()
        digest = _digest(digest, row, sealed)
        rows.append({**row, "values_digest": sealed or None, "digest": digest})
    return Batch(Head(seq, digest), rows, values)


def append(uow: UnitOfWork, actor: Actor, instance_id: int, events: Sequence[NewEvent], now: datetime) -> Head:
    """Append events to an instance that is not stepping: claims, assignments, breaches. StaleInstanceError if it moved meanwhile."""
    connection = uow.writing
    row = _HEAD.one_or_none(connection, {"instance_id": instance_id})
    batch = compose(actor, instance_id, row.definition_id, Head(row.history_seq, row.history_digest), events, now)
    places = {"at_id": instance_id, "at_seq": row.history_seq, "new_seq": batch.head.seq, "new_digest": batch.head.digest}
    if _MOVE_HEAD.run(connection, places) != 1:
        raise StaleInstanceError(instance_id=instance_id)
    batch.insert(uow)
    return batch.head


def verify(uow: UnitOfWork, instance_id: int) -> int | None:
    """Sequence number of the first event that was changed, removed or put in later; None when the chain holds."""
    events = uow.reading.execute(
        select(history_event).where(history_event.c.instance_id == instance_id).order_by(history_event.c.seq)
    ).all()
    query = select(history_value.c.seq, history_value.c.salt, history_value.c.body).where(history_value.c.instance_id == instance_id)
    values = {seq: (salt, body) for seq, salt, body in uow.reading.execute(query)}
    digest = _START
    expected = 0
    for event in events:
        expected += 1
        row = dict(event._mapping)
        if event.seq != expected:
            return expected
        sealed: bytes = event.values_digest or b""
        present = values.get(event.seq)
        if present is not None and hashlib.sha256(bytes(present[0]) + bytes(present[1])).digest() != sealed:
            return expected
        digest = _digest(digest, row, sealed)
        if digest != event.digest:
            return expected
    head = uow.reading.execute(select(instance.c.history_seq, instance.c.history_digest).where(instance.c.id == instance_id)).one()
    if head.history_seq != expected or (head.history_digest or _START) != digest:
        return expected + 1
    return None


_FIELDS = (
    "instance_id",
    "seq",
    "type",
    "at",
    "claimed_at",
    "actor_id",
    "on_behalf_of",
    "channel",
    "definition_id",
    "element_id",
    "token",
    "detail",
)


def _digest(before: bytes, row: dict[str, Any], sealed: bytes) -> bytes:
    fields = [_plain(row[name]) for name in _FIELDS]
    return hashlib.sha256(before + orjson.dumps(fields) + sealed).digest()


def _plain(value: Any) -> Any:
    # microseconds, for PostgreSQL keeps no more
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ") if isinstance(value, datetime) else value
