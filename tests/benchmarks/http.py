"""Over HTTP with everything that a person pays for: sign-in, permission, form, CSRF. The server is a process of its own, as in real use."""

from __future__ import annotations

import http.client
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import urlencode, urlsplit

from engine.company import users
from engine.instances import run_step
from engine.model import SYSTEM
from tests.benchmarks import workload
from tests.benchmarks.report import Result
from tests.benchmarks.stage import Stage, median, percentile, settle, timed
from tests.benchmarks.targets import PEERS
from tests.builders import PASSWORD, make_user, simple_process

_ROOT = Path(__file__).parent.parent.parent
_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
#: a form with a field of most kinds, all but two required
_FORM = {
    "title": "到場確認", "type": "object", "required": ["arrived_at", "condition", "quantity", "urgent"],
    "properties": {
        "arrived_at": {"type": "string", "format": "date-time", "title": "到場時間"},
        "condition": {"type": "string", "title": "現場情況", "minLength": 2, "maxLength": 500},
        "quantity": {"type": "integer", "title": "數量", "minimum": 1, "maximum": 100},
        "urgent": {"type": "boolean", "title": "緊急"},
        "note": {"type": "string", "title": "備註", "maxLength": 500},
    },
}
_FIELDS = {"arrived_at": "2026-03-02T09:00:00+08:00", "condition": "水管接頭鬆脫，已關閉總閘。", "quantity": 2, "urgent": True, "note": ""}


@dataclass(slots=True)
class Visitor:
    """A keep-alive client with a session."""

    address: str
    connection: http.client.HTTPConnection
    cookies: dict[str, str] = field(default_factory=dict)

    @classmethod
    def signed_in(cls, stage: Stage, address: str, *roles: str) -> Self:
        """A new person of these roles, signed in by password."""
        person = make_user(stage.runtime, *roles)
        visitor = cls(address, http.client.HTTPConnection(urlsplit(address).netloc, timeout=60))
        token = visitor.token(visitor.get("/sign-in"))
        status, _ = visitor.post("/sign-in", {"username": person.username, "password": PASSWORD, "csrf_token": token})
        assert status == 303, status
        return visitor

    def get(self, path: str) -> str:
        """The page, which must be one."""
        status, body = self._send("GET", path)
        assert status == 200, (status, path, body[:300])
        return body

    def post(self, path: str, fields: dict[str, str]) -> tuple[int, str]:
        """Submit a form."""
        return self._send("POST", path, urlencode(fields).encode(), {"Content-Type": "application/x-www-form-urlencoded"})

    @staticmethod
    def token(page: str) -> str:
        """The page's CSRF token."""
        found = _TOKEN.search(page)
        assert found is not None, page[:500]
        return found[1]

    def close(self) -> None:
        """Hang up."""
        self.connection.close()

    def _send(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> tuple[int, str]:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = {"Cookie": cookies, "Referer": self.address + path, **(headers or {})}
        self.connection.request(method, path, body, sent)
        answer = self.connection.getresponse()
        for cookie in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = cookie.split(";", 1)[0].partition("=")
            self.cookies[name] = value
        return answer.status, answer.read().decode()


@contextmanager
def serving(stage: Stage) -> Iterator[str]:
    """`guicheng serve` on the stage's store, in a process of its own; its address."""
    settings = stage.runtime.settings
    environment = {**os.environ, "GUICHENG_SECRET_KEY": settings.secret_key, "GUICHENG_FILES": str(settings.files), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "engine.cli", "serve", "--db", settings.db, "--port", "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=_ROOT, env=environment)
    try:
        yield _address_of(server)
    finally:
        server.terminate()
        # the log of each request has filled the pipe meanwhile
        server.communicate(timeout=60)


def _address_of(server: subprocess.Popen[str]) -> str:
    assert server.stdout is not None
    seen = []
    for line in server.stdout:
        seen.append(line)
        found = re.search(r"http://[\d.]+:\d+", line)
        if found:
            threading.Thread(target=lambda: [None for _ in server.stdout or ()], daemon=True).start()
            return found[0]
    raise AssertionError("".join(seen))


def measure(stage: Stage) -> None:
    """The submission of a form by the page and by the API; only the request that completes the item is timed."""
    files = {"visit.bpmn": _process(), "forms/arrival.json": json.dumps(_FORM).encode()}
    stage.deploy(files)
    count = stage.scale.requests
    stage.report.progress(f"{stage.backend} HTTP: {count} cases")
    settle()
    with serving(stage) as address:
        page_times = _by_page(stage, address, count)
        api_times = _by_api(stage, address, count)
    for way, times in (("page", page_times), ("API", api_times)):
        is_page = way == "page"
        stage.report.add(Result(f"complete over HTTP ({way})", stage.backend, "p50", median(times), "ms", target="http.p50",
                                peer=PEERS["http"][1] if is_page else None))
        stage.report.add(Result(f"complete over HTTP ({way})", stage.backend, "p99", percentile(times, 0.99), "ms", target="http.p99"))
        if is_page:
            stage.report.add(Result("complete over HTTP (page)", stage.backend, "Spiff-Arena ÷ ours", PEERS["http"][0] / median(times), "×",
                                    target="http.peer"))


def _process() -> bytes:
    xml = simple_process("visit", ("check_in", "repair_worker")).decode()
    plain = '<userTask id="check_in" name="check_in"/>'
    assert plain in xml
    properties = '<spiffworkflow:properties><spiffworkflow:property name="form" value="arrival"/></spiffworkflow:properties>'
    task = f'<userTask id="check_in" name="check_in"><extensionElements>{properties}</extensionElements></userTask>'
    namespace = 'xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core" id="definitions_visit"'
    return xml.replace(plain, task).replace('id="definitions_visit"', namespace).encode()


def _by_page(stage: Stage, address: str, count: int) -> list[float]:
    visitor = Visitor.signed_in(stage, address, *workload.ROLES)
    times = []
    for number in range(count + 10):
        item = stage.start("visit").work_item_ids[0]
        token = visitor.token(visitor.get(f"/items/{item}"))
        fields = {"arrived_at": "2026-03-02T09:00", "condition": str(_FIELDS["condition"]), "quantity": "2", "urgent": "true", "note": "",
                  "csrf_token": token}
        took, (status, body) = timed(lambda: visitor.post(f"/items/{item}/complete", fields))  # noqa: B023 - called at once
        assert status == 303, (status, body[:2000])
        if number >= 10:
            times.append(took)
    visitor.close()
    return times


def _by_api(stage: Stage, address: str, count: int) -> list[float]:
    person = make_user(stage.runtime, *workload.ROLES)
    token = run_step(stage.runtime, lambda uow: users.add_token(stage.runtime, uow, SYSTEM, person.id, "benchmark"))
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    body = json.dumps({"variables": _FIELDS}).encode()

    def complete(item: int) -> int:
        connection.request("POST", f"/api/v1/work-items/{item}/complete", body, headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status

    times = []
    for number in range(count + 10):
        item = stage.start("visit").work_item_ids[0]
        took, status = timed(lambda: complete(item))  # noqa: B023 - called at once
        assert status == 200, status
        if number >= 10:
            times.append(took)
    connection.close()
    return times
