"""How a conformance case is written: a diagram, what is done and what is open after it, the end events passed in order."""

from __future__ import annotations

from typing import Any

#: what is done, and the ids of the elements that are open after it
Step = tuple[tuple[Any, ...], list[str]]
#: the file, the steps, the end events in the order in which they are passed
Case = tuple[bytes, list[Step], list[str]]

MESSAGE = '<message id="m" name="paid"/>'
SIGNAL = '<signal id="sig" name="alarm"/>'
ERROR = '<error id="err" name="broken" errorCode="E1"/>'


def start(**data: Any) -> tuple[Any, ...]:
    """Begin with data."""
    return ("start", data)


def done(element: str, **data: Any) -> tuple[Any, ...]:
    """Complete an element with data."""
    return ("complete", element, data)


def passed_time(**duration: float) -> tuple[Any, ...]:
    """Let time pass."""
    return ("advance", duration)
