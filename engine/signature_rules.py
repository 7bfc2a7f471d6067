"""When a signature chain (會簽) is done and who is next: rules over values, no store, no engine.

A chain is a list of parts, one a signer. Parts of one step are signed side by side; a higher step waits for the lower one, and a part may
wait for another of its own step. What is written down of a part never changes its place in the order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from engine.errors import StepFailedError

#: signers of one chain; more is a mistake in a table
MOST_SIGNERS = 50


class PartState(StrEnum):
    """Where one signer's part stands."""

    #: its turn has not come
    WAITING = "waiting"
    #: the signer has a work item
    PENDING = "pending"
    APPROVED = "approved"
    REFUSED = "refused"
    #: sent the case back; the round is over
    SENT_BACK = "sent_back"
    #: taken off by a person
    REMOVED = "removed"
    #: handed over to another, or its round ended by something else
    SUPERSEDED = "superseded"
    #: the rule was met without it
    SKIPPED = "skipped"


class Decision(StrEnum):
    """What a signer can say."""

    APPROVE = "approve"
    REFUSE = "refuse"
    SEND_BACK = "send_back"


#: decision → the state of the part that was decided
DECIDED = {Decision.APPROVE: PartState.APPROVED, Decision.REFUSE: PartState.REFUSED, Decision.SEND_BACK: PartState.SENT_BACK}
#: still to be decided
UNDECIDED = frozenset({PartState.WAITING, PartState.PENDING})


@dataclass(frozen=True, slots=True)
class Signer:
    """Somebody that the diagram asks to sign."""

    role: str
    step: int = 1
    #: what the signer is called on the chain; empty: as the role
    name: str = ""
    person_id: int | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """What the rule needs to know of a part."""

    id: int
    step: int
    state: PartState
    waits_for: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What a chain comes to."""

    #: `approved` or `refused` when the rule is met; None while it runs
    outcome: str | None
    #: parts whose turn has come
    opens: tuple[int, ...] = ()
    #: parts that have a work item before their turn: a decision before them was taken back
    closes: tuple[int, ...] = ()


def stand(parts: Iterable[Part], rule: str) -> Standing:
    """Whether the chain is done, and whose turn it is.

    A refusal ends it at once. N counts approvals, at most as many as there are signers.
    """
    every = list(parts)
    undecided = [part for part in every if part.state in UNDECIDED]
    approved = sum(part.state is PartState.APPROVED for part in every)
    if any(part.state is PartState.REFUSED for part in every):
        return Standing("refused")
    if approved and approved >= needed(rule, approved + len(undecided)):
        return Standing("approved")
    by_id = {part.id: part for part in every}
    current = min((part.step for part in undecided), default=0)
    turn = {part.id for part in undecided if part.step == current and not _is_held(part, by_id)}
    return Standing(
        None,
        tuple(part.id for part in undecided if part.id in turn and part.state is PartState.WAITING),
        tuple(part.id for part in undecided if part.id not in turn and part.state is PartState.PENDING),
    )


def needed(rule: str, signers: int) -> int:
    """How many approvals the rule asks for."""
    if rule == "first":
        return min(1, signers)
    return signers if rule == "all" else min(int(rule), signers)


def _is_held(part: Part, by_id: Mapping[int, Part]) -> bool:
    before = by_id.get(part.waits_for) if part.waits_for is not None else None
    return before is not None and before.state in UNDECIDED


def read_signers(value: Any, element_id: str, roles: Iterable[str] = ()) -> tuple[Signer, ...]:
    """The signers that an expression gave, each once, in order of their steps; StepFailedError names what is wrong with it.

    A list of objects (or of role ids); a decision table that collects gives an object of lists, which is taken as well.
    """
    known = frozenset(roles)
    entries = _entries(value, element_id)
    signers: dict[Signer, None] = {}
    for entry in entries:
        signer = _signer(entry, element_id)
        if known and signer.role not in known:
            raise StepFailedError(element_id=element_id, reason=f"signers 中的角色「{signer.role}」不存在")
        signers[signer] = None
    if not signers:
        raise StepFailedError(element_id=element_id, reason="signers 沒有得出任何會簽人")
    if len(signers) > MOST_SIGNERS:
        raise StepFailedError(element_id=element_id, reason="signers 得出的會簽人過多")
    return tuple(sorted(signers, key=lambda signer: signer.step))


def _entries(value: Any, element_id: str) -> list[Any]:
    if isinstance(value, Mapping) and "role" in value:
        columns = {name: column if isinstance(column, list) else [column] for name, column in value.items()}
        length = len(columns["role"])
        return [{name: column[number] for name, column in columns.items() if len(column) == length} for number in range(length)]
    if not isinstance(value, list):
        raise StepFailedError(element_id=element_id, reason="signers 必須得出會簽人的列表")
    return value


def _signer(entry: Any, element_id: str) -> Signer:
    if isinstance(entry, str):
        entry = {"role": entry}
    if not isinstance(entry, Mapping) or not isinstance(entry.get("role"), str) or not entry["role"]:
        raise StepFailedError(element_id=element_id, reason="signers 的每一項都要有 role")
    step, person = entry.get("step", 1), entry.get("person")
    if isinstance(step, str) and step.isascii() and step.isdigit():
        step = int(step[:6])
    if isinstance(step, float) and step.is_integer():
        step = int(step)
    if isinstance(step, bool) or not isinstance(step, int):
        raise StepFailedError(element_id=element_id, reason="signers 的 step 必須是整數")
    if isinstance(person, Mapping):
        person = person.get("id")
    if person is not None and (isinstance(person, bool) or not isinstance(person, int)):
        raise StepFailedError(element_id=element_id, reason="signers 的 person 必須是一位人員")
    return Signer(entry["role"], step, str(entry.get("name") or "")[:100], person)
