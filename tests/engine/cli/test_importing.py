"""`guicheng import` as a person at a terminal meets it."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.cli import run
from tests.workbooks import COMPANY, changed, workbook


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A terminal in English, with files of its own."""
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    monkeypatch.setenv("GUICHENG_FILES", str(tmp_path / "files"))
    return tmp_path


@pytest.mark.databases("sqlite")
def test_a_workbook_is_tried_and_imported(folder: Path, empty_database_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A dry run keeps nothing, so the import after it finds everything new; again there is nothing to do."""
    file = folder / "company.xlsx"
    file.write_bytes(workbook(COMPANY))
    total = sum(len(rows) - 1 for rows in COMPANY.values())
    for arguments in (["--dry-run"], []):
        assert run(["import", str(file), *arguments, "--db", empty_database_url]) == 0
        assert f"{total} new" in capsys.readouterr().out
    assert run(["import", str(file), "--db", empty_database_url]) == 0
    assert f"{total} unchanged" in capsys.readouterr().out


@pytest.mark.databases("sqlite")
def test_errors_are_told_line_by_line(folder: Path, empty_database_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Ends with 1 and imports nothing; a file that is no workbook with 2 and one line."""
    file = folder / "company.xlsx"
    file.write_bytes(workbook(changed(COMPANY, "單元", 1, 4, "much")))
    assert run(["import", str(file), "--db", empty_database_url]) == 1
    assert "單元, line 2: “Area (m²)” must be a number" in capsys.readouterr().err
    file.write_bytes(b"a,b,c")
    assert run(["import", str(file), "--db", empty_database_url]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "no Excel workbook" in line
