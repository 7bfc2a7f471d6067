"""Constructs that the engine would run wrongly, refuse badly or hang on are refused with their rule and their element."""

from __future__ import annotations

import pytest

from engine.settings import Settings
from engine.spiff.reading import read_package
from tests.engine.spiff.conformance.refused import CASES


@pytest.mark.parametrize("name", CASES)
def test_construct_is_refused(name: str) -> None:
    """The deployment is refused, and one error names the rule and the element."""
    xml, rule, element_id = CASES[name]
    found = read_package({"p.bpmn": xml}, Settings())
    errors = {(finding.rule, finding.element_id) for finding in found.findings if finding.severity == "error"}
    assert (rule, element_id) in errors
    assert "engine-refused" not in {code for code, _ in errors}
