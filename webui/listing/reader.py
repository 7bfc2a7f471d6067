"""Who reads a list: language, zone and the present moment are asked for once a page, and each wording is worked out once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import flask

from webui.display import Due, ago_words, due_words, role_name, short_words, zone
from webui.language import current_locale
from webui.unit_of_work import runtime_of
from webui.wording import worded

#: stands for a row's number in an address that is made once for all rows
_NUMBER = 7_070_707_070_707


@dataclass(frozen=True, slots=True)
class When:
    """A moment as lists show it."""

    iso: str
    full: str
    text: str


@dataclass(frozen=True, slots=True)
class Deadline:
    """A due time as lists show it."""

    #: `late`, `soon`, `fine`
    level: str
    text: str
    iso: str
    full: str


class Reader:
    """Words for one page's rows."""

    def __init__(self) -> None:
        self.locale = current_locale()
        self.zone = zone()
        self.now = runtime_of().clock.now()
        self._here = self.now.astimezone(self.zone)
        self._worded: dict[tuple[str, int], str] = {}
        self._roles: dict[str | None, str] = {}

    def worded(self, text: str, definition_id: int) -> str:
        """A text of a deployment."""
        key = (text, definition_id)
        found = self._worded.get(key)
        if found is None:
            found = self._worded[key] = worded(text, definition_id)
        return found

    def role(self, role: str | None) -> str:
        """What people call a role."""
        found = self._roles.get(role)
        if found is None:
            found = self._roles[role] = role_name(role)
        return found

    def ago(self, value: datetime) -> When:
        """How long since."""
        here = value.astimezone(self.zone)
        return When(_iso(value), f"{here:%Y-%m-%d %H:%M}", ago_words(self.locale, here, self._here))

    def short(self, value: datetime) -> When:
        """As short as it stays clear."""
        here = value.astimezone(self.zone)
        return When(_iso(value), f"{here:%Y-%m-%d %H:%M}", short_words(self.locale, here, self._here))

    def due(self, at: datetime | None, warn_at: datetime | None = None, stopped_at: datetime | None = None) -> Deadline | None:
        """How a due time stands, or stood."""
        if at is None:
            return None
        sign: Due = due_words(self.locale, at, warn_at, stopped_at or self.now)
        return Deadline(sign.level, sign.text, _iso(at), f"{at.astimezone(self.zone):%Y-%m-%d %H:%M}")


@dataclass(frozen=True, slots=True)
class Address:
    """The addresses of rows, made from one."""

    before: str
    behind: str

    def of(self, row_id: int) -> str:
        """A row's."""
        return f"{self.before}{row_id}{self.behind}"


def address(endpoint: str, name: str) -> Address:
    """Of an endpoint that takes a row's number as `name`."""
    values: dict[str, Any] = {name: _NUMBER}
    before, _, behind = flask.url_for(endpoint, **values).rpartition(str(_NUMBER))
    return Address(before, behind)


def _iso(value: datetime) -> str:
    return value.isoformat(timespec="seconds")
