"""SpiffWorkflow's workflow with three changes: it looks at live tasks only, has no depth limit, and forgets what is removed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from SpiffWorkflow.bpmn.specs.mixins.subworkflow_task import CallActivity
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

FINISHED = TaskState.FINISHED_MASK
READY = TaskState.READY
WAITING = TaskState.WAITING


class LiveSubprocess(BpmnSubWorkflow):
    """An embedded or called process inside a live workflow."""

    def update_waiting_tasks(self) -> None:
        """Look again at what waits, without walking the tree."""
        _update_waiting(self)

    def is_completed(self) -> bool:
        """Whether nothing is unfinished; decided from all tasks, not from a walk that stops at a depth."""
        return _is_completed(self)


class LiveWorkflow(BpmnWorkflow):
    """A running instance in memory. One thread at a time."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.task_removed_event.connect(_forget)

    def update_waiting_tasks(self) -> None:
        """Look again at what waits, without walking the tree."""
        _update_waiting(self)

    def is_completed(self) -> bool:
        """Whether nothing is unfinished; decided from all tasks, not from a walk that stops at a depth."""
        return _is_completed(self)

    def create_subprocess(self, my_task: Task, spec_name: str) -> LiveSubprocess:
        """An embedded or called process for a token that entered it."""
        subprocess = LiveSubprocess(self.subprocess_specs[spec_name], parent_task_id=my_task.id, top_workflow=self)
        self.subprocesses[my_task.id] = subprocess
        return subprocess

    def all_tasks(self) -> Iterator[Task]:
        """Every task of the instance and of its sub-processes."""
        yield from self.tasks.values()
        for subprocess in self.subprocesses.values():
            yield from subprocess.tasks.values()

    def run_ready(self, before: Callable[[Task], None], after: Callable[[Task], None]) -> None:
        """Run what needs nobody until only people's work and events are left, timers included."""
        while True:
            while self._pass(before, after):
                pass
            self.refresh_timers()
            # a timer that fired leaves ready tasks behind, which the library would leave lying
            if not any(task._state == READY and not task.task_spec.manual for task in self.all_tasks()):
                return

    def _pass(self, before: Callable[[Task], None], after: Callable[[Task], None]) -> bool:
        active = self.get_active_subprocesses()
        for subprocess in sorted(active, key=lambda each: each.depth, reverse=True):
            while _run_all(list(subprocess.tasks.values()), before, after):
                pass
            parent = self.get_task_from_id(subprocess.parent_task_id)
            if parent is not None and not parent.has_state(FINISHED):
                parent.task_spec._update(parent)
        ran = _run_all(list(self.tasks.values()), before, after)
        return ran or len(self.get_active_subprocesses()) > len(active)


def _run_all(tasks: list[Task], before: Callable[[Task], None], after: Callable[[Task], None]) -> bool:
    ran = False
    for task in tasks:
        if task._state == READY and not task.task_spec.manual and task.id in task.workflow.tasks:
            before(task)
            task.run()
            after(task)
            ran = True
    return ran


def _update_waiting(workflow: Any) -> None:
    for task in [task for task in workflow.tasks.values() if task._state == WAITING]:
        if task._state == WAITING:
            task.task_spec._update(task)


def _is_completed(workflow: Any) -> bool:
    if not workflow.completed:
        workflow.completed = all(task._state & FINISHED for task in workflow.tasks.values())
    return bool(workflow.completed)


def _forget(workflow: Any, task: Task) -> None:
    """A removed task leaves no timer armed and no sub-process behind."""
    top = task.workflow.top_workflow
    top.event_manager.remove_task(task)
    subprocess = top.subprocesses.pop(task.id, None)
    if subprocess is not None:
        for inner in list(subprocess.tasks.values()):
            _forget(subprocess, inner)


def process_of(task: Task) -> str:
    """The process that holds the element: its own, or the called one that it is in."""
    workflow = task.workflow
    while workflow.parent_task_id is not None:
        parent = workflow.top_workflow.get_task_from_id(workflow.parent_task_id)
        if isinstance(parent.task_spec, CallActivity):
            break
        workflow = parent.workflow
    return str(workflow.spec.name)
