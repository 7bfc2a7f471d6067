"""One month's pack on the page and as a file."""

from __future__ import annotations

from io import BytesIO

import flask
from flask.typing import ResponseReturnValue

from engine import month_pack, month_pack_files, record_pdf, record_printing
from engine.errors import ConflictError, InvalidError, NotFoundError
from engine.file_types import XLSX
from engine.month_pack import Pack
from webui import exports, session
from webui.assets import Assets
from webui.error_pages import status
from webui.language import current_locale, describe_error, gettext
from webui.month_pack import words
from webui.unit_of_work import current, runtime_of

_TYPES = {"pdf": "application/pdf", "xlsx": XLSX}


def latest() -> ResponseReturnValue:
    """The latest that is kept, else the month before this one."""
    found = month_pack.months(runtime_of(), current(), session.actor())
    month = next((month for month, is_kept in found if is_kept), found[min(1, len(found) - 1)][0])
    return flask.redirect(flask.url_for("month_pack.show", month=f"{month:%Y-%m}"))


def show(month: str, problem: str = "", code: int = 200) -> ResponseReturnValue:
    """A month's pack, and the others."""
    pack = _pack(month)
    months = month_pack.months(runtime_of(), current(), session.actor())
    body = flask.render_template("month_pack/show.html", pack=pack, parts=words.parts(pack), months=months, problem=problem,
                                month_end=words.last_day(pack))
    return flask.make_response(body, code)


def download(month: str, kind: str) -> ResponseReturnValue:
    """The same as PDF or Excel; where PDFs can't be made the page says why."""
    if kind not in _TYPES:
        flask.abort(404)
    pack = _pack(month)
    parts, title = words.parts(pack), gettext("{month} 月報", month=f"{pack.month:%Y-%m}")
    try:
        if kind == "pdf":
            assets: Assets = flask.current_app.extensions["guicheng.assets"]
            article = flask.render_template("month_pack/article.html", pack=pack, parts=parts, title=title)
            page = record_printing.page(article, title=title, locale=current_locale(), stylesheet=assets.text("record.css"), inline=True)
            content = record_pdf.write_pdf(page, _no_picture)
        else:
            content = month_pack_files.workbook(parts, title, words.note(pack), pack.kept_at or runtime_of().clock.now())
    except ConflictError as error:
        return show(month, describe_error(error), status(error))
    exports.keep(session.actor(), "month_pack", kind, sum(len(table.rows) for part in parts for table in part.tables))
    response = flask.send_file(BytesIO(content), mimetype=_TYPES[kind], as_attachment=True, download_name=f"{title}.{kind}")
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _pack(month: str) -> Pack:
    try:
        first = month_pack.month_of(month)
    except InvalidError as error:
        raise NotFoundError(kind="月報", id=month[:10]) from error
    return month_pack.pack(runtime_of(), current(), session.actor(), first)


def _no_picture(file_id: int) -> tuple[bytes, str]:
    raise NotFoundError(kind="檔案", id=file_id)
