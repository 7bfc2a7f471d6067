"""The log as a CSV or Excel file. Who took it is in the log from then on."""

from __future__ import annotations

import tempfile
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

_TYPES = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
#: of a file that stays in memory while it is written
_IN_MEMORY = 2**20
_HEADINGS = ("時間", "誰", "代誰", "類別", "做了什麼", "針對", "編號", "補充", "途徑")


def download(file_kind: str) -> ResponseReturnValue:
    """Every act that the address narrows the log to."""
    narrow, actor = narrowing(flask.request.args), session.actor()
    require(actor, "audit:read")
    target = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - sent after this function, closed with the answer
    count = list_files.write(file_kind, [gettext(each) for each in _HEADINGS], _rows(narrow), zone(), target)
    exports.keep(actor, "audit", file_kind, count)
    target.seek(0)
    response = flask.send_file(target, mimetype=_TYPES[file_kind], as_attachment=True, download_name=f"{gettext('操作記錄')}.{file_kind}")
    response.headers["Cache-Control"] = "private, no-store"
    return response


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
