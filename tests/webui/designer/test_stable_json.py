"""What the form editor writes: the author's own text where nothing was changed, and of what was changed only its own lines."""

from __future__ import annotations

import difflib
import json
import subprocess
from pathlib import Path

from webui.build_frontend import FRONTEND, find_node

FORMS = sorted((Path(__file__).parent.parent.parent.parent / "bpmn").glob("*/forms/*.json"))


def test_a_form_keeps_the_lines_that_were_not_changed() -> None:
    """Of every form of ours: saved as it is not a byte, another title one place, a new field one line, another order no other text."""
    node, _ = find_node()
    script = Path(__file__).with_name("stable_json.mjs")
    done = subprocess.run([node, script, FRONTEND, *FORMS], capture_output=True, text=True, check=True, timeout=60)
    written = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(written) == len(FORMS) > 150
    for each in written:
        original = Path(each["file"]).read_text()
        assert each["untouched"], each["file"]
        assert len(_changes(original, each["titled"])) == 2, each["file"]
        gone = [line for line in _changes(original, each["added"]) if line.startswith("-")]
        # the line before it gets its comma
        assert len(gone) <= 1, each["file"]
        assert '    "added_field": {"type": "string", "title": "加"}' in each["added"]
        assert sorted(line.rstrip(",") for line in each["turned"].split("\n")) == sorted(line.rstrip(",") for line in original.split("\n"))


def _changes(before: str, after: str) -> list[str]:
    lines = difflib.unified_diff(before.split("\n"), after.split("\n"), n=0, lineterm="")
    return [line for line in lines if not line.startswith(("---", "+++", "@@"))]
