"""Playing a draft: pretend people do one step after the other through its forms, on a clock that stands until it is moved.

What is kept is the list of what was done, by person and draft; each look plays it again from the start. Saved, it is a scenario.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import isodate
import orjson
from sqlalchemy import delete, insert, select, update

from engine import instances, procedure_access
from engine.designing import drafts, kept_scenarios, play_stage, saving
from engine.designing.play_cast import Candidate
from engine.designing.play_stage import MOST_SECONDS, MOST_STEPS, DoneStep, OpenStep, PlayTooLongError, Replay, Wait
from engine.designing.saving import Edit
from engine.designing.told import Told
from engine.errors import ConflictError, FieldError, FormInvalidError, InvalidError, NotFoundError
from engine.forms import FormView
from engine.model import LIVE_WORK_ITEM_STATES, Actor, JsonObject
from engine.persistence.tables import design_play, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.scenarios.consistency import Contents
from engine.scenarios.reader import read_scenario
from engine.scenarios.report import MismatchError, line_of

#: what a browser posts: every name with all its values
Posted = Mapping[str, list[str]]
#: name of a scenario's file
NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
#: at which a play begins unless somebody says otherwise, and how far one move of the clock may go
_OPENS, _MOST_FORWARD = time(9), timedelta(days=400)
_LONGEST_TITLE, _LONGEST_DATA = 120, 10_000


class PlayMovedError(ConflictError):
    """Expected a play as the page shows it, but it went on elsewhere."""

    code = "play_moved"
    sentence = "這次試玩已在另一個頁面繼續，以下是目前的情況。"


class NothingDueError(ConflictError):
    """Expected something that waits for the clock."""

    code = "nothing_due"
    sentence = "沒有等待到期的事。"


class NotAsExpectedError(InvalidError):
    """Expected a step that goes on; the diagram went wrong after it."""

    code = "play_step_failed"
    sentence = "{reason}"


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything that the page shows."""

    told: Told
    revision: int
    now: datetime
    next_due_at: datetime | None
    case_title: str
    case_state: str
    open_steps: tuple[OpenStep, ...]
    #: the one whose form is open; None for the start or for none
    chosen: OpenStep | None
    form: FormView | None
    starter: str
    done: tuple[DoneStep, ...]
    broken: tuple[int, str] | None
    pictures: tuple[tuple[str, str], ...]
    #: what can be sent to the case now
    waits: tuple[Wait, ...]
    #: (element id, name) of the steps to which the chosen one can be sent back
    earlier: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Deed:
    """What is done with an open step."""

    #: `complete`, `claim`, `unclaim` or `return`
    verb: str = "complete"
    #: number in the step's cast, from 0
    who: int = 0
    #: of `return`: the element, and why
    to: str = ""
    reason: str = ""
    #: whether it has to be refused
    is_refused: bool = False

    @property
    def more(self) -> JsonObject:
        """What a scenario's step says besides."""
        return {"to": self.to, "reason": self.reason} if self.verb == "return" else {}


COMPLETE = Deed()
#: what may be done with an open step
VERBS = ("complete", "claim", "unclaim", "return")


def processes(uow: UnitOfWork, draft_id: int) -> dict[str, str]:
    """Those that a person can start: key → name in the source language."""
    found = Contents.read(drafts.files(uow, draft_id)).diagrams
    return {key: diagram.name or key for key, diagram in found.items() if diagram.start_by_hand is not None}


def first_morning(runtime: Runtime) -> datetime:
    """Nine o'clock of the next weekday, today included: when a play begins unless the person chooses."""
    day = runtime.clock.now().astimezone(ZoneInfo(runtime.organisation.calendar.zone)).date()
    while day.weekday() >= 5:
        day += timedelta(days=1)
    return datetime.combine(day, _OPENS)


def find(uow: UnitOfWork, actor: Actor, draft_id: int) -> tuple[Told, int] | None:
    """What the person has done in this draft, and its revision; None before the first."""
    _require(uow, actor, draft_id)
    row = uow.reading.execute(select(design_play.c.told, design_play.c.revision).where(_mine(actor, draft_id))).one_or_none()
    return None if row is None else (Told.read(row.told), row.revision)


