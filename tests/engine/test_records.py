"""Records of a case: numbered once, following it or frozen, voided but never deleted."""

from __future__ import annotations

from datetime import timedelta

import orjson
import pytest

from engine import records, work_items
from engine.clock import MovableClock
from engine.errors import ForbiddenError, NotFoundError
from engine.model import Actor
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.records import Record, RecordVoidedError
from engine.runtime import Runtime
from engine.steps import run_step
from tests import builders
from tests.builders import Person

SPIFF = "http://spiffworkflow.org/bpmn/schema/1.0/core"
TEMPLATE = (
    '<article><h1 class="record-title">單據</h1><p>{{record.number}}|{{visit.note}}|{{handler visit_tenant}}|{{record.site}}</p></article>'
)
FORM = {"title": "到訪", "type": "object", "properties": {"note": {"type": "string", "title": "備註"}}}


def process(number: str = "") -> bytes:
    text = builders.simple_process("visiting", ("visit_tenant", "customer_service"), ("close_visit", "customer_service")).decode()
    text = text.replace('<definitions xmlns="', f'<definitions xmlns:spiffworkflow="{SPIFF}" xmlns="', 1)
    form = _properties('<spiffworkflow:property name="form" value="visit"/>')
    text = text.replace(
        '<userTask id="visit_tenant" name="visit_tenant"/>', f'<userTask id="visit_tenant" name="visit_tenant">{form}</userTask>'
    )
    if number:
        whole = _properties(f'<spiffworkflow:property name="number" value="{number}"/>')
        text = text.replace("</documentation>", f"</documentation>{whole}", 1)
    return text.encode()


def _properties(inside: str) -> str:
    return f"<extensionElements><spiffworkflow:properties>{inside}</spiffworkflow:properties></extensionElements>"


@pytest.fixture
def clerk(runtime: Runtime) -> Person:
    return builders.make_user(runtime, "customer_service", "manager")


def begun(runtime: Runtime, clerk: Person, number: str = "", **options: str) -> builders.Started:
    po = 'msgid "單據"\nmsgstr "Slip"\n'
    files = {
        "visiting.bpmn": process(number),
        "forms/visit.json": orjson.dumps(FORM),
        "records/slip.html": TEMPLATE.encode(),
        "locale/en.po": po.encode(),
    }
    builders.deploy(runtime, files)
    return builders.start(runtime, "visiting", actor=clerk.actor, **options)


def issue(runtime: Runtime, actor: Actor, instance_id: int, *, frozen: bool = False) -> Record:
    return run_step(runtime, lambda uow: records.issue(runtime, uow, actor, instance_id, "slip", frozen=frozen))


def printed(runtime: Runtime, actor: Actor, record_id: int, locale: str = "zh-Hant") -> str:
    with UnitOfWork(runtime.database) as uow:
        found, article = records.printed(runtime, uow, actor, record_id, locale=locale, image=str)
    assert found.id == record_id
    return article


def test_a_record_follows_its_case_under_one_number(runtime: Runtime, clerk: Person, clock: MovableClock) -> None:
    case = begun(runtime, clerk)
    first = issue(runtime, clerk.actor, case.id)
    assert first.number == "202603-0001"
    assert "202603-0001|||" in printed(runtime, clerk.actor, first.id)
    clock.advance(timedelta(hours=1))
    run_step(runtime, lambda uow: work_items.complete(runtime, uow, clerk.actor, case.work_item_ids[0], {"note": "<好>"}))
    assert issue(runtime, clerk.actor, case.id) == first
    assert f"202603-0001|&lt;好&gt;|{clerk.name}|" in printed(runtime, clerk.actor, first.id)


def test_a_record_is_printed_in_the_readers_language(runtime: Runtime, clerk: Person) -> None:
    record = issue(runtime, clerk.actor, begun(runtime, clerk).id)
    assert "Slip</h1>" in printed(runtime, clerk.actor, record.id, "en")
    assert "单据</h1>" in printed(runtime, clerk.actor, record.id, "zh-Hans")


