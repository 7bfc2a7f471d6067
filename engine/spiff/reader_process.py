"""The other side of `engine.spiff.reader`: reads requests from standard input, writes answers to standard output, until that closes."""

from __future__ import annotations

import base64
import json
import struct
import sys
from contextlib import suppress
from dataclasses import asdict, replace
from typing import IO, Any

from engine.model import Parameter, Signature
from engine.settings import Settings
from engine.spiff.lint.rule import KnownProcess
from engine.spiff.reading import read_package

_LENGTH = struct.Struct(">Q")
#: address space: enough for the largest deployment that the limits allow, with the deep stack of the engine's parser
_MEMORY = 2 * 2**30


def main() -> None:
    """Serve until the other side is gone."""
    with suppress(ImportError, ValueError, OSError):
        # POSIX only; elsewhere the time limit has to do
        import resource  # noqa: PLC0415

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    # whatever prints must not get between the frames
    sys.stdout = sys.stderr
    while (header := requests.read(_LENGTH.size)) and len(header) == _LENGTH.size:
        request = json.loads(requests.read(_LENGTH.unpack(header)[0]))
        _answer(answers, handle(request))


def handle(request: dict[str, Any]) -> dict[str, Any]:
    """One deployment, in the form in which it travels."""
    found = read_package(
        {name: base64.b64decode(content) for name, content in request["files"].items()},
        replace(Settings(), **request["settings"]),
        {key: _known(known) for key, known in request["known_processes"].items()},
        roles=None if request["roles"] is None else frozenset(request["roles"]),
        operators=None if request["operators"] is None else {name: _signature(sent) for name, sent in request["operators"].items()},
        is_ours=request["is_ours"],
    )
    return {
        "normalised": {name: base64.b64encode(content).decode("ascii") for name, content in found.normalised.items()},
        "findings": [
            {**asdict(finding), "data": {key: _plain(value) for key, value in finding.data.items()}} for finding in found.findings
        ],
        "processes": [asdict(process) for process in found.processes],
    }


def _known(sent: dict[str, Any]) -> KnownProcess:
    return KnownProcess(tuple(sent["called"]), tuple(sent["subprocesses"]), tuple(sent["elements"]), bool(sent["has_event_subprocess"]))


def _signature(sent: dict[str, Any] | None) -> Signature | None:
    if sent is None:
        return None
    parameters = (Parameter(**{**each, "choices": tuple(each["choices"])}) for each in sent["parameters"])
    return Signature(tuple(parameters), bool(sent["is_reader"]))


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)


def _answer(pipe: IO[bytes], answer: dict[str, Any]) -> None:
    body = json.dumps(answer).encode()
    pipe.write(_LENGTH.pack(len(body)) + body)
    pipe.flush()
