"""The diagram's timers on our clock: due means due (not a moment later), negative and zero-length ones are refused when they start."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from SpiffWorkflow.bpmn.specs.event_definitions.multiple import MultipleEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.timer import (
    CycleTimerEventDefinition,
    DurationTimerEventDefinition,
    TimeDateEventDefinition,
    TimerEventDefinition,
)
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.errors import ExpressionError, TimerTextError

#: a cycle shorter than this would give a token at every look
_SHORTEST_CYCLE = timedelta(seconds=1)


def _now(task: Task) -> datetime:
    now: datetime = task.workflow.script_engine.clock.now()
    return now


def _text(definition: Any, task: Task) -> str:
    value = task.workflow.script_engine.evaluate(task, definition.expression)
    if not isinstance(value, str) or not value:
        raise _refuse(definition, task, str(value))
    return value


def _refuse(definition: Any, task: Task, value: str) -> TimerTextError:
    return TimerTextError(expression=definition.expression, value=value, element_id=task.task_spec.bpmn_id)


def _duration(definition: Any, task: Task, value: str, start: datetime) -> timedelta:
    try:
        if value.startswith("-"):
            raise ValueError(value)
        length: timedelta = TimerEventDefinition.get_timedelta_from_start(TimerEventDefinition.parse_iso_duration(value), start)
    except Exception as error:
        raise _refuse(definition, task, value) from error
    return length


class ClockedDate(TimeDateEventDefinition):
    """A moment."""

    def has_fired(self, my_task: Task) -> bool:
        """Whether the moment has come."""
        value = my_task.internal_data.get("event_value")
        if value is None:
            value = _text(self, my_task)
            try:
                moment = TimerEventDefinition.parse_time_or_duration(value)
            except Exception as error:
                raise _refuse(self, my_task, value) from error
            if not isinstance(moment, datetime):
                moment = _now(my_task) + _duration(self, my_task, value, _now(my_task))
            my_task.internal_data["event_value"] = value = moment.isoformat()
        if datetime.fromisoformat(value) <= _now(my_task):
            my_task.internal_data["event_fired"] = True
        return bool(my_task.internal_data.get("event_fired", False))


class ClockedDuration(DurationTimerEventDefinition):
    """A length of time from the moment at which the token arrived."""

    def has_fired(self, my_task: Task) -> bool:
        """Whether the time is over."""
        value = my_task.internal_data.get("event_value")
        if value is None:
            start = _now(my_task)
            length = _duration(self, my_task, _text(self, my_task), start)
            my_task.internal_data["event_value"] = value = (start + length).isoformat()
        if datetime.fromisoformat(value) <= _now(my_task):
            my_task.internal_data["event_fired"] = True
        return bool(my_task.internal_data.get("event_fired", False))


class ClockedCycle(CycleTimerEventDefinition):
    """A recurrence. `internal_data['event_value']` = {cycles left (−1: for ever), next moment, length in seconds}."""

    def cycle_complete(self, my_task: Task) -> bool:
        """Whether a recurrence is due now; counts it."""
        value = my_task.internal_data.get("event_value")
        now = _now(my_task)
        if value is None:
            value = self._first(my_task, now)
        ready = False
        if value["cycles"] != 0:
            coming = datetime.fromisoformat(value["next"])
            if coming <= now:
                value = {
                    "cycles": value["cycles"] - 1,
                    "next": (coming + timedelta(seconds=value["duration"])).isoformat(),
                    "duration": value["duration"],
                }
                ready = True
        if value["cycles"] == 0 and not ready:
            my_task.internal_data["event_fired"] = True
        my_task.internal_data["event_value"] = value
        return ready

    def _first(self, task: Task, now: datetime) -> dict[str, Any]:
        text = _text(self, task)
        parts = text.upper().replace("--", "/").removeprefix("R").split("/")
        try:
            cycles = int(parts[0]) if parts[0] else -1
            if len(parts) == 2:
                length = _duration(self, task, parts[1], now)
                first = now + length
            else:
                moments = [TimerEventDefinition.parse_time_or_duration(part) for part in parts[1:3]]
                if isinstance(moments[0], datetime):
                    first = moments[0]
                    length = _duration(self, task, parts[2], first)
                else:
                    first = moments[1]
                    length = TimerEventDefinition.get_timedelta_from_end(moments[0], first)
        except ExpressionError:
            raise
        except Exception as error:
            raise _refuse(self, task, text) from error
        if length < _SHORTEST_CYCLE or cycles == 0:
            raise _refuse(self, task, text)
        return {"cycles": cycles, "next": first.isoformat(), "duration": length.total_seconds()}

    def has_fired(self, my_task: Task) -> bool:
        """Whether every recurrence is over."""
        return bool(my_task.internal_data.get("event_fired", False))

    def update_task(self, my_task: Task) -> None:
        """Send a token for each recurrence that is due, also for those missed while nothing ran."""
        while self.cycle_complete(my_task):
            for output in my_task.task_spec.outputs:
                child = my_task._add_child(output, TaskState.FUTURE)
                child.task_spec._predict(child, mask=TaskState.NOT_FINISHED_MASK)
                child.task_spec._update(child)


_OURS = {TimeDateEventDefinition: ClockedDate, DurationTimerEventDefinition: ClockedDuration, CycleTimerEventDefinition: ClockedCycle}


def clocked(definition: Any) -> Any:
    """Our definition for the library's; others are returned as they are."""
    if isinstance(definition, MultipleEventDefinition):
        definition.event_definitions = [clocked(part) for part in definition.event_definitions]
        return definition
    ours = _OURS.get(type(definition))
    return definition if ours is None else ours(definition.name, definition.expression)


def due_at(task: Task) -> datetime | None:
    """When a waiting timer is due; None for other events and for timers that are over."""
    definition = task.task_spec.event_definition
    if not isinstance(definition, (TimerEventDefinition, MultipleEventDefinition)):
        return None
    value = task.internal_data.get("event_value")
    if isinstance(value, dict):
        # the last recurrence has gone out: one more look ends the timer
        return datetime.fromisoformat(value["next"]) if value["cycles"] else None
    return datetime.fromisoformat(value) if isinstance(value, str) else None
