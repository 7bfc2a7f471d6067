"""The append-only record of an instance: who did what, when, by which way, chained so that a later change shows.

Each event's digest covers the digest before it, its own fields, and a salted digest of its personal values. The values lie in a table
of their own and can be erased: a further event says which, with the digest of what is left of each, and is itself on a list that is
chained across all cases (`engine.retention.ledger`). Values that are gone or changed without such an event show as a change, and so does
an event that the list doesn't know. Without the salt the digest of what was erased tells nothing.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import bindparam, insert, select, update

from engine.errors import StaleInstanceError
from engine.model import Actor
from engine.persistence.prepared import Prepared
from engine.persistence.tables import history_event, history_value, instance, retention_erasure
from engine.persistence.unit_of_work import UnitOfWork

_START = b"\0" * 32
#: tells of values that were erased; its detail names events with the digest of what is left of their values, and files
ERASED = "values.erased"
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


def erase(
    uow: UnitOfWork, actor: Actor, instance_id: int, left: Mapping[int, Mapping[str, Any]], detail: Mapping[str, Any], now: datetime
) -> Head:
    """Put what is left of events' values in place of them (by sequence number), under a new salt, and append the event that says so.

    The caller puts it on the list of erasures, without which it is taken for a forgery. StaleInstanceError as from `append`.
    """
    digests: dict[str, str] = {}
    for seq, values in left.items():
        salt, body = os.urandom(16), orjson.dumps(values, option=orjson.OPT_SORT_KEYS)
        digests[str(seq)] = hashlib.sha256(salt + body).hexdigest()
        mine = (history_value.c.instance_id == instance_id, history_value.c.seq == seq)
        uow.writing.execute(update(history_value).where(*mine).values(salt=salt, body=body))
    return append(uow, actor, instance_id, [NewEvent(ERASED, detail={**detail, "values": digests})], now)


def verify(uow: UnitOfWork, instance_id: int) -> int | None:
    """Sequence number of the first event that was changed, removed or put in later, or whose values were; None when the chain holds."""
    events = uow.reading.execute(
        select(history_event).where(history_event.c.instance_id == instance_id).order_by(history_event.c.seq)
    ).all()
    digest, expected = _START, 0
    for event in events:
        expected += 1
        if event.seq != expected:
            return expected
        digest = _digest(digest, dict(event._mapping), event.values_digest or b"")
        if digest != event.digest:
            return expected
    broken = _first_wrong_value(uow, instance_id, events)
    if broken is not None:
        return broken
    head = uow.reading.execute(select(instance.c.history_seq, instance.c.history_digest).where(instance.c.id == instance_id)).one()
    if head.history_seq != expected or (head.history_digest or _START) != digest:
        return expected + 1
    return None


def _first_wrong_value(uow: UnitOfWork, instance_id: int, events: Sequence[Any]) -> int | None:
    """Of events whose chain holds: the first whose values are neither what was written nor what an erasure left of them."""
    sealed = {event.seq: bytes(event.values_digest or b"") for event in events}
    erasures = [event for event in events if event.type == ERASED]
    if erasures:
        query = select(retention_erasure.c.seq).where(retention_erasure.c.instance_id == instance_id)
        known = set(uow.reading.execute(query).scalars())
        for event in erasures:
            if event.seq not in known:
                return int(event.seq)
            sealed |= {int(seq): bytes.fromhex(left) for seq, left in orjson.loads(event.detail)["values"].items()}
    query_values = select(history_value.c.seq, history_value.c.salt, history_value.c.body).where(history_value.c.instance_id == instance_id)
    present = {
        seq: hashlib.sha256(bytes(salt) + bytes(body)).digest() for seq, salt, body in uow.reading.execute(query_values)
    }
    return next((seq for seq in sorted(sealed.keys() | present) if present.get(seq, b"") != sealed.get(seq)), None)


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
