"""Steps of a case that one person can go through in a row: what a phone without a network may show ahead of time, and sends in order.

Read from the diagram: the works of the person's own roles behind an item, through calls and out of them again, up to the first work of
somebody else. Which of them really comes is the case's to say: a step that is sent before the case has come to it is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from engine import definitions, steps, submissions, work_items
from engine.content import InstanceContent
from engine.diagram import Element
from engine.errors import ConflictError, NotFoundError
from engine.model import Actor, JsonObject
from engine.persistence.tables import work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.steps import StepResult

#: steps that are shown ahead of one item
MOST = 12


class NotThereYetError(ConflictError):
    """Expected a case that has come to the step."""

    code = "not_there_yet"
    sentence = "案件還沒有到「{step}」這一步，或已走了別的路。"


@dataclass(frozen=True, slots=True)
class StepAhead:
    """A step that may come."""

    process_key: str
    element_id: str
    #: source language
    name: str
    role: str
    definition_id: int
    form_key: str | None


def steps_ahead(runtime: Runtime, uow: UnitOfWork, actor: Actor, work_item_id: int) -> tuple[StepAhead, ...]:
    """Nearest first; none behind an item that is done, or that is somebody else's. An item that nobody has yet comes first itself: to
    claim it may be what waits to be sent."""
    item = submissions.find_item(uow, work_item_id)
    is_theirs = item.assignee_id == actor.user_id or (item.assignee_id is None and submissions.is_candidate(actor, item))
    if not item.is_live or not is_theirs or "." in item.token:
        return ()
    case = _case(runtime, uow, item.instance_id)
    found: dict[tuple[str, str], StepAhead] = {}
    own = (item.definition_key, item.element_id)
    seen = set() if item.assignee_id is None else {own}
    waiting = [own] if item.assignee_id is None else list(_behind(case, *own))
    while waiting and len(found) < MOST:
        place = waiting.pop(0)
        if place in seen:
            continue
        seen.add(place)
        key, element = place[0], _element(case, *place)
        if element is None:
            continue
        if not element.is_human:
            waiting.extend(_through(case, key, element))
        elif actor.holds(_role(element), item.site_id) and not element.repeated and not element.signers:
            home = case.of(key)
            found[place] = StepAhead(key, element.id, element.name or element.id, _role(element), home.id, element.form or None)
            waiting.extend(_behind(case, *place))
    return tuple(found.values())


def known_step(runtime: Runtime, uow: UnitOfWork, work_item_id: int, process_key: str, element_id: str) -> StepAhead:
    """A step of the item's case by the diagram alone, whether or not it can still come. NotFoundError where there is none."""
    case = _case(runtime, uow, submissions.find_item(uow, work_item_id).instance_id)
    element = _element(case, process_key, element_id)
    if element is None or not element.is_human:
        raise NotFoundError(kind="步驟", id=element_id)
    home = case.of(process_key)
    return StepAhead(process_key, element.id, element.name or element.id, _role(element), home.id, element.form or None)


def complete(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, work_item_id: int, process_key: str, element_id: str, variables: JsonObject
) -> StepResult:
    """Complete the step of the item's case, which may have been claimed by nobody yet. As `work_items.complete`; NotThereYetError."""
    instance_id = submissions.find_item(uow, work_item_id).instance_id
    there = (
        select(work_item.c.id).order_by(work_item.c.is_live.desc(), work_item.c.id.desc()).limit(1)
        .where(work_item.c.instance_id == instance_id, work_item.c.definition_key == process_key, work_item.c.element_id == element_id)
    )
    found = uow.reading.execute(there).scalar()
    if found is None:
        raise NotThereYetError(step=known_step(runtime, uow, work_item_id, process_key, element_id).name)
    return work_items.complete(runtime, uow, actor, found, variables)


def _case(runtime: Runtime, uow: UnitOfWork, instance_id: int) -> InstanceContent:
    row = steps.load(uow, instance_id)
    return definitions.instance_content(runtime, uow, row.definition_id, steps.bound(row))


def _role(element: Element) -> str:
    """Whose list its item will lie in: what an outside person signs is in the list of who attends them."""
    return (element.attended_by if element.outside else None) or element.role or ""


def _element(case: InstanceContent, key: str, element_id: str) -> Element | None:
    held = case.called.get(key) or (case.own if case.own.key == key else None)
    return held.diagram.elements.get(element_id) if held is not None else None


def _behind(case: InstanceContent, key: str, element_id: str) -> Iterator[tuple[str, str]]:
    element = _element(case, key, element_id)
    targets: dict[str, Any] = {flow.id: flow.target for flow in case.of(key).diagram.flows}
    for flow in element.outgoing if element is not None else ():
        if flow in targets:
            yield key, targets[flow]


def _through(case: InstanceContent, key: str, element: Element) -> Iterator[tuple[str, str]]:
    """Where the way goes on behind something that nobody works on."""
    diagram = case.of(key).diagram
    called = element.called
    if called is not None and called in case.called:
        inner = case.called[called].diagram
        yield from ((called, each.id) for each in inner.elements.values() if each.kind == "startEvent" and each.parent_id is None)
    elif element.kind == "endEvent" and element.parent_id is None:
        for home in (case.own, *case.called.values()):
            for each in home.diagram.elements.values():
                if each.called == key:
                    yield from _behind(case, home.key, each.id)
    elif element.kind == "endEvent" and element.parent_id is not None:
        yield from _behind(case, key, element.parent_id)
    else:
        inside = [each.id for each in diagram.children(element.id) if each.kind == "startEvent"]
        yield from ((key, each) for each in inside) if inside else _behind(case, key, element.id)
