"""`kill -9` at any moment: nothing is lost, nothing happens twice."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from engine import history
from engine.clock import MovableClock
from engine.persistence.tables import due, history_event, instance, limit_clock, notification, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from tests.builders import ROOT, deploy, rows, start

#: a timer takes the item away after an hour; the manual wants it done in half an hour; the item itself is due after twenty minutes
DIAGRAM = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core"
  id="definitions_errand" targetNamespace="urn:guicheng:test"><process id="errand" name="errand" isExecutable="true">
  <laneSet id="lanes"><lane id="dispatcher" name="dispatcher"><flowNodeRef>do_errand</flowNodeRef>
    <flowNodeRef>chase</flowNodeRef></lane></laneSet>
  <startEvent id="start"/><userTask id="do_errand" name="do_errand"><extensionElements><spiffworkflow:properties>
    <spiffworkflow:property name="due" value="PT20M"/><spiffworkflow:property name="escalate_to" value="manager"/>
  </spiffworkflow:properties></extensionElements></userTask><userTask id="chase" name="chase"/>
  <boundaryEvent id="late" attachedToRef="do_errand">
    <timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition></boundaryEvent>
  <endEvent id="finish"/><endEvent id="chased"/>
  <sequenceFlow id="to_errand" sourceRef="start" targetRef="do_errand"/>
  <sequenceFlow id="to_finish" sourceRef="do_errand" targetRef="finish"/>
  <sequenceFlow id="to_chase" sourceRef="late" targetRef="chase"/><sequenceFlow id="to_chased" sourceRef="chase" targetRef="chased"/>
</process></definitions>"""
LIMITS = """
[[limit]]
id = "answered"
name = "answered"
clause = "x 1"
from = "do_errand:created"
to = "do_errand:completed"
target = "PT30M"
escalate_to = "manager"
"""


def node(runtime: Runtime, moment: datetime, errors: Path) -> subprocess.Popen[str]:
    """A process that runs jobs, with its lines in a pipe."""
    settings = runtime.settings
    command = [sys.executable, str(Path(__file__).with_name("crash_node.py")), settings.db, str(settings.files), moment.isoformat()]
    with errors.open("a") as output:
        return subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, stderr=output, text=True)


def run_with_kills(runtime: Runtime, clock: MovableClock, folder: Path, cases: int, kills: int, seed: int) -> None:
    """Let everything fall due at once, kill whoever works on it, and look at what came of it."""
    chance = random.Random(seed)
    deploy(runtime, {"errand.bpmn": DIAGRAM.encode(), "limits.toml": LIMITS.encode()})
    started = [start(runtime, "errand").id for _ in range(cases)]
    moment = clock.now() + timedelta(hours=2)
    errors = folder / "errors.txt"
    for _ in range(kills):
        process = node(runtime, moment, errors)
        assert process.stdout is not None
        # somewhere between two lines: before, inside or after a job
        for _ in range(chance.randrange(1, max(2, cases * 4 // kills))):
            if not process.stdout.readline():
                break
        process.kill()
        process.wait()
        process.stdout.close()
    process = node(runtime, moment, errors)
    output, _ = process.communicate(timeout=240)
    assert process.returncode == 0, errors.read_text()
    assert output.splitlines()[-1] == "done 0"
    check(runtime, started)


def check(runtime: Runtime, started: list[int]) -> None:
    """Each case was escalated by its item and by its limit, and chased, once; each told about twice."""
    assert rows(runtime, due) == []
    happened = Counter((row.instance_id, row.type) for row in rows(runtime, history_event))
    expected = {"work_item.overdue": 1, "limit.breached": 1, "limit.cancelled": 0, "timer.fired": 1}
    for instance_id in started:
        assert {kind: happened[instance_id, kind] for kind in expected} == expected
        with UnitOfWork(runtime.database) as uow:
            assert history.verify(uow, instance_id) is None
    told = Counter((row.instance_id, row.kind) for row in rows(runtime, notification))
    assert all(told[each, kind] == 1 for each in started for kind in ("overdue", "escalated", "limit_missed"))
    items = Counter((row.instance_id, row.element_id, row.state) for row in rows(runtime, work_item))
    assert items == {(each, element, state): 1 for each in started for element, state in (("do_errand", "withdrawn"), ("chase", "open"))}
    assert {row.escalated_role for row in rows(runtime, work_item) if row.element_id == "do_errand"} == {"manager"}
    assert all(row.breached_at is not None for row in rows(runtime, limit_clock))
    assert all(row.late_since is not None for row in rows(runtime, instance))


# with SQLite in the long form
@pytest.mark.databases("postgresql")
def test_killed_twice_nothing_is_lost_and_nothing_done_twice(runtime: Runtime, clock: MovableClock, tmp_path: Path) -> None:
    """The short form."""
    run_with_kills(runtime, clock, tmp_path, cases=12, kills=2, seed=7)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(3))
def test_killed_again_and_again_nothing_is_lost(runtime: Runtime, clock: MovableClock, tmp_path: Path, seed: int) -> None:
    """The long form."""
    run_with_kills(runtime, clock, tmp_path, cases=150, kills=20, seed=seed)