def begin(runtime: Runtime, uow: UnitOfWork, actor: Actor, draft_id: int, process: str, at: datetime) -> None:
    """Begin anew with nothing done; `at` by the wall clock of the company. What was done before is gone."""
    _require(uow, actor, draft_id)
    if process not in processes(uow, draft_id):
        raise FormInvalidError([FieldError("process", "choice", "請選擇一個可以由人發起的流程。", {})])
    zone = ZoneInfo(runtime.organisation.calendar.zone)
    before = find(uow, actor, draft_id)
    revision = 1 if before is None else before[1] + 1
    uow.writing.execute(delete(design_play).where(_mine(actor, draft_id)))
    uow.writing.execute(insert(design_play).values(
        draft_id=draft_id, user_id=actor.user_id, revision=revision, told=Told(process, at.replace(tzinfo=zone)).written(),
        changed_at=runtime.clock.now()))


def show(runtime: Runtime, uow: UnitOfWork, actor: Actor, draft_id: int, locale: str, *, item_id: int | None = None,
         posted: Posted | None = None, errors: Sequence[FieldError] = ()) -> Shown:
    """Where the case stands, with the form of one open step; `posted` and `errors` put a refused form back.

    NotFoundError before the first `begin`.
    """
    told, revision = _told(uow, actor, draft_id)
    with play_stage.replay(runtime, uow, draft_id, told, locale) as found, UnitOfWork(found.runtime.database) as inside:
        steps = found.open_steps(inside)
        chosen = next((each for each in steps if each.id == item_id), None) or (steps[0] if steps else None)
        form = None
        if found.broken is None and (chosen is not None or not told.steps):
            form = found.form(inside, None if chosen is None else _item(inside, chosen.id))
        sent = form.read(posted) if form is not None and posted is not None else None
        case = found.case(inside)
        title, state = ("", "") if case is None else (case.title or case.business_key or "", case.state)
        return Shown(
            told=told, revision=revision, now=found.scene.clock.now(), next_due_at=found.next_due_at(inside),
            case_title=title, case_state=state,
            open_steps=tuple(steps), chosen=chosen, form=form.view(sent, posted or {}, errors) if form is not None else None,
            starter=found.starter_of(inside), done=tuple(found.done), broken=found.broken, pictures=tuple(found.pictures(inside)),
            waits=tuple(found.waits(inside)) if told.steps and found.broken is None else (), earlier=_earlier(found, inside, chosen))


def act(runtime: Runtime, uow: UnitOfWork, actor: Actor, draft_id: int, locale: str, posted: Posted, *, item_id: int | None,
        seen: int, deed: Deed = COMPLETE) -> bool:
    """Start the case, or do something with an open step, with the form that was sent; False where only a row was added or removed.

    FormInvalidError and every other refusal as the service gives it; then nothing was done. A deed that `is_refused` is kept as one that
    has to be refused just so; NotRefusedError where it would not be.
    """
    told, _ = _told(uow, actor, draft_id, seen)
    with play_stage.replay(runtime, uow, draft_id, told, locale) as found:
        who = _who(found, item_id, deed)
        with UnitOfWork(found.runtime.database) as inside:
            row = None if item_id is None else _item(inside, item_id)
            if row is None and told.steps:
                raise PlayMovedError
            form = found.form(inside, row, who) if deed.verb == "complete" else None
            sent = form.read(posted) if form is not None else None
            if sent is not None and sent.is_edit:
                return False
            data = sent.data if sent is not None else {}
            if row is not None and who is not None:
                step = {**found.step_for(inside, row, deed.verb, who, data), **deed.more}
            else:
                step = {"process": told.process, "as": found.starter_of(inside), **({"data": data} if data else {})}
        if deed.is_refused:
            step["refused"] = play_stage.refusal(found, Told(told.process, told.begins_at, (*told.steps, step)))
        _take(runtime, uow, actor, draft_id, found, step, seen)
    return True


