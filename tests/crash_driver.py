"""A process that takes random steps on a store until it is killed: what `tests/engine/test_crash.py` runs and kills.

Usage: `python -m tests.crash_driver URL FILES SEED STEPS`. Says before each step what it is about to do, and after the commit that it
stands, one JSON object a line.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import select

from engine import definitions, instances, work_items
from engine.bootstrap import open_runtime
from engine.errors import ConflictError
from engine.model import SYSTEM, Actor, Channel, RoleGrant
from engine.persistence.tables import instance, user, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.settings import Settings
from engine.steps import run_step

KEY = "drill"
#: two branches at once, joined, then round again or out; cases are numbered without gaps
DIAGRAM = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="definitions_drill" targetNamespace="urn:guicheng:test">
  <collaboration id="collaboration_drill"><participant id="participant_drill" name="drill" processRef="drill"/></collaboration>
  <process id="drill" name="drill" isExecutable="true">
    <extensionElements><spiffworkflow:properties>
      <spiffworkflow:property name="number" value="drill"/>
    </spiffworkflow:properties></extensionElements>
    <laneSet id="lanes">
      <lane id="customer_service" name="customer_service">
        <flowNodeRef>begin_drill</flowNodeRef><flowNodeRef>into_branches</flowNodeRef><flowNodeRef>write_report</flowNodeRef>
        <flowNodeRef>join_branches</flowNodeRef><flowNodeRef>once_more</flowNodeRef><flowNodeRef>end_drill</flowNodeRef>
        <flowNodeRef>merge_rounds</flowNodeRef>
      </lane>
      <lane id="dispatcher" name="dispatcher"><flowNodeRef>call_people</flowNodeRef><flowNodeRef>check_doors</flowNodeRef></lane>
    </laneSet>
    <startEvent id="begin_drill"/>
    <exclusiveGateway id="merge_rounds"/>
    <parallelGateway id="into_branches"/>
    <userTask id="call_people" name="call"/><userTask id="check_doors" name="check"/>
    <parallelGateway id="join_branches"/>
    <userTask id="write_report" name="report"/>
    <exclusiveGateway id="once_more" default="out"/>
    <endEvent id="end_drill"/>
    <sequenceFlow id="f1" sourceRef="begin_drill" targetRef="merge_rounds"/>
    <sequenceFlow id="f2" sourceRef="merge_rounds" targetRef="into_branches"/>
    <sequenceFlow id="f3" sourceRef="into_branches" targetRef="call_people"/>
    <sequenceFlow id="f4" sourceRef="into_branches" targetRef="check_doors"/>
    <sequenceFlow id="f5" sourceRef="call_people" targetRef="join_branches"/>
    <sequenceFlow id="f6" sourceRef="check_doors" targetRef="join_branches"/>
    <sequenceFlow id="f7" sourceRef="join_branches" targetRef="write_report"/>
    <sequenceFlow id="f8" sourceRef="write_report" targetRef="once_more"/>
    <sequenceFlow id="again" sourceRef="once_more" targetRef="merge_rounds">
      <conditionExpression xsi:type="tFormalExpression">more</conditionExpression>
    </sequenceFlow>
    <sequenceFlow id="out" sourceRef="once_more" targetRef="end_drill"/>
  </process>
</definitions>"""


class Driver:
    """Somebody busy, and not choosy."""

    def __init__(self, runtime: Runtime, seed: int) -> None:
        self._runtime = runtime
        self._random = random.Random(seed)
        with UnitOfWork(runtime.database) as uow:
            people = uow.reading.execute(select(user.c.id, user.c.display_name).order_by(user.c.id)).all()
        grants = frozenset({RoleGrant("customer_service"), RoleGrant("dispatcher"), RoleGrant("manager")})
        self._people = [Actor(row.id, row.display_name, grants, Channel.DESK) for row in people]

    def go(self, steps: int) -> None:
        """Take steps; each is told before and after."""
        for _ in range(steps):
            self._step()

    def _step(self) -> None:
        with UnitOfWork(self._runtime.database) as uow:
            items = uow.reading.execute(select(work_item.c.id, work_item.c.assignee_id).where(work_item.c.is_live)
                                        .order_by(work_item.c.id)).all()
            suspended = uow.reading.execute(select(instance.c.id).where(instance.c.state == "suspended")).scalars().all()
            active = uow.reading.execute(select(instance.c.id).where(instance.c.state == "active")).scalars().all()
        actor = self._random.choice(self._people)
        kind = self._random.choices(["start", "complete", "claim", "suspend", "resume", "cancel"], [3, 12, 5, 1, 3, 1])[0]
        runtime = self._runtime
        if kind == "start" or not items:
            self._do({"does": "start"}, lambda uow: instances.start(runtime, uow, actor, KEY, {}).id)
        elif kind == "complete":
            item = self._random.choice(items)
            owner = next((person for person in self._people if person.user_id == item.assignee_id), actor)
            more = self._random.random() < 0.4
            self._do({"does": "complete", "item": item.id},
                     lambda uow: work_items.complete(runtime, uow, owner, item.id, {"more": more}).instance_id)
        elif kind == "claim":
            item = self._random.choice(items)
            self._do({"does": "claim", "item": item.id}, lambda uow: work_items.claim(runtime, uow, actor, item.id))
        elif kind == "resume" and suspended:
            self._do({"does": "resume", "instance": suspended[0]}, lambda uow: instances.resume(runtime, uow, actor, suspended[0], "drill"))
        elif kind in ("suspend", "cancel") and active:
            chosen = self._random.choice(active)
            act = instances.suspend if kind == "suspend" else instances.cancel
            self._do({"does": kind, "instance": chosen}, lambda uow: act(runtime, uow, actor, chosen, "drill"))

    def _do(self, told: dict[str, Any], act: Callable[[UnitOfWork], Any]) -> None:
        _tell({"about_to": told})
        try:
            result = run_step(self._runtime, act)
        except ConflictError as error:
            _tell({"refused": told, "code": error.code})
        else:
            _tell({"stands": told, "result": result if isinstance(result, int) else None})


def prepare(runtime: Runtime) -> None:
    """Deploy what is drilled."""
    with UnitOfWork(runtime.database) as uow:
        definitions.deploy(runtime, uow, SYSTEM, {"drill.bpmn": DIAGRAM.encode()})
        uow.commit()


def _tell(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    url, files, seed, steps = sys.argv[1:]
    with open_runtime(Settings(db=url, files=Path(files), sandbox_workers=1), is_trusted=True) as opened:
        Driver(opened, int(seed)).go(int(steps))
