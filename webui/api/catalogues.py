"""The words of the deployment that a refused request is about, so that labels and names in its sentence are in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping

import flask

from engine import definitions
from engine.errors import GuichengError
from engine.i18n import read_catalogue
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import work_items
from engine.runtime import Runtime
from webui.unit_of_work import runtime_of

_FILE = "locale/en.po"


def catalogue(locale: str) -> Mapping[str, str] | None:
    """English of the deployment behind the request's work item or process; None where none is needed or none is known."""
    named = flask.request.view_args or {}
    if locale != "en" or named.keys().isdisjoint({"work_item_id", "key"}):
        return None
    runtime = runtime_of()
    try:
        with UnitOfWork(runtime.database) as uow:
            definition_id = _definition(runtime, uow, named)
            raw = definitions.content(runtime, uow, definition_id).files.get(_FILE)
    except GuichengError:
        # the sentence is then told in the words of the source
        return None
    known: dict[int, Mapping[str, str]] = flask.current_app.extensions.setdefault("guicheng.catalogues", {})
    if definition_id not in known:
        known[definition_id] = read_catalogue(raw) if raw else {}
    return known[definition_id]


def _definition(runtime: Runtime, uow: UnitOfWork, named: Mapping[str, object]) -> int:
    item = named.get("work_item_id")
    if isinstance(item, int):
        return work_items.find(uow, item).definition_id
    return definitions.latest(runtime, uow, str(named["key"])).id
