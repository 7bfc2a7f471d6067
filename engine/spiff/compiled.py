"""A definition parsed once per version and made safe to share: nothing that runs changes it any more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from SpiffWorkflow.bpmn.specs.control import BoundaryEventSplit, _EndJoin
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import LoopTask

from engine.spiff.joins import LastEnd
from engine.spiff.repeats import CLEAN
from engine.spiff.timing import clocked


class CompiledDefinition:
    """The specifications of one process, its embedded sub-processes and everything it calls."""

    def __init__(self, spec: Any, subprocesses: Mapping[str, Any]) -> None:
        self.spec = spec
        self.subprocesses = dict(subprocesses)
        for each in [spec, *self.subprocesses.values()]:
            _prewire(each)

    def spec_named(self, name: str) -> Any:
        """The specification of a process or embedded sub-process; KeyError if there is none."""
        return self.spec if name == self.spec.name else self.subprocesses[name]


def _prewire(spec: Any) -> None:
    """Do beforehand what the library would do to the shared specification while instances run."""
    for task_spec in spec.task_specs.values():
        if isinstance(task_spec, LoopTask):
            task_spec.__class__ = CLEAN.get(type(task_spec), type(task_spec))
            child = spec.task_specs[task_spec.task_spec]
            if not child.completed_event.is_connected(task_spec.merge_child):
                child.completed_event.connect(task_spec.merge_child)
        if isinstance(task_spec, CatchingEvent):
            task_spec.event_definition = clocked(task_spec.event_definition)
        if type(task_spec) is _EndJoin:
            task_spec.__class__ = LastEnd
    for name in getattr(spec.start, "trigger_specs", ()):
        task_spec = spec.task_specs[name]
        if spec.start.name not in task_spec._inputs:
            # the event sub-process's way in and out, without making it a normal follower of the start
            task_spec._inputs.append(spec.start.name)
            task_spec.connect(spec.end)


def entry_of(spec: Any, element_id: str) -> Any | None:
    """Where a token has to be put so that it enters the element with its boundary events; None if the element is not here."""
    named = [task_spec for task_spec in spec.task_specs.values() if task_spec.bpmn_id == element_id]
    found = next((task_spec for task_spec in named if not _is_inner(task_spec, spec)), None)
    if found is None:
        return None
    split = next((source for source in found.inputs if isinstance(source, BoundaryEventSplit)), None)
    return split or found


def _is_inner(task_spec: Any, spec: Any) -> bool:
    """Whether it is the repeated inside of a loop or multi-instance."""
    return any(isinstance(other, LoopTask) and other.task_spec == task_spec.name for other in spec.task_specs.values())


def reaches(source: Any, target: Any, avoiding: Iterable[Any] = ()) -> bool:
    """Whether a token at `source` can come to `target` along the flows without passing the specifications to avoid."""
    closed = {id(spec) for spec in avoiding}
    seen: set[int] = set()
    stack = [source]
    while stack:
        spec = stack.pop()
        if id(spec) in seen or id(spec) in closed:
            continue
        if spec is target:
            return True
        seen.add(id(spec))
        stack.extend(spec.outputs)
    return False
