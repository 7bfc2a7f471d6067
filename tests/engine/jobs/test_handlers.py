"""Jobs whose repeat is harmless."""

from __future__ import annotations

import pytest

from engine.jobs import handlers
from engine.runtime import Runtime


def test_a_message_that_nobody_waits_for_is_done_with(runtime: Runtime) -> None:
    """Another attempt would say the same."""
    payload = {"kind": "message", "name": "tenant_left", "payload": {}, "correlation": {}}
    handlers.run(runtime, "deliver_event", "a", payload)
    handlers.run(runtime, "deliver_event", "b", {**payload, "kind": "signal"})


def test_an_unknown_job_is_an_error(runtime: Runtime) -> None:
    """Not silently done."""
    with pytest.raises(KeyError):
        handlers.run(runtime, "fly", "a", {})
