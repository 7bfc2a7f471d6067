"""`guicheng serve` and `worker` as processes: they come up, say where, and end well when told to."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engine.cli import run


@contextmanager
def running(url: str, tmp_path: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process of ours and the line with which it says that it runs."""
    environment = {**os.environ, "LC_ALL": "C", "GUICHENG_FILES": str(tmp_path / "files"), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen([sys.executable, "-m", "engine.cli", *arguments, "--db", url], stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, env=environment)
    assert process.stdout is not None
    said = ""
    try:
        for line in process.stdout:
            said += line
            if "press Ctrl-C to stop" in line:
                break
        assert process.poll() is None, said
        yield process, line
    finally:
        process.kill()
        process.stdout.close()
        process.wait(10)


def _get(address: str, token: str | None = None) -> tuple[int, str]:
    request = urllib.request.Request(address, headers={"Authorization": f"Bearer {token}"} if token else {})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, ""


def _address(line: str) -> str:
    found = re.search(r"http://[\d.]+:\d+", line)
    assert found is not None, line
    return found[0]


def _end(process: subprocess.Popen[str], number: signal.Signals) -> int:
    process.send_signal(number)
    assert process.stdout is not None
    process.stdout.read()
    return process.wait(30)


def test_serve_comes_up_on_an_empty_store_and_ends_well(empty_database_url: str, tmp_path: Path) -> None:
    """No other command is needed first, and nothing moves its clock. SIGTERM and Ctrl-C end it with 0."""
    number = signal.SIGINT if empty_database_url.startswith("sqlite") else signal.SIGTERM
    with running(empty_database_url, tmp_path, "serve", "--port", "0") as (process, line):
        assert _get(_address(line) + "/sign-in")[0] == 200
        assert [_get(f"{_address(line)}/api/v1/{path}")[0] for path in ("test-clock", "work-items")] == [404, 401]
        assert _end(process, number) == 0


@pytest.mark.databases("sqlite")
def test_the_clock_can_be_moved_only_where_it_was_asked_for(
    database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`--test-clock` adds the call; elsewhere it doesn't exist, as above."""
    monkeypatch.setattr("sys.stdin", (tmp_path / "password").open("w+"))
    sys.stdin.write("月落烏啼霜滿天江楓漁火\n")
    sys.stdin.seek(0)
    assert run(["user", "add", "admin", "--roles", "administrator", "--password-stdin", "--db", database_url]) == 0
    sys.stdin.close()
    capsys.readouterr()
    assert run(["token", "add", "admin", "--db", database_url]) == 0
    token = capsys.readouterr().out.strip()
    with running(database_url, tmp_path, "serve", "--port", "0", "--test-clock") as (_process, line):
        status, body = _get(_address(line) + "/api/v1/test-clock", token)
        assert (status, list(json.loads(body))) == (200, ["now"])


@pytest.mark.databases("sqlite")
def test_a_worker_comes_up_and_ends_well(database_url: str, tmp_path: Path) -> None:
    """On SIGTERM, with 0."""
    with running(database_url, tmp_path, "worker") as (process, _line):
        assert _end(process, signal.SIGTERM) == 0
