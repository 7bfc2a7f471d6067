"""Puts a live workflow on the specifications of another version, with every token where it is. Runs nothing.

Tokens, data, running timers and rounds stay; what was only foreseen is foreseen anew. Events on the border of a step where the case stands
are those of the new version: one that was not there before counts from now. Whether a case may be moved is not asked here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from SpiffWorkflow.bpmn.specs.control import BoundaryEventJoin, BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.mixins.events.intermediate_event import BoundaryEvent
from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import LoopTask
from SpiffWorkflow.bpmn.specs.mixins.subworkflow_task import CallActivity
from SpiffWorkflow.bpmn.specs.mixins.unstructured_join import UnstructuredJoin
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.errors import StepFailedError
from engine.spiff.compiled import CompiledDefinition
from engine.spiff.placing import ARRIVED
from engine.spiff.standing import element_of, renamed
from engine.spiff.workflow import FINISHED, WAITING, LiveWorkflow


def swap(
    workflow: LiveWorkflow, compiled: CompiledDefinition, mapping: Mapping[str, str], arrivals: Mapping[tuple[str, str, str], str]
) -> None:
    """Put it on other specifications. `mapping`: element id → its id there; `arrivals`: see `engine.migration_rules.Verdict`.

    StepFailedError, with the workflow spoilt, where a token has no counterpart. The workflow must be saved and read again afterwards.
    """
    names = dict(mapping)
    levels: list[tuple[Any, Any]] = [(workflow, compiled.spec)]
    for parent_id, sub in workflow.subprocesses.items():
        parent = workflow.get_task_from_id(parent_id)
        called = isinstance(parent.task_spec, CallActivity)
        levels.append((sub, compiled.spec_named(sub.spec.name if called else names.get(sub.spec.name, sub.spec.name))))
    for level, spec in levels:
        _forget_foreseen(level)
        _came_by(level, arrivals)
        _take_out_gone(level, spec, names)
    workflow.subprocess_specs = compiled.subprocesses
    for level, spec in levels:
        before = {task.id: task.task_spec for task in level.tasks.values()}
        level.spec = spec
        for task in level.tasks.values():
            task.task_spec = spec.task_specs[_name_there(task.task_spec, names)]
        for task in list(level.tasks.values()):
            if task.id in level.tasks and _is_step(task):
                _border(level, spec, task, before[task.id], names)
    for level, _ in levels:
        for task in list(level.tasks.values()):
            if task.has_state(ARRIVED):
                task.task_spec._predict(task, mask=TaskState.NOT_FINISHED_MASK)


def _forget_foreseen(level: Any) -> None:
    for task in list(level.tasks.values()):
        if task.id in level.tasks and task.has_state(ARRIVED):
            for child in [child for child in task.children if child.has_state(TaskState.PREDICTED_MASK | TaskState.FUTURE)]:
                level._remove_task(child.id)


def _came_by(level: Any, arrivals: Mapping[tuple[str, str, str], str]) -> None:
    """A token that waits at a join came by the step that is last on its branch: tell it by that of the new version."""
    for task in level.tasks.values():
        if not isinstance(task.task_spec, UnstructuredJoin) or task.parent is None:
            continue
        last = arrivals.get((level.spec.name, task.task_spec.name, task.parent.task_spec.name))
        if last is not None:
            # the name alone is looked up in the new version
            task.parent.task_spec = _Named(last)


class _Named:
    """Stands for a specification of the new version until the tasks are put on it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.bpmn_id = name


def _name_there(task_spec: Any, names: dict[str, str]) -> str:
    return str(task_spec.name) if isinstance(task_spec, _Named) else renamed(task_spec.name, names)


def _take_out_gone(level: Any, spec: Any, names: dict[str, str]) -> None:
    """Take finished steps out of the tree that the new version doesn't have: what they led to hangs on what was before them."""
    for task in list(level.tasks.values()):
        if task.id not in level.tasks or _name_there(task.task_spec, names) in spec.task_specs or _is_of_border(task):
            # borders are seen to as a whole
            continue
        if not task.has_state(FINISHED):
            raise StepFailedError(element_id=element_of(task.task_spec.name) or task.task_spec.name, reason="新版本沒有這一步")
        _splice(level, task)
    for task in list(level.tasks.values()):
        if task.id in level.tasks and isinstance(task.task_spec, BoundaryEventSplit):
            _take_border_off(level, spec, task, names)
    for task in list(level.tasks.values()):
        if task.id in level.tasks and _is_of_border(task) and _name_there(task.task_spec, names) not in spec.task_specs:
            # what is left of the border of a step that is over
            if task.has_state(ARRIVED) and not isinstance(task.task_spec, BoundaryEventJoin):
                raise StepFailedError(element_id=element_of(task.task_spec.name) or "", reason="新版本沒有這個邊界事件")
            _splice(level, task)


