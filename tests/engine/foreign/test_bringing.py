"""Files of other tools become folders of ours: what has an equivalent is translated, the rest is named, and nothing foreign is left."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select

from engine import definitions, instances, work_items
from engine.content import Organisation, read_organisation
from engine.designing import bringing, drafts, saving, versions
from engine.designing.bringing import Wishes
from engine.designing.saving import Edit
from engine.diagram import Diagram, parse_xml, read_diagram
from engine.errors import FormInvalidError
from engine.foreign import Brought, Outcome, bring_in
from engine.foreign.intake import ForeignRefusedError
from engine.foreign.placing import MOST, is_drawn
from engine.foreign.variables import duration
from engine.instances import run_step
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.settings import Settings
from engine.spiff.reading import read_package
from tests.builders import ROOT, Person, make_user, rows, simple_process, start
from tests.engine.foreign.dialects import CASES, files
from tests.engine.test_archives import packed

#: what a person still has to settle before these can be deployed: programs of the other system
UNSETTLED = {
    "supplier_invoice": {"script-missing", "service-without-operator"}, "leave_request": {"service-without-operator"},
    "cleaning_check": {"script-missing"}, "rates": {"script-missing", "service-without-operator"},
}


@pytest.fixture(scope="module")
def organisation() -> Organisation:
    return read_organisation((ROOT / "bpmn" / "organisation.toml").read_bytes())


@pytest.fixture(scope="module")
def brought(organisation: Organisation) -> dict[str, Brought]:
    """Every case, brought in once."""
    return {name: bring_in(files(name), Settings(), organisation.roles, name) for name in CASES}


def diagram(made: Brought) -> Diagram:
    return next(iter(read_diagram(next(body for path, body in made.files.items() if path.endswith(".bpmn"))).values()))


def form(made: Brought, key: str) -> dict[str, Any]:
    return json.loads(made.files[f"forms/{key}.json"])  # type: ignore[no-any-return]


def conditions(made: Brought) -> list[str]:
    return [flow.condition for flow in diagram(made).flows if flow.condition]


def left(made: Brought, rule: str) -> str:
    """What was taken out and is left to a person, by rule."""
    return "\n".join(note.original or note.finding.source_text() for note in made.of(Outcome.OPEN) if note.finding.rule == rule)


@pytest.mark.parametrize("name", CASES)
def test_a_foreign_file_becomes_a_folder_that_is_drawn_and_passes_but_for_its_programs(
    brought: dict[str, Brought], organisation: Organisation, name: str
) -> None:
    """Nothing of another namespace stays, every step has its place, and the same files give the same bytes."""
    made = brought[name]
    assert made.files == bring_in(files(name), Settings(), organisation.roles, name).files
    for path, body in made.files.items():
        if not path.endswith(".bpmn"):
            continue
        root = parse_xml(body)
        spaces = {uri for node in root.iter() for uri in node.nsmap.values()}
        assert all(uri.startswith(("http://www.omg.org/", "http://www.w3.org/2001/XMLSchema-instance", "http://spiffworkflow.org/"))
                   for uri in spaces), spaces
        assert is_drawn(root)
        assert not list(root.iter("{*}script", "{*}preScript", "{*}postScript", "{*}serviceTaskOperator"))
    package = read_package(made.files, Settings(), roles=frozenset(organisation.roles))
    assert {finding.rule for finding in package.findings if finding.severity == "error"} == UNSETTLED.get(name, set())
    assert not package.normalised, "what is normalised at deployment should have been written into the file"


def test_candidate_groups_become_lanes_and_forms_ours(brought: dict[str, Brought]) -> None:
    """Camunda's generated forms, due dates, starters and JUEL; a group that the company knows is its role."""
    made = brought["key_loan"]
    found = diagram(made)
    assert {lane.role: lane.name for lane in found.lanes} == {"customer_service": "客服管理員", "manager": "物業服務中心經理"}
    assert found.start_roles == ("customer_service",)
    approve, hand_out = found.elements["approve_loan"], found.elements["hand_out_keys"]
    assert (approve.role, approve.due, approve.documentation) == ("manager", "P2D", "Master keys only with a reason.")
    assert (hand_out.assignee, hand_out.role) == ('_["started_by"]', "customer_service")
    assert "security_officer" in left(made, "several-groups")
    assert conditions(made) == ['approve_loan["approved"] and key_asked_for["number_of_keys"] <= 3']
    asked = form(made, "key_asked_for")
    assert asked["required"] == ["unit_code"]
    assert asked["properties"]["number_of_keys"] == {"type": "integer", "title": "How many keys", "minimum": 1, "default": 1}
    assert [each["const"] for each in asked["properties"]["kind"]["oneOf"]] == ["spare", "master"]
    assert "com.example.KeyValidator" in left(made, "form-field")
    assert "80" in left(made, "priority")


