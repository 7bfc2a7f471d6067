"""Event logs as answers, of pages and of the interface alike: written aside first, so that nothing of one stays in memory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import IO

import flask

from engine import event_logs
from engine.event_logs import LogKind
from engine.model import Actor
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.heat import Looked
from engine.runtime import Runtime
from webui import exports

#: what is sent at once
_PART = 2**16


def answer(runtime: Runtime, uow: UnitOfWork, actor: Actor, looked: Looked, kind: LogKind, *, is_named: bool) -> flask.Response:
    """The file, to be saved. ForbiddenError for names that aren't the person's to see."""
    def write(target: IO[bytes]) -> None:
        count = event_logs.write(runtime, uow, actor, looked, kind, target, is_named=is_named)
        exports.keep(actor, "event_log", kind.value, count)

    target = exports.written(write)
    length = target.seek(0, os.SEEK_END)
    target.seek(0)
    response = flask.Response(_parts(target), mimetype=kind.media_type)
    # also of an answer whose body nobody asks for
    response.call_on_close(target.close)
    response.content_length = length
    response.headers.set("Content-Disposition", "attachment", filename=f"{looked.key}.{kind.ending}")
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _parts(target: IO[bytes]) -> Iterator[bytes]:
    with target:
        while part := target.read(_PART):
            yield part
