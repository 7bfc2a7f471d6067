"""`guicheng what-if`: plays on the spot, says what would be missed, writes the file; wrong names are said."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from engine.cli import run
from engine.runtime import Runtime
from tests.builders import deploy, make_user, simple_process
from tests.what_if_history import work_through

pytestmark = pytest.mark.databases("sqlite")
_LIMITS = (
    b'[[limit]]\nid = "done"\nname = "done"\nclause = "errand 1"\nfrom = "instance:started"\nto = "do_errand:completed"\ntarget = "PT1H"\n'
)


def test_it_plays_and_says_what_would_be_missed(
    runtime: Runtime, database_url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    process = deploy(runtime, {"errand.bpmn": simple_process("errand", ("do_errand", "customer_service")), "limits.toml": _LIMITS})
    now = runtime.clock.now()
    starts = [now + timedelta(minutes=20 * number) for number in range(24)]
    work_through(runtime, process, starts, [1500.0], [make_user(runtime, "customer_service").id])
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    monkeypatch.setenv("GUICHENG_FILES", str(runtime.settings.files))
    usual = ["what-if", "--db", database_url, "--days", "3600", "--weeks", "1", "--runs", "1"]
    target = tmp_path / "figures.csv"
    assert run([*usual, "--arrivals", "errand=9", "--staff", "customer_service=2", "--file", str(target)]) == 0
    said = capsys.readouterr().out
    assert "customer_service: " in said
    assert " → " in said
    assert target.read_text("utf-8-sig").startswith("Clauses")
    for wrong in (["--staff", "juggler=1"], ["--staff", "two"], ["--file", "figures.pdf"]):
        assert run([*usual, *wrong]) == 2
        assert len(capsys.readouterr().err.strip().splitlines()) >= 1
