"""What a designer did while playing, as values and as the scenario that it is. Plays nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import yaml

from engine.model import JsonObject
from engine.scenarios.reader import read_scenario
from engine.scenarios.story import Scenario

#: what stands in the scenario of a play that has no name yet
_UNNAMED = {"zh-Hant": "試玩", "en": "Play"}  # not a message
#: name of the file of a play that is not saved
FILE = "scenarios/play.yaml"


@dataclass(frozen=True, slots=True)
class Told:
    """The story so far."""

    process: str
    begins_at: datetime
    #: steps as a scenario has them; the first one is its `start`
    steps: tuple[JsonObject, ...] = ()

    def written(self) -> str:
        """As it is kept."""
        return orjson.dumps({"process": self.process, "at": self.begins_at.isoformat(), "steps": self.steps}).decode()

    @classmethod
    def read(cls, text: str) -> Told:
        """As `written`."""
        kept = orjson.loads(text)
        return cls(kept["process"], datetime.fromisoformat(kept["at"]), tuple(kept["steps"]))

    def scenario(self) -> Scenario:
        """To be played; there has to be a first step. ScenarioUnreadableError for what no scenario can hold."""
        return read_scenario(self.yaml(_UNNAMED), FILE)

    def yaml(self, names: Mapping[str, str], expect: JsonObject | None = None) -> bytes:
        """The scenario's file. `expect`: what has to be true in the end."""
        document: dict[str, Any] = {"name": dict(names), "at": self.begins_at.isoformat(), "start": dict(self.steps[0])}
        following = [dict(step) for step in self.steps[1:]]
        if expect is not None:
            following.append({"expect": expect})
        if following:
            document["steps"] = following
        return yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=120).encode()
