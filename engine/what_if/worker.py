"""The process that plays: started with the order, heard while it plays, ended with whoever started it.

The two sides speak lines of JSON. The order goes through the pipe, never on the command line, for it tells where the store is.
"""

from __future__ import annotations

import queue
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import orjson

from engine.model import JsonObject

#: `-I` keeps the environment and the working folder out; the project may not be installed, so its folder is named
_BOOT = "import sys; sys.path.insert(0, {path!r}); from engine.what_if_process import main; main()"


class PlayFailedError(Exception):
    """The other side could not play; `reason` is a source sentence over `details`."""

    def __init__(self, reason: str, details: JsonObject) -> None:
        self.reason, self.details = reason, details
        super().__init__(reason)


class PlayInterruptedError(Exception):
    """This program is about to end; the play begins anew when it runs again."""


class _House:
    """Every play of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_open = True
        self._inside: set[Worker] = set()

    def open(self) -> None:
        """From now on plays may begin."""
        with self._lock:
            self._is_open = True

    def close(self) -> None:
        """End those that go on, and begin no more: whoever waits for a play would hold up the end of the program by minutes."""
        with self._lock:
            self._is_open = False
            inside = list(self._inside)
        for each in inside:
            each.interrupt()

    def enter(self, worker: Worker) -> None:
        with self._lock:
            if not self._is_open:
                raise PlayInterruptedError
            self._inside.add(worker)

    def leave(self, worker: Worker) -> None:
        with self._lock:
            self._inside.discard(worker)


HOUSE = _House()


class Worker:
    """Use as a context manager: leaving it ends the process, whatever it is at."""

    def __init__(self, request: JsonObject) -> None:
        self._request = request
        self._said: queue.Queue[JsonObject | None] = queue.Queue()
        #: which part of the work is done
        self.share = 0.0
        self._is_interrupted = False

    def __enter__(self) -> Self:
        HOUSE.enter(self)
        try:
            self._start()
        except BaseException:
            HOUSE.leave(self)
            raise
        return self

    def _start(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-I", "-c", _BOOT.format(path=str(Path(__file__).parent.parent.parent))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._ear = threading.Thread(target=self._listen, args=(self._process.stdout,), name="what-if", daemon=True)
        self._ear.start()
        try:
            self._process.stdin.write(orjson.dumps(self._request) + b"\n")
            self._process.stdin.flush()
        except OSError:
            # it will be heard that it is gone
            self.share = 0.0

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        HOUSE.leave(self)
        self._process.kill()
        self._process.wait()
        self._ear.join()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def interrupt(self) -> None:
        """End the process; who hears it is told why."""
        self._is_interrupted = True
        self._said.put(None)

    def hear(self, seconds: float) -> JsonObject | None:
        """What it says next, `{"share"}` or `{"result"}`; None when it says nothing for so long. PlayFailedError when it can't go on,
        PlayInterruptedError when this program is about to end.
        """
        try:
            said = self._said.get(timeout=seconds)
        except queue.Empty:
            return None
        if said is None and self._is_interrupted:
            raise PlayInterruptedError
        if said is None:
            raise PlayFailedError("推演的程序意外結束，可能是記憶體不足。請減少週數或件數後再試。", {})
        if "error" in said:
            raise PlayFailedError(str(said["error"]["sentence"]), said["error"]["data"])
        self.share = float(said.get("share", self.share))
        return said

    def _listen(self, pipe: IO[bytes]) -> None:
        for line in pipe:
            found: Any = orjson.loads(line)
            self._said.put(found)
        self._said.put(None)
