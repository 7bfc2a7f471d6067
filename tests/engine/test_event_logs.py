"""The ways that cases took, and their files for process-mining tools: what the formats require, whole and in order, with nobody's name."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import jsonschema_rs
import orjson
import pytest
from lxml import etree

from engine import event_logs, heat
from engine.diagram import parse_xml
from engine.errors import ForbiddenError
from engine.event_logs import LogKind
from engine.model import Actor
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import ways
from engine.runtime import Runtime
from tests.builders import make_user
from tests.engine.queries.test_heat import Stage

_XES = "{http://www.xes-standard.org/}"
#: attributes are typed elements with a key of their own; a log has its parts in this order
_XES_SHAPE = etree.XMLSchema(etree.fromstring(b"""
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="http://www.xes-standard.org/" targetNamespace="http://www.xes-standard.org/"
 elementFormDefault="qualified">
  <xs:complexType name="text"><xs:group ref="attributes"/><xs:attribute name="key" type="xs:Name" use="required"/>
    <xs:attribute name="value" type="xs:string" use="required"/></xs:complexType>
  <xs:complexType name="moment"><xs:group ref="attributes"/><xs:attribute name="key" type="xs:Name" use="required"/>
    <xs:attribute name="value" type="xs:dateTime" use="required"/></xs:complexType>
  <xs:group name="attributes"><xs:choice><xs:choice minOccurs="0" maxOccurs="unbounded">
    <xs:element name="string" type="text"/><xs:element name="date" type="moment"/></xs:choice></xs:choice></xs:group>
  <xs:complexType name="event"><xs:group ref="attributes"/></xs:complexType>
  <xs:element name="log"><xs:complexType>
    <xs:sequence>
      <xs:element name="extension" minOccurs="0" maxOccurs="unbounded"><xs:complexType>
        <xs:attribute name="name" type="xs:NCName" use="required"/><xs:attribute name="prefix" type="xs:NCName" use="required"/>
        <xs:attribute name="uri" type="xs:anyURI" use="required"/></xs:complexType></xs:element>
      <xs:element name="global" minOccurs="0" maxOccurs="2"><xs:complexType><xs:group ref="attributes"/>
        <xs:attribute name="scope" use="required"><xs:simpleType><xs:restriction base="xs:NCName">
          <xs:enumeration value="trace"/><xs:enumeration value="event"/></xs:restriction></xs:simpleType></xs:attribute>
      </xs:complexType><xs:unique name="once"><xs:selector xpath="*"/><xs:field xpath="@key"/></xs:unique></xs:element>
      <xs:element name="classifier" minOccurs="0" maxOccurs="unbounded"><xs:complexType>
        <xs:attribute name="name" type="xs:NCName" use="required"/><xs:attribute name="scope" type="xs:NCName"/>
        <xs:attribute name="keys" type="xs:token" use="required"/></xs:complexType></xs:element>
      <xs:group ref="attributes"/>
      <xs:element name="trace" minOccurs="0" maxOccurs="unbounded"><xs:complexType><xs:sequence><xs:group ref="attributes"/>
        <xs:element name="event" type="event" minOccurs="0" maxOccurs="unbounded">
          <xs:unique name="one"><xs:selector xpath="*"/><xs:field xpath="@key"/></xs:unique></xs:element>
      </xs:sequence></xs:complexType></xs:element>
    </xs:sequence>
    <xs:attribute name="xes.version" type="xs:decimal" use="required"/><xs:attribute name="xes.features" type="xs:token" use="required"/>
  </xs:complexType></xs:element>
