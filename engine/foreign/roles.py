"""The other system's groups and lanes as roles of the company: picked where one fits, else proposed anew."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.content import Role
from engine.foreign.tree import words


@dataclass(frozen=True, slots=True)
class Picked:
    """What a group or a lane of the other system became."""

    #: as the file has it
    said: str
    role: str
    #: whether the company has this role already
    is_known: bool
    #: what people call it
    title: str


@dataclass(slots=True)
class Roles:
    """Picks them, the same for the same text. `chosen`: what a person picked, by the file's text."""

    known: Mapping[str, Role]
    chosen: Mapping[str, str]
    picked: dict[str, Picked] = field(default_factory=dict)

    def pick(self, said: str) -> str:
        """A role id."""
        said = " ".join(said.split())[:120]
        if said not in self.picked:
            role = self.chosen.get(said) or self._matching(said) or words(said) or re.sub(r"[^\w-]+", "_", said)
            held = self.known.get(role)
            self.picked[said] = Picked(said, role, held is not None, held.name if held is not None else said)
        return self.picked[said].role

    def title(self, role: str) -> str:
        """What people call a role that was picked."""
        return next((each.title for each in self.picked.values() if each.role == role), role)

    def _matching(self, said: str) -> str | None:
        wanted = _folded(said)
        return next(
            (role.id for role in self.known.values() if wanted in (_folded(role.id), _folded(role.name), _folded(role.name_en))), None)


def named(text: str) -> list[str]:
    """The groups of a comma-separated list; empty where it is an expression."""
    text = text.strip()
    if text.startswith(("${", "#{", "=")):
        return []
    return [part.strip() for part in text.split(",") if part.strip()]


def _folded(text: str) -> str:
    return re.sub(r"[\s_\-]+", "", text).casefold()
