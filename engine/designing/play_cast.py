"""Who may do a step of a play: the one person of its role or a colleague of theirs, as a scenario names them. Does nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from engine.content import Role
from engine.model import Json
from engine.scenarios.company import Company
from engine.scenarios.story import Performer

#: what tells colleagues of one role apart: the person whom everybody means by the role has no addition
_ADDITIONS = ("", "乙", "丙")  # not a message


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who may do a step."""

    #: as a scenario's `as` has it
    performer: Json
    #: whether the step is with them now
    has_it: bool = False

    @property
    def told(self) -> Performer:
        """As the scenario's player takes it."""
        if isinstance(self.performer, Mapping):
            return Performer(str(self.performer["role"]), str(self.performer["person"]))
        return Performer(str(self.performer))


def name_of(who: Candidate) -> str:
    """As the pretend company finds them: the person, else the role."""
    return who.told.person or who.told.role


def candidates(company: Company, roles: Mapping[str, Role], row: Row[Any]) -> tuple[Candidate, ...]:
    """Of an open item: whoever has it first, then the person of the role and two colleagues. An outside person is alone."""
    if row.outside:
        return (Candidate(row.outside),)
    found = []
    if row.role in roles:
        found = [Candidate({"role": row.role, "person": f"{roles[row.role].name}{addition}"} if addition else row.role)
                 for addition in _ADDITIONS]
    holder = _holder(company, row)
    if holder is None:
        return tuple(found)
    return (holder, *(each for each in found if each.performer != holder.performer))


def said(roles: Mapping[str, Role], performer: Performer) -> tuple[str, str]:
    """A role and what tells the person in it apart; for a person of another name no role, and the name."""
    if performer.person is None:
        return performer.role, ""
    known = roles[performer.role].name if performer.role in roles else ""
    addition = performer.person.removeprefix(known)
    return (performer.role, addition) if known and addition in _ADDITIONS else ("", performer.person)


def _holder(company: Company, row: Row[Any]) -> Candidate | None:
    name = company.name_of(row.assignee_id)
    if name is None:
        return None
    if name in company.by_role:
        return Candidate(name, has_it=True)
    role = min(grant.role for grant in company.by_name[name].grants)
    return Candidate({"role": role, "person": name}, has_it=True)
