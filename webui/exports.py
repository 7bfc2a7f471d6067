"""Files that leave the house with rows of many cases or people in them: who took which is on record before it is sent."""

from __future__ import annotations

import flask

from engine import list_files
from engine.model import Actor
from webui import unit_of_work
from webui.unit_of_work import runtime_of


def keep(actor: Actor, name: str, kind: str, row_count: int) -> None:
    """Note the file that this request's address is answered with. `name` is what was exported, `kind` its format."""
    address = flask.request.full_path.rstrip("?")
    unit_of_work.step(lambda uow: list_files.note(runtime_of(), uow, actor, name, address, kind, row_count))
