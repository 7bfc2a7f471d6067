"""Files that leave the house: written aside first, so that nothing of one stays in memory; of those with rows of many cases or people in
them, who took which is on record before it is sent."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from typing import IO

import flask

from engine import list_files
from engine.file_types import XLSX
from engine.model import Actor
from webui import session, unit_of_work
from webui.unit_of_work import runtime_of

#: formats of lists, by their ending
TYPES = {"csv": "text/csv; charset=utf-8", "xlsx": XLSX}
#: bytes that are kept in memory of a file that is being written
IN_MEMORY = 2**20


def written(write: Callable[[IO[bytes]], object]) -> IO[bytes]:
    """A file aside with what `write` makes, at its beginning; whoever sends it closes it."""
    target = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - sent after this function, closed with the answer
    try:
        write(target)
    except BaseException:
        target.close()
        raise
    target.seek(0)
    return target


def send(kind: str, title: str, write: Callable[[IO[bytes]], object]) -> flask.Response:
    """What `write` makes, to be saved as `title`: figures of nobody."""
    response = flask.send_file(written(write), mimetype=TYPES[kind], as_attachment=True, download_name=f"{title}.{kind}")
    response.headers["Cache-Control"] = "private, no-store"
    return response


def send_list(name: str, kind: str, title: str, write: Callable[[IO[bytes]], int]) -> flask.Response:
    """The same of a list, on record under its `name`; `write` says how many rows."""
    return send(kind, title, lambda target: keep(session.actor(), name, kind, write(target)))


def keep(actor: Actor, name: str, kind: str, row_count: int) -> None:
    """Note the file that this request's address is answered with. `name` is what was exported, `kind` its format."""
    address = flask.request.full_path.rstrip("?")
    unit_of_work.step(lambda uow: list_files.note(runtime_of(), uow, actor, name, address, kind, row_count))
