"""Replays what a designer did on a store in memory, and lets the caller look at where the case stands then.

The sets (company and deployed draft) are kept between requests because they are slow to make; nothing of a play is in them, and whoever
has none makes one.
"""

from __future__ import annotations

import atexit
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import Row, select

from engine import correlations, definitions, instances, permissions, timers
from engine.content import DefinitionContent
from engine.designing import drafts, trials
from engine.designing.play_cast import Candidate, candidates, name_of
from engine.designing.play_form import PlayForm, PretendPlaces
from engine.designing.told import Told
from engine.drawing import ElementMark, Status, draw
from engine.errors import ConflictError, FormInvalidError, GuichengError, InvalidError
from engine.forms import FormTexts, initial
from engine.i18n import CATALOGUE_FILE, read_catalogue
from engine.model import JsonObject
from engine.persistence.tables import event_subscription, instance
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Reference, Runtime
from engine.scenarios.checking import own_and_called, own_processes
from engine.scenarios.player import Player, live_items
from engine.scenarios.player import play as play_scenario
from engine.scenarios.report import MismatchError, Outcome, Reason, explain
from engine.scenarios.stage import Scene, Stage
from engine.scenarios.story import Performer, Scenario

#: things that one play may do, and seconds that playing them again may take
MOST_STEPS, MOST_SECONDS = 80, 20.0
#: sets that a process keeps, and seconds that a request waits for another's replay
_KEPT, _PATIENCE = 2, 30.0
#: verbs whose subject is an element or has a name of its own
_SUBJECTS = ("complete", "claim", "unclaim", "return", "send", "signal")


class PlayTooLongError(InvalidError):
    """Expected a play of few steps that are played again quickly."""

    code = "play_too_long"
    sentence = "這次試玩太長了（最多 {steps} 步、{seconds} 秒），請儲存為情境或重新開始。"


class PlayBusyError(ConflictError):
    """Expected a stage that nobody plays on."""

    code = "play_busy"
    sentence = "有人正在試玩，請稍候再試。"


class NotRefusedError(ConflictError):
    """Expected a step that is refused."""

    code = "not_refused"
    sentence = "這一步沒有被拒絕，不能記為「應被拒絕」。"


@dataclass(frozen=True, slots=True)
class OpenStep:
    """Something that somebody has to do now."""

    id: int
    element_id: str
    name: str
    process: str
    role: str | None
    #: who may do it, whoever has it first
    cast: tuple[Candidate, ...]
    due_at: datetime | None
    is_overdue: bool

    @property
    def holder(self) -> Performer | None:
        """Who has it."""
        return self.cast[0].told if self.cast and self.cast[0].has_it else None


@dataclass(frozen=True, slots=True)
class DoneStep:
    """Something that was done, and when by the clock of the play."""

    verb: str
    name: str
    performer: Performer | None
    at: datetime
    #: how far the clock was moved
    by: timedelta | None = None
    #: whether it had to be refused, and was
    is_refused: bool = False


@dataclass(frozen=True, slots=True)
class Wait:
    """A message or signal that the case waits for."""

    #: `message` or `signal`
    kind: str
    name: str
    #: values by which it finds its case
    correlation: JsonObject


