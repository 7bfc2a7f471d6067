"""Entries of TOML files are changed as text: what isn't changed keeps its bytes."""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path

import pytest

from engine.designing.toml_text import Entries, TomlUnsplittableError

FILES = [(path, table) for path in sorted((Path(__file__).parent.parent.parent.parent / "bpmn").glob("*/**/*.toml"))
         for table in [{"clauses.toml": "clause", "limits.toml": "limit"}.get(path.name, "column")]
         if path.parent.name == "registers" or path.name in ("clauses.toml", "limits.toml")]

TEXT = """\
# 時限。

[[limit]]   # 第一項
id = "first"
when = 'a["b"] == "c"'
from = [
  "one:completed",  # 先
]

# 第二項的說明
[[limit]]
id = "second"
name = "二"
"""


def diff(before: str, after: str) -> list[str]:
    lines = difflib.unified_diff(before.split("\n"), after.split("\n"), n=0, lineterm="")
    return [line for line in lines if not line.startswith(("---", "+++", "@@"))]


def entries() -> Entries:
    return Entries(TEXT.encode(), "limit", "limits.toml")


def test_every_file_of_ours_is_written_back_byte_for_byte() -> None:
    """Also when each entry is given the values that it has; and a changed key is one line."""
    assert len(FILES) > 40
    for path, table in FILES:
        raw = path.read_bytes()
        held = Entries(raw, table, path.name)
        for at, values in enumerate(held.values):
            held.change(at, values)
        held.arrange(range(len(held.values)))
        held.change_head({name: value for name, value in tomllib.loads(raw.decode()).items() if name != table})
        assert held.written() == raw
        held.change(len(held.values) - 1, {"zz": "新"})
        assert diff(raw.decode(), held.written().decode()) == ['+zz = "新"']


def test_a_change_touches_its_own_line() -> None:
    """Comments stay, an expression stands in quotes that leave it readable, a key goes away, a list is written as one."""
    held = entries()
    held.change(0, {"id": "first", "when": 'x["y"]', "from": ["one:completed"]})
    held.change(1, {"name": None, "escalate_to": "manager"})
    assert diff(TEXT, held.written().decode()) == [
        """-when = 'a["b"] == "c"'""", """+when = 'x["y"]'""", '-name = "二"', '+escalate_to = "manager"']


def test_entries_are_added_copied_and_removed_with_their_comments() -> None:
    """A blank line between two, the comment above an entry goes and stays with it."""
    held = entries()
    held.copy(1, {"name": "二改"})
    held.add({"id": "between"}, after=0)
    added = TEXT.replace("# 第二項的說明", '[[limit]]\nid = "between"\n\n# 第二項的說明') + '\n[[limit]]\nid = "second"\nname = "二改"\n'
    assert held.written().decode() == added
    held.remove(2)
    assert held.written().decode() == added.replace('# 第二項的說明\n[[limit]]\nid = "second"\nname = "二"\n\n', "")
    held.arrange([2, 0])
    assert [entry["id"] for entry in held.values] == ["second", "first"]
    assert [entry["id"] for entry in tomllib.loads(held.written().decode())["limit"]] == ["second", "first"]


def test_the_first_entry_of_an_empty_file_and_line_ends_of_another_system() -> None:
    """Nothing above it; and a file with \\r\\n keeps them, new lines too."""
    empty = Entries(b"", "limit", "limits.toml")
    empty.add({"id": "first", "reason": {"en": "x"}})
    assert empty.written() == b'[[limit]]\nid = "first"\nreason = {en = "x"}\n'
    held = Entries(TEXT.replace("\n", "\r\n").encode(), "limit", "limits.toml")
    held.change(1, {"warn": "PT5M"})
    held.add({"id": "third"})
    assert held.written().count(b"\n") == held.written().count(b"\r\n")


@pytest.mark.parametrize("text", ["limit = [{id = 'a'}]", "[[limit]", "a = '''\n[[limit]]\n'''\n[[limit]]\nid = 'b'\n"])
def test_what_cannot_be_cut_is_refused(text: str) -> None:
    """Rather than damaged."""
    with pytest.raises(TomlUnsplittableError):
        Entries(text.encode(), "limit", "limits.toml")
