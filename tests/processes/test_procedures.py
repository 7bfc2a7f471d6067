"""Every procedure in `bpmn/`: lints, its files fit together, its scenarios pass, its clauses are covered, its pictures are of today."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from engine.errors import Finding
from engine.scenarios.checking import CheckReport, ProcedureReport, check
from engine.scenarios.report import line_of
from engine.settings import Settings

BPMN = Path(__file__).parent.parent.parent / "bpmn"
PROCEDURES = sorted(path.parent.name for path in BPMN.glob("*/*.bpmn"))
SCENARIOS = sorted(path.relative_to(BPMN).as_posix() for path in BPMN.glob("*/scenarios/*.yaml"))
#: what a finding of each rule is tested as; every other rule is the linter's
RULES_OF_ITS_OWN = {"scenario", "clauses", "untranslated", "stale-picture"}


@cache
def report() -> CheckReport:
    """One check for all tests of this file."""
    return check(BPMN, Settings())


def of(name: str) -> ProcedureReport:
    return next(procedure for procedure in report().procedures if procedure.name == name)


def told(findings: list[Finding]) -> list[str]:
    return [line_of(finding, "zh-Hant") for finding in findings]


@pytest.mark.xdist_group("procedures")
@pytest.mark.parametrize("name", PROCEDURES)
def test_diagrams_and_files_fit_together(name: str) -> None:
    """No finding of the linter, not even a warning: our own procedures are the example."""
    assert told([finding for finding in of(name).findings if finding.rule not in RULES_OF_ITS_OWN]) == []


@pytest.mark.xdist_group("procedures")
@pytest.mark.parametrize("path", SCENARIOS)
def test_scenarios_pass(path: str) -> None:
    """Each through the real services, on a clock of its own."""
    name, _, file = path.partition("/")
    outcome = next(outcome for outcome in of(name).outcomes if outcome.scenario.file == file)
    assert told(list(outcome.failures)) == []


@pytest.mark.xdist_group("procedures")
@pytest.mark.parametrize("name", PROCEDURES)
@pytest.mark.parametrize("rule", sorted(RULES_OF_ITS_OWN))
def test_clauses_english_and_pictures(name: str, rule: str) -> None:
    """Every clause is carried out and shown, every sentence has English, every picture is of today's diagram."""
    assert told([finding for finding in of(name).findings if finding.rule == rule]) == []


@pytest.mark.parametrize(("name", "least"), [("repair", 12), ("follow_up", 5)])
def test_there_are_scenarios_enough(name: str, least: int) -> None:
    """The boundary cases that the procedure's description names are told, too."""
    assert sum(path.startswith(f"{name}/") for path in SCENARIOS) >= least
