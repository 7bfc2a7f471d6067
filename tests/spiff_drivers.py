"""Two ways to run a random plan step by step: the library as it comes, in memory; and our runner, saved and loaded after every step."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any

from SpiffWorkflow.bpmn import BpmnEvent
from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine, TaskDataEnvironment
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.spiff.parser.process import SpiffBpmnParser
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.clock import MovableClock
from engine.diagram import read_diagram
from engine.settings import Settings
from engine.spiff.compiled import CompiledDefinition
from engine.spiff.parser import compile_process
from engine.spiff.runner import Run
from engine.spiff.sandbox import Sandbox
from tests.random_diagrams import ROWS, Plan
from tests.token_oracle import Oracle

KEY = "random_process"
#: the plans' time zero
BEGINNING = datetime.fromisoformat("2026-03-02T01:00:00+00:00")


def start_data(start: int) -> dict[str, Any]:
    """What a plan's process begins with."""
    return {"start": {"v": start}, "rows": list(ROWS)}


def compiled(plan: Plan) -> CompiledDefinition:
    """The plan's process with everything that it calls."""
    files = {"random.bpmn": plan.xml}
    spec, subprocesses = compile_process(files, KEY)
    for key in read_diagram(plan.xml):
        if key != KEY:
            called, embedded = compile_process(files, key)
            subprocesses.update({key: called, **embedded})
    return CompiledDefinition(spec, subprocesses)


class PlainDriver:
    """The library's own workflow, kept in memory from beginning to end."""

    def __init__(self, plan: Plan, start: int) -> None:
        parser = SpiffBpmnParser()
        parser.add_bpmn_str(plan.xml)
        engine = PythonScriptEngine(TaskDataEnvironment({}))
        self._workflow = BpmnWorkflow(parser.get_spec(KEY), parser.get_subprocess_specs(KEY), script_engine=engine)
        self._workflow.task_tree.set_data(**start_data(start))
        self._go_on()

    def _go_on(self) -> None:
        # refresh_timers, with which do_engine_steps ends, may leave ready tasks behind
        while True:
            self._workflow.do_engine_steps()
            if not [task for task in self._workflow.get_tasks(state=TaskState.READY) if not task.task_spec.manual]:
                return

    def _open(self) -> list[Task]:
        return list(self._workflow.get_tasks(state=TaskState.READY, manual=True))

    def work(self) -> Counter[str]:
        """How many work items are open of each element."""
        return Counter(task.task_spec.bpmn_id for task in self._open())

    def waiting(self) -> Counter[str]:
        """How many tokens wait for an event at each element."""
        return Counter(task.task_spec.bpmn_id for task in self._workflow.event_manager.tasks.values())

    def complete(self, element: str, data: Mapping[str, Any]) -> None:
        """Complete the first item of the element."""
        task = next(task for task in self._open() if task.task_spec.bpmn_id == element)
        task.data.update(deepcopy(dict(data)))
        task.run()
        self._go_on()

    def send(self, element: str) -> None:
        """The element's message."""
        definition = next(task.task_spec.event_definition for task in self._workflow.event_manager.tasks.values()
                          if task.task_spec.bpmn_id == element)
        self._workflow.send_event(BpmnEvent(definition, payload={}))
        self._go_on()

    def fire(self, element: str) -> None:
        """The element's timer: the library reads the machine's clock, so its moment is put into the past."""
        task = min((task for task in self._workflow.event_manager.tasks.values() if task.task_spec.bpmn_id == element),
                   key=lambda task: task.last_state_change)
        task.internal_data["event_value"] = "2020-01-01T00:00:00+00:00"
        self._workflow.refresh_timers()
        self._go_on()

    def is_ended(self) -> bool:
        """Whether the library says so."""
        return bool(self._workflow.is_completed())

    def data(self) -> dict[str, Any]:
        """Of the whole instance, once it has ended."""
        return dict(self._workflow.data)