def send(runtime: Runtime, uow: UnitOfWork, actor: Actor, draft_id: int, locale: str, *, number: int, text: str, seen: int) -> None:
    """Send one of what the case waits for, by its number among those shown, from 0. `text`: a line `name: value` each."""
    told, _ = _told(uow, actor, draft_id, seen)
    data = _lines(text)
    with play_stage.replay(runtime, uow, draft_id, told, locale) as found:
        with UnitOfWork(found.runtime.database) as inside:
            waits = found.waits(inside)
        if not 0 <= number < len(waits):
            raise PlayMovedError
        wait = waits[number]
        step: JsonObject = {"send" if wait.kind == "message" else "signal": wait.name, "as": found.sender()}
        if wait.correlation:
            step["correlation"] = wait.correlation
        _take(runtime, uow, actor, draft_id, found, {**step, **({"data": data} if data else {})}, seen)


def forward(runtime: Runtime, uow: UnitOfWork, actor: Actor, draft_id: int, locale: str, by: timedelta | None, *, seen: int) -> None:
    """Move the clock: to the next moment at which something falls due, or by so much. NothingDueError where nothing waits."""
    told, _ = _told(uow, actor, draft_id, seen)
    if not told.steps:
        raise NothingDueError
    if by is not None and not timedelta(0) < by <= _MOST_FORWARD:
        raise FormInvalidError([FieldError("amount", "range", "請填 1 分鐘以上、{most} 天以內的時間。", {"most": _MOST_FORWARD.days})])
    with play_stage.replay(runtime, uow, draft_id, told, locale) as found:
        with UnitOfWork(found.runtime.database) as inside:
            due = found.next_due_at(inside)
        if by is None and due is None:
            raise NothingDueError
        ahead = by if by is not None or due is None else due - found.scene.clock.now()
        _take(runtime, uow, actor, draft_id, found, {"advance": isodate.duration_isoformat(ahead)}, seen)


def undo(runtime: Runtime, uow: UnitOfWork, actor: Actor, draft_id: int, *, keep: int, seen: int) -> None:
    """Forget what was done after the first `keep` steps."""
    told, _ = _told(uow, actor, draft_id, seen)
    _keep(runtime, uow, actor, draft_id, Told(told.process, told.begins_at, told.steps[: max(0, keep)]), seen)


def save(runtime: Runtime, uow: UnitOfWork, actor: Actor, draft_id: int, locale: str, *, name: str, title: str, english: str,
         seen: int, replaces: bool = False) -> str:
    """Write it into the draft as a scenario that passes, and give its path. It expects in the end what there is now.

    `replaces`: in the place of the one that has this name.
    """
    told, _ = _told(uow, actor, draft_id, seen)
    path = f"scenarios/{name}.yaml"
    before = kept_scenarios.revision(uow, draft_id, path)
    _check_names(name, {"title": title, "english": english}, is_taken=bool(before) and not replaces)
    if not told.steps:
        raise NotAsExpectedError(reason="還沒有做任何事，沒有可儲存的情境。")
    with play_stage.replay(runtime, uow, draft_id, told, locale) as found, UnitOfWork(found.runtime.database) as inside:
        if found.broken is not None:
            raise NotAsExpectedError(reason=found.broken[1])
        expect = _expected(found, inside)
    body = told.yaml({"zh-Hant": title, "en": english}, expect)
    outcome = play_stage.passes(runtime, uow, draft_id, read_scenario(body, path))
    if not outcome.is_passed:
        raise NotAsExpectedError(reason=line_of(outcome.failures[0], locale))
    saving.save(runtime, uow, actor, draft_id, [Edit(path, body, before)])
    return path


def _who(found: Replay, item_id: int | None, deed: Deed) -> Candidate | None:
    """Who does it, taken into the company; None for the start."""
    if item_id is None:
        return None
    with UnitOfWork(found.runtime.database) as inside:
        cast = found.cast(_item(inside, item_id))
    if not 0 <= deed.who < len(cast):
        raise PlayMovedError
    if found.player is not None:
        found.player.hire(cast[deed.who].told)
    return cast[deed.who]


