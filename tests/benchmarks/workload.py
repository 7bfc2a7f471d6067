"""The processes that are measured: the same BPMN for our engine and for the naive store."""

from __future__ import annotations

import json
from xml.sax.saxutils import escape

from tests.builders import simple_process

ROLES = ("customer_service", "dispatcher", "repair_worker", "engineering_supervisor")
#: people's steps of one instance
STEPS = 14
#: steps that are done side by side with the one after them
_PAIRS = frozenset({4, 9})

#: what the first step of a case submits, about 1.5 KB; the others a remark
FIRST = {
    "registration": {
        "caller": "林小姐", "phone": "13800001234", "title": "A-1203 漏水",
        "description": "廚房水槽下方漏水，地板已濕。" * 8,
        "items": [{"part": f"P-{number}", "name": "不鏽鋼軟管", "count": 2, "price": "100.50", "note": "無"} for number in range(5)],
    }
}
_CONDITION = 'registration["phone"] != "" and registration["title"] != "x"'


def answer(number: int) -> dict[str, object]:
    """What a person submits at the n-th step of a case, counted from 1."""
    first: dict[str, object] = json.loads(json.dumps(FIRST))
    return first if number == 1 else {f"remark_{number}": {"remark": "正常", "at": "2026-03-02T09:00:00+08:00"}}


def procedure() -> bytes:
    """As large as a procedure of the manual: STEPS user tasks over four lanes, forks and joins, documentation; no expression."""
    return _Diagram("procedure", with_conditions=False).xml()


def with_conditions() -> bytes:
    """The same with a gateway's condition after every step or pair but the last: what expressions add."""
    return _Diagram("conditional", with_conditions=True).xml()


class _Diagram:
    """Written from left to right: what comes next hangs on what came last."""

    def __init__(self, key: str, *, with_conditions: bool) -> None:
        self._key, self._with_conditions = key, with_conditions
        self._nodes: list[str] = ['<startEvent id="begin"/>']
        self._flows: list[str] = []
        self._lanes: dict[str, list[str]] = {role: [] for role in ROLES}
        self._lanes[ROLES[0]] += ["begin", "finish"]

    def xml(self) -> bytes:
        """The file."""
        last, number = "begin", 1
        while number <= STEPS:
            last, number = (self._pair(last, number), number + 2) if number in _PAIRS else (self._single(last, number), number + 1)
        self._flow(last, "finish")
        self._nodes.append('<endEvent id="finish"/>')
        lanes = "".join(
            f'<lane id="{role}" name="{role}">{"".join(f"<flowNodeRef>{node}</flowNodeRef>" for node in nodes)}</lane>'
            for role, nodes in self._lanes.items())
        return f"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="definitions_{self._key}" targetNamespace="urn:guicheng:bench">
  <collaboration id="collaboration"><participant id="company" name="company" processRef="{self._key}"/></collaboration>
  <process id="{self._key}" name="{self._key}" isExecutable="true">
    <laneSet id="lanes">{lanes}</laneSet>{"".join(self._nodes)}{"".join(self._flows)}
  </process>
</definitions>""".encode()

    def _single(self, after: str, number: int) -> str:
        task = self._task(number)
        self._flow(after, task)
        return self._choice(number, task) if number < STEPS else task

    def _pair(self, after: str, number: int) -> str:
        fork, join = f"fork_{number}", f"join_{number}"
        self._nodes += [f'<parallelGateway id="{fork}"/>', f'<parallelGateway id="{join}"/>']
        self._lanes[ROLES[0]] += [fork, join]
        self._flow(after, fork)
        for each in (number, number + 1):
            task = self._task(each)
            self._flow(fork, task)
            self._flow(task, join)
        return self._choice(number, join)

    def _task(self, number: int) -> str:
        task = f"step_{number:02}"
        clause = f'<spiffworkflow:properties><spiffworkflow:property name="clause" value="repair 5.{number}"/></spiffworkflow:properties>'
        self._nodes.append(
            f'<userTask id="{task}" name="辦理第 {number} 步"><documentation>接到通知後到現場查看，填寫情況，並請業戶確認。</documentation>'
            f"<extensionElements>{clause}<spiffworkflow:instructionsForEndUser>請在二十分鐘內到場，先說明收費標準。"
            f"</spiffworkflow:instructionsForEndUser></extensionElements></userTask>")
        self._lanes[ROLES[number % len(ROLES)]].append(task)
        return task

    def _choice(self, number: int, after: str) -> str:
        """A gateway behind `after`, where there are conditions; what the next node hangs on."""
        if not self._with_conditions:
            return after
        gate, merge = f"gate_{number}", f"merge_{number}"
        self._nodes += [f'<exclusiveGateway id="{gate}" name="complete?" default="{gate}_no"/>', f'<exclusiveGateway id="{merge}"/>']
        self._lanes[ROLES[0]] += [gate, merge]
        self._flow(after, gate)
        condition = f'<conditionExpression xsi:type="tFormalExpression">{escape(_CONDITION)}</conditionExpression>'
        self._flows.append(f'<sequenceFlow id="{gate}_yes" name="yes" sourceRef="{gate}" targetRef="{merge}">{condition}</sequenceFlow>')
        self._flows.append(f'<sequenceFlow id="{gate}_no" name="no" sourceRef="{gate}" targetRef="{merge}"/>')
        return merge

    def _flow(self, source: str, target: str) -> None:
        self._flows.append(f'<sequenceFlow id="{source}_to_{target}" sourceRef="{source}" targetRef="{target}"/>')


def loop() -> bytes:
    """One user task that comes round until it says that it is enough."""
    xml = simple_process("rounds", ("work", "customer_service")).decode()
    plain = '<sequenceFlow id="from_work_to_finish" sourceRef="work" targetRef="finish"/>'
    assert plain in xml
    return xml.replace(plain, (
        '<exclusiveGateway id="enough" name="enough?" default="again"/>'
        '<sequenceFlow id="to_enough" sourceRef="work" targetRef="enough"/>'
        '<sequenceFlow id="done" name="yes" sourceRef="enough" targetRef="finish">'
        '<conditionExpression>work["enough"]</conditionExpression></sequenceFlow>'
        '<sequenceFlow id="again" name="no" sourceRef="enough" targetRef="work"/>'
    )).encode()
