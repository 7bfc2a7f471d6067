"""A list of the directory as a file: what its filters show, with the fields of the entries, by whom is kept on record."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import Any

import flask
from flask.typing import ResponseReturnValue

from engine import list_files
from engine.company.entries import Kind
from engine.permissions import require
from engine.queries import entries
from engine.queries.entries import Filters
from webui import exports, session
from webui.directory import listing, shown
from webui.display import zone
from webui.language import gettext
from webui.unit_of_work import current

_TYPES = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
#: of a file that stays in memory while it is written
_IN_MEMORY = 2**20


def download(kind: str, file_kind: str) -> ResponseReturnValue:
    """Every entry of the list as the address narrows it."""
    found, actor = listing.kind_of(kind), session.actor()
    require(actor, "directory:read")
    if file_kind not in _TYPES:
        flask.abort(404)
    filters, _, sort = listing.narrowing()
    names = [field.name for field in found.fields] + (["roles"] if kind == "person" else [])
    target = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - sent after this function, closed with the answer
    headings = [gettext(shown.column_title(found, name)) for name in names] + [gettext("停用或結束")]
    count = list_files.write(file_kind, headings, _rows(found, names, filters, sort), zone(), target)
    exports.keep(actor, f"directory.{kind}", file_kind, count)
    target.seek(0)
    response = flask.send_file(target, mimetype=_TYPES[file_kind], as_attachment=True, download_name=f"{gettext(found.name)}.{file_kind}")
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _rows(kind: Kind, names: list[str], filters: Filters, sort: str) -> Iterator[list[Any]]:
    after: str | None = None
    while True:
        page = entries.listing(current(), session.actor(), kind.id, filters=filters, sort=sort, after=after, limit=500)
        for entry in page.rows:
            yield [*(shown.cell(entry, kind, name) for name in names), entry.deactivated_at]
        if page.after is None:
            return
        after = page.after
