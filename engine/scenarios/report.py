"""What came of scenarios and checks, as findings that a person reads in their language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from engine.errors import Finding, FormInvalidError, GuichengError
from engine.i18n import SOURCE_LOCALE, describe, describe_field_error, describe_finding
from engine.scenarios.story import Scenario


class Reason(str):
    """What an error says, in the source language; keeps the error, so that a report can say it in the reader's."""

    __slots__ = ("error",)
    error: GuichengError

    @classmethod
    def of(cls, error: GuichengError) -> Reason:
        """Of a refusal or failure."""
        reason = cls(explain(error, SOURCE_LOCALE))
        reason.error = error
        return reason


def explain(error: GuichengError, locale: str) -> str:
    """An error in one line, with the code by which a scenario can expect it."""
    if isinstance(error, FormInvalidError):
        return "; ".join(f"{each.field}: {describe_field_error(each, locale)} ({each.code})" for each in error.errors)
    return f"{describe(error, locale)} ({error.code})"


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
    data = {name: explain(value.error, locale) if isinstance(value, Reason) else value for name, value in finding.data.items()}
    text = f"{describe_finding(replace(finding, data=data), locale)} [{finding.rule}]"
    return f"{where}: {text}" if where else text
