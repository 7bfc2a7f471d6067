"""The courier on its own threads: woken by what happens here, and a receiver that doesn't answer holds up nobody else."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from engine import notifications
from engine.delivery import courier
from engine.delivery.guarded import SendFailedError
from engine.instances import run_step
from engine.jobs import courier_thread
from engine.jobs.courier_thread import CourierThread
from engine.notifications import Kind
from engine.persistence.tables import delivery
from engine.runtime import Runtime
from tests.builders import rows
from tests.engine.delivery.servers import http_server, make_channel
from tests.engine.jobs.test_embedded import until


@pytest.fixture
def running(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> Iterator[CourierThread]:
    """The loop, which looks by itself only once in a long while."""
    monkeypatch.setattr(courier_thread, "POLL_SECONDS", 30.0)
    made = CourierThread(runtime)
    thread = threading.Thread(target=made.run, daemon=True)
    thread.start()
    yield made
    made.stop()
    thread.join(20)
    assert not thread.is_alive()


def test_what_happens_is_sent_at_once(runtime: Runtime, running: CourierThread) -> None:
    with http_server() as server:
        make_channel(runtime, "webhook", url=server.url, secret={"key": "k"})
        run_step(runtime, lambda uow: notifications.tell(runtime, uow, Kind.MESSAGE, role="manager", data={"text": "停水"}))
        until(lambda: [row.state for row in rows(runtime, delivery)] == ["sent"])
    assert len(server.received) == 1


def test_one_that_hangs_holds_up_no_other(runtime: Runtime, running: CourierThread, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two threads: one waits for an answer, the other sends on; when it gives up, it is tried again later."""
    answer, sent = threading.Event(), []

    def send(channel: object, message: object, *_rest: object) -> None:
        if getattr(channel, "name", "") == "wecom測試":
            answer.wait(20)
            raise SendFailedError("timed out")
        sent.append(message)

    monkeypatch.setattr(courier, "send", send)
    for kind in ("wecom", "webhook"):
        make_channel(runtime, kind, url="https://example.com", secret={"key": "k"})
    run_step(runtime, lambda uow: notifications.tell(runtime, uow, Kind.MESSAGE, role="manager", data={"text": "停水"}))
    until(lambda: len(sent) == 1)
    until(lambda: {row.state for row in rows(runtime, delivery)} == {"sent", "waiting"})
    answer.set()
    until(lambda: [row.problem is not None for row in rows(runtime, delivery) if row.state == "waiting"] == [True])
