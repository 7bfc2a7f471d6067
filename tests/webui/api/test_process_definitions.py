"""Deploying, listing and reading definitions."""

from __future__ import annotations

from engine.persistence import tables
from engine.runtime import Runtime
from tests.builders import rows, simple_process
from tests.webui.api.caller import CallAs

ERRAND = simple_process("errand", ("do_errand", "customer_service"))
BROKEN = ERRAND.replace(b'targetRef="finish"', b'targetRef="nowhere"')


def test_a_deployment_names_its_versions(call_as: CallAs) -> None:
    """201 with id, key and version; the same content again is the same version, another one the next."""
    designer = call_as("process_designer")
    first = designer.deploy({"errand.bpmn": ERRAND})
    assert first.status_code == 201, first.get_json()
    [definition] = first.get_json()["definitions"]
    assert (definition["key"], definition["version"]) == ("errand", 1)
    assert designer.deploy({"errand.bpmn": ERRAND}).get_json()["definitions"] == [definition]
    changed = ERRAND.replace(b'name="do_errand"', b'name="run the errand"')
    assert designer.deploy({"errand.bpmn": changed}).get_json()["definitions"][0]["version"] == 2


def test_a_dry_run_stores_nothing(runtime: Runtime, call_as: CallAs) -> None:
    """It says what would be, and leaves no row."""
    answer = call_as("process_designer").deploy({"errand.bpmn": ERRAND}, dry_run="true")
    assert answer.status_code == 201
    [planned] = answer.get_json()["definitions"]
    assert (planned["id"], planned["key"], planned["version"]) == (None, "errand", 1)
    assert rows(runtime, tables.definition) == []


def test_a_refused_diagram_carries_its_rules_and_stores_nothing(runtime: Runtime, call_as: CallAs) -> None:
    """422 {errors: [{rule, element_id, message}]}."""
    answer = call_as("process_designer").deploy({"errand.bpmn": BROKEN})
    assert answer.status_code == 422
    problem = answer.get_json()
    assert problem["code"] == "deployment_refused"
    assert problem["errors"]
    for error in problem["errors"]:
        assert error["rule"]
        assert error["message"]
        assert "element_id" in error
    assert rows(runtime, tables.definition) == []
    assert rows(runtime, tables.deployment) == []


def test_one_refused_file_refuses_the_whole_deployment(runtime: Runtime, call_as: CallAs) -> None:
    """All or nothing."""
    other = simple_process("other", ("a_task", "cashier"))
    assert call_as("process_designer").deploy({"errand.bpmn": BROKEN, "other.bpmn": other}).status_code == 422
    assert rows(runtime, tables.definition) == []


def test_what_is_no_diagram_is_refused_by_a_rule(call_as: CallAs) -> None:
    """Hostile and broken uploads are findings, never crashes."""
    entities = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'
    for content in (b"", b"not xml", b"<a>", entities, b"\x00\x01\x02", b"<definitions/>"):
        answer = call_as("process_designer").deploy({"errand.bpmn": content})
        assert answer.status_code == 422, content
        assert answer.get_json()["errors"][0]["rule"]


def test_a_deployment_without_files_is_refused(call_as: CallAs) -> None:
    """422 naming the field, also for fields that don't exist."""
    designer = call_as("process_designer")
    assert designer.deploy({}).status_code in (415, 422)
    answer = designer.upload("/process-definitions", [("file", "errand.bpmn", ERRAND)])
    assert (answer.status_code, answer.get_json()["errors"][0]["code"]) == (422, "unknown_field")


def test_definitions_are_listed_and_read(call_as: CallAs) -> None:
    """The list, one, and the author's file byte for byte."""
    designer = call_as("process_designer")
    made = designer.deploy({"errand.bpmn": ERRAND}).get_json()["definitions"][0]
    assert designer.get("/process-definitions").get_json() == {"items": [made], "next": None}
    assert designer.get(f"/process-definitions/{made['id']}").get_json() == made
    xml = designer.get(f"/process-definitions/{made['id']}/xml")
    assert (xml.mimetype, xml.get_data()) == ("application/xml", ERRAND)
