"""What happened in a procedure's cases as files that process-mining tools open: XES (IEEE 1849-2016) and OCEL 2.0 in JSON.

Written case by case, so that any number fits. Neither titles of cases nor anything that a form holds goes in; persons are numbered in the
order in which they appear, unless their names are asked for by somebody who may see them. Times are those at which things are said to have
happened.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import IO, Any
from xml.sax.saxutils import quoteattr

import orjson

from engine import definitions, permissions
from engine.model import Actor
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import ways
from engine.queries.heat import Looked
from engine.queries.ways import LogCase, LogEvent
from engine.runtime import Runtime

_NAMES = "event-log:name-persons"
#: what XML 1.0 can't hold
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
#: what stands in an attribute as it is: nearly everything
_PLAIN = re.compile("[^\x00-\x1f&<>\"\ud800-\udfff\ufffe\uffff]*")
#: our word for an event → the standard's lifecycle transition; everything else is done when it happens
_LIFECYCLE = {
    "work_item.claimed": "assign", "work_item.assigned": "assign", "work_item.delegated": "reassign", "work_item.unclaimed": "reassign",
    "work_item.returned": "pi_abort", "work_item.moved": "pi_abort", "instance.suspended": "suspend", "instance.resumed": "resume",
    "instance.started": "start", "instance.cancelled": "ate_abort",
}  # fmt: skip
_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1849.2016" xes.features="" xmlns="http://www.xes-standard.org/">
<extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
<extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
<extension name="Lifecycle" prefix="lifecycle" uri="http://www.xes-standard.org/lifecycle.xesext"/>
<extension name="Organizational" prefix="org" uri="http://www.xes-standard.org/org.xesext"/>
<global scope="trace"><string key="concept:name" value=""/></global>
<global scope="event"><string key="concept:name" value=""/><date key="time:timestamp" value="1970-01-01T00:00:00+00:00"/>\
<string key="lifecycle:transition" value="complete"/></global>
<classifier name="Activity" scope="event" keys="concept:name"/>
<string key="lifecycle:model" value="standard"/>
"""
#: of OCEL: attributes of the kinds of objects
_OBJECT_TYPES = [
    {"name": "case", "attributes": [
        {"name": "number", "type": "string"}, {"name": "procedure", "type": "string"}, {"name": "state", "type": "string"}]},
    {"name": "work_item", "attributes": [{"name": "element", "type": "string"}]},
    {"name": "person", "attributes": [{"name": "name", "type": "string"}]},
]  # fmt: skip
_EPOCH = "1970-01-01T00:00:00Z"


class LogKind(StrEnum):
    """The formats."""

    XES = "xes"
    OCEL = "ocel"

    @property
    def media_type(self) -> str:
        """As it is sent."""
        return "application/xml" if self is LogKind.XES else "application/json"

    @property
    def ending(self) -> str:
        """Of a file's name."""
        return "xes" if self is LogKind.XES else "ocel.json"


@dataclass(frozen=True, slots=True)
class _Persons:
    """What persons are called in one file."""

    is_named: bool
    #: by account: the how-manieth person of the file it is, which tells nothing of the account, and what it is called
    known: dict[int, tuple[int, str]] = field(default_factory=dict)

    def of(self, event: LogEvent) -> tuple[int, str] | None:
        """Who did it; None where no account did."""
        if event.actor_id is None:
            return None
        if event.actor_id not in self.known:
            place = len(self.known) + 1
            self.known[event.actor_id] = (place, (event.actor_name if self.is_named else None) or f"person-{place}")
        return self.known[event.actor_id]


@dataclass(slots=True)
class _Words:
    """What steps are called, and how many events were told by them."""

    runtime: Runtime
    uow: UnitOfWork
    #: by definition and element: the diagram doesn't tell of called procedures' steps
    known: dict[tuple[int, str], str] = field(default_factory=dict)

    told: int = 0

    def activity(self, event: LogEvent) -> str:
        self.told += 1
        if event.element_id is None or not event.type.startswith("work_item."):
            return event.type
        if event.definition_id is None:
            return event.element_id
        key = (event.definition_id, event.element_id)
        if key not in self.known:
            self.known[key] = self._name(*key)
        return self.known[key]

    def _name(self, definition_id: int, element_id: str) -> str:
        held = definitions.content(self.runtime, self.uow, definition_id)
        homes = [held, *(definitions.content(self.runtime, self.uow, each)
                         for each in definitions.bindings(self.runtime, self.uow, definition_id).values())]  # fmt: skip
        found = (home.diagram.elements[element_id].name for home in homes if element_id in home.diagram.elements)
        return next(filter(None, found), element_id)


def may_name(actor: Actor) -> bool:
    """Whether the person may have names instead of numbers."""
    return permissions.may(actor, _NAMES)


