"""Takes finished tasks out of a live workflow, so that a step costs the same after ten steps and after ten thousand.

What is kept: unfinished tasks, and the finished ones that something unfinished still looks at (points where branches parted, joins,
the sub-process around, loops). History has the rest.
"""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.specs.control import EventSplit
from SpiffWorkflow.bpmn.specs.event_definitions.timer import CycleTimerEventDefinition
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import LoopTask
from SpiffWorkflow.bpmn.specs.mixins.unstructured_join import UnstructuredJoin
from SpiffWorkflow.task import Task

from engine.spiff.workflow import FINISHED, WAITING, LiveWorkflow


def prune(workflow: LiveWorkflow) -> None:
    """Only at rest: no task may be ready that needs nobody."""
    for subprocess in list(workflow.subprocesses.values()):
        if not subprocess.completed:
            _prune_tree(subprocess)
    _prune_tree(workflow)
    for task_id in list(workflow.subprocesses):
        parent = _holder(workflow, task_id)
        if parent is None or parent._state & FINISHED:
            del workflow.subprocesses[task_id]


def _holder(workflow: LiveWorkflow, task_id: Any) -> Task | None:
    task = workflow.tasks.get(task_id)
    if task is not None:
        return task
    return next((sub.tasks[task_id] for sub in workflow.subprocesses.values() if task_id in sub.tasks), None)


def _prune_tree(workflow: Any) -> None:
    tasks: dict[Any, Task] = workflow.tasks
    needed: set[Any] = set()
    for task in tasks.values():
        if not task._state & FINISHED:
            step = task.id
            while step is not None and step not in needed:
                needed.add(step)
                step = tasks[step]._parent
    if not needed:
        return
    front = _cut_trunk(workflow, needed)
    _cut_branches(workflow, needed, front)
    _cut_recurrences(tasks, needed)
    if workflow.last_task is not None and workflow.last_task.id not in tasks:
        workflow.last_task = None


def _cut_trunk(workflow: Any, needed: set[Any]) -> Task:
    """Drop everything before the last finished task that all unfinished ones descend from; return that task."""
    tasks, root = workflow.tasks, workflow.task_tree
    front: Task = root
    while True:
        live = [child for child in front._children if child in needed]
        if len(live) != 1 or not tasks[live[0]]._state & FINISHED:
            break
        front = tasks[live[0]]
    if front is root:
        return front
    keep, stack = {root.id, front.id}, [front]
    while stack:
        for child in stack.pop()._children:
            keep.add(child)
            stack.append(tasks[child])
    if len(keep) != len(tasks):
        for task_id in [task_id for task_id in tasks if task_id not in keep]:
            del tasks[task_id]
        root._children = [front.id]
        front._parent = root.id
    return front


def _cut_branches(workflow: Any, needed: set[Any], front: Task) -> None:
    """Drop straight runs of finished tasks inside open branches."""
    tasks = workflow.tasks
    for task in list(tasks.values()):
        if task.id not in tasks or task is workflow.task_tree or task is front or task.id not in needed or not task._state & FINISHED:
            continue
        if len(task._children) != 1:
            continue
        child, parent = tasks[task._children[0]], tasks[task._parent]
        if (
            not child._state & FINISHED
            or isinstance(task.task_spec, (EventSplit, UnstructuredJoin))
            or isinstance(child.task_spec, UnstructuredJoin)
        ):
            continue
        if not parent._state & FINISHED or isinstance(parent.task_spec, LoopTask):
            continue
        parent._children[parent._children.index(task.id)] = child.id
        child._parent = parent.id
        del tasks[task.id]


def _cut_recurrences(tasks: dict[Any, Task], needed: set[Any]) -> None:
    """Drop finished children of a recurring timer that still runs."""
    for task in list(tasks.values()):
        if task._state != WAITING or not isinstance(task.task_spec, CatchingEvent):
            continue
        if not isinstance(task.task_spec.event_definition, CycleTimerEventDefinition):
            continue
        for child in [child for child in task._children if child not in needed]:
            task._children.remove(child)
            stack = [child]
            while stack:
                gone = tasks.pop(stack.pop())
                stack.extend(gone._children)
