"""Takes a token back to an earlier element: cuts the tree where the paths parted and lets the token go on from there.

Branches that parted after that element are cancelled, for they will be walked again; branches beside it stay.
"""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.specs.control import BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import LoopTask, MultiInstanceTask
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.errors import ReturnNotPossibleError
from engine.spiff.compiled import entry_of, reaches

#: states of a token that has come to an element and not left it
_ARRIVED = TaskState.READY | TaskState.WAITING | TaskState.STARTED


def take_back(task: Task, element_id: str) -> list[Task]:
    """Put the token at an open item to an element of the same process; what was cancelled on the way.

    ReturnNotPossibleError where the element is not in this process, or before its start.
    """
    target = entry_of(task.workflow.spec, element_id)
    if target is None:
        raise ReturnNotPossibleError(element=element_id, reason="它不在同一個流程中")
    cut = _cut_for(task, target)
    place = cut.parent
    if place is None:
        raise ReturnNotPossibleError(element=element_id, reason="它在流程開始之前")
    data = {key: value for key, value in task.data.items() if key not in _left_behind(task, place)}
    cancelled = [each for each in _subtree(cut) if each.task_spec.bpmn_id is not None and each.has_state(_ARRIVED)]
    task.workflow._remove_task(cut.id)
    child = place._add_child(target, TaskState.FUTURE)
    child.triggered = True
    target._predict(child, mask=TaskState.NOT_FINISHED_MASK)
    child.data = dict(data)
    target._update(child)
    # the library gave it the data of where it hangs; it has to go on with what was known at the item
    for each in [child, *child.children]:
        if not each.has_state(TaskState.PREDICTED_MASK):
            each.data = dict(data)
    return cancelled


def _left_behind(task: Task, place: Task) -> set[str]:
    """Names that only an instance of a multi-instance knows: outside they would be in the way when it is come to again."""
    names: set[str] = set()
    ancestor = task.parent
    while ancestor is not None and ancestor is not place:
        if isinstance(ancestor.task_spec, MultiInstanceTask):
            items = (ancestor.task_spec.input_item, ancestor.task_spec.output_item)
            names.update(item.bpmn_id for item in items if item is not None)
        ancestor = ancestor.parent
    return names


def leading_to(task: Task) -> list[str]:
    """Ids of people's elements in the same process from which a token can come to this one."""
    parent = task.parent
    here = parent.task_spec if parent is not None and isinstance(parent.task_spec, LoopTask) else task.task_spec
    return [
        each.bpmn_id
        for each in task.workflow.spec.task_specs.values()
        # a repeated inside has another name than its element
        if each.bpmn_id is not None and each.name == each.bpmn_id and each.manual and each is not here and reaches(each, here)
    ]


def _cut_for(task: Task, target: Any) -> Task:
    """The task below which everything has to go."""
    here = task.task_spec
    cut = task
    ancestor = task.parent
    while ancestor is not None:
        # an activity's boundary events and a repetition's rounds live and end with it
        must_leave = isinstance(ancestor.task_spec, (BoundaryEventSplit, LoopTask))
        has_branches = any(_has_live(child) for child in ancestor.children if child is not cut)
        if must_leave or (has_branches and not reaches(target, here, avoiding=[ancestor.task_spec])):
            cut = ancestor
        elif has_branches:
            break
        if isinstance(ancestor.task_spec, LoopTask):
            here = ancestor.task_spec
        ancestor = ancestor.parent
    return cut


def _subtree(task: Task) -> list[Task]:
    found, stack = [], [task]
    while stack:
        each = stack.pop()
        found.append(each)
        stack.extend(each.children)
    return found


def _has_live(task: Task) -> bool:
    return any(each.has_state(_ARRIVED) for each in _subtree(task))
