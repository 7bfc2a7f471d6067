"""Two people's changes of one file: what only one has changed is taken, what both have is asked, and neither side goes without a word."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from webui.build_frontend import FRONTEND, find_node

_BPMN = Path(__file__).parent.parent.parent.parent / "bpmn"
_FORM = {"title": "Form", "required": ["a"], "properties": {"a": {"type": "string", "title": "A"}, "b": {"type": "string", "title": "B"}}}
_REGISTER = ('title = "Register"\n\n[[column]]\nid = "one"\nvalue = "case.number"\n\n'
             '# the second\n[[column]]\nid = "two"\nvalue = "case.title"\n')


def _merged(cases: list[dict[str, Any]], files: list[Path]) -> list[dict[str, Any]]:
    node, _ = find_node()
    script = Path(__file__).with_name("merge_files.mjs")
    done = subprocess.run([node, script, FRONTEND, json.dumps(cases), *files], capture_output=True, text=True, check=True, timeout=60)
    return [json.loads(line) for line in done.stdout.splitlines()]


def _form(**changes: Any) -> dict[str, Any]:
    properties = {**_FORM["properties"], **changes.pop("properties", {})}
    return {**_FORM, **changes, "properties": {name: value for name, value in properties.items() if value is not None}}


def _case(path: str, base: Any, mine: Any, theirs: Any) -> dict[str, Any]:
    texts = [each if each is None or isinstance(each, str) else json.dumps(each, indent=2) for each in (base, mine, theirs)]
    return {"path": path, **dict(zip(("base", "mine", "theirs"), texts, strict=True))}


def test_every_kind_of_file_is_put_together_piece_by_piece() -> None:
    """Forms by key with lists as sets, registers by table and key, other texts by lines; without a common state the file is one piece."""
    titled = {"type": "string", "title": "Mine"}
    mine = _form(required=["a", "mine"], properties={"a": titled, "mine": {"type": "number"}})
    theirs = _form(title="Theirs", required=["theirs", "a"], properties={"theirs": {"type": "boolean"}, "b": None})
    both = _form(properties={"a": {"type": "string", "title": "Other"}})
    new = '[[column]]\nid = "new"\n\n[[column]]\nid = "two"'
    mine_columns = _REGISTER.replace('"case.number"', '"case.site"').replace('[[column]]\nid = "two"', new)
    their_columns = _REGISTER.replace('"case.number"', '"case.state"').replace('"case.title"', '"case.late"').replace("Register", "Theirs")
    form, clash, register, text, removed, unknown, one_sided = _merged([
        _case("forms/x.json", _FORM, mine, theirs), _case("forms/x.json", _FORM, mine, both),
        _case("registers/x.toml", _REGISTER, mine_columns, their_columns),
        _case("records/x.html", "a\nb\nc\nd\n", "a\nmine\nc\nd\nmore\n", "first\na\ntheirs\nc\nd\n"),
        _case("forms/x.json", _FORM, _form(properties={"b": None}), _form(properties={"b": titled})),
        _case("forms/x.json", None, mine, theirs), _case("scenarios/x.yaml", "a: 1\nb: 2\n", "a: 1\nb: 3\n", "a: 1\nb: 2\n"),
    ], sorted([*_BPMN.glob("*/forms/*.json"), *_BPMN.glob("*/*.toml"), *_BPMN.glob("*/registers/*.toml"), *_BPMN.glob("*/records/*.html")]))
    together = json.loads(form["mine"])
    assert form["conflicts"] == []
    assert together["title"] == "Theirs"
    assert sorted(together["required"]) == ["a", "mine", "theirs"]
    assert {name: each.get("title") for name, each in together["properties"].items()} == {"a": "Mine", "mine": None, "theirs": None}
    assert clash["conflicts"] == ["properties › a › title"]
    assert [json.loads(clash[side])["properties"]["a"]["title"] for side in ("mine", "theirs")] == ["Mine", "Other"]
    assert register["conflicts"] == ["[[column]] one › value"]
    for side, words in (("mine", "case.site"), ("theirs", "case.state")):
        expected = mine_columns.replace("case.site", words).replace("case.title", "case.late").replace("Register", "Theirs")
        assert register[side] == expected
    assert text["conflicts"] == ["2"]
    assert (text["mine"], text["theirs"]) == ("first\na\nmine\nc\nd\nmore\n", "first\na\ntheirs\nc\nd\nmore\n")
    assert removed["conflicts"] == ["properties › b"]
    assert unknown["conflicts"] == ["forms/x.json"]
    assert json.loads(unknown["theirs"]) == theirs
    assert (one_sided["conflicts"], one_sided["mine"]) == ([], "a: 1\nb: 3\n")