class OurDriver:
    """Our runner; between two steps there is nothing but bytes, and two processes take turns."""

    def __init__(self, plan: Plan, start: int, sandbox: Sandbox) -> None:
        self._settings = Settings()
        self._sandbox = sandbox
        self._clock = MovableClock(BEGINNING)
        self._compiled = [compiled(plan) for _ in range(2)]
        self.sizes: list[int] = []
        self._ended = False
        self._last_data: dict[str, Any] = {}
        with Run.new(self._compiled[0], sandbox, self._clock, self._settings) as run:
            run.begin(start_data(start))
            self._save(run)

    def _save(self, run: Run) -> None:
        change, self._state = run.finish()
        self._ended = change.is_completed
        self.next_due = change.next_due
        self._last_data = run.data()
        self.sizes.append(len(list(run.workflow.all_tasks())))

    def _load(self) -> Run:
        self._compiled.reverse()
        return Run.load(self._state, self._compiled[0], self._sandbox, self._clock, self._settings)

    def work(self) -> Counter[str]:
        """How many work items are open of each element."""
        with self._load() as run:
            return Counter(item.element_id for item in run.open_items())

    def waiting(self) -> Counter[str]:
        """How many tokens wait for an event at each element."""
        with self._load() as run:
            return Counter(task.task_spec.bpmn_id for task in run.workflow.event_manager.tasks.values())

    def complete(self, element: str, data: Mapping[str, Any]) -> None:
        """Complete the first item of the element."""
        with self._load() as run:
            token = next(item.token for item in run.open_items() if item.element_id == element)
            run.complete(token, deepcopy(dict(data)))
            self._save(run)

    def send(self, element: str) -> None:
        """The element's message."""
        with self._load() as run:
            run.catch("message", f"message_{element}", {})
            self._save(run)

    def return_to(self, element: str, target: str) -> None:
        """Send the first item of the element back."""
        with self._load() as run:
            token = next(item.token for item in run.open_items() if item.element_id == element)
            run.return_to(token, target)
            self._save(run)

    def fire_at(self, seconds: int) -> None:
        """Let time pass up to a moment at which a timer is due."""
        self._clock.set(BEGINNING + timedelta(seconds=seconds))
        with self._load() as run:
            run.refresh()
            self._save(run)

    def is_ended(self) -> bool:
        """Whether the runner says so."""
        return self._ended

    def data(self) -> dict[str, Any]:
        """Of the whole instance, as the runner had it at the end of the last step."""
        return self._last_data


class Walk:
    """A random path through a plan, chosen by what the oracle says is possible; every driver is taken along and compared."""

    def __init__(self, plan: Plan, path_seed: int) -> None:
        self.plan = plan
        self._random = random.Random(path_seed)
        self.start = self._random.randrange(64)
        self.oracle = Oracle(plan, self.start)
        self.trail: list[str] = []

    def step(self, ours: OurDriver | None, plain: PlainDriver | None) -> None:
        """One random act, done everywhere."""
        point = self._random.choice(self.oracle.points())
        self.trail.append(f"{point.kind} {point.element}")
        if point.kind == "work":
            value = self._random.randrange(64)
            data = {point.element: {"v": value}}
            self.oracle.complete(point.element, value)
            for driver in (ours, plain):
                if driver is not None:
                    driver.complete(point.element, data)
        elif point.kind == "message":
            self.oracle.send(point.element)
            for driver in (ours, plain):
                if driver is not None:
                    driver.send(point.element)
        else:
            element, moment = self.oracle.fire_next_timer()
            self.trail[-1] = f"timer {element} at {moment}"
            if ours is not None:
                ours.fire_at(moment)
            if plain is not None:
                plain.fire(element)

    def compare(self, driver: OurDriver | PlainDriver) -> None:
        """Raise AssertionError, with the way here, unless the driver stands where the oracle stands."""
        where = f"{type(driver).__name__}, plan {self.plan.seed}, after {self.trail}"
        assert driver.is_ended() == self.oracle.is_ended, where
        if self.oracle.is_ended:
            data = driver.data()
            assert {name: data[name]["v"] for name in self.plan.known} == {name: self.oracle.data[name] for name in self.plan.known}, where
        else:
            assert driver.work() == self.oracle.work(), where
            assert driver.waiting() == self.oracle.waiting("timer") + self.oracle.waiting("message"), where
