"""A process that sends what is due and is killed right after the message has left: what `test_crash.py` runs.

Usage: `python -m tests.engine.delivery.crash_sender URL FILES ISO_TIME`.
"""

from __future__ import annotations

import os
import signal
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from engine.bootstrap import open_runtime
from engine.clock import MovableClock
from engine.delivery import courier
from engine.settings import Settings


def _die(*_arguments: Any, **_options: Any) -> str:
    os.kill(os.getpid(), signal.SIGKILL)
    return ""


if __name__ == "__main__":
    url, files, moment = sys.argv[1:]
    settings = Settings(db=url, files=Path(files), sandbox_workers=1)
    with open_runtime(settings, clock=MovableClock(datetime.fromisoformat(moment)), is_trusted=True) as runtime:
        # the receiver has it, and our store doesn't know
        courier._sent = _die  # type: ignore[assignment]
        courier.send_due(runtime)
