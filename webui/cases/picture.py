"""The diagrams of a case with its state on them, and the same as a table for those who can't see a picture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup

from engine import definitions, instances
from engine.content import DefinitionContent, InstanceContent
from engine.diagram import Element
from engine.drawing import ElementMark, Status, draw
from engine.queries.instances import InstanceRow
from engine.queries.work_items import WorkItemRow
from webui.cases import playback
from webui.display import due, role_name, short_moment
from webui.language import gettext
from webui.unit_of_work import current, runtime_of
from webui.wording import called_by, content, worded

#: status → what a person reads
STATUS_WORDS = {Status.DONE: "已完成", Status.CURRENT: "進行中", Status.OVERDUE: "已逾期", Status.INCIDENT: "需處理異常"}


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step of the table."""

    element_id: str
    name: str
    status: Status | None
    status_words: str
    role: str
    who: str
    finished_at: datetime | None
    due_text: str
    #: how often it was done
    rounds: int = 0


@dataclass(frozen=True, slots=True)
class Picture:
    """One diagram."""

    name: str
    #: the procedure that it is of
    key: str
    svg: Markup
    steps: tuple[StepRow, ...]
    #: how the case went, to be played on the diagram
    frames: list[dict[str, Any]]
    #: steps that call another procedure, with its key
    calls: dict[str, str]


def pictures(row: InstanceRow, view: instances.View, items: Sequence[WorkItemRow], failed: Iterable[str | None]) -> tuple[Picture, ...]:
    """The case's own diagram, and those of the procedures that it has called."""
    held = _contents(row)
    failing = {element_id for element_id in failed if element_id}
    made = [_picture(held.own, held.own.key, view, items, failing)]
    for key, called in held.called.items():
        was_there = any(mark.startswith(f"{key}/") for mark in view.completed_elements)
        if was_there or any(item.definition_key == key and item.is_live for item in items):
            made.append(_picture(called, held.own.key, view, items, failing))
    return tuple(made)


def _contents(row: InstanceRow) -> InstanceContent:
    bound = {content(each).key: each for each in called_by(row.id)}
    return definitions.instance_content(runtime_of(), current(), row.definition_id, bound)


def _picture(
    held: DefinitionContent, own_key: str, view: instances.View, items: Sequence[WorkItemRow], failed: set[str]
) -> Picture:
    prefix = "" if held.key == own_key else f"{held.key}/"
    in_order = [mark.removeprefix(prefix) for mark in view.completed_elements if mark.startswith(prefix) and "/" not in
                mark.removeprefix(prefix)]  # fmt: skip
    passed = set(in_order)
    counted = playback.rounds(items, held.key)
    here = {token.element_id for token in view.tokens if token.process_key in (held.key, "" if not prefix else held.key)}
    called = {token.process_key for token in view.tokens}
    mine = [item for item in items if item.definition_key == held.key]
    marks: dict[str, ElementMark] = {}
    steps: list[StepRow] = []
    for element in held.diagram.elements.values():
        of_element = [item for item in mine if item.element_id == element.id]
        status = _status(element, passed, here, called, of_element, failed)
        step = _step(held, element, status, of_element, counted.get(element.id, 0))
        if status is not None:
            marks[element.id] = ElementMark(status, badge=_badge(step), title="\n".join(_card(step)))
        if element.is_human or element.called:
            steps.append(step)
    svg = draw(held.xml, held.key, marks, lambda text: worded(text, held.id))
    drawn = Markup(svg)  # noqa: S704 - `draw` escapes what it takes from the file
    calls = {element.id: element.called for element in held.diagram.elements.values() if element.called}
    return Picture(worded(held.name, held.id), held.key, drawn, tuple(steps), playback.frames(held, items, in_order), calls)


def _status(
    element: Element, passed: set[str], here: set[str], called: set[str], items: Sequence[WorkItemRow], failed: set[str]
) -> Status | None:
    if element.id in failed:
        return Status.INCIDENT
    live = [item for item in items if item.is_live]
    if live and any((state := due(item.due_at)) is not None and state.level == "late" for item in live):
        return Status.OVERDUE
    if live or element.id in here or (element.called and element.called in called):
        return Status.CURRENT
    return Status.DONE if element.id in passed else None


def _step(held: DefinitionContent, element: Element, status: Status | None, items: Sequence[WorkItemRow], rounds: int) -> StepRow:
    last = items[-1] if items else None
    who = (last.completed_by_name or last.assignee_name or "") if last is not None else ""
    state = due(last.due_at) if last is not None and last.is_live else None
    return StepRow(
        element_id=element.id, name=worded(element.name, held.id) or element.id, status=status,
        status_words=gettext(STATUS_WORDS[status]) if status is not None else gettext("未到"),
        role=role_name(last.role if last else element.role), who=who,
        finished_at=last.completed_at if last is not None and last.completed_by is not None else None,
        due_text=state.text if state is not None else "", rounds=rounds,
    )


def _badge(step: StepRow) -> str:
    """Who has it now; of what was done more than once, how often."""
    if step.status in (Status.CURRENT, Status.OVERDUE) and step.who:
        return step.who
    return f"×{step.rounds}" if step.rounds > 1 else ""


def _card(step: StepRow) -> list[str]:
    lines = [step.name, step.status_words]
    if step.who:
        lines.append(step.who + (f" · {short_moment(step.finished_at)}" if step.finished_at else ""))
    elif step.role != "—":
        lines.append(step.role)
    if step.rounds > 1:
        lines.append(gettext("辦理過 {n} 次", n=step.rounds))
    return [*lines, step.due_text] if step.due_text else lines
