"""Drives one diagram through the engine's runner: read, normalised, compiled, and saved and loaded between any two steps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from engine.clock import MovableClock
from engine.model import Effect, OutgoingEvent
from engine.settings import Settings
from engine.spiff.compiled import CompiledDefinition
from engine.spiff.parser import compile_process
from engine.spiff.reading import ReadPackage, read_package
from engine.spiff.runner import Change, Run
from engine.spiff.sandbox import Sandbox

BEGINNING = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


class Driven:
    """An instance of the process `p` of a file."""

    def __init__(self, files: Mapping[str, bytes], sandbox: Sandbox, settings: Settings | None = None) -> None:
        self._settings = settings or Settings()
        self._sandbox = sandbox
        self.clock = MovableClock(BEGINNING)
        self.package: ReadPackage = read_package(files, self._settings)
        assert not self.package.is_refused, [(each.rule, each.element_id, each.source_text()) for each in self.package.findings]
        self._compiled = _compiled({**files, **self.package.normalised}, self.package)
        self._state = b""
        #: elements passed, in order
        self.passed: list[str] = []
        self.effects: list[Effect] = []
        self.outgoing: list[OutgoingEvent] = []
        self.is_completed = False
        self.data: dict[str, Any] = {}

    def start(self, data: Mapping[str, Any] | None = None, element: str | None = None, payload: Mapping[str, Any] | None = None) -> None:
        """Begin."""
        with Run.new(self._compiled, self._sandbox, self.clock, self._settings) as run:
            run.begin(dict(data or {}), element, payload)
            self._keep(run)

    def open(self) -> list[str]:
        """Ids of the elements that wait for a person, sorted."""
        with self._load() as run:
            return sorted(item.element_id for item in run.open_items())

    def complete(self, element: str, data: Mapping[str, Any] | None = None) -> None:
        """Complete the first open item of an element."""
        with self._load() as run:
            item = next(item for item in run.open_items() if item.element_id == element)
            run.complete(item.token, dict(data or {}))
            self._keep(run)

    def advance(self, **duration: float) -> None:
        """Let time pass, and timers fire."""
        self.clock.advance(timedelta(**duration))
        with self._load() as run:
            run.refresh()
            self._keep(run)

    def send(self, kind: str, name: str, payload: Mapping[str, Any] | None = None) -> None:
        """A message or signal from outside."""
        with self._load() as run:
            run.catch(kind, name, dict(payload or {}))
            self._keep(run)

    def _load(self) -> Run:
        return Run.load(self._state, self._compiled, self._sandbox, self.clock, self._settings)

    def _keep(self, run: Run) -> None:
        change: Change
        change, self._state = run.finish()
        self.data = run.data()
        self.is_completed = change.is_completed
        self.passed += [each.element_id for each in change.passed if each.outcome == "completed"]
        self.effects += change.effects
        self.outgoing += change.outgoing


def _compiled(files: Mapping[str, bytes], package: ReadPackage) -> CompiledDefinition:
    xml = {name: content for name, content in files.items() if name.endswith((".bpmn", ".dmn"))}
    spec, subprocesses = compile_process(xml, "p")
    for process in package.processes:
        if process.process_id != "p":
            called, embedded = compile_process(xml, process.process_id)
            subprocesses.update({process.process_id: called, **embedded})
    return CompiledDefinition(spec, subprocesses)
