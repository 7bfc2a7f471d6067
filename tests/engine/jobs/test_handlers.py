"""Jobs whose repeat is harmless."""

from __future__ import annotations

import pytest

from engine.jobs import handlers
from engine.persistence.tables import history_event, instance
from engine.runtime import Runtime
from tests.builders import deploy_simple, rows, start


def test_a_notification_is_on_record_once_a_key(runtime: Runtime) -> None:
    """However often the job runs."""
    deploy_simple(runtime)
    started = start(runtime, "errand")
    payload = {"instance_id": started.id, "event": "limit.breached", "subject": "errand.x", "role": "manager"}
    for key in ("a", "a", "b"):
        handlers.run(runtime, "notify", key, payload)
    told = [row for row in rows(runtime, history_event) if row.type == "notification.sent"]
    assert [row.detail for row in told] == ['{"event":"limit.breached","role":"manager","subject":"errand.x"}'] * 2


def test_a_notification_about_no_case_is_only_logged(runtime: Runtime) -> None:
    """A start that failed has no instance."""
    handlers.run(runtime, "notify", "a", {"event": "process_instance.start_failed", "role": "administrator"})
    assert rows(runtime, instance) == []


def test_a_message_that_nobody_waits_for_is_done_with(runtime: Runtime) -> None:
    """Another attempt would say the same."""
    payload = {"kind": "message", "name": "tenant_left", "payload": {}, "correlation": {}}
    handlers.run(runtime, "deliver_event", "a", payload)
    handlers.run(runtime, "deliver_event", "b", {**payload, "kind": "signal"})


def test_an_unknown_job_is_an_error(runtime: Runtime) -> None:
    """Not silently done."""
    with pytest.raises(KeyError):
        handlers.run(runtime, "fly", "a", {})
