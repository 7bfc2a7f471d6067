"""A record as a PDF file."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from engine import files, record_pdf, record_printing, records
from engine.queries import instances as queries
from webui import session
from webui.assets import Assets
from webui.cases.papers import note_paper
from webui.files.views import erased_picture, is_erased_picture
from webui.language import current_locale
from webui.unit_of_work import current, runtime_of


def download(record_id: int) -> ResponseReturnValue:
    """The same paper as on the screen; where PDF files cannot be made, the error page says so and what to do instead."""
    actor, locale = session.actor(), current_locale()
    record, article = records.printed(
        runtime_of(), current(), actor, record_id, locale=locale, image=lambda file_id: f"{record_pdf.PICTURE}{file_id}"
    )
    if record.shows_identity:
        note_paper(record, queries.get(current(), actor, record.instance_id))
    assets: Assets = flask.current_app.extensions["guicheng.assets"]
    page = record_printing.page(article, title=record.number, locale=locale, stylesheet=assets.text("record.css"), inline=True)
    body = record_pdf.write_pdf(page, _picture)
    response = flask.make_response(body)
    response.mimetype = "application/pdf"
    response.headers.set("Content-Disposition", "attachment", filename=f"{record.number}.pdf")
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _picture(file_id: int) -> tuple[bytes, str]:
    stored = files.get(current(), session.actor(), file_id)
    if is_erased_picture(stored):
        return erased_picture(stored)
    with files.open_content(runtime_of(), stored) as stream:
        return stream.read(), stored.media_type
