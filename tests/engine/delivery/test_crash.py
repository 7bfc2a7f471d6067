"""`kill -9` between the sending and the commit: it is sent again with the same key, and whoever looks at keys sees it once."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta

from engine import notifications
from engine.clock import MovableClock
from engine.delivery import courier
from engine.instances import run_step
from engine.notifications import Kind
from engine.persistence.tables import delivery
from engine.runtime import Runtime
from tests.builders import ROOT, make_user, rows
from tests.engine.delivery.servers import http_server, mail_server, make_channel, make_mail


def _send_and_die(runtime: Runtime) -> None:
    command = [sys.executable, "-m", "tests.engine.delivery.crash_sender", runtime.settings.db, str(runtime.settings.files),
               runtime.clock.now().isoformat()]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=120, check=False)
    assert done.returncode == -9, done.stderr


def test_killed_after_sending_the_repeat_carries_the_same_key(runtime: Runtime, clock: MovableClock) -> None:
    """At most one repeat a kill, by mail and by webhook; nothing is lost, and nothing is given up for it."""
    person = make_user(runtime, email="ming@example.com")
    with http_server() as http, mail_server() as mail:
        make_channel(runtime, "webhook", url=http.url, secret={"key": "k"})
        make_mail(runtime, mail)
        run_step(runtime, lambda uow: notifications.tell(runtime, uow, Kind.COPIED, people=[person.id]))
        # each kill takes down one of the two sendings
        for _ in range(2):
            _send_and_die(runtime)
        assert len(http.received) + len(mail.mails) == 2
        assert {row.state for row in rows(runtime, delivery)} == {"waiting"}
        # not at once: another process may still be at it
        assert courier.send_due(runtime) == 0
        clock.advance(timedelta(hours=2))
        courier.send_due(runtime)
    assert {row.state for row in rows(runtime, delivery)} == {"sent"}
    assert len(http.keys) == 2
    assert len(set(http.keys)) == 1
    assert len(mail.mails) == 2
    assert len({each["Message-ID"] for each in mail.mails}) == 1
