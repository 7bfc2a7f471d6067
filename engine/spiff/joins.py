"""Joins that SpiffWorkflow gets wrong, mended: parallel joins inside loops, ends of deep trees, data of branches.

When branches meet, a branch that did not touch a key must not overwrite what another branch wrote: what each branch changed since
they parted is merged, in the order in which the branches arrived.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any

from SpiffWorkflow.bpmn.exceptions import WorkflowTaskException
from SpiffWorkflow.bpmn.specs.control import _EndJoin
from SpiffWorkflow.bpmn.specs.defaults import InclusiveGateway, ParallelGateway
from SpiffWorkflow.bpmn.specs.mixins.events.intermediate_event import BoundaryEvent
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState


def _last_round(spec: Any, task: Task) -> float:
    """When this join last fired on the way here; −1 if never."""
    ancestor = task.parent
    while ancestor is not None:
        if ancestor.task_spec is spec and ancestor.state == TaskState.COMPLETED:
            return float(ancestor.last_state_change)
        ancestor = ancestor.parent
    return -1.0


def _is_token(task: Task) -> bool:
    """Whether a token stands here, or has just been sent here by a split. An event on a border is none: its host is."""
    if isinstance(task.task_spec, BoundaryEvent):
        return False
    if task.has_state(TaskState.READY | TaskState.WAITING | TaskState.STARTED):
        return True
    return bool(task.has_state(TaskState.FUTURE) and task.parent is not None and task.parent.has_state(TaskState.COMPLETED))


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
    if len(parents) == 1:
        task.data = deepcopy(parents[0].data)
        return
    base = {} if parting is None else parting.data
    merged = deepcopy(base)
    for parent in parents:
        take_changes(base, parent.data, merged)
    task.data = merged


def take_changes(base: Mapping[str, Any], branch: Mapping[str, Any], into: dict[str, Any]) -> None:
    """Put into `into` what a branch added, changed or removed since `base`. Objects are merged key by key; a list is one value, for
    merging it row by row would bring deleted rows back."""
    for key, value in branch.items():
        before = base.get(key)
        if key in base and type(before) is type(value) and before == value:
            continue
        inner = into.get(key)
        if isinstance(value, dict) and isinstance(inner, dict):
            take_changes(before if isinstance(before, dict) else {}, value, inner)
        else:
            into[key] = deepcopy(value)
    for key in base:
        if key not in branch:
            into.pop(key, None)


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


def arrived(task: Task) -> list[Task]:
    """Where branches ended that wait at a join for others, in the order in which they came; nothing where the task is no such join.

    The library leaves a join without data until it fires: what those branches said is found at their ends only.
    """
    spec = task.task_spec
    if not isinstance(spec, ParallelGateway | InclusiveGateway) or not task.has_state(TaskState.WAITING):
        return []
    since = _last_round(spec, task)
    # of several that have come only the latest waits, the others are cancelled
    came = [other for other in task.workflow.tasks.values() if other.task_spec is spec and other.has_state(TaskState.CANCELLED)
            and other.last_state_change > since and other.parent is not None]
    found = [*(other.parent for other in came), task.parent]
    return sorted((each for each in found if each is not None), key=lambda each: float(each.last_state_change))


class _LooksAheadOnce:
    """A join whose way on is predicted from one of its branches only, until a token arrives.

    The library predicts what follows a join once for every branch that leads to it: with a dozen forks in a row that is tens of
    thousands of tasks before anything has happened, and twice as many with each further one.
    """

    def _predict_hook(self, my_task: Task) -> None:
        if not (my_task.parent.has_state(TaskState.FINISHED_MASK) or self._is_unpredicted(my_task)):
            return
        super()._predict_hook(my_task)  # type: ignore[misc]  # the gateway's, which this is mixed into

    def _update_hook(self, my_task: Task) -> bool:
        if not my_task._children:
            # a token has arrived: now its own way on counts
            self._predict(my_task, mask=TaskState.FUTURE | TaskState.PREDICTED_MASK)  # type: ignore[attr-defined]
        may_fire: bool = super()._update_hook(my_task)  # type: ignore[misc]
        return may_fire

    def _is_unpredicted(self, my_task: Task) -> bool:
        return not any(
            other.task_spec is self and other is not my_task and other._children and not other._state & TaskState.FINISHED_MASK
            for other in my_task.workflow.tasks.values()
        )


class LoopSafeParallelGateway(_LooksAheadOnce, ParallelGateway):
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
    """An inclusive gateway that waits as BPMN says, and whose join merges what each branch changed.

    The library overlooks tokens inside multi-instances and sub-processes, and branches that have not begun while the split is still
    handing out tokens.
    """

    def _check_threshold_unstructured(self, my_task: Task) -> bool:
        since, arrived = _last_round(self, my_task), set()
        tokens = set()
        for task in my_task.workflow.tasks.values():
            if task.task_spec is not self:
                if _is_token(task):
                    tokens.add(task.task_spec)
            elif task.parent.state == TaskState.COMPLETED and (task is my_task or self._is_of_this_round(task, my_task, since)):
                arrived.add(task.parent.task_spec)
        missing = [spec for spec in self.inputs if spec not in arrived]
        # a token that may still come by a missing flow, and not by one that has its token already, has to be waited for
        return not missing or tokens.isdisjoint(self._upstream(missing) - self._upstream(arrived))

    @staticmethod
    def _is_of_this_round(task: Task, my_task: Task, since: float) -> bool:
        if task.is_descendant_of(my_task) or my_task.is_descendant_of(task):
            return False
        return not task.has_state(TaskState.FINISHED_MASK) or task.last_state_change > since

    def _upstream(self, specs: Iterable[Any]) -> set[Any]:
        """Every specification from which a token can come to one of these without passing this gateway."""
        found: set[Any] = set()
        stack = list(specs)
        while stack:
            spec = stack.pop()
            if spec is not self and spec not in found:
                found.add(spec)
                stack.extend(spec.inputs)
        return found

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
