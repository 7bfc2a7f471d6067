"""Showing settings and changing those that may be changed while the program runs."""

from __future__ import annotations

from datetime import timedelta
from importlib.metadata import version
from itertools import groupby
from typing import Any

import flask
from flask.typing import ResponseReturnValue

from engine.company import house_settings
from engine.errors import ConflictError, FormInvalidError
from engine.i18n import LOCALE_NAMES, describe_field_error
from engine.jobs import supervision
from engine.live_settings import LIVE, LiveSetting, kind_of
from engine.permissions import require
from engine.persistence.schema import head_revision
from engine.settings import purposes
from webui import session, unit_of_work
from webui.dialogs import whole_number
from webui.error_pages import status
from webui.language import current_locale, describe_error, gettext
from webui.unit_of_work import current, runtime_of


def overview() -> ResponseReturnValue:
    """Every setting, with where it is set."""
    return _page()


def save() -> ResponseReturnValue:
    """Change what is different in the form; all or nothing."""
    require(session.actor(), house_settings.PERMISSION)
    form, stamp = flask.request.form, whole_number("stamp")
    values = {name: _given(live, form.get(name, "")) for name, live in LIVE.items() if f"{name}_asked" in form}
    try:
        unit_of_work.step(lambda uow: house_settings.change(runtime_of(), uow, session.actor(), values, stamp))
    except FormInvalidError as error:
        unit_of_work.let_go()
        problems = {each.field: describe_field_error(each, current_locale()) for each in error.errors}
        return flask.make_response(_page(problems), status(error))
    except ConflictError as error:
        unit_of_work.let_go()
        return flask.make_response(_page({"": describe_error(error)}), status(error))
    flask.flash(gettext("已儲存。"))
    return flask.redirect(flask.url_for("settings.overview"), 303)


def _given(live: LiveSetting, text: str) -> Any:
    """What a field of the form says, in the setting's own unit; as it was typed where it is no number."""
    kind = kind_of(live.name)
    if kind is bool:
        return text == "1"
    if kind is not int:
        return text
    plain = text.strip()
    return int(plain) * live.factor if plain.isascii() and plain.isdigit() and len(plain) < 10 else plain


def _page(problems: dict[str, str] | None = None) -> str:
    runtime, actor = runtime_of(), session.actor()
    shown, stamp = house_settings.listing(runtime, current(), actor)
    by_name = {each.name: each for each in shown}
    groups = [(group, [(live, by_name[live.name]) for live in some]) for group, some in groupby(LIVE.values(), key=lambda live: live.group)]
    backup = house_settings.last_backup(current())
    is_late = backup is None or runtime.clock.now() - backup.made_at > timedelta(days=runtime.settings.backup_days)
    return flask.render_template(
        "settings/overview.html", groups=groups, stamp=stamp, problems=problems or {}, purposes=purposes(), backup=backup,
        is_late=is_late, fixed=[each for each in shown if each.name not in LIVE], health=supervision.health(current(), actor),
        program=version("guicheng"), schema=head_revision(), zone_name=runtime.organisation.calendar.zone,
        store="SQLite" if runtime.database.is_sqlite else "PostgreSQL", languages=list(LOCALE_NAMES.values()))
