"""One step of an instance: put a command to the live workflow, run what needs nobody, say what changed.

A step ends well or raises; after an error the live workflow is thrown away and the instance stands where it stood. Nothing here knows
the database: the services write what `Run` reports.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Any, Self
from uuid import UUID

from SpiffWorkflow.bpmn import BpmnEvent
from SpiffWorkflow.bpmn.specs.event_definitions.item_aware_event import SignalEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition
from SpiffWorkflow.bpmn.specs.mixins.events.start_event import StartEvent
from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import LoopTask
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.clock import Clock
from engine.errors import (
    BudgetExceededError,
    NobodyWaitsError,
    StepFailedError,
)
from engine.model import Effect, OpenItem, OutgoingEvent, Passed, TokenView, Waiting
from engine.settings import Settings
from engine.spiff import codec
from engine.spiff.compiled import CompiledDefinition
from engine.spiff.guard import Guard
from engine.spiff.joins import arrived
from engine.spiff.migrating import swap
from engine.spiff.placing import ARRIVED, beside, path_of, place, start_over
from engine.spiff.pruning import prune
from engine.spiff.returning import leading_to, take_back
from engine.spiff.sandbox import Sandbox
from engine.spiff.scripting import StepScriptEngine
from engine.spiff.timing import due_at
from engine.spiff.workflow import FINISHED, READY, WAITING, LiveWorkflow, process_of


@dataclass(slots=True)
class Change:
    """What a step did, for the services to write."""

    #: items that were not there before, in the order in which they arose
    opened: list[OpenItem] = field(default_factory=list)
    #: tokens of items that are no longer there and were not completed by this step
    withdrawn: list[str] = field(default_factory=list)
    #: elements passed, in order
    passed: list[Passed] = field(default_factory=list)
    #: what waits for messages and signals now, all of it
    waiting: list[Waiting] = field(default_factory=list)
    #: earliest due time over all timers
    next_due: datetime | None = None
    effects: list[Effect] = field(default_factory=list)
    outgoing: list[OutgoingEvent] = field(default_factory=list)
    is_completed: bool = False


class Run:
    """A live workflow during one step. Use as a context manager, so that the sandbox's worker is given back."""

    def __init__(self, workflow: LiveWorkflow, engine: StepScriptEngine, settings: Settings) -> None:
        self._workflow = workflow
        self._engine = engine
        self._settings = settings
        self._steps = 0
        self._deadline = time.monotonic() + settings.step_seconds
        self._before = {task.id for task in self._open_tasks()}
        self._passed: list[Passed] = []
        self._done: set[UUID] = set()
        #: earliest timer before the step
        self.due_before = self._next_due()

    @classmethod
    def new(cls, compiled: CompiledDefinition, sandbox: Sandbox, clock: Clock, settings: Settings) -> Self:
        """A fresh instance; call `begin` next."""
        engine = StepScriptEngine(sandbox, clock)
        try:
            return cls(LiveWorkflow(compiled.spec, compiled.subprocesses, script_engine=engine), engine, settings)
        except BaseException:
            engine.close()
            raise

    @classmethod
    def load(cls, state: bytes, compiled: CompiledDefinition, sandbox: Sandbox, clock: Clock, settings: Settings) -> Self:
        """An instance from its saved state."""
        engine = StepScriptEngine(sandbox, clock)
        return cls(codec.decode(state, compiled, engine), engine, settings)

    @classmethod
    def resume(cls, workflow: LiveWorkflow, sandbox: Sandbox, clock: Clock, settings: Settings) -> Self:
        """An instance from the cache of live workflows."""
        engine = StepScriptEngine(sandbox, clock)
        workflow.script_engine = engine
        return cls(workflow, engine, settings)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._engine.close()

    def answer_with(self, readers: Mapping[str, Callable[[Mapping[str, Any]], Any]]) -> None:
        """Operators that only look something up, for the service tasks of this step."""
        self._engine.readers = readers

    # ------------------------------------------------------------ commands

    def begin(self, data: Mapping[str, Any], start_element: str | None = None, payload: Mapping[str, Any] | None = None) -> None:
        """Start at the none start event, or at the named one with what its message carried."""
        with Guard(start_element):
            root = self._workflow.task_tree
            root.set_data(**data)
            root.run()
            starts = [task for task in root.children if isinstance(task.task_spec, StartEvent)]
            chosen = self._start(starts, start_element)
            for task in starts:
                if task is not chosen:
                    self._workflow._remove_task(task.id)
            if chosen._state == WAITING:
                definition = chosen.task_spec.event_definition
                chosen.task_spec.catch(chosen, BpmnEvent(definition, payload=dict(payload or {})))
                chosen.internal_data["event_fired"] = True
                chosen.task_spec._update(chosen)
            self._go_on()

    def begin_at(self, data: Mapping[str, Any], path: Sequence[str]) -> None:
        """Start with the token at an element, given as element ids from the outermost process inwards; nothing before it is run."""
        with Guard(path[-1]):
            root = self._workflow.task_tree
            root.set_data(**data)
            root.run()
            place(self._workflow, path)
            self._go_on()

    @staticmethod
    def _start(starts: list[Task], element_id: str | None) -> Task:
        if element_id is not None:
            for task in starts:
                if task.task_spec.bpmn_id == element_id:
                    return task
            raise StepFailedError(element_id=element_id, reason="沒有這個開始事件")
        ready = [task for task in starts if task._state == READY]
        if len(starts) == 1 or not ready:
            return starts[0]
        return ready[0]

    def complete(self, token: str, data: Mapping[str, Any]) -> None:
        """Complete the item at a token; `data` replaces whole top-level keys. KeyError if no open item has that token."""
        task = self._open(token)
        with Guard(task.task_spec.bpmn_id):
            task.data.update(data)
            task.run()
            self._note(task)
            self._go_on()

    def refresh(self) -> None:
        """Let timers that are due fire."""
        with Guard(None):
            self._workflow.refresh_timers()
            self._go_on()

    def catch(self, kind: str, name: str, payload: Mapping[str, Any], tokens: set[str] | None = None) -> None:
        """Give a message or signal to what waits for it (only at `tokens`, where given). NobodyWaitsError if nothing does."""
        wanted = MessageEventDefinition if kind == "message" else SignalEventDefinition
        caught = False
        with Guard(None):
            for task in list(self._workflow.event_manager.tasks.values()):
                definition = _definition_named(task.task_spec.event_definition, wanted, name)
                if definition is None or task._state != WAITING or (tokens is not None and task.id.hex not in tokens):
                    continue
                task.task_spec.catch(task, BpmnEvent(definition, payload=dict(payload)))
                if getattr(definition, "message_var", None) is None and getattr(definition, "variable", None) is None:
                    # a message without a variable of its own brings its values at top level
                    task.data.update(payload)
                task.task_spec._update(task)
                caught = True
            # a message has one receiver, a signal all of them
            if not caught or kind == "signal":
                caught = self._trigger_event_subprocess(wanted, name, payload) or caught
            if not caught:
                raise NobodyWaitsError(name=name)
            self._go_on()

    def _trigger_event_subprocess(self, wanted: type, name: str, payload: Mapping[str, Any]) -> bool:
        for sub_name in self._workflow.spec.start.trigger_specs:
            for start in self._workflow.subprocess_specs[sub_name].bpmn_start_events:
                definition = _definition_named(start.event_definition, wanted, name)
                if definition is not None:
                    self._workflow.catch(BpmnEvent(definition, payload=dict(payload)))
                    return True
        return False

    def return_to(self, token: str, element_id: str, data: Mapping[str, Any] | None = None) -> None:
        """Take the token at an open item back to an element of the same process that leads to it.

        Branches that parted after that element are cancelled, for they will be walked again; branches beside it stay. `data` replaces
        whole top-level keys: what the item has found out before it was left.
        """
        task = self._open(token)
        task.data.update(data or {})
        with Guard(element_id):
            for each in take_back(task, element_id):
                self._passed.append(Passed(each.id.hex, each.task_spec.bpmn_id, "cancelled", process_of(each)))
            self._go_on()

    def correct(self, key: str, name: str, value: Any) -> bool:
        """Put another value in an object of the data, in every branch that has it; False where none has. Nothing moves by itself."""
        live = [task for task in self._workflow.all_tasks() if task._state in (READY, WAITING, TaskState.STARTED)]
        held = [task for task in live if isinstance(task.data.get(key), dict)]
        for task in held:
            # branches share what they inherited
            task.data[key] = {**task.data[key], name: value}
        return bool(held)

    def stand_at(self, path: Sequence[str]) -> None:
        """Take every token away and let one stand at an element, given as for `begin_at`, with all that the instance knows."""
        with Guard(path[-1]):
            data = self.data()
            gone = [each for each in self._workflow.all_tasks() if each.task_spec.bpmn_id is not None and each.has_state(ARRIVED)]
            self._passed += [Passed(each.id.hex, each.task_spec.bpmn_id, "cancelled", process_of(each)) for each in gone]
            start_over(self._workflow, data)
            place(self._workflow, path)
            self._go_on()

    def migrate(
        self, compiled: CompiledDefinition, mapping: Mapping[str, str], arrivals: Mapping[tuple[str, str, str], str]
    ) -> None:
        """Put the instance on another version's specifications, every token where it is. The run can only be settled and saved then."""
        with Guard(None):
            swap(self._workflow, compiled, mapping, arrivals)

    def path_of(self, token: str) -> tuple[str, ...]:
        """Element ids from the outermost process inwards to an open item."""
        return path_of(self._open(token))

    def beside(self, token: str) -> tuple[list[tuple[str, str]], bool]:
        """What else is under way beside an open item, as process key and element id; and whether the item is one of several rounds."""
        others, is_repeated = beside(self._open(token))
        return [(process_of(each), each.task_spec.bpmn_id) for each in others], is_repeated

    def returnable(self, token: str) -> list[str]:
        """Ids of people's elements in the same process from which a token can come to this item."""
        return leading_to(self._open(token))

    # ------------------------------------------------------------ looking

    def open_items(self) -> list[OpenItem]:
        """Everything that waits for a person."""
        return [self._item(task) for task in self._open_tasks()]

    def evaluate(self, expression: str, data: Mapping[str, Any]) -> Any:
        """A designer's expression over some data, in the step's sandbox session."""
        return self._engine.session.evaluate(expression, data)

    def tokens(self) -> list[TokenView]:
        """Positions in the flow."""
        names = {READY: "ready", WAITING: "waiting", TaskState.STARTED: "waiting", TaskState.ERROR: "error"}
        return [
            TokenView(task.id.hex, task.task_spec.bpmn_id, names[task._state], process_of(task))
            for task in self._workflow.all_tasks()
            if task._state in names and task.task_spec.bpmn_id is not None and not _is_wrapper(task)
        ]

    def data(self) -> dict[str, Any]:
        """The instance's data: of the end when it is over, else of all live tokens, later moves over earlier ones, and over what branches
        said that wait for others.
        """
        if self._workflow.is_completed():
            return dict(self._workflow.data)
        live = [task for task in self._workflow.all_tasks() if task._state in (READY, WAITING, TaskState.STARTED)]
        merged: dict[str, Any] = {}
        for task in live:
            for branch in arrived(task):
                merged.update(branch.data)
        for task in sorted(live, key=lambda each: each.last_state_change):
            merged.update(task.data)
        return merged

    # ------------------------------------------------------------ ending a step

    def finish(self) -> tuple[Change, bytes]:
        """What the step did, and the state to save. The run is over after this."""
        return self.settle(), self.save()

    def settle(self) -> Change:
        """What the step did. No command may follow."""
        workflow = self._workflow
        # over the budget is over it also when the excess is still alive
        if self._live_count() > self._settings.step_tokens:
            raise BudgetExceededError(budget="同時進行的分支", limit=self._settings.step_tokens)
        is_completed = workflow.is_completed()
        if not is_completed:
            prune(workflow)
        now_open = {task.id: task for task in self._open_tasks()}
        return Change(
            opened=[self._item(task) for task_id, task in now_open.items() if task_id not in self._before],
            withdrawn=[task_id.hex for task_id in self._before if task_id not in now_open and task_id not in self._done],
            passed=self._passed,
            waiting=self.waiting(),
            next_due=None if is_completed else self._next_due(),
            effects=self._engine.effects,
            outgoing=[
                OutgoingEvent(_kind_of(event.event_definition), event.event_definition.name, event.payload, event.correlations)
                for event in workflow.get_events()
                if _kind_of(event.event_definition)
            ],
            is_completed=is_completed,
        )

    def book(self, **values: Any) -> None:
        """Put into the engine's own data (`_`) what is only known once the store is locked: a number drawn."""
        for data in [*(task.data for task in self._workflow.all_tasks()), self._workflow.data]:
            if "_" in data:
                data["_"] = {**data["_"], **values}

    def save(self) -> bytes:
        """The state to save. DataNotStorableError, or BudgetExceededError when the data have grown too large."""
        if self._workflow.is_completed():
            _drop_all(self._workflow)
        return codec.encode(self._workflow, self._settings.step_data_bytes)

    @property
    def workflow(self) -> LiveWorkflow:
        """For the cache of live workflows only."""
        return self._workflow

    # ------------------------------------------------------------ inside

    def _open_tasks(self) -> list[Task]:
        return [task for task in self._workflow.all_tasks() if task._state == READY and task.task_spec.manual]

    def _open(self, token: str) -> Task:
        task = next((task for task in self._open_tasks() if task.id.hex == token), None)
        if task is None:
            raise KeyError(token)
        return task

    @staticmethod
    def _item(task: Task) -> OpenItem:
        inner = task.internal_data
        item = inner.get("key_or_index", inner.get("item", inner.get("iteration")))
        return OpenItem(task.id.hex, task.task_spec.bpmn_id, task.data, item, process_of(task))

    def _go_on(self) -> None:
        self._workflow.run_ready(self._check_budget, self._note)

    def _check_budget(self, task: Task) -> None:
        self._steps += 1
        if self._steps > self._settings.step_engine_steps:
            raise BudgetExceededError(budget="不等待的步驟數", limit=self._settings.step_engine_steps, element_id=task.task_spec.bpmn_id)
        if len(self._workflow.tasks) > self._settings.step_tokens * 8 and self._live_count() > self._settings.step_tokens:
            raise BudgetExceededError(budget="同時進行的分支", limit=self._settings.step_tokens, element_id=task.task_spec.bpmn_id)
        if self._steps % 64 == 0 and time.monotonic() > self._deadline:
            raise BudgetExceededError(budget="時間", limit=f"{self._settings.step_seconds} s", element_id=task.task_spec.bpmn_id)

    def _live_count(self) -> int:
        return sum(1 for task in self._workflow.all_tasks() if task.has_state(READY | WAITING | TaskState.STARTED))

    def _note(self, task: Task) -> None:
        if task.id in self._done:
            return
        self._done.add(task.id)
        if task.task_spec.bpmn_id is not None and task._state == TaskState.COMPLETED:
            self._passed.append(Passed(task.id.hex, task.task_spec.bpmn_id, "completed", process_of(task)))

    def _next_due(self) -> datetime | None:
        moments = [moment for task in self._workflow.event_manager.tasks.values() if (moment := due_at(task)) is not None]
        return min(moments, default=None)

    def waiting(self) -> list[Waiting]:
        """Everything that waits for a message or a signal."""
        found = []
        for task in self._workflow.event_manager.tasks.values():
            for kind, definition in _caught(task.task_spec.event_definition):
                element_id = task.task_spec.bpmn_id or task.task_spec.name
                found.append(Waiting(task.id.hex, element_id, kind, definition.name, process_key=process_of(task), data=task.data))
        for sub_name in self._workflow.spec.start.trigger_specs if not self._workflow.is_completed() else ():
            for start in self._workflow.subprocess_specs[sub_name].bpmn_start_events:
                for kind, definition in _caught(start.event_definition):
                    key = self._workflow.spec.name
                    found.append(Waiting("", start.bpmn_id, kind, definition.name, process_key=key, data=self._workflow.task_tree.data))
        return found

def _definition_named(definition: Any, wanted: type[Any], name: str) -> Any | None:
    for part in getattr(definition, "event_definitions", None) or [definition]:
        if isinstance(part, wanted) and part.name == name:
            return part
    return None


def _kind_of(definition: Any) -> str:
    if isinstance(definition, MessageEventDefinition):
        return "message"
    return "signal" if type(definition).__name__.startswith("Signal") else ""


def _caught(definition: Any) -> list[tuple[str, Any]]:
    parts = getattr(definition, "event_definitions", None) or [definition]
    return [(kind, part) for part in parts if (kind := _kind_of(part))]


def _is_wrapper(task: Task) -> bool:
    """Whether the position is told by its children: a loop, or a sub-process with tokens of its own."""
    return isinstance(task.task_spec, LoopTask) and any(not child.has_state(FINISHED) for child in task.children)


def _drop_all(workflow: LiveWorkflow) -> None:
    """An ended instance keeps its data and nothing else."""
    workflow.subprocesses.clear()
    root = workflow.task_tree
    root._children = []
    root.data = {}
    workflow.tasks = {root.id: root}
    workflow.last_task = None
