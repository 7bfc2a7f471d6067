"""The papers of a block, each with its number; those that are used or void are not printed again."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from engine import record_pdf, record_printing, records
from engine.errors import NotFoundError
from engine.permissions import require
from engine.queries import paper_numbers as queries
from webui import session
from webui.assets import Assets
from webui.language import current_locale
from webui.unit_of_work import current, runtime_of


def paper(block_id: int) -> ResponseReturnValue:
    """As a page of its own, for the browser's print."""
    assets: Assets = flask.current_app.extensions["guicheng.assets"]
    series, article = _articles(block_id)
    sign = flask.url_for("static", filename="favicon.svg")
    return record_printing.page(article, title=series, locale=current_locale(), stylesheet=assets.url("record.css"), icon=sign)


def pdf(block_id: int) -> ResponseReturnValue:
    """The same as a PDF file."""
    assets: Assets = flask.current_app.extensions["guicheng.assets"]
    series, article = _articles(block_id)
    page = record_printing.page(article, title=series, locale=current_locale(), stylesheet=assets.text("record.css"), inline=True)
    response = flask.make_response(record_pdf.write_pdf(page, _no_picture))
    response.mimetype = "application/pdf"
    response.headers.set("Content-Disposition", "attachment", filename=f"{series}-{block_id}.pdf")
    return response


def _articles(block_id: int) -> tuple[str, str]:
    require(session.actor(), "number-block:reserve")
    block = queries.find(current(), session.actor(), block_id)
    numbers = [each.number for each in queries.numbers(current(), block_id) if each.state == "blank"]
    home = next((each for each in records.blanks(runtime_of(), current()) if each.record_key == block.series), None)
    if home is None or not numbers:
        raise NotFoundError(kind="單據", id=block.series)
    article = records.blank(
        runtime_of(), current(), session.actor(), home.key, block.series, locale=current_locale(), numbers=numbers
    )
    return block.series, article


def _no_picture(file_id: int) -> tuple[bytes, str]:
    raise NotFoundError(kind="檔案", id=file_id)
