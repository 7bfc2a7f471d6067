"""`guicheng import-bpmn`: a folder from another tool's files, or one line and nothing written."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.cli import run
from tests.engine.foreign.dialects import CASES, FILES


def test_a_folder_is_written_and_what_is_left_is_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With a line for each thing to settle; never into a folder that has something in it."""
    into = tmp_path / "purchase"
    arguments = ["import-bpmn", *(str(FILES / path) for path in CASES["purchase"]), "--into", str(into)]
    assert run(arguments) == 0
    said = capsys.readouterr()
    assert sorted(path.name for path in into.rglob("*.*")) == ["material_schema.json", "purchase.bpmn"]
    assert "address" in said.err
    assert str(into) in said.out
    assert run(arguments) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize(("body", "folder"), [
    (b"<!DOCTYPE x><x/>", "fine"), (b"PK\x03\x04", "fine"), ((FILES / "signavio/parcel.bpmn").read_bytes(), "Not A Name"),
])  # fmt: skip
def test_what_cannot_be_taken_is_one_line_and_exit_two(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], body: bytes, folder: str
) -> None:
    given = tmp_path / "given.bpmn"
    given.write_bytes(body)
    assert run(["import-bpmn", str(given), "--into", str(tmp_path / folder)]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert not (tmp_path / folder).exists()
