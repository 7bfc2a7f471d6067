"""Joins that SpiffWorkflow gets wrong, mended: parallel joins inside loops, ends of deep trees, data of branches.

When branches meet, a branch that did not touch a key must not overwrite what another branch wrote: what each branch changed since
they parted is merged, in the order in which the branches arrived.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from SpiffWorkflow.bpmn.exceptions import WorkflowTaskException
from SpiffWorkflow.bpmn.specs.control import _EndJoin
from SpiffWorkflow.bpmn.specs.defaults import InclusiveGateway, ParallelGateway
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.deep_merge import DeepMerge
from SpiffWorkflow.util.task import TaskState


def _last_round(spec: Any, task: Task) -> float:
    """When this join last fired on the way here; −1 if never."""
    ancestor = task.parent
    while ancestor is not None:
        if ancestor.task_spec is spec and ancestor.state == TaskState.COMPLETED:
            return float(ancestor.last_state_change)
        ancestor = ancestor.parent
    return -1.0


def _ancestors(task: Task | None) -> list[Task]:
    line = []
    while task is not None:
        line.append(task)
        task = task.parent
    return line


def _parted_at(parents: list[Task]) -> Task | None:
    """The last point that all branches have in common."""
    first, *others = (_ancestors(parent) for parent in parents)
    shared = [{task.id for task in line} for line in others]
    return next((task for task in first if all(task.id in ids for ids in shared)), None)


def merge_branches(task: Task, parents: list[Task]) -> None:
    """Give the task the data of all branches: what each changed since they parted, later arrivals over earlier ones."""
    parting = _parted_at(parents) if len(parents) > 1 else None
    if parting is None:
        for parent in parents:
            DeepMerge.merge(task.data, deepcopy(parent.data))
        return
    base = parting.data
    merged = deepcopy(base)
    for parent in parents:
        for key, value in parent.data.items():
            if key in base and base[key] == value:
                continue
            if key in merged and isinstance(merged[key], dict) and isinstance(value, dict):
                DeepMerge.merge(merged[key], deepcopy(value))
            else:
                merged[key] = deepcopy(value)
        for key in [key for key in base if key not in parent.data]:
            merged.pop(key, None)
    task.data = merged


def _run_join(spec: Any, task: Task) -> None:
    since = _last_round(spec, task)
    arrived = [
        other
        for other in task.workflow.tasks.values()
        if other.task_spec is spec
        and other is not task
        and other.has_state(TaskState.FINISHED_MASK)
        and other.last_state_change > since
        and not task.is_descendant_of(other)
    ]
    arrived.sort(key=lambda other: other.last_state_change)
    for other in arrived:
        if other.has_state(TaskState.COMPLETED):
            other._drop_children(force=True)
    merge_branches(task, [*(other.parent for other in arrived), task.parent])


class LoopSafeParallelGateway(ParallelGateway):
    """A parallel join that counts only the tokens of the present round of a loop."""

    def _check_threshold_unstructured(self, my_task: Task) -> bool:
        since, waiting = _last_round(self, my_task), set(self._inputs)
        for task in [task for task in my_task.workflow.tasks.values() if task.task_spec is self]:
            if task.is_descendant_of(my_task):
                # reached only after this join: do not wait for the input that it will come by
                for ancestor in _ancestors(task):
                    if ancestor is my_task:
                        break
                    if ancestor.task_spec.name in waiting:
                        waiting.discard(ancestor.task_spec.name)
                        break
            elif task is not my_task and (
                my_task.is_descendant_of(task) or (task.has_state(TaskState.FINISHED_MASK) and task.last_state_change <= since)
            ):
                continue
            elif task.parent.state == TaskState.COMPLETED:
                waiting.discard(task.parent.task_spec.name)
        return not waiting

    def _run_hook(self, my_task: Task) -> bool:
        _run_join(self, my_task)
        return True


class MergingInclusiveGateway(InclusiveGateway):
    """An inclusive gateway whose join merges what each branch changed."""

    def _run_hook(self, my_task: Task) -> bool:
        _run_join(self, my_task)
        matches, defaults = self._get_matching_outputs(my_task)
        if not matches and not defaults:
            raise WorkflowTaskException("no condition holds and there is no default flow", task=my_task)
        my_task._sync_children(matches or defaults, TaskState.FUTURE)
        for child in my_task.children:
            child.task_spec._predict(child, mask=TaskState.FUTURE | TaskState.PREDICTED_MASK)
        return True


class LastEnd(_EndJoin):
    """The end of a process: fires when nothing else is unfinished, however deep the tree has grown."""

    def _check_threshold_unstructured(self, my_task: Task) -> bool:
        for task in my_task.workflow.tasks.values():
            if task.task_spec is self or task.has_state(TaskState.FINISHED_MASK):
                continue
            if task.task_spec.name == "End" and task.has_state(TaskState.PREDICTED_MASK | TaskState.FUTURE):
                continue
            return False
        return True

    def _run_hook(self, my_task: Task) -> bool:
        _run_join(self, my_task)
        my_task.workflow.data.update(my_task.data)
        return True
