"""Reads deployments in a process of its own, which is killed when it takes too long or too much memory.

What a stranger uploads is parsed by C libraries; a hang, a crash or a flood of memory there must not be ours. One process is kept
warm and used by turns. The two sides speak JSON, so that a process that went mad cannot hand us objects.
"""

from __future__ import annotations

import base64
import json
import struct
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from engine.content import Organisation
from engine.diagram import Diagram
from engine.errors import Finding, StoreUnavailableError
from engine.model import Signature
from engine.settings import Settings
from engine.spiff.intake import check_files
from engine.spiff.lint.rule import KnownProcess
from engine.spiff.reading import ReadPackage, ReadProcess, StartSubscription, read_package

_LENGTH = struct.Struct(">Q")
#: an answer larger than this is not an answer
_LARGEST_ANSWER = 256 * 2**20


class InProcessReader:
    """Reads files that are trusted, here."""

    def read(
        self,
        files: Mapping[str, bytes],
        settings: Settings,
        known_processes: Mapping[str, Diagram],
        organisation: Organisation,
        operators: Mapping[str, Signature | None],
        *,
        is_ours: bool = False,
    ) -> ReadPackage:
        """As `read_package`."""
        known = {key: KnownProcess.of(diagram) for key, diagram in known_processes.items()}
        roles, offered = frozenset(organisation.roles) or None, dict(operators) or None
        return read_package(files, settings, known, roles=roles, operators=offered, is_ours=is_ours)

    def close(self) -> None:
        """Nothing to end."""


class PackageReader:
    """One per runtime. The process starts with the first deployment and ends with `close`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def read(
        self,
        files: Mapping[str, bytes],
        settings: Settings,
        known_processes: Mapping[str, Diagram],
        organisation: Organisation,
        operators: Mapping[str, Signature | None],
        *,
        is_ours: bool = False,
    ) -> ReadPackage:
        """As `read_package`, but away from here. Too slow, or a crash, is a finding (`reading-timed-out`, `reading-failed`)."""
        refused = tuple(check_files(files, settings))
        if refused:
            return ReadPackage({}, refused, ())
        request = {
            "files": {name: base64.b64encode(content).decode("ascii") for name, content in files.items()},
            "settings": {
                entry.name: value for entry in fields(settings) if isinstance(value := getattr(settings, entry.name), int | float)
            },
            "known_processes": {key: asdict(KnownProcess.of(diagram)) for key, diagram in known_processes.items()},
            # a company that names no roles, or a place without operators, has nothing to check against
            "roles": sorted(organisation.roles) or None,
            "operators": {name: None if each is None else asdict(each) for name, each in operators.items()} or None,
            "is_ours": is_ours,
        }
        with self._lock:
            try:
                answer = self._ask(json.dumps(request).encode(), settings.parse_seconds)
            except TimeoutError:
                self._kill()
                return _failed(
                    "reading-timed-out",
                    "讀取流程圖超過 {limit} 秒，已中止。流程圖可能過於複雜或有惡意內容。",
                    limit=settings.parse_seconds,
                )
            except (OSError, EOFError, ValueError):
                self._kill()
                return _failed("reading-failed", "讀取流程圖時發生錯誤，已中止。流程圖可能過於複雜或有惡意內容。")
        return _package(answer)

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._kill()

    def _ask(self, request: bytes, seconds: float) -> dict[str, Any]:
        process = self._started()
        expired = threading.Event()

        def end() -> None:
            expired.set()
            process.kill()

        # Killing it ends every wait on its pipes, on any platform; there is nothing else to time out on.
        timer = threading.Timer(seconds, end)
        timer.start()
        try:
            return _exchange(process, request)
        except (OSError, EOFError, ValueError) as error:
            if expired.is_set():
                raise TimeoutError from error
            raise
        finally:
            timer.cancel()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._kill()
            try:
                self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                    [sys.executable, "-I", "-c", _BOOT.format(path=str(Path(__file__).parent.parent.parent))],
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0,
                )  # fmt: skip
            except OSError as error:
                raise StoreUnavailableError from error
        return self._process

    def _kill(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


#: `-I` keeps the environment and the working folder out; the project may not be installed, so its folder is named
_BOOT = "import sys; sys.path.insert(0, {path!r}); from engine.spiff.reader_process import main; main()"


def _exchange(process: subprocess.Popen[bytes], request: bytes) -> dict[str, Any]:
    requests, answers = process.stdin, process.stdout
    if requests is None or answers is None:
        raise EOFError
    # the pipes are unbuffered: a write may take, and a read may give, only a part
    rest = memoryview(_LENGTH.pack(len(request)) + request)
    while rest:
        rest = rest[requests.write(rest) :]
    (length,) = _LENGTH.unpack(_read_exactly(answers, _LENGTH.size))
    if length > _LARGEST_ANSWER:
        raise ValueError(length)
    answer: dict[str, Any] = json.loads(_read_exactly(answers, length))
    return answer


def _read_exactly(pipe: IO[bytes], length: int) -> bytes:
    parts: list[bytes] = []
    while length:
        part = pipe.read(length)
        if not part:
            raise EOFError
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


def _failed(rule: str, sentence: str, **data: Any) -> ReadPackage:
    return ReadPackage({}, (Finding(rule, "error", None, sentence, data),), ())


def _package(answer: Mapping[str, Any]) -> ReadPackage:
    return ReadPackage(
        normalised={name: base64.b64decode(content) for name, content in answer["normalised"].items()},
        findings=tuple(Finding(**finding) for finding in answer["findings"]),
        processes=tuple(
            ReadProcess(
                **{
                    **process,
                    "called": tuple(process["called"]),
                    "subprocesses": tuple(process["subprocesses"]),
                    "starts": tuple(StartSubscription(**start) for start in process["starts"]),
                }
            )
            for process in answer["processes"]
        ),
    )
