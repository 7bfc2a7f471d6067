"""Settings that an administrator may change while the program runs: which, between what bounds, and what is wrong with a value. Pure.

A setting that the environment names is the machine's business and is not changed here. Words for what each is for are in `settings`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from engine.errors import FieldError
from engine.settings import Settings, environment_name


@dataclass(frozen=True, slots=True)
class LiveSetting:
    """One setting, with the bounds of a number."""

    name: str
    #: heading under which it stands, source language
    group: str
    least: int = 0
    most: int = 0
    #: how many of the setting's own unit are one of the page's
    factor: int = 1
    #: the page's unit, source language
    unit: str = ""


_SIGN_IN, _FILES, _LINKS, _TOLD, _KEPT = "登入與閒置", "上傳檔案", "一次性連結", "通知", "備份提醒"
_ALL = (
    LiveSetting("session_hours", _SIGN_IN, 1, 24 * 30, unit="小時"),
    LiveSetting("sign_in_attempts", _SIGN_IN, 3, 20, unit="次"),
    LiveSetting("sign_in_minutes", _SIGN_IN, 5, 24 * 60, unit="分鐘"),
    LiveSetting("upload_bytes", _FILES, 2**20, 200 * 2**20, factor=2**20, unit="MB"),
    LiveSetting("case_attachments", _FILES, 1, 1_000, unit="個"),
    LiveSetting("public_address", _LINKS),
    LiveSetting("outside_link_hours", _LINKS, 1, 24 * 90, unit="小時"),
    LiveSetting("outside_link_always", _LINKS),
    LiveSetting("notification_days", _TOLD, 7, 3_650, unit="天"),
    LiveSetting("delivery_attempts", _TOLD, 1, 30, unit="次"),
    LiveSetting("backup_days", _KEPT, 1, 365, unit="天"),
)
#: by name, in the order in which a page shows them
LIVE: Mapping[str, LiveSetting] = {each.name: each for each in _ALL}


def is_pinned(name: str, environment: Mapping[str, str] | None = None) -> bool:
    """Whether the environment names the setting, so that only there it can be changed."""
    return environment_name(name) in (os.environ if environment is None else environment)


def kind_of(name: str) -> type[Any]:
    """What a setting's value is: `bool`, `int` or `str`."""
    default: Any = Settings.__dataclass_fields__[name].default
    return type(default)


def checked(name: str, given: object) -> tuple[object, FieldError | None]:
    """A value as the setting keeps it, and what is wrong with it. Numbers are in the setting's own unit."""
    live, kind = LIVE[name], kind_of(name)
    if kind is bool:
        return given, None if isinstance(given, bool) else FieldError(name, "type", "請選擇是或否。", {})
    if kind is int:
        if isinstance(given, bool) or not isinstance(given, int) or not live.least <= given <= live.most:
            data = {"least": live.least // live.factor, "most": live.most // live.factor}
            return given, FieldError(name, "range", "請填寫 {least} 到 {most} 之間的整數。", data)
        return given, None
    text = given.strip().rstrip("/") if isinstance(given, str) else ""
    if not isinstance(given, str) or (text and not _is_address(text)):
        return given, FieldError(name, "format", "請填寫完整網址，例如 https://guicheng.example；留空則用請求的網址。", {})
    return text, None


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        is_plain = parts.username is None and not parts.query and not parts.fragment and (parts.port is None or parts.port > 0)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and is_plain and len(text) <= 200
    except ValueError:
        return False