</xs:schema>"""))


def _listed(required: dict[str, Any], **more: Any) -> dict[str, Any]:
    items = {"type": "object", "properties": {**required, **more}, "required": list(required), "additionalProperties": False}
    return {"type": "array", "items": items}


_WORD, _TIME = {"type": "string", "minLength": 1}, {"type": "string", "format": "date-time"}
_KINDS = {"enum": ["string", "time", "integer", "float", "boolean"]}
_TYPES = _listed({"name": _WORD, "attributes": _listed({"name": _WORD, "type": _KINDS})})
_RELATIONS = _listed({"objectId": _WORD, "qualifier": {"type": "string"}})
_OCEL_SHAPE = jsonschema_rs.Draft202012Validator({
    "type": "object", "required": ["eventTypes", "objectTypes", "events", "objects"], "additionalProperties": False, "properties": {
        "eventTypes": _TYPES, "objectTypes": _TYPES,
        "events": _listed({"id": _WORD, "type": _WORD, "time": _TIME}, attributes=_listed({"name": _WORD, "value": {"type": "string"}}),
                          relationships=_RELATIONS),
        "objects": _listed({"id": _WORD, "type": _WORD}, attributes=_listed({"name": _WORD, "value": {"type": "string"}, "time": _TIME}),
                           relationships=_RELATIONS),
    }}, validate_formats=True)  # fmt: skip


@pytest.fixture
def stage(runtime: Runtime) -> Stage:
    """Two cases that went straight, one that was sent back once, one that is open."""
    made = Stage(runtime)
    straight, other, back, _ = (made.begin() for _ in range(4))
    for case in (straight, other):
        made.do(case, 10)
        made.do(case, 10)
    made.do(back, 10)
    made.send_back(back)
    made.do(back, 10)
    made.do(back, 10)
    return made


def written(stage: Stage, kind: LogKind, actor: Actor | None = None, *, is_named: bool = False) -> bytes:
    now, reader, target = stage.runtime.clock.now() + timedelta(seconds=1), actor or stage.manager.actor, io.BytesIO()
    with UnitOfWork(stage.runtime.database) as uow:
        looked = heat.look(stage.runtime, uow, reader, "errand", now - timedelta(days=1), now)
        event_logs.write(stage.runtime, uow, reader, looked, kind, target, is_named=is_named)
    return target.getvalue()


def values(node: Any) -> dict[str, str]:
    return {each.get("key"): each.get("value") for each in node.iterchildren() if each.get("value") is not None}


def test_ways_are_counted_with_their_length_and_examples(stage: Stage) -> None:
    with UnitOfWork(stage.runtime.database) as uow:
        now = stage.runtime.clock.now() + timedelta(seconds=1)
        looked = heat.look(stage.runtime, uow, stage.manager.actor, "errand", now - timedelta(days=1), now)
        found = ways.taken(uow, looked)
    straight, back = found.ways
    assert (found.cases, found.further) == (3, 0)
    assert [element_id for _, element_id in straight.steps] == ["do_errand", "check_errand"]
    assert (straight.cases, straight.median, len(straight.examples)) == (2, 30 * 60, 2)
    assert [element_id for _, element_id in back.steps] == ["do_errand", "do_errand", "check_errand"]
    assert (back.cases, back.median) == (1, 70 * 60)


def test_xes_has_what_the_standard_requires(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ways, "CASES", 1)
    root = parse_xml(written(stage, LogKind.XES))
    assert root.tag == f"{_XES}log"
    assert float(root.get("xes.version", "")) > 1
    assert root.get("xes.features") is not None
    order = [etree.QName(each).localname for each in root.iterchildren() if isinstance(each.tag, str)]
    places = [("extension", "global", "classifier", "string", "trace").index(each) for each in order]
    assert all(before <= after for before, after in pairwise(places))
    declared = {each.get("prefix") for each in root.iter(f"{_XES}extension") if each.get("name") and each.get("uri")}
    traces = root.findall(f"{_XES}trace")
    assert len(traces) == 4
    for trace in traces:
        assert values(trace)["concept:name"]
        times = []
        for event in trace.iter(f"{_XES}event"):
            told = values(event)
            assert {"concept:name", "time:timestamp", "lifecycle:transition"} <= set(told)
            assert {key.partition(":")[0] for key in told if ":" in key} <= declared
            times.append(datetime.fromisoformat(told["time:timestamp"]))
        assert times
        assert times == sorted(times)
    done = [values(event)["concept:name"] for event in traces[2].iter(f"{_XES}event") if values(event)["type"] == "work_item.completed"]
    assert done == ["do_errand", "do_errand", "check_errand"]


def test_ocel_has_what_the_standard_requires(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ways, "CASES", 1)
    log = orjson.loads(written(stage, LogKind.OCEL))
    assert set(log) == {"objectTypes", "eventTypes", "objects", "events"}
    kinds = {name: {each["name"]: {a["name"] for a in each["attributes"]} for each in log[name]} for name in ("objectTypes", "eventTypes")}
    objects = {each["id"]: each for each in log["objects"]}
    assert len(objects) == len(log["objects"])
    assert len({each["id"] for each in log["events"]}) == len(log["events"])
    for each in (*log["objects"], *log["events"]):
        declared = kinds["objectTypes" if each["id"] in objects else "eventTypes"][each["type"]]
        assert {attribute["name"] for attribute in each["attributes"]} <= declared
        assert all(relation["objectId"] in objects and relation["qualifier"] for relation in each["relationships"])
    assert all(datetime.fromisoformat(event["time"]).tzinfo and event["relationships"] for event in log["events"])
    assert all(datetime.fromisoformat(attribute["time"]) for each in log["objects"] for attribute in each["attributes"])
    assert [each["type"] for each in log["objects"]].count("case") == 4


def test_both_files_keep_to_the_shapes_of_their_standards(stage: Stage) -> None:
    """In our own words: the order and the types that IEEE 1849 gives its elements, and what OCEL 2.0 asks of each list."""
    for is_named in (False, True):
        _XES_SHAPE.assertValid(parse_xml(written(stage, LogKind.XES, is_named=is_named)))
        _OCEL_SHAPE.validate(orjson.loads(written(stage, LogKind.OCEL, is_named=is_named)))


def test_persons_are_numbered_unless_the_reader_may_see_them(stage: Stage) -> None:
    name = stage.manager.actor.name
    supervisor = make_user(stage.runtime, "cs_supervisor").actor
    for kind in LogKind:
        assert name not in written(stage, kind, supervisor).decode()
        assert "person-1" in written(stage, kind).decode()
        assert name in written(stage, kind, is_named=True).decode()
        with pytest.raises(ForbiddenError):
            written(stage, kind, supervisor, is_named=True)
