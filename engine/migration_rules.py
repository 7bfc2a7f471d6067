"""Whether a case that stands somewhere in one version of a procedure could stand there in another. Pure: says why not, moves nothing.

It may where the other version has a case of its own that stands so: every step where it stands is still there, of the same kind and in
the same sub-process, and where it goes on at several steps at once the branches part and meet as before. Steps may have been put in or
taken out on the way; whatever cannot be told for certain is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from engine.branching import Branching, Chain, Level
from engine.content import InstanceContent
from engine.diagram import Diagram, Element


class Reason(StrEnum):
    """Why a case cannot be moved to a version."""

    #: the step is not there any more
    GONE = "gone"
    #: it is something else now: a person's step became an automatic one, a message a time
    KIND = "kind"
    #: it lies in another sub-process now
    ELSEWHERE = "elsewhere"
    #: it is repeated otherwise, and rounds of it are under way
    REPEATED = "repeated"
    #: steps are under way side by side, and the branches part or meet otherwise now
    BRANCHES = "branches"
    #: another procedure is called here now
    CALLED = "called"
    #: its signers are signing, and who signs by which rule has changed
    SIGNING = "signing"
    #: a step of the case failed in a way that can only be tried again on its own version
    INCIDENT = "incident"
    #: the case could not be read back after it was moved
    UNREADABLE = "unreadable"


class Position(NamedTuple):
    """An element that a token has come to and not left."""

    #: element ids of the calls and sub-processes around it, outermost first
    path: tuple[str, ...]
    element_id: str
    #: whether more than one token is there
    is_several: bool = False


@dataclass(frozen=True, slots=True)
class Blocked:
    """One reason, and the step that it is about."""

    reason: Reason
    #: the process that holds the step, and the step; empty where it is about the case as a whole
    process_key: str = ""
    element_id: str = ""
    #: source language
    name: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found for one way of standing."""

    blocked: tuple[Blocked, ...]
    #: (process or sub-process, join, step before it) → the step now before it: by which branch a token that waits at a join came
    arrivals: Mapping[tuple[str, str, str], str] = field(default_factory=dict)

    @property
    def is_movable(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.blocked


@dataclass(frozen=True, slots=True)
class _Place:
    """One level of both versions."""

    #: the specification's name: the process, or the embedded sub-process
    name: str
    process_key: str
    old: Level
    new: Level


class Judge:
    """Compares two versions, what they call included. Keeps what it has read: ask it for thousands of cases."""

    def __init__(self, old: InstanceContent, new: InstanceContent, mapping: Mapping[str, str] | None = None) -> None:
        """`mapping`: element id in the old version → in the new one, where it isn't the same."""
        self._old, self._new, self._mapping = old, new, dict(mapping or {})
        self._places: dict[tuple[str, ...], _Place | None] = {}
        self._verdicts: dict[tuple[Position, ...], Verdict] = {}
        self._matches: dict[tuple[tuple[str, ...], str], dict[Chain, Chain] | None] = {}

    def verdict(self, positions: Sequence[Position]) -> Verdict:
        """Whether a case that stands so can be moved."""
        key = tuple(positions)
        if key not in self._verdicts:
            self._verdicts[key] = self._judge(key)
        return self._verdicts[key]

    def element(self, path: Sequence[str], element_id: str) -> tuple[str, Element | None]:
        """The process that holds a position, and its element in the old version."""
        process_key, diagram, _ = _walk(self._old, path)
        return process_key, None if diagram is None else diagram.elements.get(element_id)

    def _to(self, element_id: str) -> str:
        return self._mapping.get(element_id, element_id)

    def _judge(self, positions: tuple[Position, ...]) -> Verdict:
        blocked: list[Blocked] = []
        arrivals: dict[tuple[str, str, str], str] = {}
        for path in dict.fromkeys(position.path for position in positions):
            place = self._place(path)
            # what stands around has been refused already
            if place is not None:
                here = [position for position in positions if position.path == path]
                blocked += self._level(path, place, here, arrivals)
        return Verdict(tuple(dict.fromkeys(blocked)), arrivals)

    def _place(self, path: tuple[str, ...]) -> _Place | None:
        if path not in self._places:
            key, old, old_parent = _walk(self._old, path)
            _, new, new_parent = _walk(self._new, [self._to(each) for each in path])
            found = None
            if old is not None and new is not None:
                found = _Place(old_parent or key, key, Level(old, old_parent), Level(new, new_parent))
            self._places[path] = found
        return self._places[path]

    def _level(
        self, path: tuple[str, ...], place: _Place, here: list[Position], arrivals: dict[tuple[str, str, str], str]
    ) -> Iterator[Blocked]:
        alone: list[Element] = []
        for position in here:
            old = place.old.elements.get(position.element_id)
            new_id = self._to(position.element_id)
            if old is None:
                yield Blocked(Reason.GONE, place.process_key, position.element_id)
                continue
            if old.kind == "boundaryEvent":
                # it lives and ends with its step
                continue
            new = place.new.elements.get(new_id)
            reason = self._reason(path, place, position, old, new)
            if reason is not None:
                yield Blocked(reason, place.process_key, old.id, old.name)
                continue
            around = place.old.around(old.id)
            if not around and not old.triggered_by_event:
                alone.append(old)
            if frozenset(map(self._to, around)) != place.new.around(new_id) or not all(
                self._stands_so(path, place, branching, old.id, arrivals) for branching in around
            ):
                yield Blocked(Reason.BRANCHES, place.process_key, old.id, old.name)
        if len(alone) > 1:
            yield from (Blocked(Reason.BRANCHES, place.process_key, each.id, each.name) for each in alone)

    def _reason(self, path: tuple[str, ...], place: _Place, position: Position, old: Element, new: Element | None) -> Reason | None:
        if new is None:
            _, diagram, _ = _walk(self._new, [self._to(each) for each in path])
            return Reason.ELSEWHERE if diagram is not None and self._to(old.id) in diagram.elements else Reason.GONE
        if not _same_kind(old, new) or old.triggered_by_event != new.triggered_by_event:
            return Reason.KIND
        if old.repeated != new.repeated or old.repetition != new.repetition:
            return Reason.REPEATED
        if old.called != new.called:
            return Reason.CALLED
        if old.is_human and _signing(old) != _signing(new):
            return Reason.SIGNING
        if position.is_several and old.repeated is None:
            return Reason.BRANCHES
        if old.kind == "eventBasedGateway" and not self._waits_for_same(place, old, new):
            return Reason.KIND
        return None

    def _waits_for_same(self, place: _Place, old: Element, new: Element) -> bool:
        targets = place.old.targets(old.id)
        return frozenset(map(self._to, targets)) == place.new.targets(new.id) and all(
            _same_kind(place.old.elements[each], place.new.elements[self._to(each)]) for each in targets
        )

    def _stands_so(
        self, path: tuple[str, ...], place: _Place, branching: str, element_id: str, arrivals: dict[tuple[str, str, str], str]
    ) -> bool:
        """Whether the branching is the same and the step lies on the same of its branches."""
        old, new = place.old.branchings[branching], place.new.branchings[self._to(branching)]
        if (path, branching) not in self._matches:
            self._matches[path, branching] = self._match(old, new)
        matched = self._matches[path, branching]
        if matched is None:
            return False
        for chain, other in matched.items():
            if chain.end and other.before_end != chain.before_end:
                arrivals[place.name, chain.end, chain.before_end] = other.before_end
        chain_now = old.chain_of(element_id)
        found = new.chain_of(self._to(element_id))
        return found is None if chain_now is None else matched[chain_now] == found

    def _match(self, old: Branching, new: Branching) -> dict[Chain, Chain] | None:
        """Each chain of the old branching with that of the new one; None where they are not the same, or it cannot be told."""
        if {self._to(each): kind for each, kind in old.points.items()} != dict(new.points) or len(old.chains) != len(new.chains):
            return None
        matched: dict[Chain, Chain] = {}
        for chain in old.chains:
            ends = (self._to(chain.begin), self._to(chain.end))
            rivals = [each for each in old.chains if (each.begin, each.end) == (chain.begin, chain.end)]
            found = [each for each in new.chains if (each.begin, each.end) == ends]
            if len(rivals) != len(found):
                return None
            if len(found) > 1:
                steps = set(map(self._to, chain.steps))
                found = [each for each in found if steps & set(each.steps) or (not steps and not each.steps)]
            if len(found) != 1 or found[0] in matched.values():
                return None
            matched[chain] = found[0]
        return matched


def _walk(content: InstanceContent, path: Sequence[str]) -> tuple[str, Diagram | None, str | None]:
    """Into the calls and sub-processes of a path: process key, its diagram (None where the path leads nowhere), sub-process."""
    key, diagram, parent = content.own.key, content.own.diagram, None
    for element_id in path:
        element = diagram.elements.get(element_id)
        if element is None:
            return key, None, None
        if element.called is None:
            parent = element_id
        elif element.called in content.called:
            key, diagram, parent = element.called, content.called[element.called].diagram, None
        else:
            return key, None, None
    return key, diagram, parent


def _same_kind(old: Element, new: Element) -> bool:
    if old.is_human or new.is_human:
        return old.is_human and new.is_human
    return old.kind == new.kind and [(each.kind, each.timer) for each in old.events] == [(each.kind, each.timer) for each in new.events]


def _signing(element: Element) -> tuple[str | None, ...]:
    return (element.signers, element.signature_rule, element.signer_form) if element.signers else ()