def write(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, looked: Looked, kind: LogKind, target: IO[bytes], *, is_named: bool = False
) -> int:
    """The cases that `heat.look` lets the person look at; says how many events they have. ForbiddenError for names that aren't theirs to
    see. The target is left open.
    """
    if is_named:
        permissions.require(actor, _NAMES)
    persons, words = _Persons(is_named), _Words(runtime, uow)
    lines = _xes(uow, looked, persons, words) if kind is LogKind.XES else _ocel(uow, looked, persons, words)
    for line in lines:
        target.write(line)
    return words.told


def _xes(uow: UnitOfWork, looked: Looked, persons: _Persons, words: _Words) -> Iterator[bytes]:
    yield _HEAD.encode() + _text("concept:name", looked.key) + b"\n"
    for cases in ways.log_cases(uow, looked):
        events = ways.log_events(uow, cases)
        for case in cases:
            yield b"<trace>" + _text("concept:name", case.number) + _text("state", case.state)
            # tools take the order of the file for the order of time
            for event in sorted(events[case.id], key=lambda event: (event.at, event.seq)):
                yield _xes_event(event, persons.of(event), words)
            yield b"</trace>\n"
    yield b"</log>\n"


def _xes_event(event: LogEvent, person: tuple[int, str] | None, words: _Words) -> bytes:
    at = event.at.astimezone(UTC).isoformat(timespec="milliseconds")
    return b"".join((
        b"\n<event>", _text("concept:name", words.activity(event)), f'<date key="time:timestamp" value="{at}"/>'.encode(),
        _text("lifecycle:transition", _LIFECYCLE.get(event.type, "complete")), _text("org:resource", person[1]) if person else b"",
        _text("type", event.type), b"</event>",
    ))  # fmt: skip


def _text(key: str, value: str) -> bytes:
    """`key` is one of ours, which need no quoting."""
    quoted = f'"{value}"' if _PLAIN.fullmatch(value) else quoteattr(_UNWRITABLE.sub("", value))
    return f'<string key="{key}" value={quoted}/>'.encode()


def _ocel(uow: UnitOfWork, looked: Looked, persons: _Persons, words: _Words) -> Iterator[bytes]:
    """Events first: they tell which persons there are. The cases are gone through once more for the objects."""
    types: set[str] = set()
    comma = b""
    yield b'{"events":['
    for cases in ways.log_cases(uow, looked):
        for event in (event for events in ways.log_events(uow, cases).values() for event in events):
            types.add(event.type)
            yield comma + orjson.dumps(_ocel_event(event, persons, words))
            comma = b","
    yield b'],"objects":['
    comma = b""
    for cases in ways.log_cases(uow, looked):
        for each in _ocel_objects(looked.key, cases, ways.log_events(uow, cases)):
            yield comma + orjson.dumps(each)
            comma = b","
    for place, name in persons.known.values():
        person_object = {"id": f"person:{place}", "type": "person", "attributes": [_value("name", name)], "relationships": []}
        yield comma + orjson.dumps(person_object)
        comma = b","
    kinds = [{"name": name, "attributes": [{"name": "activity", "type": "string"}]} for name in sorted(types)]
    yield b'],"objectTypes":' + orjson.dumps(_OBJECT_TYPES) + b',"eventTypes":' + orjson.dumps(kinds) + b"}"


def _ocel_event(event: LogEvent, persons: _Persons, words: _Words) -> dict[str, Any]:
    of = [{"objectId": f"case:{event.instance_id}", "qualifier": "of"}]
    if event.token is not None:
        of.append({"objectId": f"work_item:{event.instance_id}.{event.token}", "qualifier": "on"})
    person = persons.of(event)
    if person is not None:
        of.append({"objectId": f"person:{person[0]}", "qualifier": "by"})
    return {
        "id": f"{event.instance_id}.{event.seq}", "type": event.type, "time": _moment(event.at),
        "attributes": [{"name": "activity", "value": words.activity(event)}], "relationships": of,
    }  # fmt: skip


def _ocel_objects(key: str, cases: list[LogCase], events: dict[int, list[LogEvent]]) -> Iterator[dict[str, Any]]:
    for case in cases:
        items = {event.token: event.element_id or "" for event in events[case.id] if event.token is not None}
        contains = [{"objectId": f"work_item:{case.id}.{token}", "qualifier": "contains"} for token in items]
        yield {
            "id": f"case:{case.id}", "type": "case", "relationships": contains,
            "attributes": [_value("number", case.number), _value("procedure", key), _value("state", case.state)],
        }  # fmt: skip
        for token, element_id in items.items():
            yield {"id": f"work_item:{case.id}.{token}", "type": "work_item", "attributes": [_value("element", element_id)],
                   "relationships": []}  # fmt: skip


def _value(name: str, value: str) -> dict[str, str]:
    # of what never changed: the standard's moment before all others
    return {"name": name, "time": _EPOCH, "value": value}


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
