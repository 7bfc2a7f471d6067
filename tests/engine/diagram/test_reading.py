"""What is read out of a diagram."""

from __future__ import annotations

from engine.diagram import read_diagram

REPAIR = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core"
             targetNamespace="urn:test">
  <collaboration id="c"><participant id="p" name="接修" processRef="repair"/></collaboration>
  <message id="m1" name="paid"/>
  <error id="e1" name="broken" errorCode="E1"/>
  <process id="repair" isExecutable="true">
    <documentation>自報修至歸檔</documentation>
    <extensionElements><spiffworkflow:properties>
      <spiffworkflow:property name="title" value="{registration.unit.label}"/>
      <spiffworkflow:property name="start_roles" value="customer_service, manager"/>
      <spiffworkflow:property name="number" value="repair_slip"/>
      <spiffworkflow:property name="group" value="客戶服務"/>
    </spiffworkflow:properties></extensionElements>
    <laneSet id="ls">
      <lane id="customer_service" name="客服"><flowNodeRef>start</flowNodeRef><flowNodeRef>register</flowNodeRef></lane>
      <lane id="Lane_0abc123" name="dispatcher"><flowNodeRef>works</flowNodeRef></lane>
      <lane id="l3" name="維修"><extensionElements><spiffworkflow:properties>
        <spiffworkflow:property name="role" value="repair_worker"/></spiffworkflow:properties></extensionElements>
        <flowNodeRef>rate</flowNodeRef></lane>
    </laneSet>
    <startEvent id="start"/>
    <sequenceFlow id="f1" sourceRef="start" targetRef="register"/>
    <userTask id="register" name="登記" default="f2">
      <extensionElements>
        <spiffworkflow:instructionsForEndUser>請登記。</spiffworkflow:instructionsForEndUser>
        <spiffworkflow:properties>
          <spiffworkflow:property name="form" value="registration"/>
          <spiffworkflow:property name="clause" value="repair 4.2.1, repair 5.1"/>
          <spiffworkflow:property name="due" value="PT20M"/>
          <spiffworkflow:property name="signature" value="tenant_signature"/>
        </spiffworkflow:properties></extensionElements>
    </userTask>
    <sequenceFlow id="f2" sourceRef="register" targetRef="works"/>
    <sequenceFlow id="f3" sourceRef="register" targetRef="pay">
      <conditionExpression>registration["charged"]</conditionExpression></sequenceFlow>
    <subProcess id="works"><startEvent id="ws"/><userTask id="mend"/><endEvent id="we"/></subProcess>
    <boundaryEvent id="late" attachedToRef="works" cancelActivity="false">
      <timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition></boundaryEvent>
    <intermediateCatchEvent id="pay"><messageEventDefinition messageRef="m1"/></intermediateCatchEvent>
    <callActivity id="follow" calledElement="follow_up"/>
    <userTask id="rate"><multiInstanceLoopCharacteristics isSequential="true"/></userTask>
    <endEvent id="failed"><errorEventDefinition errorRef="e1"/></endEvent>
  </process>
  <process id="other" isExecutable="false"/>
</definitions>""".encode()


def test_only_executable_processes_are_read() -> None:
    """A process that is drawn but not executable is not offered."""
    assert list(read_diagram(REPAIR)) == ["repair"]


def test_properties_of_the_process() -> None:
    """Title, number, roles that start it and heading come from the process's properties, the name from its pool."""
    diagram = read_diagram(REPAIR)["repair"]
    assert diagram.name == "接修"
    assert diagram.documentation == "自報修至歸檔"
    assert diagram.title == "{registration.unit.label}"
    assert diagram.number == "repair_slip"
    assert diagram.group == "客戶服務"
    assert diagram.start_roles == ("customer_service", "manager")
    assert diagram.messages == ("paid",)
    assert diagram.called == ("follow_up",)
    assert diagram.start_by_hand is diagram.elements["start"]


def test_lane_gives_the_role() -> None:
    """Property `role`, else the id, else the name where the id was made up by a modeler; a sub-process hands its role down."""
    diagram = read_diagram(REPAIR)["repair"]
    assert [lane.role for lane in diagram.lanes] == ["customer_service", "dispatcher", "repair_worker"]
    assert diagram.elements["register"].role == "customer_service"
    assert diagram.elements["mend"].role == "dispatcher"
    assert diagram.elements["mend"].parent_id == "works"
    assert [element.id for element in diagram.human_elements] == ["register", "mend", "rate"]
    assert [element.id for element in diagram.children("works")] == ["ws", "mend", "we"]


def test_properties_of_an_element() -> None:
    """The typed accessors read `spiffworkflow:properties`."""
    register = read_diagram(REPAIR)["repair"].elements["register"]
    assert (register.form, register.due, register.calendar) == ("registration", "PT20M", "always")
    assert register.clauses == ("repair 4.2.1", "repair 5.1")
    assert register.signature == ("tenant_signature",)
    assert register.instructions == "請登記。"
    assert register.record is None
    assert (register.incoming, register.outgoing) == (("f1",), ("f2", "f3"))


def test_events_and_repetition() -> None:
    """Event definitions carry names, codes and timer expressions; a multi-instance is marked."""
    elements = read_diagram(REPAIR)["repair"].elements
    late = elements["late"]
    assert (late.event_kind, late.attached_to, late.interrupting) == ("timer", "works", False)
    assert (late.events[0].timer, late.events[0].expression) == ("duration", "PT1H")
    assert elements["pay"].events[0].name == "paid"
    assert (elements["failed"].events[0].name, elements["failed"].events[0].code) == ("broken", "E1")
    assert elements["rate"].multi_instance
    assert elements["rate"].repeated == "sequential"


def test_flows() -> None:
    """Flows carry their condition and whether they are the default."""
    flows = {flow.id: flow for flow in read_diagram(REPAIR)["repair"].flows}
    assert flows["f2"].is_default
    assert flows["f3"].condition == 'registration["charged"]'
