"""Before a deployment: which running cases it concerns, which can move, which cannot and why; after it: the same by version."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from sqlalchemy import insert, select

from engine import impact, migration_runs, work_items
from engine.impact import Impact
from engine.instances import run_step
from engine.migration_rules import Reason
from engine.persistence.tables import definition, instance, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from tests.builders import Person, deploy, make_site, make_user, rows, start
from tests.engine.spiff.xml import chain, definitions, flow, node, process

_FORM = b'{"title": "x", "type": "object", "properties": {"note": {"type": "string", "title": "Note"}}}'


def package(*, first: str = "a", last: str = "e0", called: str = "k", form: bytes = _FORM) -> dict[str, bytes]:
    """Two steps, a call with one, a last step."""
    shown = ('<extensionElements><spiffworkflow:properties><spiffworkflow:property name="form" value="note"/>'
             "</spiffworkflow:properties></extensionElements>")  # fmt: skip
    main = process(
        "p", node("s", "start") + flow("s", first) + node(first, "user", name="First") + flow(first, "b") + node("b", "user", shown),
        flow("b", "c") + node("c", "call", calledElement="inner") + (flow("c", "e") if last == "e0" else chain(f"c {last}:user e")),
        node("e", "end"),
    )
    inner = process("inner", chain(f"is:start {called}:user ie:end"))
    return {"p.bpmn": definitions(main + inner), "forms/note.json": form}


@pytest.fixture
def three(runtime: Runtime) -> tuple[Person, list[int]]:
    """Cases at the first step, at the second, and inside the call."""
    make_site(runtime)
    deploy(runtime, package())
    person = make_user(runtime, "manager", "process_designer")
    cases = [start(runtime, "p").id for _ in range(3)]
    for case, steps in zip(cases[1:], (1, 2), strict=True):
        for _ in range(steps):
            item, = rows(runtime, work_item, work_item.c.instance_id == case, work_item.c.is_live)
            run_step(runtime, lambda uow, item=item: work_items.complete(runtime, uow, person.actor, item.id, {}))
    return person, cases


def look(runtime: Runtime, person: Person, files: Mapping[str, bytes], **options: object) -> Impact:
    """What the package would do."""
    with UnitOfWork(runtime.database) as uow:
        return impact.of_package(runtime, uow, person.actor, files, **options)  # type: ignore[arg-type]


def verdicts(found: Impact) -> dict[str, tuple[str, list[int]]]:
    """Step → what holds, and the cases."""
    return {group.steps[0][1]: (group.verdict, group.instance_ids) for group in found.groups}


@pytest.mark.databases("sqlite")
def test_each_case_is_told_by_what_is_still_to_come(runtime: Runtime, three: tuple[Person, list[int]]) -> None:
    """A step that is behind concerns nobody who has passed it, one ahead everybody, one that is gone stops who stands there."""
    person, cases = three
    renamed = look(runtime, person, package(first="register"))
    assert verdicts(renamed) == {"a": ("blocked", [cases[0]]), "b": ("unaffected", [cases[1]]), "k": ("unaffected", [cases[2]])}
    assert [each.reason for each in renamed.groups[0].blocked] == [Reason.GONE]
    longer = look(runtime, person, package(last="f"))
    assert {verdict for verdict, _ in verdicts(longer).values()} == {"movable"}
    assert look(runtime, person, package()).comparison.is_same
    changed = look(runtime, person, package(form=_FORM.replace(b"Note", b"Remark")))
    assert verdicts(changed) == {"a": ("movable", [cases[0]]), "b": ("movable", [cases[1]]), "k": ("unaffected", [cases[2]])}
    inside = look(runtime, person, package(called="j"))
    assert {step: verdict for step, (verdict, _) in verdicts(inside).items()} == {"a": "movable", "b": "movable", "k": "blocked"}


@pytest.mark.databases("sqlite")
def test_a_mapping_opens_a_way(runtime: Runtime, three: tuple[Person, list[int]]) -> None:
    """For the group that it is made for, under the same id."""
    person, cases = three
    group = look(runtime, person, package(first="register")).groups[0]
    mapped = look(runtime, person, package(first="register"), mappings={group.id: {"a": "register"}})
    again = next(each for each in mapped.groups if each.id == group.id)
    assert (again.verdict, again.instance_ids) == ("movable", [cases[0]])


def test_what_is_foretold_is_what_happens(runtime: Runtime, three: tuple[Person, list[int]]) -> None:
    """Deployed, the version sees the same groups, and moving them moves those that could."""
    person, cases = three
    files = package(called="j")
    before = look(runtime, person, files)
    to = deploy(runtime, files).id
    with UnitOfWork(runtime.database) as uow:
        after = impact.of_version(runtime, uow, person.actor, to)
    assert [(each.id, each.verdict, each.cases) for each in after] == [
        (each.id, each.verdict, each.cases) for each in before.groups if each.key == "p"]
    chosen = [migration_runs.Chosen(each.instance_ids, {}) for each in after]
    run = run_step(runtime, lambda uow: migration_runs.begin(runtime, uow, person.actor, to, chosen, "x"))
    migration_runs.carry_out(runtime, run)
    with UnitOfWork(runtime.database) as uow:
        told = migration_runs.progress(uow, run)
    assert (told.moved, told.refused) == (2, 1)
    assert [row.id for row in rows(runtime, instance, instance.c.definition_id != to)] == [cases[2]]


def test_many_cases_are_one_answer(runtime: Runtime, three: tuple[Person, list[int]]) -> None:
    """However many stand alike, they are looked at in slices and judged once; only sites where the person may move cases are told of."""
    person, cases = three
    copies = 1_200
    with runtime.database.writing() as connection:
        row = dict(connection.execute(select(instance).where(instance.c.id == cases[0])).one()._mapping)
        del row["id"]
        connection.execute(insert(instance), [{**row, "business_key": f"C{number}"} for number in range(copies)])
    found = look(runtime, person, package(last="f"))
    assert verdicts(found)["a"][0] == "movable"
    assert len(verdicts(found)["a"][1]) == copies + 1
    elsewhere = make_user(runtime, "manager", site_id=make_site(runtime))
    assert not look(runtime, elsewhere, package(last="f")).groups
    assert rows(runtime, definition, definition.c.version > 1) == []
