"""The reader's language: what the account says, else what was chosen in this browser, else what the browser asks for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import flask
from flask_login import current_user
from markupsafe import Markup, escape

from engine.errors import GuichengError
from engine.i18n import LOCALE_NAMES, LOCALES, best_locale, describe, describe_field_error, fill, translate


def register(app: flask.Flask) -> None:
    """Give templates `_`, `locale` and the names of the languages."""
    app.before_request(choose_locale)
    app.jinja_env.globals.update(
        _=gettext, current_locale=current_locale, locales=LOCALES, locale_names=LOCALE_NAMES, describe_error=describe_error,
        describe_field_error=lambda error: describe_field_error(error, current_locale()),
    )
    # a page says hundreds of things: whose language it is asked for once
    app.context_processor(lambda: {"_": partial(_word, current_locale())})


def choose_locale() -> None:
    """Settle the language once a request."""
    chosen = flask.session.get("locale")
    if chosen not in LOCALES:
        chosen = best_locale(flask.request.headers.get("Accept-Language"))
    flask.g.locale = chosen


def current_locale() -> str:
    """The language of this answer."""
    # asked for by every text of a page, so it is worked out once
    settled: str | None = flask.g.get("reader_locale")
    if settled is None:
        is_known = "_user_id" in flask.session and current_user and current_user.is_authenticated
        settled = current_user.account.locale if is_known else flask.g.get("locale", LOCALES[0])
        flask.g.reader_locale = settled
    return settled


def gettext(text: str, catalogue: Mapping[str, str] | None = None, /, **data: Any) -> str:
    """The source text in the reader's language. With Markup among the data the sentence is escaped and they are not."""
    return _word(current_locale(), text, catalogue, **data)


def _word(locale: str, text: str, catalogue: Mapping[str, str] | None = None, /, **data: Any) -> str:
    worded = translate(locale, text, catalogue)
    if not data:
        return worded
    if any(isinstance(value, Markup) for value in data.values()):
        return Markup(fill(str(escape(worded)), {name: escape(value) for name, value in data.items()}))  # noqa: S704 - all escaped
    return fill(worded, data)


def describe_error(error: GuichengError) -> str:
    """An error as a sentence for the reader."""
    return describe(error, current_locale())
