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


class Worker:
    """Use as a context manager: leaving it ends the process, whatever it is at."""

    def __init__(self, request: JsonObject) -> None:
        self._request = request
        self._said: queue.Queue[JsonObject | None] = queue.Queue()
        #: which part of the work is done
        self.share = 0.0

    def __enter__(self) -> Self:
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
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._process.kill()
        self._process.wait()
        self._ear.join()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def hear(self, seconds: float) -> JsonObject | None:
        """What it says next, `{"share"}` or `{"result"}`; None when it says nothing for so long. PlayFailedError when it can't go on."""
        try:
            said = self._said.get(timeout=seconds)
        except queue.Empty:
            return None
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
