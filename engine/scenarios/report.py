"""What came of scenarios and checks, as findings that a person reads in their language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.errors import Finding
from engine.i18n import describe_finding
from engine.scenarios.story import Scenario


class MismatchError(Exception):
    """Something in a scenario was not as it should be. Carries the sentence; the player adds file, line and step."""

    def __init__(self, sentence: str, *, is_expectation: bool = False, **data: object) -> None:
        super().__init__(sentence.format_map(data))
        self.sentence = sentence
        self.data = data
        #: whether it was expected by the step's `expect`, not by the step itself
        self.is_expectation = is_expectation


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one scenario."""

    scenario: Scenario
    #: empty when it passed
    failures: tuple[Finding, ...]
    #: `process/element` of everything that was passed
    passed: frozenset[str]
    #: ids of limits that ran, `process.limit`
    limits: frozenset[str]

    @property
    def is_passed(self) -> bool:
        """Whether everything was as it should be."""
        return not self.failures


def failure(scenario: Scenario, line: int, sentence: str, data: Mapping[str, object], element_id: str | None = None) -> Finding:
    """A finding of a scenario, at its file and line."""
    return Finding(rule="scenario", severity="error", element_id=element_id, sentence=sentence, data=data, file=f"{scenario.file}:{line}")


def line_of(finding: Finding, locale: str) -> str:
    """One line of plain text: where, what, and the rule's name."""
    where = " ".join(part for part in (finding.file, finding.element_id) if part)
    text = f"{describe_finding(finding, locale)} [{finding.rule}]"
    return f"{where}: {text}" if where else text
