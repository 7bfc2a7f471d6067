"""Sends a file."""

from __future__ import annotations

from typing import BinaryIO
from urllib.parse import quote

import flask
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.wsgi import wrap_file

from engine import files, personal_data, thumbnails
from engine.erased import SENTENCE
from engine.file_types import IMAGES
from engine.files import StoredFile
from webui import session, unit_of_work
from webui.display import local
from webui.language import gettext
from webui.unit_of_work import current, runtime_of

#: what a browser may show by itself; all else is downloaded
_SHOWN = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif", "application/pdf"})
#: nothing in a file can run as a page of ours
_POLICY = "default-src 'none'; sandbox"


def show(file_id: int) -> ResponseReturnValue:
    """The content under the name it was uploaded with; nothing in it can run as a page of ours."""
    stored = _let_out(file_id)
    if is_erased_picture(stored):
        return _placeholder(stored)
    return send(stored, files.open_content(runtime_of(), stored))


def _let_out(file_id: int) -> StoredFile:
    """A file that this person may see, the look at a paper of identity on record."""
    actor = session.actor()
    stored = files.get(current(), actor, file_id)
    if personal_data.is_guarded(stored):
        unit_of_work.step(lambda uow: personal_data.let_out(runtime_of(), uow, actor, file_id))
    return stored


def thumbnail(file_id: int) -> ResponseReturnValue:
    """A small picture of a photo, a look at it like one at the photo itself. 404 for what has none."""
    stored = _let_out(file_id)
    if is_erased_picture(stored):
        return _placeholder(stored)
    made = thumbnails.thumbnail(runtime_of(), stored)
    if made is None:
        flask.abort(404)
    response = flask.Response(wrap_file(flask.request.environ, made), mimetype=thumbnails.MEDIA_TYPE, direct_passthrough=True)
    # the content behind an id never changes; whether this person may see it can, so it is not kept for long
    response.headers["Cache-Control"] = "private, no-store" if personal_data.is_guarded(stored) else "private, max-age=600"
    response.headers["Content-Security-Policy"] = _POLICY
    return response


def is_erased_picture(stored: StoredFile) -> bool:
    """Whether it is a picture that was erased by rule: a drawn sentence stands in its place wherever a page shows it."""
    return stored.erased_at is not None and stored.media_type in IMAGES


def erased_picture(stored: StoredFile) -> tuple[bytes, str]:
    """The sentence as a picture of its own, and its media type."""
    assert stored.erased_at is not None
    sentence = gettext(SENTENCE, date=local(stored.erased_at).date().isoformat())
    return flask.render_template("files/erased.svg", sentence=sentence).encode(), "image/svg+xml"


def _placeholder(stored: StoredFile) -> flask.Response:
    body, media_type = erased_picture(stored)
    response = flask.Response(body, mimetype=media_type)
    response.headers["Cache-Control"] = "private, no-store"
    # the drawing has a style of its own, and nothing else
    response.headers["Content-Security-Policy"] = _POLICY
    return response


def send(stored: StoredFile, stream: BinaryIO) -> flask.Response:
    """The content of a file that the reader may see, or the range of it that is asked for, as it is read from the store."""
    response = flask.Response(wrap_file(flask.request.environ, stream), mimetype=stored.media_type, direct_passthrough=True)
    response.content_length = stored.size
    disposition = "inline" if stored.media_type in _SHOWN else "attachment"
    response.headers["Content-Disposition"] = _named(disposition, stored.name)
    response.set_etag(stored.digest.hex())
    response.headers["Content-Security-Policy"] = _POLICY
    # each look at a paper of identity comes here and is on record
    response.headers["Cache-Control"] = "private, no-store" if personal_data.is_guarded(stored) else "private, no-cache"
    try:
        response.make_conditional(flask.request.environ, accept_ranges=True, complete_length=stored.size)
    except RequestedRangeNotSatisfiable:
        stream.close()
        raise
    return response


def _named(disposition: str, name: str) -> str:
    plain = name.encode("ascii", "ignore").decode().replace('"', "").replace("\\", "").strip() or "file"
    return f"{disposition}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
