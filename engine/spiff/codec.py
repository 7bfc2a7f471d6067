"""Saved state of a live workflow: tokens and data as compact JSON, compressed. The specification is never in it.

Format 1: a JSON array `[1, success, completed, last, data, correlations, tasks, subprocesses]`; a task is
`[id, parent's position, specification's name, state]` when only predicted, else with `last change, triggered, internal data, changed
keys, removed keys` behind: its data as a difference from its parent's. Parents come before children.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import orjson
import zstandard
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.task import Task

from engine.errors import BudgetExceededError, UnstorableTypeError
from engine.spiff.compiled import CompiledDefinition
from engine.spiff.workflow import WAITING, LiveSubprocess, LiveWorkflow

FORMAT = 1
#: states of tasks that are only foreseen
_PREDICTED = 1 | 2 | 4
_OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS


class _Zstd(threading.local):
    """Compressors are not safe to share between threads."""

    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(level=1)
        self.decompressor = zstandard.ZstdDecompressor()


_zstd = _Zstd()


class UnknownFormatError(Exception):
    """The state was written by a newer version of this program."""


def encode(workflow: LiveWorkflow, limit: int) -> bytes:
    """The state as bytes. DataNotStorableError for data that is not JSON, BudgetExceededError above `limit` bytes of JSON."""
    rows, places = _rows(workflow)
    subprocesses = []
    for parent_id, sub in workflow.subprocesses.items():
        sub_rows, sub_places = _rows(sub)
        last = sub_places.get(sub.last_task.id) if sub.last_task else None
        subprocesses.append(
            (parent_id.hex, sub.spec.name, int(sub.success), int(sub.completed), last, sub.data, sub.correlations, sub_rows)
        )
    last = places.get(workflow.last_task.id) if workflow.last_task else None
    document = (FORMAT, int(workflow.success), int(workflow.completed), last, workflow.data, workflow.correlations, rows, subprocesses)
    try:
        raw = orjson.dumps(document, default=_plain, option=_OPTIONS)
    except TypeError as error:
        raise UnstorableTypeError(path="—", kind=str(error)) from error
    if len(raw) > limit:
        raise BudgetExceededError(budget="資料大小", limit=f"{limit // 1024} KiB")
    return bytes(_zstd.compressor.compress(raw))


def decode(state: bytes, compiled: CompiledDefinition, script_engine: Any) -> LiveWorkflow:
    """The live workflow again."""
    document = document_of(state)
    _, success, completed, last, data, correlations, rows, subprocesses = document
    workflow = LiveWorkflow(compiled.spec, compiled.subprocesses, script_engine=script_engine, deserializing=True)
    tasks = _tasks(workflow, rows, workflow)
    workflow.success, workflow.completed, workflow.data, workflow.correlations = bool(success), bool(completed), data, correlations
    workflow.last_task = None if last is None else tasks[last]
    # a sub-process is always written after the one that holds it
    for parent_hex, name, sub_success, sub_completed, sub_last, sub_data, sub_correlations, sub_rows in subprocesses:
        parent_id = UUID(hex=parent_hex)
        sub = LiveSubprocess(compiled.spec_named(name), parent_id, workflow, deserializing=True)
        workflow.subprocesses[parent_id] = sub
        sub_tasks = _tasks(sub, sub_rows, workflow)
        sub.success, sub.completed, sub.data, sub.correlations = bool(sub_success), bool(sub_completed), sub_data, sub_correlations
        sub.last_task = None if sub_last is None else sub_tasks[sub_last]
        parent = workflow.get_task_from_id(parent_id)
        sub.completed_event.connect(parent.task_spec._on_subworkflow_completed, parent)
    return workflow


def document_of(state: bytes) -> list[Any]:
    """The saved state as it was written. UnknownFormatError for one of a newer program."""
    document: list[Any] = orjson.loads(_zstd.decompressor.decompress(state))
    if document[0] != FORMAT:
        raise UnknownFormatError(document[0])
    return document


def rewritten(state: bytes, change: Callable[[Any], Any]) -> bytes:
    """The saved state of an ended instance with its document changed: nothing runs on it any more."""
    return bytes(_zstd.compressor.compress(orjson.dumps(change(document_of(state)))))


def data_only(state: bytes) -> dict[str, Any]:
    """The data of an ended instance, without building it."""
    document = orjson.loads(_zstd.decompressor.decompress(state))
    data: dict[str, Any] = document[4]
    return data


def _plain(value: Any) -> Any:
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if isinstance(value, UUID):
        return value.hex
    raise TypeError(type(value).__name__)


def _rows(workflow: Any) -> tuple[list[tuple[Any, ...]], dict[Any, int]]:
    rows: list[tuple[Any, ...]] = []
    places: dict[Any, int] = {}
    tasks = workflow.tasks
    stack = [workflow.task_tree]
    while stack:
        task = stack.pop()
        places[task.id] = len(places)
        rows.append(_row(task, tasks.get(task._parent), places))
        stack.extend(tasks[child] for child in reversed(task._children))
    return rows, places


def _row(task: Task, parent: Task | None, places: dict[Any, int]) -> tuple[Any, ...]:
    head = (task.id.hex, -1 if parent is None else places[parent.id], task.task_spec.name, task._state)
    if task._state & _PREDICTED and not task.internal_data and not task.data:
        return head
    changed: dict[str, Any] | None
    removed: list[str] | None
    if parent is None:
        changed, removed = task.data, None
    else:
        changed = {key: value for key, value in task.data.items() if key not in parent.data or _differs(value, parent.data[key])} or None
        removed = [key for key in parent.data if key not in task.data] or None
    return (*head, task.last_state_change, int(task.triggered), task.internal_data or None, changed, removed)


def _differs(value: Any, other: Any) -> bool:
    if value is other:
        return False
    # Python takes 1 for True and for 1.0; JSON does not
    return value != other or orjson.dumps(value) != orjson.dumps(other)


def _tasks(workflow: Any, rows: list[list[Any]], top: LiveWorkflow) -> list[Task]:
    specs, tasks = workflow.spec.task_specs, workflow.tasks
    built: list[Task] = []
    now = time.time()
    for row in rows:
        task = Task.__new__(Task)
        task.id, task.workflow, task._state, task._children = UUID(hex=row[0]), workflow, row[3], []
        task.task_spec, task.thread_id = specs[row[2]], 0
        parent = built[row[1]] if row[1] >= 0 else None
        task._parent = None if parent is None else parent.id
        if parent is not None:
            parent._children.append(task.id)
        if len(row) == 4:
            task.last_state_change, task.triggered, task.internal_data, task.data = now, False, {}, {}
        else:
            task.last_state_change, task.triggered, task.internal_data = row[4], bool(row[5]), row[6] or {}
            task.data = (row[7] or {}) if parent is None else _patched(parent.data, row[7], row[8])
        tasks[task.id] = task
        built.append(task)
        if task._state == WAITING and isinstance(task.task_spec, CatchingEvent):
            top.event_manager.add_task(task)
    workflow.task_tree = built[0]
    return built


def _patched(data: dict[str, Any], changed: dict[str, Any] | None, removed: list[str] | None) -> dict[str, Any]:
    # one level deep, as the library copies when a token moves on
    patched = {key: value.copy() if isinstance(value, (dict, list)) else value for key, value in data.items()}
    if changed:
        patched.update(changed)
    for key in removed or ():
        patched.pop(key, None)
    return patched
