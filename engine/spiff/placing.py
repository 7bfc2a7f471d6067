"""Puts the only token of a workflow to a named element, through the calls and sub-processes around it. Runs nothing before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from SpiffWorkflow.bpmn.specs.control import BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.mixins.events.start_event import StartEvent
from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import LoopTask
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.errors import StepFailedError
from engine.spiff.compiled import entry_of
from engine.spiff.workflow import READY, LiveWorkflow

#: states of a token that has come to an element and not left it
ARRIVED = TaskState.READY | TaskState.WAITING | TaskState.STARTED


def place(workflow: LiveWorkflow, path: Sequence[str]) -> Task:
    """Let the token stand at the end of a path of element ids, from the outermost process inwards; returns it.

    The root must have run and hold the data. StepFailedError where an element of the path is not there or cannot be gone into.
    """
    level: Any = workflow
    *around, last = path
    for element_id in around:
        task = _stand_at(level, element_id)
        if isinstance(task.task_spec, BoundaryEventSplit):
            task.run()
            task = next(child for child in task.children if child.task_spec.bpmn_id == element_id)
        level = workflow.subprocesses.get(task.id)
        if level is None:
            raise StepFailedError(element_id=element_id, reason="這一步不能進入")
    return _stand_at(level, last)


def start_over(workflow: LiveWorkflow, data: Mapping[str, Any]) -> None:
    """Take every token away and let the root run anew with some data. Call `place` next."""
    root = workflow.task_tree
    for child in list(root.children):
        workflow._remove_task(child.id)
    root.data = dict(data)
    root._set_state(TaskState.FUTURE)
    root.task_spec._predict(root, mask=TaskState.NOT_FINISHED_MASK)
    root._set_state(READY)
    root.run()


def path_of(task: Task) -> tuple[str, ...]:
    """Element ids from the outermost process inwards."""
    holders = [task, *_around(task)]
    return tuple(each.task_spec.bpmn_id for each in reversed(holders) if each is not None)


def beside(task: Task) -> tuple[list[Task], bool]:
    """Positions that are neither the token's own nor wait on its behalf; and whether it is one of several rounds."""
    own: dict[Any, Task] = {}
    for holder in (task, *_around(task)):
        step: Task | None = holder
        while step is not None:
            own[step.id] = step
            step = step.parent
    others = [
        each
        for each in task.workflow.top_workflow.all_tasks()
        if each.id not in own and each.has_state(ARRIVED) and each.task_spec.bpmn_id is not None
        # events at the border of the step, or of what is around it, live and end with it
        and not (each.parent is not None and each.parent.id in own and isinstance(each.parent.task_spec, BoundaryEventSplit))
    ]
    return others, any(isinstance(each.task_spec, LoopTask) for each in own.values())


def _around(task: Task) -> Iterator[Task]:
    """The calls and sub-processes around a position, innermost first."""
    workflow = task.workflow
    while workflow.parent_task_id is not None:
        holder = workflow.top_workflow.get_task_from_id(workflow.parent_task_id)
        yield holder
        workflow = holder.workflow


def _stand_at(level: Any, element_id: str) -> Task:
    """Pass the start of one process and put what follows it aside for the element."""
    target = entry_of(level.spec, element_id)
    if target is None:
        raise StepFailedError(element_id=element_id, reason="流程中沒有這一步")
    start = _pass_start(level)
    for child in list(start.children):
        level._remove_task(child.id)
    task = start._add_child(target, TaskState.FUTURE)
    task.triggered = True
    target._predict(task, mask=TaskState.NOT_FINISHED_MASK)
    task.data = dict(start.data)
    target._update(task)
    return task


def _pass_start(level: Any) -> Task:
    """The start event without a trigger, else the first, as if it had happened; the others are gone."""
    starts = [task for task in level.tasks.values() if isinstance(task.task_spec, StartEvent)]
    chosen = next((task for task in starts if task._state == READY), starts[0])
    for task in starts:
        if task is not chosen:
            level._remove_task(task.id)
    if chosen._state != READY:
        chosen._set_state(READY)
    chosen.run()
    return chosen
