"""The texts of messages: a list, a page to word one in three languages with what it would say, and back to ours."""

from __future__ import annotations

from collections.abc import Mapping

import flask
from flask.typing import ResponseReturnValue

from engine.company.changes import EntryChangedError
from engine.delivery import deliveries, previews, templates
from engine.delivery.templates import LONGEST, PLACEHOLDERS, Edited, Texts
from engine.errors import FormInvalidError
from engine.i18n import LOCALES, describe_field_error
from engine.queries import entries
from webui import session, unit_of_work
from webui.dialogs import Dialog, render
from webui.error_pages import status
from webui.language import current_locale, describe_error, gettext
from webui.unit_of_work import current, runtime_of

_RESET = Dialog(heading="恢復為預設文字？", text="三種語言都恢復為程式的文字。您的文字仍在更改記錄裡。", submit="恢復")


def overview() -> ResponseReturnValue:
    """Every text in the reader's language."""
    actor = session.actor()
    found = templates.listing(current(), actor)
    now = templates.in_force(current())
    texts = {each.template.key: now.text(current_locale(), each.template.key) for each in found}
    return flask.render_template("delivery/templates.html", found=found, texts=texts, dead=deliveries.dead(current(), actor))


def show(key: str) -> ResponseReturnValue:
    """One text to be worded."""
    found = templates.get(current(), session.actor(), key)
    return _page(found, found.own)


def change(key: str) -> ResponseReturnValue:
    """Keep the words, or show what they would say where no script did."""
    given = _given()
    if flask.request.form.get("do") == "preview":
        return _page(templates.get(current(), session.actor(), key), given)
    try:
        unit_of_work.step(lambda uow: templates.save(
            runtime_of(), uow, session.actor(), key, given, _number("version") or 0))
    except (FormInvalidError, EntryChangedError) as error:
        unit_of_work.let_go()
        return flask.make_response(_page(templates.get(current(), session.actor(), key), given, error), status(error))
    flask.flash(gettext("已儲存。之後送出的訊息都用新的文字。"))
    return flask.redirect(flask.url_for("delivery.template", key=key), 303)


def preview(key: str) -> ResponseReturnValue:
    """What the words would say, as a part of the page."""
    found = templates.get(current(), session.actor(), key)
    return flask.render_template("delivery/preview.html", found=found, **_preview(found, _given()))


def reset_form(key: str) -> ResponseReturnValue:
    """Ask whether ours shall hold again."""
    templates.get(current(), session.actor(), key)
    address = flask.url_for("delivery.template", key=key)
    return render(_RESET, flask.url_for("delivery.reset", key=key), address)


def reset(key: str) -> ResponseReturnValue:
    """Ours hold again."""
    unit_of_work.step(lambda uow: templates.save(runtime_of(), uow, session.actor(), key, {}))
    flask.flash(gettext("已恢復為預設文字。"))
    return flask.redirect(flask.url_for("delivery.template", key=key), 303)


def _given() -> dict[str, str]:
    return {locale: flask.request.form.get(locale, "")[:4 * LONGEST].strip() for locale in LOCALES}


def _number(name: str) -> int | None:
    text = flask.request.form.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _page(found: Edited, texts: Mapping[str, str], error: FormInvalidError | EntryChangedError | None = None) -> str:
    key = found.template.key
    empty = {locale: Texts({key: {each: text for each, text in texts.items() if text and each != locale}}).text(locale, key)
             for locale in LOCALES}
    refused = error.errors if isinstance(error, FormInvalidError) else ()
    return flask.render_template(
        "delivery/template.html", found=found, texts=texts, empty=empty, problem=describe_error(error) if error is not None else "",
        is_conflict=isinstance(error, EntryChangedError), longest=LONGEST,
        errors={each.field: describe_field_error(each, current_locale()) for each in refused},
        placeholders=[(name, PLACEHOLDERS[name]) for name in found.template.placeholders],
        history=entries.history(current(), templates.HISTORY, key, after=flask.request.args.get("after")), **_preview(found, texts))


def _preview(found: Edited, texts: Mapping[str, str]) -> dict[str, object]:
    try:
        shown = previews.show(
            runtime_of(), current(), session.actor(), found.template.key, texts, _number("about"))
    except FormInvalidError as error:
        return {"preview": None, "refused": [(each.field, describe_field_error(each, current_locale())) for each in error.errors]}
    return {"preview": shown, "refused": []}
