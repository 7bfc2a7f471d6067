"""A process that runs jobs until nothing is due, and is killed while it does. Says a line before and after every job.

Run as `python crash_node.py URL FILES MOMENT`, with the project on the path.
"""

from __future__ import annotations

import os
import sys
import threading
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select

from engine.bootstrap import open_runtime
from engine.clock import MovableClock
from engine.jobs import dbos_runner, handlers, leases, scheduler
from engine.jobs.embedded import embedded_jobs
from engine.model import JsonObject
from engine.persistence.tables import due
from engine.runtime import Runtime
from engine.settings import Settings

_RUN = handlers.run


def say(line: str) -> None:
    """One write, so that lines of several threads stay whole."""
    os.write(1, line.encode() + b"\n")


def run(runtime: Runtime, name: str, key: str, payload: JsonObject) -> None:
    """A job between two lines."""
    say(f"begin {key}")
    _RUN(runtime, name, key, payload)
    say(f"end {key}")


def main(url: str, files: str, moment: str) -> None:
    """Work until no due row and no job is left."""
    dbos_runner.POLL_SECONDS = scheduler.POLL_SECONDS = 0.05
    # the dead are replaced within a second instead of half a minute
    leases.STALE, leases.BEAT, scheduler.LEASE_LENGTH = timedelta(seconds=1.5), timedelta(seconds=0.3), timedelta(seconds=1)
    handlers.run = run
    settings = Settings(db=url, files=Path(files), secret_key="for tests only", sandbox_workers=1)
    pause = threading.Event()
    clock = MovableClock(datetime.fromisoformat(moment))
    with open_runtime(settings, clock=clock, is_trusted=True) as runtime, embedded_jobs(runtime):
        table = "workflow_status" if runtime.database.is_sqlite else "dbos.workflow_status"
        while True:
            with runtime.database.reading() as connection:
                left = connection.execute(select(func.count()).select_from(due)).scalar() or 0
                busy = connection.exec_driver_sql(f"SELECT count(*) FROM {table} WHERE status NOT IN ('SUCCESS', 'ERROR')").scalar() or 0
            if not left + busy:
                break
            pause.wait(0.05)
        with runtime.database.reading() as connection:
            failed = connection.exec_driver_sql(f"SELECT count(*) FROM {table} WHERE status = 'ERROR'").scalar()
    say(f"done {failed}")


if __name__ == "__main__":
    main(*sys.argv[1:])
