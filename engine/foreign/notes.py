"""What is told of each thing that was found in a foreign file: translated, left for a person, or of no use here."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from lxml import etree

from engine.diagram import BPMN
from engine.errors import Finding


class Outcome(StrEnum):
    """What became of it."""

    #: it says the same here
    TRANSLATED = "translated"
    #: somebody has to do something before it works as it did
    OPEN = "open"
    #: it steered the other engine and has no meaning here
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Note:
    """One thing of a foreign file."""

    outcome: Outcome
    #: severity `warning` where somebody has to do something, else `info`
    finding: Finding
    #: what stood there; empty where the sentence says it
    original: str = ""


#: characters of an original that are kept: enough to write a script anew
_LONGEST = 4_000


@dataclass(slots=True)
class Notes:
    """Collects them, in the order of the files."""

    #: the file that is read now
    file: str = ""
    found: list[Note] = field(default_factory=list)

    def translated(self, rule: str, node: etree._Element | str | None, sentence: str, **data: Any) -> None:
        """It says the same here."""
        self._add(Outcome.TRANSLATED, rule, node, sentence, "", data)

    def open(self, rule: str, node: etree._Element | str | None, sentence: str, *, original: str = "", **data: Any) -> None:
        """Somebody has to do something; `sentence` says what."""
        self._add(Outcome.OPEN, rule, node, sentence, original, data)

    def dropped(self, node: etree._Element | str | None, name: str) -> None:
        """A setting that steered the other engine."""
        self._add(Outcome.DROPPED, "not-needed", node, "「{setting}」只用於原來的引擎，這裡不需要。", "", {"setting": name})

    def _add(
        self, outcome: Outcome, rule: str, node: etree._Element | str | None, sentence: str, original: str, data: dict[str, Any]
    ) -> None:
        element_id, name = (node, node or "") if not isinstance(node, etree._Element) else _named(node)
        finding = Finding(
            rule, "warning" if outcome is Outcome.OPEN else "info", element_id, sentence, {"name": name or self.file, **data}, self.file)
        self.found.append(Note(outcome, finding, original.strip()[:_LONGEST]))


def _named(node: etree._Element) -> tuple[str | None, str]:
    """Id and name of the element, or of the nearest around it, that people would point at."""
    current: etree._Element | None = node
    while current is not None:
        is_part = str(current.tag).endswith(("EventDefinition", "LoopCharacteristics", "}definitions"))
        if current.get("id") and not is_part and str(current.tag).startswith(f"{{{BPMN}}}"):
            return current.get("id"), current.get("name") or current.get("id") or ""
        current = current.getparent()
    return None, ""
