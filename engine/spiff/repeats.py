"""Multi-instances and loops that SpiffWorkflow gets wrong, mended: more than one round of them, and the data that come out.

The library leaves an instance's own item in the data and then stumbles over it, and merges lists row by row, so that a deleted row
comes back. Here a round begins clean, and what a round changed is taken over as it is.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from SpiffWorkflow.bpmn.specs.data_spec import TaskDataReference
from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import MultiInstanceTask
from SpiffWorkflow.spiff.specs.defaults import ParallelMultiInstanceTask, SequentialMultiInstanceTask, StandardLoopTask
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.errors import BudgetExceededError
from engine.spiff.joins import take_changes

#: all of them arise in one step, before anything else can count them
_MOST_INSTANCES = 2_500


class CleanLoop(StandardLoopTask):
    """A standard loop whose next round sees exactly the data of the round before."""

    def merge_child(self, workflow: Any, child: Task) -> None:
        """Take over the round's data and look whether there is another."""
        my_task = child.parent
        my_task.data = deepcopy(child.data)
        my_task.internal_data["merged"].append(str(child.id))
        if self.loop_complete(my_task):
            my_task._set_state(TaskState.READY)
        else:
            self.create_child(my_task)


class CleanParallel(ParallelMultiInstanceTask):
    """A parallel multi-instance that can be come to again, and that makes a list or number too large an incident instead of a flood."""

    def create_child(self, my_task: Task, item: Any, key_or_index: Any = None) -> None:
        """One more instance."""
        if len(my_task._children) >= _MOST_INSTANCES:
            raise BudgetExceededError(budget="多重實例的數量", limit=_MOST_INSTANCES, element_id=my_task.task_spec.bpmn_id)
        super().create_child(my_task, item, key_or_index)

    def _update_hook(self, my_task: Task) -> Any:
        _begin(my_task)
        _forget_output(self, my_task)
        return super()._update_hook(my_task)

    def merge_child(self, workflow: Any, child: Task) -> None:
        """Take over what the instance changed, and look whether it was the last."""
        my_task = child.parent
        _take_over(self, workflow, my_task, child)
        if self.check_completion_condition(my_task):
            for sibling in self._instances(my_task):
                sibling.cancel()
            my_task._set_state(TaskState.READY)
        elif self.children_complete(my_task):
            my_task._set_state(TaskState.READY)


class CleanSequential(SequentialMultiInstanceTask):
    """A sequential multi-instance that can be come to again."""

    def _update_hook(self, my_task: Task) -> Any:
        _begin(my_task)
        _forget_output(self, my_task)
        return super()._update_hook(my_task)

    def merge_child(self, workflow: Any, child: Task) -> None:
        """Take over what the instance changed, and go on with the next."""
        my_task = child.parent
        _take_over(self, workflow, my_task, child)
        if self.children_complete(my_task) or self.check_completion_condition(my_task):
            my_task._set_state(TaskState.READY)
        else:
            self.add_next_child(my_task)


#: the library's class → ours
CLEAN = {StandardLoopTask: CleanLoop, ParallelMultiInstanceTask: CleanParallel, SequentialMultiInstanceTask: CleanSequential}


def _begin(my_task: Task) -> None:
    """Behind an event that may never happen a task counts as a guess, to which the library adds no instances although it has come."""
    if my_task.has_state(TaskState.PREDICTED_MASK):
        my_task._set_state(TaskState.FUTURE)


def _take_over(spec: MultiInstanceTask, workflow: Any, my_task: Task, child: Task) -> None:
    if spec.data_output is not None and spec.output_item is not None:
        MultiInstanceTask.merge_child(spec, workflow, child)
        return
    own = {item.bpmn_id for item in (spec.input_item, spec.output_item) if item is not None}
    # the data before the first instance: what a sibling changed meanwhile is not this one's to undo
    base, branch = ({key: value for key, value in data.items() if key not in own} for data in (my_task.parent.data, child.data))
    into = deepcopy(my_task.data)
    take_changes(base, branch, into)
    my_task.data = into
    my_task.internal_data["merged"].append(str(child.id))


def _forget_output(spec: MultiInstanceTask, my_task: Task) -> None:
    """A list that an earlier round filled would be refused; one that is changed in place is the input, and stays."""
    output = spec.data_output
    if not isinstance(output, TaskDataReference) or (spec.data_input is not None and spec.data_input.bpmn_id == output.bpmn_id):
        return
    if isinstance(my_task.data.get(output.bpmn_id), list):
        del my_task.data[output.bpmn_id]
