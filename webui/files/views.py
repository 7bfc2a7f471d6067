"""Sends a file."""

from __future__ import annotations

from typing import BinaryIO

import flask
from flask.typing import ResponseReturnValue

from engine import files
from engine.files import StoredFile
from webui import session
from webui.unit_of_work import current, runtime_of

#: what a browser may show by itself; all else is downloaded
_SHOWN = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif", "application/pdf"})


def show(file_id: int) -> ResponseReturnValue:
    """The content under the name it was uploaded with; nothing in it can run as a page of ours."""
    return send(*files.open_file(runtime_of(), current(), session.actor(), file_id))


def send(stored: StoredFile, stream: BinaryIO) -> flask.Response:
    """The content of a file that the reader may see."""
    response = flask.send_file(
        stream, mimetype=stored.media_type, as_attachment=stored.media_type not in _SHOWN, download_name=stored.name,
        etag=stored.digest.hex(), max_age=0, conditional=True,
    )
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "private, no-cache"
    return response
