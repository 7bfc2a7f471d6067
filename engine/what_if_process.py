"""The other side of `engine.what_if.worker`: reads an order from standard input, plays it, says on standard output how far it is and what
came of it. Ends with whoever started it. Reads the store, never writes it.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
import time
from contextlib import suppress
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import orjson

from engine.bootstrap import open_runtime
from engine.clock import MovableClock
from engine.errors import GuichengError
from engine.persistence.unit_of_work import UnitOfWork
from engine.settings import Settings
from engine.what_if.order import Order
from engine.what_if.playing import play

#: seconds between two lines
_TELL = 0.5
#: below those who wait for a page
_NICE = 10


def main() -> None:
    """Play one order."""
    orders, answers = sys.stdin.buffer, sys.stdout.buffer
    # whatever prints must not get between the lines
    sys.stdout = sys.stderr
    request = orjson.loads(orders.readline())
    threading.Thread(target=_end_with, args=(orders,), daemon=True).start()
    with suppress(AttributeError, OSError):
        # POSIX only
        os.nice(_NICE)
    # thousands of workflows live at once, and hardly any of it is in circles
    gc.set_threshold(100_000, 50, 1_000)
    try:
        _say(answers, {"result": _play(request, answers)})
    except GuichengError as error:
        data = {name: value if isinstance(value, int) else str(value) for name, value in error.data.items()}
        _say(answers, {"error": {"sentence": error.sentence, "data": data}})


def _play(request: dict[str, Any], answers: IO[bytes]) -> Any:
    told = time.monotonic()

    def tell(share: float) -> None:
        nonlocal told
        if time.monotonic() - told >= _TELL:
            told = time.monotonic()
            _say(answers, {"share": round(share, 4)})

    sites = request["sites"]
    clock = MovableClock(datetime.fromisoformat(request["now"]))
    with open_runtime(_settings(request["settings"]), clock=clock) as runtime, UnitOfWork(runtime.database) as uow:
        return play(runtime, uow, Order.from_json(request["order"]), None if sites is None else frozenset(sites), tell)


def _settings(values: dict[str, Any]) -> Settings:
    paths = {each.name for each in fields(Settings) if isinstance(each.default, Path)}
    found: dict[str, Any] = {name: Path(value) if name in paths else value for name, value in values.items()}
    return Settings(**found)


def _say(answers: IO[bytes], body: dict[str, Any]) -> None:
    answers.write(orjson.dumps(body) + b"\n")
    answers.flush()


def _end_with(orders: IO[bytes]) -> None:
    orders.read()
    # whoever asked is gone
    os._exit(0)
