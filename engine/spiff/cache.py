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
    """Immutable things, but that a newer version of a process has a say in how its older ones are read."""

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
                # a version that is new here may say of more fields that they belong to papers of identity
                self._forget(found.key, found.version)
        return found

    def forget_older(self, key: str, version: int) -> None:
        """Read what is older than this version of a process anew when it is wanted next."""
        with self._lock:
            self._forget(key, version)

    def _forget(self, key: str, version: int) -> None:
        for each in [each for each in self._content.values() if each.key == key and each.version < version]:
            del self._content[each.id]


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
