"""A list of the directory as a file: what its filters show, with the fields of the entries, by whom is kept on record."""

from __future__ import annotations

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


def download(kind: str, file_kind: str) -> ResponseReturnValue:
    """Every entry of the list as the address narrows it."""
    found = listing.kind_of(kind)
    require(session.actor(), "directory:read")
    if file_kind not in exports.TYPES:
        flask.abort(404)
    filters, _, sort = listing.narrowing()
    names = [field.name for field in found.fields] + (["roles"] if kind == "person" else [])
    headings = [gettext(shown.column_title(found, name)) for name in names] + [gettext("停用或結束")]
    return exports.send_list(
        f"directory.{kind}", file_kind, gettext(found.name),
        lambda target: list_files.write(file_kind, headings, _rows(found, names, filters, sort), zone(), target))


def _rows(kind: Kind, names: list[str], filters: Filters, sort: str) -> Iterator[list[Any]]:
    after: str | None = None
    while True:
        page = entries.listing(current(), session.actor(), kind.id, filters=filters, sort=sort, after=after, limit=500)
        for entry in page.rows:
            yield [*(shown.cell(entry, kind, name) for name in names), entry.deactivated_at]
        if page.after is None:
            return
        after = page.after
