"""The log as a CSV or Excel file. Who took it is in the log from then on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import flask
from flask.typing import ResponseReturnValue

from engine import list_files
from engine.permissions import require
from engine.queries import audit
from engine.queries.paging import MAX_LIMIT
from webui import exports, session
from webui.audit import words
from webui.audit.narrowing import Narrowing, narrowing
from webui.display import zone
from webui.language import gettext
from webui.unit_of_work import current

_HEADINGS = ("時間", "誰", "代誰", "類別", "做了什麼", "針對", "編號", "補充", "途徑")


def download(file_kind: str) -> ResponseReturnValue:
    """Every act that the address narrows the log to."""
    narrow = narrowing(flask.request.args)
    require(session.actor(), "audit:read")
    headings = [gettext(each) for each in _HEADINGS]
    return exports.send_list(
        "audit", file_kind, gettext("操作記錄"), lambda target: list_files.write(file_kind, headings, _rows(narrow), zone(), target))


def _rows(narrow: Narrowing) -> Iterator[list[Any]]:
    after: str | None = None
    while True:
        page = audit.page(current(), session.actor(), narrow.filters(), after=after, limit=MAX_LIMIT)
        for row in page.rows:
            line = words.line(row)
            yield [row.at, line.who, row.on_behalf_name, line.kind, line.text, line.about, row.business_key, line.more, line.way]
        if page.after is None:
            return
        after = page.after
