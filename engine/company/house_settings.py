"""Changing settings while the program runs, on record; every process follows with its next request, or within a second."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import func, insert, select, update

from engine import house_rules, live_settings
from engine.company import changes
from engine.company.changes import EntryChangedError
from engine.errors import FieldError, FormInvalidError
from engine.live_settings import LIVE, LiveSetting
from engine.model import Actor
from engine.permissions import require
from engine.persistence.tables import backup_made, setting
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.settings import Settings, environment_name

PERMISSION = "settings:administer"
#: kind of entry in the record of changes
ENTRY = "setting"
#: shown as being there, never themselves
SECRET = frozenset({"secret_key", "oidc_client_secret", "s3_access_key", "s3_secret_key", "metrics_token", "smtp", "db"})


@dataclass(frozen=True, slots=True)
class Shown:
    """A setting as it stands."""

    name: str
    #: what holds now; of a secret only whether there is one
    value: Any
    #: `environment`, `stored` or `default`
    source: str
    #: how it can be changed here; None where only the environment can
    live: LiveSetting | None
    #: its name in the environment
    environment: str


@dataclass(frozen=True, slots=True)
class LastBackup:
    """The latest backup that this store knows of."""

    made_at: datetime
    name: str
    size: int
    rows: int
    files: int


def listing(runtime: Runtime, uow: UnitOfWork, actor: Actor) -> tuple[list[Shown], int]:
    """Every setting, those that can be changed here first, and the number that a change names. ForbiddenError."""
    require(actor, PERMISSION)
    rows = uow.reading.execute(select(setting)).all()
    stored, stamp = {row.name for row in rows if row.value is not None}, sum(row.version for row in rows)
    # another process may have changed some since this one's last look
    house_rules.catch_up(runtime, uow)
    names = [*LIVE, *(entry.name for entry in fields(Settings) if entry.name not in LIVE)]
    return [_shown(runtime, name, stored) for name in names], stamp


def change(runtime: Runtime, uow: UnitOfWork, actor: Actor, values: Mapping[str, Any], stamp: int) -> list[str]:
    """Set some of them, made from what was looked at; the names of those that are different now.

    FormInvalidError with every field that can't be, and then none is set. EntryChangedError where somebody was faster.
    """
    require(actor, PERMISSION)
    house_rules.catch_up(runtime, uow)
    cleaned: dict[str, Any] = {}
    errors: list[FieldError] = []
    for name, given in values.items():
        if name not in LIVE or live_settings.is_pinned(name):
            errors.append(FieldError(name, "read_only", "這項設定只能在環境變數中更改。", {}))
            continue
        cleaned[name], problem = live_settings.checked(name, given)
        errors += [problem] if problem is not None else []
    if errors:
        raise FormInvalidError(errors)
    connection = uow.writing
    if connection.execute(select(func.coalesce(func.sum(setting.c.version), 0))).scalar_one() != stamp:
        raise EntryChangedError(kind="設定", id="—")
    changed = [name for name, value in cleaned.items() if value != getattr(runtime.settings, name)]
    for name in changed:
        text = orjson.dumps(cleaned[name]).decode()
        mine = update(setting).where(setting.c.name == name).values(value=text, version=setting.c.version + 1)
        if connection.execute(mine).rowcount == 0:
            connection.execute(insert(setting).values(name=name, value=text, version=1))
        pair = (getattr(runtime.settings, name), cleaned[name])
        changes.record(uow, actor, ENTRY, name, "changed", runtime.clock.now(), changes={"value": pair})
    uow.after_commit(lambda: _follow(runtime))
    return changed


def last_backup(uow: UnitOfWork) -> LastBackup | None:
    """The latest backup; None where none was ever made."""
    row = uow.reading.execute(select(backup_made).order_by(backup_made.c.made_at.desc()).limit(1)).one_or_none()
    return None if row is None else LastBackup(row.made_at, row.name, row.size, row.row_count, row.file_count)


def note_backup(uow: UnitOfWork, now: datetime, name: str, size: int, rows: int, files: int) -> None:
    """Keep that a backup was made. It is in none but the next."""
    values = {"made_at": now, "name": name[:200], "size": size, "row_count": rows, "file_count": files}
    uow.writing.execute(insert(backup_made).values(**values))


def _follow(runtime: Runtime) -> None:
    with UnitOfWork(runtime.database) as uow:
        house_rules.catch_up(runtime, uow)


def _shown(runtime: Runtime, name: str, stored: set[str]) -> Shown:
    value = getattr(runtime.settings, name)
    is_pinned = live_settings.is_pinned(name)
    default = Settings.__dataclass_fields__[name].default
    source = "environment" if is_pinned or (name not in LIVE and value != default) else "stored" if name in stored else "default"
    shown = bool(value) if name in SECRET else value if isinstance(value, bool | int | float) else str(value)
    return Shown(name, shown, source, LIVE[name] if name in LIVE and not is_pinned else None, environment_name(name))
