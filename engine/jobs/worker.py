"""A process that only runs jobs (`guicheng worker`), beside any number of its kind and of web processes."""

from __future__ import annotations

import threading

from engine.jobs.embedded import Jobs
from engine.runtime import Runtime


class Worker:
    """`run` until `stop`, which may come from a signal handler."""

    def __init__(self, runtime: Runtime) -> None:
        self._jobs = Jobs(runtime, is_only=False)
        self._stopped = threading.Event()

    def run(self) -> None:
        """Run jobs until stopped; returns when those that were running are done."""
        self._jobs.start()
        try:
            self._stopped.wait()
        finally:
            self._jobs.stop()

    def stop(self) -> None:
        """End soon."""
        self._stopped.set()