@dataclass(slots=True)
class Replay:
    """Where the case stands after everything that was done. Only as long as the stage is held."""

    scene: Scene
    told: Told
    texts: FormTexts
    stage: Stage
    player: Player | None
    done: list[DoneStep] = field(default_factory=list)
    #: number of the step that does not go as it did, from 0, and why
    broken: tuple[int, str] | None = None

    @property
    def runtime(self) -> Runtime:
        """The stage's own."""
        return self.scene.runtime

    def open_steps(self, uow: UnitOfWork) -> list[OpenStep]:
        """Everything that is open, in the order in which it appeared."""
        return [self._open(uow, row) for row in live_items(uow)]

    def case(self, uow: UnitOfWork) -> Row[Any] | None:
        """The case that was started."""
        if self.player is None or not self.player.started:
            return None
        return uow.reading.execute(select(instance).where(instance.c.id == self.player.started[0])).one()

    def next_due_at(self, uow: UnitOfWork) -> datetime | None:
        """When something happens by itself."""
        return timers.next_due_at(uow, after=self.scene.clock.now())

    def waits(self, uow: UnitOfWork) -> list[Wait]:
        """What can be sent to it now."""
        columns = (event_subscription.c.kind, event_subscription.c.name, event_subscription.c.correlation)
        found = [Wait(row.kind, row.name, correlations.needed(orjson.loads(row.correlation)))
                 for row in uow.reading.execute(select(*columns).order_by(event_subscription.c.name, event_subscription.c.token))]
        return [each for number, each in enumerate(found) if each not in found[:number]]

    def sender(self) -> str:
        """Who sends what comes from outside."""
        return next(role for role in self.scene.company.by_role if role in permissions.PERMISSIONS["process-instance:send-event"])

    def cast(self, row: Row[Any]) -> tuple[Candidate, ...]:
        """Who may do an open item."""
        company = self.player.company if self.player is not None else self.scene.company
        return candidates(company, self.runtime.organisation.roles, row)

    def step_for(self, uow: UnitOfWork, row: Row[Any], verb: str, who: Candidate, data: JsonObject) -> JsonObject:
        """The scenario's step that does something with an open item."""
        chosen: JsonObject = {verb: row.element_id, "as": who.performer}
        alike = [each.id for each in live_items(uow) if each.element_id == row.element_id]
        if row.definition_key != self.told.process:
            chosen["in"] = row.definition_key
            alike = [each.id for each in live_items(uow) if (each.element_id, each.definition_key) == (row.element_id, row.definition_key)]
        if len(alike) > 1:
            chosen["item"] = alike.index(row.id) + 1
        return {**chosen, "data": data} if data else chosen

    def form(self, uow: UnitOfWork, row: Row[Any] | None, who: Candidate | None = None) -> PlayForm | None:
        """The form of an open item as somebody has it before them, or the one that starts the case; None where there is none."""
        if row is None:
            held = self.content(uow, definitions.latest(self.runtime, uow, self.told.process).id)
            entry = held.diagram.start_by_hand
            key, context, performer = (entry.form if entry is not None else None), {}, self.starter(held)
        else:
            held, key = self.content(uow, row.definition_id), row.form_key
            performer = name_of(who or self.cast(row)[0])
            context = self.player.data_of(uow, row) if self.player is not None else {}
        found = held.forms.get(key) if key else None
        if found is None:
            return None
        company = self.player.company if self.player is not None else self.scene.company
        me = company.find(performer)
        zone = ZoneInfo(self.runtime.organisation.calendar.zone)
        opened = initial(found, context, now=self.scene.clock.now(), zone=zone,
                         me=Reference(me.user_id, me.name) if me is not None and me.user_id is not None else None)
        places = PretendPlaces.of(uow, company, self.texts, {role.id: role.name for role in self.runtime.organisation.roles.values()})
        role = self.runtime.organisation.roles.get(performer)
        signer = role.name if role is not None and role.is_outside else performer
        return PlayForm(found, opened, context, self.texts, places, held.forms, signer)

    def starter_of(self, uow: UnitOfWork) -> str:
        """Who starts the case."""
        return self.starter(self.content(uow, definitions.latest(self.runtime, uow, self.told.process).id))

    def starter(self, held: DefinitionContent) -> str:
        """Who starts the case: the start's lane, or whoever attends to the outside person in it."""
        entry = held.diagram.start_by_hand
        wanted = (entry.attended_by, entry.role) if entry is not None else ()
        return next((role for role in wanted if role in self.scene.company.by_role), next(iter(self.scene.company.by_role)))

    def content(self, uow: UnitOfWork, definition_id: int) -> DefinitionContent:
        """What is on the stage of one process."""
        return definitions.content(self.runtime, uow, definition_id)

    def pictures(self, uow: UnitOfWork) -> list[tuple[str, str]]:
        """(name, SVG) of the case's own diagram and of those that it calls just now, with where it stands."""
        case = self.case(uow)
        rows = live_items(uow)
        own = case.definition_id if case is not None else definitions.latest(self.runtime, uow, self.told.process).id
        chosen = dict.fromkeys([own, *(row.definition_id for row in rows)])
        view = instances.inspect(self.runtime, uow, case.id) if case is not None else None
        return [self._picture(self.content(uow, each), view, rows) for each in chosen]

    def _picture(self, held: DefinitionContent, view: instances.View | None, rows: list[Row[Any]]) -> tuple[str, str]:
        prefix = "" if held.key == self.told.process else f"{held.key}/"
        marks: dict[str, ElementMark] = {}
        if view is not None:
            passed = (mark.removeprefix(prefix) for mark in view.completed_elements if mark.startswith(prefix))
            marks = {each: ElementMark(Status.DONE) for each in passed if "/" not in each}
            here = [token.element_id for token in view.tokens if token.process_key in (held.key, "" if not prefix else held.key)]
            called = {token.process_key for token in view.tokens} - {held.key}
            here += [element.id for element in held.diagram.elements.values() if element.called in called]
            marks |= {each: ElementMark(Status.CURRENT) for each in here}
        now = self.scene.clock.now()
        for row in rows:
            if row.definition_key == held.key:
                late = row.due_at is not None and row.due_at <= now
                marks[row.element_id] = ElementMark(Status.OVERDUE if late else Status.CURRENT)
        return self.texts.of(held.name), draw(held.xml, held.key, marks, self.texts.of)

    def _open(self, uow: UnitOfWork, row: Row[Any]) -> OpenStep:
        element = self.content(uow, row.definition_id).diagram.elements.get(row.element_id)
        late = row.due_at is not None and row.due_at <= self.scene.clock.now()
        name = self.texts.of(element.name) if element is not None and element.name else row.element_id
        return OpenStep(row.id, row.element_id, name, row.definition_key, row.outside or row.role, self.cast(row), row.due_at, late)

    def name_of(self, uow: UnitOfWork, step: Mapping[str, Any]) -> str:
        """What the element of a step is called."""
        process = step.get("in") or self.told.process
        held = self.content(uow, definitions.latest(self.runtime, uow, str(process)).id)
        if "process" in step:
            return self.texts.of(held.name)
        subject = next((str(step[verb]) for verb in _SUBJECTS if verb in step), "")
        element = held.diagram.elements.get(subject)
        return self.texts.of(element.name) if element is not None and element.name else subject

    def reason(self, error: MismatchError) -> str:
        """Why a step does not go, in the reader's language."""
        said = error.data.get("reason")
        if isinstance(said, Reason):
            return explain(said.error, self.texts.locale)
        return self.texts.of(error.sentence, **error.data)