def test_a_frozen_record_keeps_what_was_known_and_each_has_its_number(runtime: Runtime, clerk: Person) -> None:
    case = begun(runtime, clerk)
    first = issue(runtime, clerk.actor, case.id, frozen=True)
    run_step(runtime, lambda uow: work_items.complete(runtime, uow, clerk.actor, case.work_item_ids[0], {"note": "第二輪"}))
    second, living = issue(runtime, clerk.actor, case.id, frozen=True), issue(runtime, clerk.actor, case.id)
    assert [record.number for record in (first, second, living)] == ["202603-0001", "202603-0002", "202603-0003"]
    assert ["第二輪" in printed(runtime, clerk.actor, record.id) for record in (first, second, living)] == [False, True, True]


def test_a_closed_record_keeps_what_was_known_and_the_next_has_another_number(runtime: Runtime, clerk: Person) -> None:
    """A paper that follows its case, is made out again, and follows its case again."""
    case = begun(runtime, clerk)
    first = issue(runtime, clerk.actor, case.id)
    run_step(runtime, lambda uow: records.close(runtime, uow, case.id, "slip"))
    second = issue(runtime, clerk.actor, case.id)
    assert first.number != second.number
    assert issue(runtime, clerk.actor, case.id).number == second.number
    # where there is none to close nothing happens
    run_step(runtime, lambda uow: records.close(runtime, uow, case.id, "other"))
    with UnitOfWork(runtime.database) as uow:
        kept = {each.number: each.is_frozen for each in records.for_instance(uow, case.id)}
    assert kept == {first.number: True, second.number: False}


def test_a_case_numbered_by_the_series_gives_its_record_its_number(runtime: Runtime, clerk: Person) -> None:
    first = begun(runtime, clerk, "slip")
    assert issue(runtime, clerk.actor, first.id).number == "202603-0001"
    made_up = begun(runtime, clerk, "slip", business_key="202603-0009")
    assert issue(runtime, clerk.actor, made_up.id).number == "202603-0002"


def test_a_voided_record_keeps_its_number_and_the_case_gets_another(runtime: Runtime, clerk: Person) -> None:
    case = begun(runtime, clerk)
    spoiled = issue(runtime, clerk.actor, case.id)
    voided = run_step(runtime, lambda uow: records.void(runtime, uow, clerk.actor, spoiled.id, "印壞了"))
    assert (voided.number, voided.void_reason, voided.voided_at) == (spoiled.number, "印壞了", runtime.clock.now())
    with pytest.raises(RecordVoidedError):
        run_step(runtime, lambda uow: records.void(runtime, uow, clerk.actor, spoiled.id, "again"))
    again = issue(runtime, clerk.actor, case.id)
    assert again.number == "202603-0002"
    with UnitOfWork(runtime.database) as uow:
        assert [(record.number, record.voided_at is None) for record in records.for_instance(uow, case.id)] == [
            ("202603-0001", False),
            ("202603-0002", True),
        ]
    kinds = [row.type for row in builders.rows(runtime, tables.history_event)]
    assert kinds.count("record.issued") == 2
    assert kinds.count("record.voided") == 1


def test_only_who_may_sees_and_voids_a_record(runtime: Runtime, clerk: Person) -> None:
    record = issue(runtime, clerk.actor, begun(runtime, clerk).id)
    nobody, worker = Actor(user_id=clerk.id, name="x"), builders.make_user(runtime, "repair_worker").actor
    with UnitOfWork(runtime.database) as uow:
        for missing in (record.id + 100, record.id):
            with pytest.raises(NotFoundError):
                records.printed(runtime, uow, nobody, missing, locale="en", image=str)
        assert records.get(uow, worker, record.id) == record
        with pytest.raises(ForbiddenError):
            records.void(runtime, uow, worker, record.id, "no")


def test_a_record_without_a_template_says_so(runtime: Runtime, clerk: Person) -> None:
    case = begun(runtime, clerk)
    other = run_step(runtime, lambda uow: records.issue(runtime, uow, clerk.actor, case.id, "unknown"))
    with UnitOfWork(runtime.database) as uow, pytest.raises(NotFoundError):
        records.printed(runtime, uow, clerk.actor, other.id, locale="en", image=str)
