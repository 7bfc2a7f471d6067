"""What templates of lists ask for: addresses, and whether many can be assigned."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode

import flask
from babel.dates import format_date

from engine.permissions import PERMISSIONS
from webui import session
from webui.language import current_locale
from webui.listing.headings import headings
from webui.listing.opening import address

_BABEL = {"zh-Hant": "zh_Hant", "zh-Hans": "zh_Hans", "en": "en_GB"}
#: parameters that one list alone has
_EXTRA = ("state", "late", "step", "unit_id", "tenant_id", "person", "site", "var", "op", "val", "age", "idle", "version")


def register(app: flask.Flask) -> None:
    """Give templates the filters."""
    app.jinja_env.globals.update(saved_address=address, may_assign=may_assign, extra_address=extra_address, headings=headings)
    app.jinja_env.filters.update(query=query, month_words=month_words, weekday_words=weekday_words)


def may_assign() -> bool:
    """Whether the person hands out work anywhere."""
    return not PERMISSIONS["work-item:assign"].isdisjoint(session.actor().roles())


def extra_address() -> dict[str, str]:
    """What the address says that only this list knows."""
    return {name: flask.request.args[name] for name in _EXTRA if flask.request.args.get(name)}


def query(values: Mapping[str, Any]) -> str:
    """Parameters as an address has them."""
    return urlencode({name: str(value) for name, value in values.items()})


def month_words(day: date) -> str:
    """A month with its year."""
    return format_date(day, "y年M月" if current_locale() != "en" else "MMMM y", locale=_BABEL[current_locale()])  # not a message


def weekday_words(day: date) -> str:
    """A day of the week, short."""
    return format_date(day, "EEE", locale=_BABEL[current_locale()])
