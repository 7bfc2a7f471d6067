"""Every procedure of ours from its folder into the store and out again: not a byte differs, deployed or as a draft."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import definitions
from engine.cli import run
from engine.designing import drafts
from engine.instances import run_step
from engine.model import SYSTEM
from engine.persistence.tables import definition
from engine.procedures import read_procedures
from engine.runtime import Runtime
from tests.builders import ROOT, read_folder, rows


@pytest.mark.databases("sqlite")
def test_folders_come_out_as_they_went_in(runtime: Runtime, tmp_path: Path) -> None:
    """By the command line, as people do it with a folder in git."""
    procedures = read_procedures([ROOT / "bpmn"])
    for each in procedures:
        run_step(runtime, lambda uow, each=each: definitions.deploy(runtime, uow, SYSTEM, each.files, procedure=each.name))
        run_step(runtime, lambda uow, each=each: drafts.create(runtime, uow, SYSTEM, each.name, "files", files=each.files))
    assert run(["export", str(tmp_path / "out"), "--db", runtime.settings.db]) == 0
    assert run(["export", str(tmp_path / "drafts"), "--drafts", "--db", runtime.settings.db]) == 0
    for each in procedures:
        assert read_folder(tmp_path / "out" / each.name) == each.files == read_folder(tmp_path / "drafts" / each.name)
    again = read_procedures([tmp_path / "out"])
    first = next(each for each in again if each.name == "hot_work")
    run_step(runtime, lambda uow: definitions.deploy(runtime, uow, SYSTEM, first.files, procedure=first.name))
    assert {row.version for row in rows(runtime, definition)} == {1}
