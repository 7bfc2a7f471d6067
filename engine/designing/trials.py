"""Plays a draft's scenarios beside the work of drawing it: one after the other on a store of their own, with what came of each as it comes.

The row says how far it is, so that any process can tell. Whoever begins plays; a newer trial of the draft makes an older one stop, and one
that has given no sign of life is begun anew.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

import orjson
import structlog
from sqlalchemy import delete, insert, select, update

from engine import definitions
from engine.designing import contents, drafts
from engine.errors import DeploymentRefusedError, Finding
from engine.i18n import LOCALES
from engine.model import Actor
from engine.persistence.tables import design_trial
from engine.persistence.unit_of_work import UnitOfWork
from engine.procedures import Procedure, called_first
from engine.runtime import Runtime
from engine.scenarios.checking import MOST_SCENARIOS, own_and_called, own_processes, unreadable
from engine.scenarios.player import play
from engine.scenarios.reader import read_scenarios
from engine.scenarios.report import line_of
from engine.scenarios.stage import Stage

_log = structlog.get_logger(__name__)
#: without a sign of life for this long, whoever played is gone
SILENT = timedelta(seconds=90)
#: one at a time in a process: playing takes a whole core
_turn = threading.Lock()


@dataclass(frozen=True, slots=True)
class TriedScenario:
    """What came of one scenario."""

    file: str
    #: locale → what the case is called
    names: Mapping[str, str]
    is_passed: bool
    #: `process/element` of everything that it went through
    passed: tuple[str, ...]
    #: locale → what went wrong, a line each
    failures: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Trial:
    """How far a trial is."""

    #: `none`, `playing`, `done`, `failed`
    state: str
    #: whether it is of what the draft holds now
    is_current: bool
    played: int
    count: int
    outcomes: tuple[TriedScenario, ...]


NONE = Trial("none", False, 0, 0, ())


def find(uow: UnitOfWork, actor: Actor, draft_id: int) -> Trial:
    """The latest of a draft; `NONE` before the first."""
    drafts.get(uow, actor, draft_id)
    row = uow.reading.execute(select(design_trial).where(design_trial.c.draft_id == draft_id)).one_or_none()
    if row is None:
        return NONE
    outcomes = tuple(TriedScenario(**each) for each in orjson.loads(row.outcomes))
    return Trial(row.state, bytes(row.digest) == _digest(uow, draft_id), row.played, row._mapping["count"], outcomes)


def begin(runtime: Runtime, uow: UnitOfWork, actor: Actor, draft_id: int) -> Trial:
    """Play the scenarios of what the draft holds now, unless that is done or under way; the playing starts once this is committed."""
    drafts.get(uow, actor, draft_id)
    digest, now, connection = _digest(uow, draft_id), runtime.clock.now(), uow.writing
    row = connection.execute(select(design_trial).where(design_trial.c.draft_id == draft_id)).one_or_none()
    is_alive = row is not None and (row.state != "playing" or now - row.moved_at < SILENT)
    if row is not None and bytes(row.digest) == digest and is_alive:
        return find(uow, actor, draft_id)
    files = drafts.files(uow, draft_id)
    connection.execute(delete(design_trial).where(design_trial.c.draft_id == draft_id))
    scenarios, errors = read_scenarios(files)
    count = min(len(scenarios), MOST_SCENARIOS) + len(errors)
    connection.execute(insert(design_trial).values(
        draft_id=draft_id, digest=digest, state="playing", played=0, count=count, outcomes="[]", started_at=now, moved_at=now))
    others = [each.files for each in others_of(runtime, uow, files)]
    player = threading.Thread(target=_play, args=(runtime, draft_id, digest, files, others), name=f"trial-{draft_id}", daemon=True)
    uow.after_commit(player.start)
    return find(uow, actor, draft_id)


def _play(runtime: Runtime, draft_id: int, digest: bytes, files: Mapping[str, bytes], others: Sequence[Mapping[str, bytes]]) -> None:
    with _turn:
        try:
            _play_all(runtime, draft_id, digest, files, others)
        except Exception:
            # nobody waits on this thread: the row has to tell
            _log.exception("trial failed", draft_id=draft_id)
            _note(runtime, draft_id, digest, [], "failed")


def _play_all(runtime: Runtime, draft_id: int, digest: bytes, files: Mapping[str, bytes], others: Sequence[Mapping[str, bytes]]) -> None:
    if not _note(runtime, draft_id, digest, [], "playing"):
        return
    scenarios, errors = read_scenarios(files)
    done = [_tried(each.file, {}, [unreadable(each)], ()) for each in errors]
    with Stage(runtime.settings, runtime.organisation, reader=runtime.reader) as stage:
        try:
            for other in others:
                stage.deploy(other)
            stage.deploy(files)
        except DeploymentRefusedError:
            # the check says what is wrong
            _note(runtime, draft_id, digest, [], "failed")
            return
        timed = own_and_called(files)
        for scenario in scenarios[:MOST_SCENARIOS]:
            outcome = play(stage, scenario, timed)
            done.append(_tried(scenario.file, scenario.names, outcome.failures, outcome.passed))
            if not _note(runtime, draft_id, digest, done, "playing"):
                return
    _note(runtime, draft_id, digest, done, "done")


def _note(runtime: Runtime, draft_id: int, digest: bytes, done: Sequence[TriedScenario], state: str) -> bool:
    """Say how far it is; False where a newer trial has taken its place."""
    with UnitOfWork(runtime.database) as uow:
        mine = (design_trial.c.draft_id == draft_id) & (design_trial.c.digest == digest)
        values: dict[str, Any] = {
            "state": state, "played": len(done), "outcomes": orjson.dumps([asdict(each) for each in done]).decode(),
            "moved_at": runtime.clock.now()}
        is_mine = uow.writing.execute(update(design_trial).where(mine).values(**values)).rowcount == 1
        uow.commit()
    return is_mine


def _tried(file: str, names: Mapping[str, str], failures: Sequence[Finding], passed: Iterable[str]) -> TriedScenario:
    said = {locale: [line_of(each, locale) for each in failures] for locale in LOCALES}
    return TriedScenario(file, dict(names), not failures, tuple(sorted(passed)), said)


def others_of(runtime: Runtime, uow: UnitOfWork, files: Mapping[str, bytes]) -> list[Procedure]:
    """Every other current deployment, called ones first: what a draft's files are played beside."""
    own = own_processes(files)
    found: dict[int, Procedure] = {}
    for info in definitions.list_latest(runtime, uow):
        if info.key not in own and info.deployment_id not in found:
            found[info.deployment_id] = Procedure(info.key, definitions.files_of(uow, info.deployment_id))
    mine = {deployment for deployment, procedure in found.items() if own & own_processes(procedure.files)}
    return called_first([procedure for deployment, procedure in found.items() if deployment not in mine])


def _digest(uow: UnitOfWork, draft_id: int) -> bytes:
    parts = [f"{each.path}\0{each.digest}" for each in drafts.file_list(uow, draft_id)]
    return contents.digest_of("\n".join(parts).encode())

