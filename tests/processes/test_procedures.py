"""Every procedure under `bpmn/`, whatever it is: what `guicheng check` looks at, one test a question."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.bootstrap import load_organisation
from engine.content import Organisation
from engine.diagram import Diagram, read_diagram
from engine.drawing import pictures_fresh
from engine.forms import Form, load_form
from engine.i18n import read_catalogue
from engine.limit_reading import read_limits
from engine.limit_rules import home_of
from engine.procedures import Procedure, read_procedures
from engine.record_printing import unknown_paths
from engine.record_templates import load_template
from engine.scenarios.checking import CheckReport, check
from engine.settings import Settings

ROOT = Path(__file__).parents[2]
PROCEDURES = read_procedures([ROOT / "bpmn"])
CHINESE = re.compile(r"[\u4e00-\u9fff]")
VERB_OBJECT = re.compile(r"^[a-z][a-z0-9]*(_[a-z0-9]+)+$")

each_procedure = pytest.mark.parametrize("procedure", PROCEDURES, ids=lambda procedure: procedure.name)


def diagrams(procedure: Procedure) -> dict[str, Diagram]:
    """The processes of a procedure, by id."""
    found: dict[str, Diagram] = {}
    for name, raw in procedure.files.items():
        if name.endswith(".bpmn"):
            found.update(read_diagram(raw))
    return found


def forms(procedure: Procedure) -> dict[str, Form]:
    """Its forms, by key."""
    paths = ((Path(name), raw) for name, raw in procedure.files.items())
    return {path.stem: load_form(raw, path.stem) for path, raw in paths if path.parent.name == "forms"}


def records(procedure: Procedure) -> dict[str, bytes]:
    """Its record templates, by key."""
    return {Path(name).stem: raw for name, raw in procedure.files.items() if name.startswith("records/")}


def names(diagram: Diagram) -> Iterator[str]:
    """Everything of a diagram that people read."""
    yield from (diagram.name, diagram.documentation)
    for element in diagram.elements.values():
        yield from (element.name, element.documentation, element.instructions)
        yield element.properties.get("require_message", "")
    yield from (lane.name for lane in diagram.lanes)
    yield from (flow.name for flow in diagram.flows)
    yield diagram.group or ""


@pytest.fixture(scope="module")
def organisation() -> Organisation:
    """The company as the procedures see it."""
    return load_organisation(Settings(bpmn=ROOT / "bpmn"))


@pytest.fixture(scope="module")
def report() -> CheckReport:
    """The whole check, once: it plays every scenario."""
    return check(ROOT / "bpmn")


@each_procedure
def test_the_check_finds_nothing_wrong(procedure: Procedure, report: CheckReport) -> None:
    """It parses, lints, its scenarios pass and cover every clause, its pictures are fresh, its English is complete."""
    found = next(entry for entry in report.procedures if entry.name == procedure.name)
    assert [finding for finding in found.findings if finding.severity == "error"] == []
    assert all(outcome.is_passed for outcome in found.outcomes)
    assert found.unvisited == ()


@each_procedure
def test_there_are_scenarios(procedure: Procedure, report: CheckReport) -> None:
    """A procedure without a story is not known to work."""
    assert next(entry for entry in report.procedures if entry.name == procedure.name).outcomes


@each_procedure
def test_every_element_is_tied_to_its_clause_and_told(procedure: Procedure) -> None:
    """Gateways and events too: each names the clause that it comes from and says it in our own words."""
    for diagram in diagrams(procedure).values():
        without = [element.id for element in diagram.elements.values() if not element.clauses or not element.documentation]
        assert without == []


@each_procedure
def test_ids_are_verb_object_and_gateways_are_questions(procedure: Procedure) -> None:
    """Ids live in saved state and are read by people; what a gateway asks stands on it."""
    for diagram in diagrams(procedure).values():
        assert [element.id for element in diagram.elements.values() if not VERB_OBJECT.match(element.id)] == []
        gateways = [element for element in diagram.elements.values() if element.kind == "exclusiveGateway" and len(element.outgoing) > 1]
        assert [element.id for element in gateways if not element.name.endswith("？")] == []
        assert all(flow.name for flow in diagram.flows if flow.source in {gateway.id for gateway in gateways})


@each_procedure
def test_lanes_and_escalations_are_roles(procedure: Procedure, organisation: Organisation) -> None:
    """Nobody is asked who isn't in the company."""
    for diagram in diagrams(procedure).values():
        assert [lane.role for lane in diagram.lanes if lane.role not in organisation.roles] == []
        assert [role for role in diagram.start_roles if role not in organisation.roles] == []
        named = {role for element in diagram.elements.values() for role in (element.escalate_to, element.attended_by) if role}
        assert named <= set(organisation.roles)


@each_procedure
def test_forms_resolve_both_ways(procedure: Procedure) -> None:
    """Every form that an element names is there, and every form that is there is named."""
    named = {element.form for diagram in diagrams(procedure).values() for element in diagram.elements.values() if element.form}
    assert named == set(forms(procedure))


@each_procedure
def test_every_step_of_a_person_has_a_form(procedure: Procedure) -> None:
    """What was done is told by fields, not by a mere click."""
    for diagram in diagrams(procedure).values():
        assert [element.id for element in diagram.human_elements if not element.form] == []


@each_procedure
def test_records_resolve_both_ways(procedure: Procedure) -> None:
    """Every record that an element names is there, is named, and prints nothing that no form holds."""
    processes = diagrams(procedure)
    named = {element.record for diagram in processes.values() for element in diagram.elements.values() if element.record}
    assert named == set(records(procedure))
    elements = frozenset(element for diagram in processes.values() for element in diagram.elements)
    for key, raw in records(procedure).items():
        assert list(unknown_paths(load_template(raw, key), forms(procedure), elements)) == []


@each_procedure
def test_numbers_have_their_series(procedure: Procedure, organisation: Organisation) -> None:
    """Records and cases are numbered by patterns of the company, not by the default."""
    series = {diagram.number for diagram in diagrams(procedure).values() if diagram.number} | set(records(procedure))
    assert series <= set(organisation.numbering)


@each_procedure
def test_limits_name_what_exists(procedure: Procedure, organisation: Organisation) -> None:
    """A limit starts and stops at elements of the procedure and escalates to a role."""
    found = diagrams(procedure)
    home = home_of({process_id: diagram.called for process_id, diagram in found.items()})
    for limit in read_limits(procedure.files.get("limits.toml", b""), home):
        assert limit.escalate_to is None or limit.escalate_to in organisation.roles
        for happening in limit.happenings:
            if happening.process_key in found and happening.element_id:
                assert happening.element_id in found[happening.process_key].elements


@each_procedure
def test_english_is_complete(procedure: Procedure) -> None:
    """Every name, label and sentence of diagrams and records has its English; none is left in the catalogue that nobody says."""
    english = read_catalogue(procedure.files["locale/en.po"])
    said = {text for diagram in diagrams(procedure).values() for text in names(diagram) if CHINESE.search(text)}
    said |= {text for key, raw in records(procedure).items() for text in load_template(raw, key).messages() if CHINESE.search(text)}
    assert {text for text in said if not english.get(text)} == set()
    everything = "\n".join(raw.decode() for name, raw in procedure.files.items() if not name.startswith(("locale/", "scenarios/")))
    assert [text for text in english if text and text not in everything.replace("&lt;", "<").replace("&amp;", "&")] == []


def test_pictures_are_fresh() -> None:
    """The committed pictures show what the diagrams say now."""
    assert pictures_fresh(ROOT / "bpmn", ROOT / "diagrams") == []
