"""Keeps what is costly to build: parsed definitions for as long as the process lives, a few live workflows between steps."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING

from engine.spiff.compiled import CompiledDefinition
from engine.spiff.workflow import LiveWorkflow

if TYPE_CHECKING:
    from engine.content import DefinitionContent


class DefinitionCache:
    """Immutable things, so nothing ever has to be thrown out."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._compiled: dict[Hashable, CompiledDefinition] = {}
        self._content: dict[int, DefinitionContent] = {}

    def compiled(self, key: Hashable, build: Callable[[], CompiledDefinition]) -> CompiledDefinition:
        """By definition and bindings. Two threads may build the same; one result is kept."""
        found = self._compiled.get(key)
        if found is None:
            built = build()
            with self._lock:
                found = self._compiled.setdefault(key, built)
        return found

    def content(self, definition_id: int, build: Callable[[], DefinitionContent]) -> DefinitionContent:
        """By definition."""
        found = self._content.get(definition_id)
        if found is None:
            built = build()
            with self._lock:
                found = self._content.setdefault(definition_id, built)
        return found


class LiveCache:
    """The last few live workflows by instance and version. Small on purpose: a large one costs more in garbage collection than it saves.

    A workflow is taken out to be run, and put back only when its step has committed: two steps never share one.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._live: OrderedDict[int, tuple[int, LiveWorkflow]] = OrderedDict()

    def take(self, instance_id: int, version: int) -> LiveWorkflow | None:
        """The workflow at exactly this version, or None."""
        with self._lock:
            entry = self._live.pop(instance_id, None)
        return entry[1] if entry is not None and entry[0] == version else None

    def put(self, instance_id: int, version: int, workflow: LiveWorkflow) -> None:
        """Keep it for the next step."""
        if not self._size:
            return
        with self._lock:
            self._live[instance_id] = (version, workflow)
            self._live.move_to_end(instance_id)
            while len(self._live) > self._size:
                self._live.popitem(last=False)
