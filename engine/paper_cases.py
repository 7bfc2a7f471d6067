"""Takes over a case that began on paper: it stands at its present step, its clocks run from the claimed times, and the record says so."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Row, insert, select

from engine import definitions, permissions, steps, submissions
from engine.clock import MovableClock
from engine.content import InstanceContent
from engine.errors import ConflictError, DataNotStorableError, ExpressionError, InvalidError, StepFailedError
from engine.history import NewEvent
from engine.instances import StartedInstance
from engine.limit_rules import Happening, Moment
from engine.model import Actor, InstanceState, JsonObject
from engine.persistence.tables import instance, site
from engine.persistence.unit_of_work import UnitOfWork
from engine.places import Place, find
from engine.runtime import Runtime
from engine.spiff.runner import Run
from engine.steps import Command, Story


class CaseNumberTakenError(ConflictError):
    """Expected a number that no case has."""

    code = "case_number_taken"
    sentence = "案件編號「{number}」已經存在。"


class FormUnknownError(InvalidError):
    """Expected a form of the procedure."""

    code = "form_unknown"
    sentence = "流程「{process}」沒有表單「{form}」。"


class StepUnknownError(InvalidError):
    """Expected a step of the procedure."""

    code = "step_unknown"
    sentence = "流程中沒有「{step}」這一步。"


class CaseDoesNotStandError(InvalidError):
    """Expected the step to open with what is known of the case."""

    code = "case_does_not_stand"
    sentence = "資料不足，案件無法停在「{step}」：{reason}"


class FieldsMissingError(CaseDoesNotStandError):
    """Expected the fields that decide how the step opens: who gets it, which way it goes."""

    sentence = "案件要停在「{step}」，請補填：{fields}。"


@dataclass(frozen=True, slots=True)
class PaperCase:
    """What the paper says."""

    key: str
    #: number on the paper; becomes the case's
    number: str
    #: present step: path, id or name
    step: str
    started_at: datetime
    #: since when it stands at that step
    since: datetime
    site_id: int | None = None
    #: what is known: form key → field → value
    forms: Mapping[str, JsonObject] | None = None
    #: earlier steps by name or id, with when they were done
    done: Sequence[tuple[str, datetime]] = ()
    #: where it comes from, e.g. the workbook's name and row
    origin: str = ""


@dataclass(frozen=True, slots=True)
class _Prepared:
    content: InstanceContent
    place: Place
    submitted: tuple[submissions.Submission, ...]
    story: Story
    site_id: int


def check(runtime: Runtime, uow: UnitOfWork, case: PaperCase) -> Place:
    """Where the case would stand. Raises what `take_over` would refuse it for, as far as that can be known without running it."""
    if uow.reading.execute(select(instance.c.id).where(instance.c.business_key == case.number).limit(1)).first() is not None:
        raise CaseNumberTakenError(number=case.number)
    return _prepare(runtime, uow, case).place


def take_over(runtime: Runtime, uow: UnitOfWork, actor: Actor, case: PaperCase) -> StartedInstance:
    """Open the case at its present step, with nothing before it run.

    Its work item is open and due as if it had been since `case.since`; limits run from the claimed times, and one that has passed is
    missed. History has the entry time, the claimed one beside it. PlaceNotUsableError, FormInvalidError, CaseNumberTakenError;
    CaseDoesNotStandError where the step cannot open with what is known: nothing is kept then.
    """
    permissions.require(actor, "case:take-over", case.site_id)
    prepared = _prepare(runtime, uow, case)
    content, place, story = prepared.content, prepared.place, prepared.story
    own = content.own
    now = runtime.clock.now()
    bound = definitions.bindings(runtime, uow, own.id)
    data: JsonObject = {}
    indexed: dict[str, submissions.Indexed] = {}
    acts = []
    told = replace(actor, claimed_at=story.since)
    for each in prepared.submitted:
        data |= each.data
        indexed |= each.indexed
        acts += each.then(told, None, None)
    taken_over = {"at": now.isoformat(), "by": actor.user_id, "origin": case.origin}
    data["_"] = {"site_id": prepared.site_id, "started_at": story.started_at.isoformat(), "started_by": actor.user_id,
                 "taken_over": taken_over}

    def create() -> Row[Any]:
        if uow.writing.execute(select(instance.c.id).where(instance.c.business_key == case.number).limit(1)).first() is not None:
            raise CaseNumberTakenError(number=case.number)
        values = {
            "definition_id": own.id, "definition_key": own.key, "version": 0, "state": InstanceState.ACTIVE, "site_id": prepared.site_id,
            "business_key": case.number, "started_at": story.started_at, "started_by": actor.user_id, "moved_at": now,
            "bindings": orjson.dumps(bound).decode() if bound else None, "data": b"",
        }
        return uow.writing.execute(insert(instance).values(**values).returning(instance)).one()

    detail = {"step": place.id, "since": story.since.isoformat(), "started_at": story.started_at.isoformat(), "origin": case.origin,
              "done": [[step, at.isoformat()] for step, at in case.done]}
    values = {"forms": [each.changes for each in prepared.submitted]}
    event = NewEvent("instance.taken_over", place.element.id, None, detail, values)
    command = Command(
        "start", lambda run: run.begin_at(data, place.entry), lambda: event, indexed=indexed, then=acts, story=story,
    )
    compiled = definitions.compiled(runtime, uow, own.id, bound)
    # timers of the step count from when the case came to it
    fresh = Run.new(compiled, runtime.sandbox, MovableClock(story.since), runtime.settings)
    try:
        result = steps.first_step(runtime, uow, replace(actor, claimed_at=story.started_at), content, command, fresh, create)
    except (StepFailedError, DataNotStorableError) as error:
        raise refused(content, place, error, data) from error
    return StartedInstance(result.instance_id, case.number, result.state, result.new_work_items)


def _prepare(runtime: Runtime, uow: UnitOfWork, case: PaperCase) -> _Prepared:
    info = definitions.latest(runtime, uow, case.key)
    content = definitions.instance_content(runtime, uow, info.id, definitions.bindings(runtime, uow, info.id))
    place = find(content, case.step)
    now = runtime.clock.now()
    times = [case.started_at, *(at for _, at in case.done), case.since]
    if times != sorted(times) or case.since > now:
        raise InvalidError(reason="時間先後不符：開始、各步驟完成、進入目前步驟，依次不能倒退，也不能晚於現在。")
    submitted = tuple(
        submissions.take_over(runtime, uow, _form(content, key), values, case.since) for key, values in (case.forms or {}).items()
    )
    done = tuple((at, _happening(content, step)) for step, at in case.done)
    site_id = case.site_id or next((each.site_id for each in submitted if each.site_id is not None), None)
    if site_id is None:
        site_id = uow.reading.execute(select(site.c.id).where(site.c.deactivated_at.is_(None)).order_by(site.c.id).limit(1)).scalar()
    if site_id is None:
        raise InvalidError(reason="還沒有園區，請先匯入園區。")
    return _Prepared(content, place, submitted, Story(case.started_at, case.since, done), site_id)


def refused(
    content: InstanceContent, place: Place, error: StepFailedError | DataNotStorableError, data: JsonObject
) -> CaseDoesNotStandError:
    """Why a step cannot open with what is known: the fields that are missing, where it is those."""
    unknown = _unknown(content, error, data)
    if unknown:
        return FieldsMissingError(step=place.name, fields="、".join(unknown))
    return CaseDoesNotStandError(step=place.name, reason=error.source_text())


def _unknown(content: InstanceContent, error: StepFailedError | DataNotStorableError, data: JsonObject) -> list[str]:
    """Titles of the fields that the failed expression reads and the paper does not give; the form's where nothing of it is known."""
    if not isinstance(error, ExpressionError):
        return []
    expression, found = str(error.data.get("expression", "")), []
    for form in (form for each in (content.own, *content.called.values()) for form in each.forms.values()):
        known = data.get(form.key)
        read = set(re.findall(rf"\b{re.escape(form.key)}(?:\.|\[[\"']|\.get\([\"'])(\w+)", expression))
        titles = [f"{form.title}－{field.title}" for field in form.fields
                  if field.name in read and not (isinstance(known, dict) and known.get(field.name) not in (None, "", []))]
        if not titles and known is None and re.search(rf"\b{re.escape(form.key)}\b", expression):
            titles = [form.title]
        found += titles
    return list(dict.fromkeys(found))


def _form(content: InstanceContent, key: str) -> Any:
    for each in (content.own, *content.called.values()):
        if key in each.forms:
            return each.forms[key]
    raise FormUnknownError(process=content.own.name, form=key[:60])


def _happening(content: InstanceContent, step: str) -> Happening:
    """An earlier step, which may be any element and stand anywhere."""
    for each in (content.own, *content.called.values()):
        for element in each.diagram.elements.values():
            if step in (element.id, element.name):
                return Happening(each.key, element.id, Moment.COMPLETED)
    raise StepUnknownError(step=step[:60])

