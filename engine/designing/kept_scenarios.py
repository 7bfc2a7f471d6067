"""The scenarios that a draft holds: listed by name, replaced, and taken out when the procedure no longer goes that way."""

from __future__ import annotations

from dataclasses import dataclass

from engine.designing import drafts, saving
from engine.designing.saving import Edit
from engine.errors import NotFoundError
from engine.model import Actor
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.scenarios.reader import read_scenarios
from engine.scenarios.story import Scenario

_FOLDER = "scenarios/"


@dataclass(frozen=True, slots=True)
class KeptScenario:
    """One of them."""

    #: file name without folder and ending
    key: str
    path: str
    #: by language; the file's name where it can't be read
    name: str
    english: str


def listed(uow: UnitOfWork, actor: Actor, draft_id: int) -> list[KeptScenario]:
    """By file name, those that can't be read too."""
    drafts.get(uow, actor, draft_id)
    files = {path: body for path, body in drafts.files(uow, draft_id).items() if path.startswith(_FOLDER)}
    read = {each.file: each for each in read_scenarios(files)[0]}
    return [_kept(path, read.get(path)) for path in sorted(files)]


def revision(uow: UnitOfWork, draft_id: int, path: str) -> int:
    """What a save over it has to name; 0 where there is none."""
    return next((each.revision for each in drafts.file_list(uow, draft_id) if each.path == path), 0)


def remove(runtime: Runtime, uow: UnitOfWork, actor: Actor, draft_id: int, key: str) -> KeptScenario:
    """Take one out of the draft; it stays among the saves. NotFoundError."""
    found = next((each for each in listed(uow, actor, draft_id) if each.key == key), None)
    if found is None:
        raise NotFoundError(kind="情境", id=key)
    saving.save(runtime, uow, actor, draft_id, [Edit(found.path, None, revision(uow, draft_id, found.path))])
    return found


def _kept(path: str, scenario: Scenario | None) -> KeptScenario:
    if scenario is None:
        return KeptScenario(_key(path), path, _key(path), _key(path))
    return KeptScenario(_key(path), path, scenario.name, scenario.names["en"])


def _key(path: str) -> str:
    return path.removeprefix(_FOLDER).rpartition(".")[0]
