"""How the state of an element looks: colours, line and sign, never by colour alone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """Where an element of a running instance stands."""

    #: a token has passed
    DONE = "done"
    #: a token waits here
    CURRENT = "current"
    #: a token waits here, and its time is over
    OVERDUE = "overdue"
    #: a step failed here
    INCIDENT = "incident"
    #: between two versions: only in the later, only in the earlier, not as it was, only drawn elsewhere
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    SHIFTED = "shifted"
    #: how much of something is there, from little to most
    HEAT_1 = "heat-1"
    HEAT_2 = "heat-2"
    HEAT_3 = "heat-3"
    HEAT_4 = "heat-4"


@dataclass(frozen=True, slots=True)
class ElementMark:
    """What a picture says of one element beyond the diagram."""

    status: Status
    #: a few characters at the upper right, e.g. a count or a name; empty for none
    badge: str = ""
    #: shown on hover and read aloud: names and times
    title: str = ""
    #: of a flow: how wide it is underlaid
    width: float = 6


@dataclass(frozen=True, slots=True)
class Look:
    """How a shape is painted."""

    fill: str
    stroke: str
    width: float
    #: of the line; empty for a full one
    dashes: str = ""


PLAIN = Look("#ffffff", "#243b53", 1.5)
LOOKS = {
    Status.DONE: Look("#eef2f6", "#829ab1", 1.5),
    Status.CURRENT: Look("#e3f5e6", "#2f7d32", 3),
    Status.OVERDUE: Look("#fdeaea", "#c62828", 3.5),
    Status.INCIDENT: Look("#fff3d6", "#b45309", 3.5, "7 3"),
    Status.ADDED: Look("#e3f5e6", "#2f7d32", 3),
    Status.REMOVED: Look("#fdeaea", "#c62828", 3, "7 3"),
    Status.CHANGED: Look("#fff3d6", "#b45309", 3),
    Status.SHIFTED: Look("#e8f0fb", "#1f5fb0", 2, "2 3"),
    Status.HEAT_1: Look("#fff8e1", "#8a6d1f", 1.5),
    Status.HEAT_2: Look("#ffe3a3", "#8f5a00", 2.25),
    Status.HEAT_3: Look("#ffc27a", "#a34100", 3),
    Status.HEAT_4: Look("#ff9d80", "#a01f14", 4),
}


def look_of(mark: ElementMark | None) -> Look:
    """The look of an element with its mark, or without one."""
    return PLAIN if mark is None else LOOKS[mark.status]