def _is_of_border(task: Task) -> bool:
    return isinstance(task.task_spec, (BoundaryEvent, BoundaryEventSplit, BoundaryEventJoin))


def _splice(level: Any, task: Task) -> None:
    """Take one task out. What counts its own children, or still waits for them, would be misled."""
    parent = task.parent
    if parent is None or not parent.has_state(FINISHED) or isinstance(parent.task_spec, LoopTask):
        raise StepFailedError(element_id=element_of(task.task_spec.name) or task.task_spec.name, reason="新版本沒有這一步")
    at = parent._children.index(task.id)
    parent._children[at:at + 1] = task._children
    for child in task.children:
        child._parent = parent.id
    del level.tasks[task.id]


def _take_border_off(level: Any, spec: Any, split: Task, names: dict[str, str]) -> None:
    """Events that the new version doesn't have on this border end; with the last of them the border goes."""
    is_gone = renamed(split.task_spec.name, names) not in spec.task_specs
    meeting = f"{split.task_spec.name.removesuffix('Split')}Join"
    if is_gone:
        for task in [task for task in level.tasks.values() if task.task_spec.name == meeting]:
            if task.id in level.tasks:
                level._remove_task(task.id)
    is_over = not any(child.has_state(ARRIVED) for child in split.children if not isinstance(child.task_spec, BoundaryEvent))
    for child in list(split.children):
        counterpart = spec.task_specs.get(renamed(child.task_spec.name, names))
        if not isinstance(child.task_spec, BoundaryEvent) or (
            not is_gone and _is_same_event(child.task_spec, counterpart, split.task_spec.name, names)
        ):
            continue
        if child.has_state(WAITING) or not any(_leads_on(each, meeting) for each in child.children):
            level._remove_task(child.id)
        elif is_gone or is_over:
            # what came of it goes on, and keeps what it has written down
            _splice(level, child)
        else:
            raise StepFailedError(element_id=child.task_spec.bpmn_id, reason="新版本沒有這個邊界事件")
    if is_gone:
        _splice(level, split)


def _leads_on(task: Task, meeting: str) -> bool:
    """Whether anything below is unfinished."""
    if task.task_spec.name == meeting:
        return False
    return not task.has_state(FINISHED) or any(_leads_on(child, meeting) for child in task.children)


def _is_same_event(old: Any, new: Any, split_name: str, names: dict[str, str]) -> bool:
    return (
        isinstance(new, BoundaryEvent) and type(old.event_definition) is type(new.event_definition)
        and old.cancel_activity == new.cancel_activity
        and any(each.name == renamed(split_name, names) for each in new.inputs)
    )


def _is_step(task: Task) -> bool:
    """Whether events may hang on the border of what the token is at."""
    spec = task.task_spec
    return task.has_state(ARRIVED) and element_of(spec.name) == spec.name and not isinstance(spec, BoundaryEvent)


def _border(level: Any, spec: Any, task: Task, before: Any, names: dict[str, str]) -> None:
    """Hang the events that are new on the border of a step onto it; their time begins now."""
    split_spec = spec.task_specs.get(f"{task.task_spec.name}.BoundaryEventSplit")
    if split_spec is None or task.parent is None:
        return
    known: set[str] = {renamed(each.name, names) for source in before.inputs if isinstance(source, BoundaryEventSplit)
                       for each in source.outputs if _kept(each, spec, source, names)}
    split = task.parent
    if split.task_spec is not split_spec:
        split = Task(level, split_spec, parent=task.parent, state=TaskState.COMPLETED)
        split.data = dict(task.data)
        parent = task.parent
        parent._children.remove(split.id)
        parent._children[parent._children.index(task.id)] = split.id
        split._children = [task.id]
        task._parent = split.id
        known = set()
    for each in split_spec.outputs:
        if isinstance(each, BoundaryEvent) and each.name not in known:
            child = split._add_child(each, TaskState.FUTURE)
            each._predict(child, mask=TaskState.NOT_FINISHED_MASK)
            child.data = dict(task.data)
            # begins to wait, and reckons until when
            each._update(child)


def _kept(old: Any, spec: Any, split: Any, names: dict[str, str]) -> bool:
    """Whether an event of the old border is on the new one too: one that has happened already must not come back."""
    return isinstance(old, BoundaryEvent) and _is_same_event(old, spec.task_specs.get(renamed(old.name, names)), split.name, names)