@contextmanager
def replay(runtime: Runtime, uow: UnitOfWork, draft_id: int, told: Told, locale: str) -> Iterator[Replay]:
    """Everything done once more, up to what does not go any longer. DeploymentRefusedError where the draft cannot run at all."""
    english = read_catalogue(drafts.files(uow, draft_id).get(CATALOGUE_FILE, b""))
    texts = FormTexts(locale, english, ZoneInfo(runtime.organisation.calendar.zone))
    with _stages.held(runtime, uow, draft_id) as (stage, timed), stage.scene(told.begins_at, timed) as scene:
        found = Replay(scene, told, texts, stage, None)
        if told.steps:
            _play_on(found, told.scenario())
        yield found


def passes(runtime: Runtime, uow: UnitOfWork, draft_id: int, scenario: Scenario) -> Outcome:
    """Play a scenario as the check does."""
    with _stages.held(runtime, uow, draft_id) as (stage, timed):
        return play_scenario(stage, scenario, timed)


def take(found: Replay, told: Told) -> None:
    """Do the last step of what is told after what was replayed; GuichengError as the service refused it, MismatchError otherwise."""
    scenario = told.scenario()
    if found.player is None:
        found.player = Player(found.scene, scenario)
    try:
        found.player.take(scenario.steps[-1])
    except MismatchError as error:
        said = error.data.get("reason")
        if isinstance(said, Reason):
            raise said.error from error
        raise


