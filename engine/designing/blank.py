"""What a new procedure, diagram or decision table begins with."""

from __future__ import annotations

from xml.sax.saxutils import quoteattr

_BLANK = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" \
xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:di="http://www.omg.org/spec/DD/20100524/DI" \
xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" \
id="{key}_definitions" targetNamespace="https://guicheng.example/bpmn">
  <collaboration id="{key}_collaboration">
    <participant id="{key}_pool" name={title} processRef="{key}" />
  </collaboration>
  <process id="{key}" name={title} isExecutable="true">
    <laneSet id="{key}_lanes">
      <lane id="{key}_lane">
        <flowNodeRef>{key}_started</flowNodeRef>
      </lane>
    </laneSet>
    <startEvent id="{key}_started" />
  </process>
  <bpmndi:BPMNDiagram id="{key}_diagram">
    <bpmndi:BPMNPlane id="{key}_plane" bpmnElement="{key}_collaboration">
      <bpmndi:BPMNShape id="{key}_pool_shape" bpmnElement="{key}_pool" isHorizontal="true">
        <dc:Bounds x="160" y="80" width="900" height="220" />
      </bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="{key}_lane_shape" bpmnElement="{key}_lane" isHorizontal="true">
        <dc:Bounds x="190" y="80" width="870" height="220" />
      </bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="{key}_started_shape" bpmnElement="{key}_started">
        <dc:Bounds x="242" y="172" width="36" height="36" />
      </bpmndi:BPMNShape>
    </bpmndi:BPMNPlane>
  </bpmndi:BPMNDiagram>
</definitions>
"""


def folder(key: str, title: str) -> dict[str, bytes]:
    """The files of a procedure in which nothing happens yet. `key`: process id and file name; `title`: what people call it."""
    return {f"{key}.bpmn": _BLANK.format(key=key, title=quoteattr(title)).encode()}


_TABLE = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="{key}_definitions" name={title} namespace="https://guicheng.example/dmn">
  <decision id="{key}" name={title}>
    <decisionTable id="{key}_table" hitPolicy="FIRST">
      <input id="{key}_input" label={title}>
        <inputExpression id="{key}_expression" typeRef="string">
          <text></text>
        </inputExpression>
      </input>
      <output id="{key}_output" name="result" typeRef="string" />
    </decisionTable>
  </decision>
</definitions>
"""


def file(key: str, kind: str, title: str = "") -> tuple[str, bytes]:
    """Path and content of a new `bpmn` or `dmn` file. `key`: its process or decision id."""
    if kind == "dmn":
        return f"decisions/{key}.dmn", _TABLE.format(key=key, title=quoteattr(title or key)).encode()
    return next(iter(folder(key, title or key).items()))
