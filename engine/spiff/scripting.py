"""The script engine that SpiffWorkflow asks during a step: expressions go to the sandbox, service calls are noted for the commit."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from SpiffWorkflow.bpmn.script_engine.python_engine import PythonScriptEngine
from SpiffWorkflow.bpmn.script_engine.python_environment import BasePythonScriptEngineEnvironment
from SpiffWorkflow.task import Task

from engine.clock import Clock
from engine.errors import GuichengError
from engine.model import Effect
from engine.spiff.sandbox import Sandbox, SandboxSession, check_storable


class StepScriptEngine(PythonScriptEngine):
    """One per step; the live workflow gets the step's own when the step begins."""

    def __init__(self, sandbox: Sandbox, clock: Clock) -> None:
        self.clock = clock
        self.effects: list[Effect] = []
        #: operators that only look something up: answered at once, their result goes into the data
        self.readers: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {}
        self.session = sandbox.session(clock.now(), {"now": lambda: clock.now().isoformat(timespec="seconds")})
        super().__init__(_Environment(self.session))

    def evaluate(self, task: Task, expression: str, external_context: Mapping[str, Any] | None = None) -> Any:
        """The expression over the token's data."""
        with _located(task):
            return self.session.evaluate(expression, {**(external_context or {}), **task.data})

    def execute(self, task: Task, script: str, external_context: Mapping[str, Any] | None = None) -> bool:
        """The script over the token's data, which it may change."""
        with _located(task):
            self.session.execute(script, task.data)
        return True

    def call_service(self, task: Task, **keywords: Any) -> str:
        """Answer a call of the catalogue that only reads, as JSON; note any other, carried out when the step commits, with nothing."""
        parameters = {name: parameter["value"] for name, parameter in keywords["operation_params"].items()}
        reader = self.readers.get(keywords["operation_name"])
        if reader is not None:
            with _located(task):
                answer = reader(parameters)
                check_storable(answer, keywords["operation_name"])
                return json.dumps(answer)
        self.effects.append(Effect(keywords["operation_name"], task.task_spec.bpmn_id, task.id.hex, parameters))
        return ""

    def close(self) -> None:
        """Give the sandbox's worker back."""
        self.session.close()


@contextmanager
def _located(task: Task) -> Iterator[None]:
    """Name the element where a designer's expression failed."""
    try:
        yield
    except GuichengError as error:
        error.data.setdefault("element_id", task.task_spec.bpmn_id)
        raise


class _Environment(BasePythonScriptEngineEnvironment):
    """For the library's own calls that go past the engine (correlations)."""

    def __init__(self, session: SandboxSession) -> None:
        super().__init__({})
        self._session = session

    def evaluate(self, expression: str, context: Mapping[str, Any], external_context: Mapping[str, Any] | None = None) -> Any:
        return self._session.evaluate(expression, {**(external_context or {}), **context})

    def execute(self, script: str, context: dict[str, Any], external_context: Mapping[str, Any] | None = None) -> bool:
        self._session.execute(script, context)
        return True