def test_programs_of_the_other_system_go_and_are_told_with_their_text(brought: dict[str, Brought]) -> None:
    """Scripts, listeners, delegates, connectors and services: each in the list, none in the file."""
    told = {
        ("supplier_invoice", "script"): ["rm -rf /"],
        ("supplier_invoice", "program"): ["${bookInvoice}", "https://books.example/api", "4711"],
        ("supplier_invoice", "listener"): ["com.example.billing.Notify", 'println "started"'],
        ("visitor", "listener"): ["${mailer.tell(task)}"], ("leave_request", "program"): ["type=mail", "${requester}"],
        ("cleaning_check", "script"): ["java.lang.Runtime"],
        ("rates", "script"): ["os.environ", 'rates["body"]', "shown = True"], ("rates", "program"): ["http/GetRequestV2"],
    }
    for (name, rule), texts in told.items():
        said = left(brought[name], rule)
        for text in texts:
            assert text in said, (name, text)
            assert not any(text.encode() in body for body in brought[name].files.values())


def test_forms_of_each_tool_keep_what_they_ask(brought: dict[str, Brought]) -> None:
    """form-js, Flowable's JSON with its buttons, and Spiff-Arena's schema in the order in which it is shown."""
    invoice = form(brought["supplier_invoice"], "invoice_check")
    assert invoice["title"] == "Invoice check"
    assert invoice["properties"]["invoice_number"]["pattern"] == "[A-Z0-9-]+"
    assert list(invoice["properties"]["lines"]["items"]["properties"]) == ["text", "net"]
    leave = form(brought["leave_request"], "leave_form")
    assert [each["const"] for each in leave["properties"]["kind"]["oneOf"]] == ["Holiday", "Illness"]
    assert leave["properties"]["requester"]["format"] == "person"
    assert conditions(brought["leave_request"]) == ["leave_decision[\"outcome\"] == 'Grant'"]
    assert diagram(brought["leave_request"]).elements["checkRequest"].form == "leave_decision"
    material = form(brought["purchase"], "material_schema")
    assert list(material["properties"]) == ["item", "price", "urgency", "reason", "shops", "options"]
    assert material["properties"]["reason"]["ui:placeholder"] == "Why it is needed"
    assert conditions(brought["purchase"]) == ['material_schema["price"] > 200 and material_schema["urgency"] != "now"']
    assert "address" in left(brought["purchase"], "form-field")


def test_a_decision_that_was_only_drawn_is_asked_in_the_step_before(brought: dict[str, Brought]) -> None:
    """Signavio's ways out have names and no conditions: the person who is there chooses one of them."""
    made = brought["parcel"]
    (question,) = form(made, diagram(made).elements["task"].form or "")["properties"].values()
    assert (question["title"], [each["title"] for each in question["oneOf"]]) == ("收件人在嗎？", ["在", "不在"])
    assert len(conditions(made)) == 1
    assert {lane.name: lane.role for lane in diagram(made).lanes} == {"客服管理員": "customer_service", "秩序維護員": "security_officer"}


def test_a_whole_drawing_is_kept_where_that_is_wished(organisation: Organisation) -> None:
    """Without new lanes the steps name their roles themselves, and no shape moves; else it is drawn anew by lanes."""
    kept = bring_in(files("key_loan"), Settings(), organisation.roles, "key_loan", keep_drawing=True)
    assert not diagram(kept).lanes
    assert diagram(kept).elements["approve_loan"].candidate_roles == '"manager"'
    places = [dict(node.attrib) for node in parse_xml(files("key_loan")["key_loan.bpmn"]).iter("{*}Bounds")]
    assert [dict(node.attrib) for node in parse_xml(kept.files["key_loan.bpmn"]).iter("{*}Bounds")] == places


def test_a_person_picks_the_role_for_a_group_that_is_not_known(organisation: Organisation, brought: dict[str, Brought]) -> None:
    """Proposed under its own name; picked, everything that meant it means the role."""
    (proposed,) = brought["leave_request"].roles
    assert (proposed.said, proposed.role, proposed.is_known) == ("Leave office", "leave_office", False)
    made = bring_in(files("leave_request"), Settings(), organisation.roles, "leave_request", chosen={"Leave office": "assistant_manager"})
    assert diagram(made).lanes[0].role == diagram(made).elements["checkRequest"].role == "assistant_manager"


