"""Settings: how they stand, and changing those that may be changed while the program runs. For the administrator."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from engine.company import house_settings
from webui.api import setting_schemas as schemas
from webui.api.calls import Call, Calls

calls = Calls("settings", "Settings of the program")


@calls.lookup("/settings", gives=schemas.SettingList)
def list_settings(call: Call) -> dict[str, Any]:
    """Every setting with where it is set; of secrets only whether there is one."""
    return _all(call)


@calls.command("/settings", takes=schemas.ChangeSettings, gives=schemas.SettingList, method="PATCH")
def change_settings(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """Change some; all of them or none. They hold in every process within a second."""
    house_settings.change(call.runtime, call.uow, call.actor, body["values"], body["stamp"])
    return _all(call)


def _all(call: Call) -> dict[str, Any]:
    shown, stamp = house_settings.listing(call.runtime, call.uow, call.actor)
    backup = house_settings.last_backup(call.uow)
    return {
        "items": [{**asdict(each), "is_changeable": each.live is not None} for each in shown], "stamp": stamp,
        "last_backup_at": backup.made_at if backup is not None else None,
    }
