"""Records printed empty, to be filled in by hand while the system is away."""

from __future__ import annotations

from itertools import groupby

import flask
from flask.typing import ResponseReturnValue

from engine import record_pdf, record_printing, records
from engine.errors import NotFoundError
from engine.permissions import may, require
from webui import session
from webui.assets import Assets
from webui.language import current_locale
from webui.unit_of_work import current, runtime_of


def overview() -> ResponseReturnValue:
    """Every record, by procedure."""
    require(session.actor(), "process-instance:start")
    found = records.blanks(runtime_of(), current())
    groups = [list(group) for _, group in groupby(found, key=lambda each: each.key)]
    return flask.render_template("imports/blanks.html", groups=groups, may_reserve=may(session.actor(), "number-block:reserve"))


def paper(key: str, record_key: str) -> ResponseReturnValue:
    """One of them as a page of its own, for the browser's print."""
    assets: Assets = flask.current_app.extensions["guicheng.assets"]
    article = records.blank(runtime_of(), current(), session.actor(), key, record_key, locale=current_locale())
    sign = flask.url_for("static", filename="favicon.svg")
    return record_printing.page(article, title=record_key, locale=current_locale(), stylesheet=assets.url("record.css"), icon=sign)


def pdf(key: str, record_key: str) -> ResponseReturnValue:
    """The same as a PDF file."""
    assets: Assets = flask.current_app.extensions["guicheng.assets"]
    article = records.blank(runtime_of(), current(), session.actor(), key, record_key, locale=current_locale())
    page = record_printing.page(article, title=record_key, locale=current_locale(), stylesheet=assets.text("record.css"), inline=True)
    response = flask.make_response(record_pdf.write_pdf(page, _no_picture))
    response.mimetype = "application/pdf"
    response.headers.set("Content-Disposition", "attachment", filename=f"{record_key}.pdf")
    return response


def _no_picture(file_id: int) -> tuple[bytes, str]:
    raise NotFoundError(kind="檔案", id=file_id)