def _earlier(found: Replay, inside: UnitOfWork, chosen: OpenStep | None) -> tuple[tuple[str, str], ...]:
    if chosen is None:
        return ()
    return tuple((each.id, found.texts.of(each.name) if each.name else each.id)
                 for each in instances.returnable_elements(found.runtime, inside, chosen.id))


def _lines(text: str) -> JsonObject:
    """`name: value` a line; a value is a number, true, false, null or else a text."""
    data: JsonObject = {}
    for line in filter(None, map(str.strip, text[:_LONGEST_DATA].splitlines())):
        name, colon, value = line.partition(":")
        if not colon or not name.strip().isidentifier():
            raise FormInvalidError([FieldError("data", "format", "請每行寫一項「名稱: 值」；這一行不是：{line}", {"line": line[:80]})])
        try:
            data[name.strip()] = orjson.loads(value.strip())
        except orjson.JSONDecodeError:
            data[name.strip()] = value.strip()
    return data


def _expected(found: Replay, inside: UnitOfWork) -> JsonObject:
    case = found.case(inside)
    opened: list[Any] = [step.element_id for step in found.open_steps(inside)]
    if case is not None and case.ended_at is not None and not opened:
        ends = list(instances.inspect(found.runtime, inside, case.id).end_events)
        return {"ended": ends} if ends else {"state": case.state}
    return {"open": opened}


def _check_names(name: str, titles: Mapping[str, str], *, is_taken: bool) -> None:
    errors = []
    if not NAME.fullmatch(name):
        errors.append(FieldError("name", "pattern", "請用小寫英文字母、數字和底線，以字母開頭，最多 60 個字元。", {}))
    elif is_taken:
        errors.append(FieldError("name", "taken", "已經有這個檔名的情境。請換一個，或勾選取代它。", {}))
    for field, text in titles.items():
        if not text or len(text) > _LONGEST_TITLE:
            errors.append(FieldError(field, "required", "請填寫名稱，最多 {most} 個字。", {"most": _LONGEST_TITLE}))
    if errors:
        raise FormInvalidError(errors)


def _take(runtime: Runtime, uow: UnitOfWork, actor: Actor, draft_id: int, found: Replay, step: JsonObject, seen: int) -> None:
    told = found.told
    if found.broken is not None:
        raise NotAsExpectedError(reason=found.broken[1])
    if len(told.steps) >= MOST_STEPS:
        raise PlayTooLongError(steps=MOST_STEPS, seconds=int(MOST_SECONDS))
    longer = Told(told.process, told.begins_at, (*told.steps, step))
    try:
        play_stage.take(found, longer)
    except MismatchError as error:
        raise NotAsExpectedError(reason=found.reason(error)) from error
    _keep(runtime, uow, actor, draft_id, longer, seen)


def _keep(runtime: Runtime, uow: UnitOfWork, actor: Actor, draft_id: int, told: Told, seen: int) -> None:
    mine = _mine(actor, draft_id) & (design_play.c.revision == seen)
    values = {"told": told.written(), "revision": seen + 1, "changed_at": runtime.clock.now()}
    if uow.writing.execute(update(design_play).where(mine).values(**values)).rowcount != 1:
        raise PlayMovedError


def _told(uow: UnitOfWork, actor: Actor, draft_id: int, seen: int | None = None) -> tuple[Told, int]:
    found = find(uow, actor, draft_id)
    if found is None:
        raise NotFoundError(kind="試玩", id=draft_id)
    if seen not in (None, found[1]):
        raise PlayMovedError
    return found


def _item(inside: UnitOfWork, item_id: int) -> Any:
    query = select(work_item).where(work_item.c.id == item_id, work_item.c.state.in_(LIVE_WORK_ITEM_STATES))
    row = inside.reading.execute(query).one_or_none()
    if row is None:
        raise PlayMovedError
    return row


def _mine(actor: Actor, draft_id: int) -> Any:
    return (design_play.c.draft_id == draft_id) & (design_play.c.user_id == actor.user_id)


def _require(uow: UnitOfWork, actor: Actor, draft_id: int) -> None:
    """Only for who may design it: what is played runs on the machine."""
    procedure_access.require(uow, actor, drafts.get(uow, actor, draft_id).procedure, "design")
