"""Who changed what of the directory, from when it counts and why: appended with each change, never altered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import insert

from engine.errors import ConflictError
from engine.model import Actor
from engine.persistence.tables import directory_change
from engine.persistence.unit_of_work import UnitOfWork


class EntryChangedError(ConflictError):
    """Expected the version that was looked at, but somebody has changed the entry since."""

    code = "entry_changed"
    sentence = "這筆資料在您編輯時已被他人更改。請比對目前的內容後再儲存。"


def record(
    uow: UnitOfWork, actor: Actor, kind: str, entry: int | str, action: str, at: datetime, *,
    changes: Mapping[str, tuple[Any, Any]] | None = None, reason: str | None = None, effective_from: datetime | None = None,
) -> None:
    """Append one change; `changes` gives each field before and after."""
    text = orjson.dumps({name: [plain(old), plain(new)] for name, (old, new) in changes.items()}).decode() if changes else None
    uow.writing.execute(insert(directory_change).values(
        kind=kind, entry=str(entry), at=at, actor_id=actor.user_id, action=action, changes=text, reason=reason,
        effective_from=effective_from))


def diff(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """The fields of `after` that differ, each before and after."""
    return {name: (before.get(name), value) for name, value in after.items() if plain(before.get(name)) != plain(value)}


def plain(value: Any) -> Any:
    """A value as history keeps it: JSON, amounts without needless zeros."""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value