@pytest.mark.parametrize(("said", "meant"), [
    ("PT4H", "PT4H"), ("${now().plusDays(3)}", "P3D"), ("#{dateTime().plusWeeks(1).toDate()}", "P1W"),
    ("${now().plusDays(1).plusHours(2)}", "P1DT2H"), ('=now() + duration("P3D")', "P3D"), ("${dueOf(order)}", None),
    ("2026-12-01T00:00:00Z", None), ("${now().plusDays(1).plusDays(1)}", None),
])  # fmt: skip
def test_times_from_now_are_durations(said: str, meant: str | None) -> None:
    assert duration(said) == meant


@pytest.mark.parametrize(("body", "rule"), [
    (b'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><definitions>&b;</definitions>', "DOCTYPE"),
    (b"<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL'>" + b"<process>" * 100, "巢狀"),
    (b"<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL'><process>", "XML"),
    (b"<html><script>alert(1)</script></html>", "不是 BPMN"), (b"PK\x03\x04...", "壓縮檔"), (b"\x89PNG\r\n", "XML"),
    (b"{", "JSON"), (b"", "空的"), (b" " * (5 * 2**20 + 1), "過大"),
])  # fmt: skip
def test_what_a_deployment_would_refuse_is_refused_before_it_is_read(organisation: Organisation, body: bytes, rule: str) -> None:
    """Told by its content, whatever it is called."""
    with pytest.raises(ForeignRefusedError) as refused:
        bring_in({"a.bpmn": body}, Settings(), organisation.roles, "a")
    assert rule in refused.value.source_text()
    assert refused.value.data["file"] == "a.bpmn"


def test_a_packed_folder_is_read_and_a_foreign_one_is_named(organisation: Organisation) -> None:
    """Signavio's archives hold its own models: without a BPMN file beside them they are refused with what to do; pictures stay out."""
    model, diagrams = b'{"stencilset": {"url": "bpmn2.0"}}', files("parcel")
    inside = [(f"folder/{name}", body) for name, body in diagrams.items()]
    made = bring_in({"a.sgx": packed(*inside, ("m/model.json", model), ("m/model.svg", b"<svg/>"))}, Settings(), organisation.roles, "a")
    assert made.files == bring_in(diagrams, Settings(), organisation.roles, "a").files
    twice = [(f"other/{name}", body) for name, body in diagrams.items()]
    for raw, words in (
        (packed(("m/model.json", model)), "Signavio"), (packed(*inside, *twice), "同名"),
        (packed(("a.bpmn", packed(*inside))), "壓縮檔"), (packed(("../a.bpmn", b"<a/>")), "檔名"),
    ):
        with pytest.raises(ForeignRefusedError) as refused:
            bring_in({"a.sgx": raw}, Settings(), organisation.roles, "a")
        assert words in refused.value.source_text()


@pytest.mark.parametrize(("name", "before", "after"), [
    ("purchase", b'["item", "price", "*"]', b'[["item"], {"price": 1}, "*"]'), ("purchase", b'"default": "later"', b'"default": ["later"]'),
    ("leave_request", b'"outcomes":[{', b'"outcomes":7, "x":[{'), ("lost_property", b"<participant id=", b"<participant other="),
    ("leave_request", b'attachedToRef="checkRequest"', b'attachedToRef="nothing"'),
])  # fmt: skip
def test_files_that_are_written_wrongly_still_give_a_draft_or_a_refusal(
    organisation: Organisation, name: str, before: bytes, after: bytes
) -> None:
    """A form or a reference of the wrong shape is left out; the rest is brought in."""
    given = {file: body.replace(before, after) for file, body in files(name).items()}
    assert given != files(name)
    assert any(path.endswith(".bpmn") for path in bring_in(given, Settings(), organisation.roles, name).files)


def test_a_drawing_without_places_is_laid_out_up_to_what_somebody_would_wait_for(organisation: Organisation) -> None:
    """A row of more steps is refused in one sentence instead of keeping the server busy."""
    body = simple_process("long_row", *((f"step_{number}", "manager") for number in range(MOST)))
    with pytest.raises(ForeignRefusedError) as refused:
        bring_in({"long_row.bpmn": body}, Settings(), organisation.roles, "long_row")
    assert refused.value.data["limit"] == MOST


# ---------------------------------------------------------------- in the store

@pytest.fixture
def designer(runtime: Runtime) -> Person:
    return make_user(runtime, "process_designer")