def refusal(found: Replay, told: Told) -> JsonObject:
    """Why the last step of what is told would be refused, as a scenario expects it; NotRefusedError where it would not be."""
    probe = {**told.steps[-1], "refused": {"code": "?"}}
    try:
        take(found, Told(told.process, told.begins_at, (*told.steps[:-1], probe)))
    except MismatchError as error:
        raise NotRefusedError from error
    except FormInvalidError as error:
        return {"field": error.errors[0].field, "code": error.errors[0].code}
    except GuichengError as error:
        return {"code": error.code}
    raise NotRefusedError


def forget() -> None:
    """Take down every set."""
    _stages.close()


def _play_on(found: Replay, scenario: Scenario) -> None:
    begun = time.monotonic()
    found.player = Player(found.scene, scenario)
    for number, step in enumerate(scenario.steps):
        if time.monotonic() - begun > MOST_SECONDS:
            raise PlayTooLongError(steps=MOST_STEPS, seconds=int(MOST_SECONDS))
        told = found.told.steps[number]
        with UnitOfWork(found.runtime.database) as uow:
            name = found.name_of(uow, told) if step.performer is not None else ""
            found.done.append(DoneStep(
                step.verb.value, name, step.performer, found.scene.clock.now(), step.advance, is_refused=step.refused is not None))
        try:
            found.player.take(step)
        except MismatchError as error:
            found.broken = (number, found.reason(error))
            return


class _Stages:
    """The sets of this process, the latest used last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[Any, ...], tuple[Stage, frozenset[str], Runtime]] = OrderedDict()

    @contextmanager
    def held(self, runtime: Runtime, uow: UnitOfWork, draft_id: int) -> Iterator[tuple[Stage, frozenset[str]]]:
        """The draft's, for the caller alone, with the processes whose timers are its own."""
        if not self._lock.acquire(timeout=_PATIENCE):
            raise PlayBusyError
        try:
            key = self._key(runtime, uow, draft_id)
            if key not in self._kept:
                # the runtime is kept with it: its id has to stay its own
                self._kept[key] = (*_set_up(runtime, uow, draft_id), runtime)
            self._kept.move_to_end(key)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)[1][0].close()
            yield self._kept[key][:2]
        finally:
            self._lock.release()

    def close(self) -> None:
        """Take down all of them."""
        with self._lock:
            while self._kept:
                self._kept.popitem()[1][0].close()

    @staticmethod
    def _key(runtime: Runtime, uow: UnitOfWork, draft_id: int) -> tuple[Any, ...]:
        deployed = tuple(sorted(info.id for info in definitions.list_latest(runtime, uow)))
        files = tuple((each.path, each.digest) for each in drafts.file_list(uow, draft_id) if not each.path.startswith("scenarios/"))
        return (id(runtime), deployed, files)


def _set_up(runtime: Runtime, uow: UnitOfWork, draft_id: int) -> tuple[Stage, frozenset[str]]:
    files = {path: body for path, body in drafts.files(uow, draft_id).items() if not path.startswith("scenarios/")}
    timed = own_and_called(files)
    stage = Stage(runtime.settings, runtime.organisation, reader=runtime.reader)
    try:
        for other in _needed(trials.others_of(runtime, uow, files), timed):
            stage.deploy(other)
        stage.deploy(files)
    except GuichengError:
        stage.close()
        raise
    return stage, timed


def _needed(others: list[Any], wanted: frozenset[str]) -> list[Mapping[str, bytes]]:
    """Those that it calls, and what they call; called ones first, as they come."""
    chosen: list[Mapping[str, bytes]] = []
    for other in reversed(others):
        if own_processes(other.files) & wanted:
            wanted |= own_and_called(other.files)
            chosen.insert(0, other.files)
    return chosen


_stages = _Stages()
atexit.register(forget)
