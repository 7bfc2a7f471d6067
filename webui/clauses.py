"""The clauses of the manual that a step carries out: why a person is asked to do it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from engine import definitions
from engine.diagram import Element
from engine.i18n import SOURCE_LOCALE
from webui.language import current_locale, gettext
from webui.unit_of_work import current, runtime_of
from webui.wording import content, worded

_FILE = "clauses.toml"


@dataclass(frozen=True, slots=True)
class ClauseText:
    """One clause."""

    #: as the manual numbers it, e.g. `5.1`
    number: str
    #: the procedure's name in the reader's language; the id where it isn't known
    procedure: str
    #: what it says; empty where the deployment doesn't carry its text
    text: str = ""


def clauses_of(element: Element | None, definition_id: int) -> tuple[ClauseText, ...]:
    """The clauses that the element names, with their text where the deployment's `clauses.toml` has it."""
    if element is None or not element.clauses:
        return ()
    held = content(definition_id)
    known = _read(held.files.get(_FILE))
    names = {info.key: worded(info.name, info.id) for info in definitions.list_latest(runtime_of(), current())}
    found = []
    for clause in element.clauses:
        key, _, number = clause.rpartition(" ")
        found.append(ClauseText(number or clause, names.get(key or held.key, key), _wording(known.get(clause, {}))))
    return tuple(found)


def reasons(clauses: Iterable[str], definition_id: int) -> str:
    """What clauses say, in one line, e.g. for a limit: `§5.1 …`. Empty where the deployment doesn't carry their text; no SQL."""
    known = _read(content(definition_id).files.get(_FILE))
    told = ((clause.rpartition(" ")[2], _wording(known.get(clause, {}))) for clause in clauses)
    return " ".join(f"§{number} {text}" for number, text in told if text)


def clause_words(clauses: Iterable[str], key: str, names: Mapping[str, str]) -> tuple[str, ...]:
    """`§5.1`, or with the name of the procedure where the clause is another's: as people say it, never by a process id. `key`: of the
    procedure at hand; `names`: of all by key.
    """
    found = []
    for clause in clauses:
        procedure, _, number = clause.rpartition(" ")
        own = procedure in ("", key) or procedure not in names
        found.append(f"§{number}" if own else f"{names[procedure]} §{number}")
    return tuple(found)


def _wording(texts: Mapping[str, str]) -> str:
    """The clause in the reader's language; zh-Hans is derived like every other text."""
    return texts.get(current_locale()) or gettext(texts.get(SOURCE_LOCALE, ""))


def _read(raw: bytes | None) -> dict[str, dict[str, str]]:
    if raw is None:
        return {}
    try:
        clauses = tomllib.loads(raw.decode()).get("clause", [])
    except (UnicodeDecodeError, tomllib.TOMLDecodeError):
        # `guicheng check` says so to the author; a page goes without
        return {}
    return {str(entry.get("number")): entry for entry in clauses if isinstance(entry, dict)}
