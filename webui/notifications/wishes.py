"""The page on which a person says how they want to be told."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from engine.delivery import wishes
from engine.delivery.wishes import WAYS, Wishes
from engine.errors import FormInvalidError
from engine.i18n import describe_field_error
from engine.notifications import WORDINGS, Kind
from webui import session
from webui.error_pages import status
from webui.language import current_locale, gettext
from webui.unit_of_work import current, let_go, runtime_of

#: source language
_WAY_NAMES = {"email": "電郵", "sms": "短訊"}


def show() -> ResponseReturnValue:
    """What holds now."""
    return _page(wishes.of(current(), session.signed_in().id), {})


def save() -> ResponseReturnValue:
    """Keep it; what cannot be is said beside its field, and nothing is lost."""
    wanted = _read(flask.request.form)
    try:
        wishes.save(runtime_of(), current(), session.actor(), wanted)
    except FormInvalidError as error:
        let_go()
        problems = {each.field: describe_field_error(each, current_locale()) for each in error.errors}
        return flask.make_response(_page(wanted, problems), status(error))
    flask.flash(gettext("已保存通知設定。"))
    return flask.redirect(flask.url_for("notifications.wishes"), 303)


def _read(form: dict[str, str]) -> Wishes:
    digest = form.get("digest_hour", "")
    return Wishes(
        email=form.get("email", "").strip()[:200], phone=form.get("phone", "").strip()[:40],
        digest_hour=int(digest) if digest.isascii() and digest.isdigit() and len(digest) < 3 else None,
        quiet_from=_minutes(form.get("quiet_from", "")), quiet_to=_minutes(form.get("quiet_to", "")),
        choices={(kind, way): f"{kind}-{way}" in form for kind in Kind for way in WAYS},
    )


def _minutes(text: str) -> int | None:
    """`HH:MM` in minutes after midnight."""
    hours, _, minutes = text.partition(":")
    if not (hours.isascii() and hours.isdigit() and minutes.isascii() and minutes[:2].isdigit()):
        return None
    return int(hours[:2]) * 60 + int(minutes[:2])


def _page(wanted: Wishes, problems: dict[str, str]) -> str:
    kinds = [(kind.value, gettext(wording.name), [(way, wanted.choices.get((kind, way), False)) for way in WAYS])
             for kind, wording in WORDINGS.items()]
    return flask.render_template(
        "notifications/wishes.html", wanted=wanted, problems=problems, kinds=kinds, ways=[(way, gettext(_WAY_NAMES[way])) for way in WAYS],
        quiet_from=_clock(wanted.quiet_from), quiet_to=_clock(wanted.quiet_to),
        zone=wishes.zone_of(runtime_of(), current(), session.signed_in().id).key,
    )


def _clock(minutes: int | None) -> str:
    return "" if minutes is None else f"{minutes // 60:02d}:{minutes % 60:02d}"
