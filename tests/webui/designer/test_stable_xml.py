"""What the editor writes: the author's own text where nothing was changed, and no more of it new than what was."""

from __future__ import annotations

import difflib
import json
import subprocess
from pathlib import Path

import pytest

from engine.content import read_organisation
from engine.foreign import bring_in
from engine.settings import Settings
from tests.engine.foreign.dialects import CASES, files
from webui.build_frontend import FRONTEND, find_node

ROOT = Path(__file__).parent.parent.parent.parent
DIAGRAMS = sorted((ROOT / "bpmn").glob("*/*.bpmn"))


@pytest.fixture(scope="module")
def written() -> list[dict[str, str]]:
    """What became of each of our diagrams, in one run of Node."""
    node, _ = find_node()
    script = Path(__file__).with_name("stable_xml.mjs")
    done = subprocess.run([node, script, FRONTEND, *DIAGRAMS], capture_output=True, text=True, check=True, timeout=120)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_saving_without_a_change_changes_no_byte(written: list[dict[str, str]]) -> None:
    """Although the modeler itself would write every one of them anew."""
    assert len(written) == len(DIAGRAMS) > 40
    assert all(each["untouched"] for each in written)
    assert not any(each["writtenByModdle"] for each in written)


def test_what_was_brought_in_from_other_tools_stays_to_the_byte(tmp_path: Path) -> None:
    """Files of ten foreign processes, as the import wrote them, in the other tools' prefixes."""
    node, _ = find_node()
    roles = read_organisation((ROOT / "bpmn" / "organisation.toml").read_bytes()).roles
    for name in CASES:
        for path, body in bring_in(files(name), Settings(), roles, name).files.items():
            if path.endswith(".bpmn"):
                (tmp_path / f"{name}.bpmn").write_bytes(body)
    made = sorted(tmp_path.glob("*.bpmn"))
    script = Path(__file__).with_name("stable_xml.mjs")
    done = subprocess.run([node, script, FRONTEND, *made], capture_output=True, text=True, check=True, timeout=120)
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(said) == len(CASES) >= 10
    assert [Path(each["file"]).stem for each in said if not each["untouched"]] == []


def test_a_change_touches_the_lines_that_say_it(written: list[dict[str, str]]) -> None:
    """A new name is one line, a new step one, a removed step those that it had; everything else stays to the byte."""
    for each in written:
        original = Path(each["file"]).read_text()
        renamed = _changes(original, each["renamed"])
        assert len(renamed) == 2, renamed
        assert "&quot;改&quot;" in renamed[1]
        assert _changes(original, each["added"]) == ['+    <userTask id="an_added_step" name="加 &amp; &lt;一步>"/>']
        removed = _changes(original, each["removed"])
        assert removed
        assert all(line.startswith("-") for line in removed)


def _changes(before: str, after: str) -> list[str]:
    lines = difflib.unified_diff(before.split("\n"), after.split("\n"), n=0, lineterm="")
    return [line for line in lines if not line.startswith(("---", "+++", "@@"))]
