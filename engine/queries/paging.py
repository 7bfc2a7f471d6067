"""Keyset paging: pages that cost the same at any depth, and cursors that tell nothing and survive rows that come and go.

A cursor holds the sort values of the last row shown. It is opaque: only the query that made it reads it again.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

from engine.errors import InvalidError

T = TypeVar("T")

#: rows that one page may hold at most
MAX_LIMIT = 200
#: counts stop here: people read "99+", and counting a million rows would cost what the index saves
COUNT_CAP = 100

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows, and where the next ones begin."""

    rows: tuple[T, ...]
    #: cursor for the following page; None on the last one
    after: str | None = None


def clamp(limit: int) -> int:
    """A limit that a caller may ask for: at least 1, at most MAX_LIMIT."""
    return max(1, min(limit, MAX_LIMIT))


def page_of(rows: Sequence[T], limit: int, cursor: Callable[[T], str]) -> Page[T]:
    """The first `limit` rows; one row more was asked for, to know whether there is another page."""
    shown = tuple(rows[:limit])
    return Page(shown, cursor(shown[-1]) if len(rows) > limit else None)


def encode(sort: str, values: Sequence[Any]) -> str:
    """A cursor for the sort order and the last row's values: integers, strings, None and aware datetimes."""
    packed = [sort, *(_pack(value) for value in values)]
    return base64.urlsafe_b64encode(json.dumps(packed, separators=(",", ":")).encode()).rstrip(b"=").decode()


def decode(sort: str, cursor: str, kinds: Sequence[type]) -> tuple[Any, ...]:
    """The values of a cursor. InvalidError when it is not ours, or was made for another order."""
    try:
        packed = json.loads(base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)))
        name, *values = packed
        unpacked = tuple(_unpack(value, kind) for value, kind in zip(values, kinds, strict=True))
    except (ValueError, TypeError, OverflowError, RecursionError, binascii.Error, UnicodeError) as error:
        raise InvalidError(reason="分頁位置無效，請回到第一頁。") from error
    if name != sort:
        raise InvalidError(reason="分頁位置屬於另一種排序，請回到第一頁。")
    return unpacked


def _pack(value: Any) -> Any:
    if isinstance(value, datetime):
        # microseconds as an integer: a float would lose the last digits, and with them a row
        return (value - _EPOCH) // timedelta(microseconds=1)
    return value


def _unpack(value: Any, kind: type) -> Any:
    if value is None:
        return None
    if kind is datetime and type(value) is int:
        return _EPOCH + timedelta(microseconds=value)
    if kind is int and type(value) is int and -(2**63) <= value < 2**63:
        return value
    if kind is str and isinstance(value, str):
        return value
    raise ValueError(f"expected {kind.__name__}")
