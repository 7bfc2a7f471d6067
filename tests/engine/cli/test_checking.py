"""`guicheng check` and the scenarios before `guicheng deploy`, as a person at a terminal meets them."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.cli import run
from tests.engine.scenarios.small import FILES, HEAD

ORGANISATION = """
[roles]
clerk = {name = "文員"}
worker = {name = "工人"}
manager = {name = "經理"}
director = {name = "總監"}
tenant = {name = "業戶", outside = true}
[numbering]
slip = "S{yyyy}-{seq:03}"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of procedures with the small one in it, whose scenario fails at its seventh line."""
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    monkeypatch.setenv("GUICHENG_FILES", str(tmp_path / "files"))
    monkeypatch.setenv("GUICHENG_BPMN", str(tmp_path / "bpmn"))
    folder = tmp_path / "bpmn"
    scenario = HEAD + "  - {complete: review, as: manager}\n  - {complete: carry_out, as: clerk}\n"
    for name, raw in {**FILES, "scenarios/a.yaml": scenario.encode()}.items():
        (folder / "small" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "small" / name).write_bytes(raw)
    (folder / "organisation.toml").write_text(ORGANISATION, encoding="utf-8")
    return folder


def test_check_says_what_is_wrong_and_ends_with_one(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line a finding, errors first, and a line of sums for each procedure."""
    assert run(["check", str(folder)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("✗ small/scenarios/a.yaml:7: “complete carry_out” was refused: ") for line in lines)
    assert "✗ small/clauses.toml: No scenario that passes shows clause “small 1.2”: 施工留照片。 [clauses]" in lines
    assert lines[-1] == "✗ small: 2 clauses, 0/1 scenarios passed, 6 steps of people in no scenario."
    assert [line[0] for line in lines[:-1]] == sorted((line[0] for line in lines[:-1]), key="✗!".index)


@pytest.mark.databases("sqlite")
def test_a_failed_scenario_refuses_the_deployment(folder: Path, empty_database_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is stored; mended, it is."""
    assert run(["deploy", str(folder), "--db", empty_database_url]) == 1
    output, complaints = capsys.readouterr()
    assert "scenarios/a.yaml:7" in output + complaints
    scenario = folder / "small" / "scenarios" / "a.yaml"
    mended = scenario.read_text(encoding="utf-8").replace("carry_out, as: clerk", "carry_out, as: worker, data: {photos: a.jpg}")
    scenario.write_text(mended, encoding="utf-8")
    assert run(["deploy", str(folder), "--db", empty_database_url]) == 0
    assert "small" in capsys.readouterr().out
