"""`guicheng retention`: lists what is due, and carries out what is on."""

from __future__ import annotations

import pytest

from engine.cli import run
from engine.persistence import tables
from engine.retention.kinds import Kind
from engine.runtime import Runtime
from tests import builders
from tests.engine.retention import visits

pytestmark = pytest.mark.databases("sqlite")


def test_it_lists_first_and_erases_only_what_is_on(
    runtime: Runtime, database_url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    visits.deploy(runtime)
    done = visits.visited(runtime)
    visits.switch_on(runtime, done.admin, Kind.CALLS, days=1)
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    monkeypatch.setenv("GUICHENG_FILES", str(runtime.settings.files))
    assert run(["retention", "--dry-run", "--db", database_url]) == 0
    assert "Telephone calls (*, 1 days, On): 1" in capsys.readouterr().out
    assert builders.rows(runtime, tables.retention_run) == []
    assert run(["retention", "--run", "--db", database_url]) == 0
    assert "Telephone calls (*): 1 cases" in capsys.readouterr().out
    (call,) = builders.rows(runtime, tables.phone_call)
    assert visits.CALLER not in call.name
    assert run(["retention", "--db", database_url]) == 2
