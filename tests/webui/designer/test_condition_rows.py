"""A condition shown as rows says what it said as an expression, and what rows cannot say stays as it is."""

from __future__ import annotations

import ast
import json
import subprocess
from pathlib import Path

from lxml import etree

from engine.diagram import BPMN
from engine.forms import load_form
from webui.build_frontend import FRONTEND, find_node

PROCEDURES = Path(__file__).parent.parent.parent.parent / "bpmn"
#: of kinds that our diagrams don't compare, with quotes and words inside a value; then what is more than rows
MADE_UP = {
    'float(bill["total"]) >= 10.5 or "paint" not in bill["kinds"]': 2,
    'bill["note"] == "fire and \\"smoke\\" or nothing" and not bill["paid"]': 2, "bill['note'] != 'it\\'s'": 1, "": 0,
    'bill["paid"] and bill["note"] == "a" or bill["paid"]': None, 'rounds < 3 and bill["paid"]': None, 'bill.get("note")': None,
    'bill["n"] == "a': None,
}
KINDS = {"bill.total": "money", "bill.kinds": "choices", "bill.note": "text", "bill.paid": "yes_no"}


def test_conditions_mean_the_same_as_rows(tmp_path: Path) -> None:
    """Of all our diagrams: most fit rows, and chosen anew row by row they read alike for Python."""
    kinds = {f"{path.stem}.{field.name}": field.kind.value
             for path in PROCEDURES.glob("*/forms/*.json") for field in load_form(path.read_bytes(), path.stem).fields}
    ours = sorted({(node.text or "").strip() for path in PROCEDURES.glob("*/*.bpmn")
                   for node in etree.parse(path).iter(f"{{{BPMN}}}conditionExpression")})
    (tmp_path / "given.json").write_text(json.dumps({"conditions": [*ours, *MADE_UP], "kinds": {**kinds, **KINDS}}))
    node, _ = find_node()
    script = Path(__file__).with_name("condition_rows.mjs")
    done = subprocess.run([node, script, FRONTEND, tmp_path / "given.json"], capture_output=True, text=True, check=True, timeout=60)
    found = {each["text"]: each for each in map(json.loads, done.stdout.splitlines())}
    assert len([text for text in ours if found[text].get("anew")]) > len(ours) / 2
    for text, each in found.items():
        if each["rows"]:
            assert each["untouched"] == text
        if each.get("anew"):
            assert ast.dump(ast.parse(each["anew"], mode="eval")) == ast.dump(ast.parse(text, mode="eval")), text
    assert {text: found[text]["rows"] for text in MADE_UP} == MADE_UP
