"""The ways that cases took, and their files for process-mining tools: what the formats require, whole and in order, with nobody's name."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

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


def test_persons_are_numbered_unless_the_reader_may_see_them(stage: Stage) -> None:
    name = stage.manager.actor.name
    supervisor = make_user(stage.runtime, "cs_supervisor").actor
    for kind in LogKind:
        assert name not in written(stage, kind, supervisor).decode()
        assert "person-1" in written(stage, kind).decode()
        assert name in written(stage, kind, is_named=True).decode()
        with pytest.raises(ForbiddenError):
            written(stage, kind, supervisor, is_named=True)
