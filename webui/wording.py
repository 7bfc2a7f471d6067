"""Texts of diagrams and forms in the reader's language: each deployment carries its own catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import flask

from engine import definitions, steps
from engine.content import DefinitionContent
from engine.forms import FormTexts
from engine.i18n import read_catalogue
from webui.display import zone
from webui.language import current_locale, gettext
from webui.unit_of_work import current, runtime_of

_FILE = "locale/en.po"
_RECORD_TITLE = re.compile(r'class="record-title[^>]*>([^<{]+)<')


def register(app: flask.Flask) -> None:
    """Give templates the filter `worded`."""
    app.jinja_env.filters["worded"] = worded
    app.jinja_env.globals.update(limit_name=limit_name, record_title=record_title)


def forget(app: flask.Flask) -> None:
    """Know no deployment's words: ids mean others in another store."""
    app.extensions["guicheng.catalogues"] = {}


def content(definition_id: int) -> DefinitionContent:
    """What was deployed with a version; read once a process."""
    return definitions.content(runtime_of(), current(), definition_id)


def catalogue(definition_id: int) -> Mapping[str, str] | None:
    """English of a deployment's own texts; None where the reader needs none."""
    if current_locale() != "en":
        return None
    known: dict[int, Mapping[str, str]] = flask.current_app.extensions["guicheng.catalogues"]
    if definition_id not in known:
        raw = content(definition_id).files.get(_FILE)
        known[definition_id] = read_catalogue(raw) if raw else {}
    return known[definition_id]


def worded(text: str | None, definition_id: int) -> str:
    """A text of that deployment, e.g. a step's name."""
    return gettext(text, catalogue(definition_id)) if text else ""


def texts(definition_id: int) -> FormTexts:
    """Who reads a form of that deployment."""
    return FormTexts(current_locale(), catalogue(definition_id), zone())


def limit_name(limit_id: str, *definition_ids: int) -> str:
    """What people call a limit of the manual, by `process.limit`: of one of these procedures, as it is deployed now, else of one that they
    call.

    An event of a called procedure may tell of a limit of the calling one, and the other way round. A page asks once what is deployed.
    """
    known: dict[tuple[str, int], str] = flask.g.setdefault("limit_names", {})
    key = (limit_id, definition_ids[0])
    if key not in known:
        found = ((limit.name, home) for home in _limit_homes(limit_id, definition_ids) for limit in content(home).limits
                 if limit.full_id == limit_id)
        name, home = next(found, (limit_id, definition_ids[0]))
        known[key] = worded(name, home)
    return known[key]


def _limit_homes(limit_id: str, definition_ids: tuple[int, ...]) -> Iterator[int]:
    """Definitions that may have the limit, those that cost nothing first."""
    yield from definition_ids
    if "limit_homes" not in flask.g:
        flask.g.limit_homes = {info.key: info.id for info in definitions.list_latest(runtime_of(), current())}
    home = flask.g.limit_homes.get(limit_id.partition(".")[0])
    if home is not None:
        yield home
    # one of an earlier version
    for definition_id in definition_ids:
        yield from definitions.bindings(runtime_of(), current(), definition_id).values()


def called_by(instance_id: int) -> tuple[int, ...]:
    """Definitions of the procedures that a case may call, as they were when it started."""
    return tuple(steps.bound(steps.load(current(), instance_id)).values())


def record_title(record_key: str, instance_id: int, definition_id: int) -> str:
    """What people call a printed record: the heading of its template, the case's own or a called procedure's."""
    home = definition_id
    if record_key not in content(definition_id).records:
        home = next((each for each in called_by(instance_id) if record_key in content(each).records), definition_id)
    return heading(record_key, home)


def heading(record_key: str, definition_id: int) -> str:
    """The heading of a printed record's template; its key where it has none."""
    raw = content(definition_id).records.get(record_key, b"")
    found = _RECORD_TITLE.search(raw.decode(errors="replace"))
    return worded(found[1].strip(), definition_id) if found else record_key