@pytest.mark.databases("sqlite")
def test_saving_and_deploying_what_was_brought_in_changes_no_byte(runtime: Runtime, designer: Person, brought: dict[str, Brought]) -> None:
    """Imported, read again, saved as it is, deployed, read again; what was left to do is the note of the first version."""
    draft, seen = run_step(runtime, lambda uow: bringing.begin(runtime, uow, designer.actor, files("purchase"), Wishes(), "zh-Hant"))
    assert (draft.procedure, seen.brought.files) == ("purchase", brought["purchase"].files)
    edits = [Edit(path, body, 1) for path, body in seen.brought.files.items()]
    assert run_step(runtime, lambda uow: saving.save(runtime, uow, designer.actor, draft.id, edits)).revision == 1
    with UnitOfWork(runtime.database) as uow:
        held = drafts.files(uow, draft.id)
        (version,) = versions.listed(uow, designer.actor, draft.id)
    assert held == seen.brought.files
    assert "address" in version.note
    deployed = run_step(runtime, lambda uow: definitions.deploy(runtime, uow, designer.actor, held))
    with UnitOfWork(runtime.database) as uow:
        assert definitions.files_of(uow, deployed.id or 0) == held
    with pytest.raises(FormInvalidError):
        run_step(runtime, lambda uow: bringing.look(runtime, uow, designer.actor, files("parcel"), Wishes(procedure="../x")))
    with pytest.raises(FormInvalidError):
        run_step(runtime, lambda uow: bringing.look(runtime, uow, designer.actor, files("parcel"), Wishes(roles={"客服管理員": "root"})))


@pytest.mark.databases("sqlite")
def test_one_of_each_tool_runs_to_its_end(runtime: Runtime, brought: dict[str, Brought]) -> None:
    """Started with its own form, worked by its own roles, decided by its own conditions."""
    asks: dict[str, tuple[dict[str, Any], list[tuple[str, dict[str, Any]]], str]] = {
        "key_loan": ({"unit_code": "A-1", "number_of_keys": 2, "kind": "spare"},
                     [("approve_loan", {"approved": True, "return_by": "2026-12-01"}), ("hand_out_keys", {})], "handed_out"),
        "visitor": ({"visitor_name": "Lin", "persons": 9, "purpose": "meeting"}, [("ask_the_tenant", {"expected": True})], "refused"),
        "cleaning_check": ({}, [("look_at_the_floors", {"clean": True})], "end"),
        "parcel": ({}, [("task", {"decided_at_exclusive_gateway": "way_1"}), ("user_task", {})], "end_event"),
        "purchase": ({}, [("ask_for_material", {"item": "Lamp", "price": 300, "urgency": "later"}), ("allow_purchase", {})], "end_event"),
    }
    everybody = make_user(
        runtime, "process_designer", "manager", "customer_service", "security_officer", "repair_worker", "cleaning_supervisor")
    for name, (started_with, steps, end) in asks.items():
        made = dict(brought[name].files)
        if name == "cleaning_check":
            # the script that was taken out, settled by a person as the note says: the step goes through
            made["cleaningCheck.bpmn"] = made["cleaningCheck.bpmn"].replace(b"scriptTask", b"task")
        assert _run(runtime, everybody, made, started_with, steps) == (end,), name


def _run(
    runtime: Runtime, worker: Person, made: dict[str, bytes], started_with: dict[str, Any], steps: list[tuple[str, dict[str, Any]]]
) -> tuple[str, ...]:
    """Deploy, start, work each step as it comes up; the ends that were reached."""
    deployed = run_step(runtime, lambda uow: definitions.deploy(runtime, uow, worker.actor, made))
    begun = start(runtime, deployed.definitions[0].key, started_with, actor=worker.actor)
    for element_id, answers in steps:
        (item,) = rows(runtime, tables.work_item, tables.work_item.c.instance_id == begun.id, tables.work_item.c.is_live)
        assert item.element_id == element_id, [each.message for each in rows(runtime, tables.incident)]
        _work(runtime, worker, item.id, answers)
    with UnitOfWork(runtime.database) as uow:
        return instances.inspect(runtime, uow, begun.id).end_events


def _work(runtime: Runtime, worker: Person, item_id: int, answers: dict[str, Any]) -> None:
    with UnitOfWork(runtime.database) as uow:
        if uow.reading.execute(select(tables.work_item.c.assignee_id).where(tables.work_item.c.id == item_id)).scalar() is None:
            work_items.claim(runtime, uow, worker.actor, item_id)
        work_items.complete(runtime, uow, worker.actor, item_id, answers)
        uow.commit()
