"""Procedures on disk: which folders are one, what belongs to it, and who is deployed before whom."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.procedures import NoDiagramError, read_procedures


def _procedure(folder: Path, key: str, *called: str) -> Path:
    (folder / key).mkdir(parents=True)
    calls = "".join(f'<callActivity id="c{number}" calledElement="{name}"/>' for number, name in enumerate(called))
    (folder / key / f"{key}.bpmn").write_text(f'<definitions><process id="{key}" isExecutable="true">{calls}</process></definitions>')
    return folder / key


def test_a_folder_of_folders_holds_several(tmp_path: Path) -> None:
    """Those without a diagram are left alone."""
    _procedure(tmp_path, "one")
    _procedure(tmp_path, "two")
    (tmp_path / "demo").mkdir()
    (tmp_path / "organisation.toml").write_text("")
    assert [entry.name for entry in read_procedures([tmp_path])] == ["one", "two"]


def test_called_ones_come_first(tmp_path: Path) -> None:
    """Whatever their names, and over several calls."""
    _procedure(tmp_path, "a_caller", "m_called")
    _procedure(tmp_path, "m_called", "z_called", "elsewhere")
    _procedure(tmp_path, "z_called")
    assert [entry.name for entry in read_procedures([tmp_path])] == ["z_called", "m_called", "a_caller"]


def test_those_that_call_each_other_keep_their_order(tmp_path: Path) -> None:
    """The deployment says what is missing; nothing loops here."""
    _procedure(tmp_path, "a", "b")
    _procedure(tmp_path, "b", "a")
    assert [entry.name for entry in read_procedures([tmp_path])] == ["a", "b"]


def test_files_are_named_by_their_path_inside_and_notes_stay_out(tmp_path: Path) -> None:
    """So do hidden files and folders."""
    folder = _procedure(tmp_path, "one")
    for name in ("forms/a.json", "README.md", "forms/.draft.json", ".git/x.json", "records/a.html"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("")
    assert set(read_procedures([folder])[0].files) == {"one.bpmn", "forms/a.json", "records/a.html"}


def test_loose_files_make_one_procedure(tmp_path: Path) -> None:
    """Named after the first."""
    folder = _procedure(tmp_path, "one")
    (folder / "rule.dmn").write_text("")
    found = read_procedures([folder / "one.bpmn", folder / "rule.dmn"])
    assert [(entry.name, set(entry.files)) for entry in found] == [("one", {"one.bpmn", "rule.dmn"})]


@pytest.mark.parametrize("name", ["", "nowhere"])
def test_a_path_without_a_diagram_is_wrong_use(tmp_path: Path, name: str) -> None:
    """An empty folder, and one that isn't there."""
    with pytest.raises(NoDiagramError):
        read_procedures([tmp_path / name])
