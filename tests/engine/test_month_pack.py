"""The monthly pack: worked out from cases, lists and limits; of a closed month kept as it was, and told of once."""

from __future__ import annotations

import json
from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import insert, update

from engine import month_pack
from engine.clock import MovableClock
from engine.errors import ForbiddenError, NotFoundError
from engine.month_pack import PackChangedError
from engine.month_pack_files import Cell, Part, Table, workbook
from engine.month_pack_rules import FILE, PackInvalidError, read_pack
from engine.persistence import tables
from engine.persistence.tables import notification
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from tests.builders import Person, deploy_folder, make_instance, make_site, make_user, rows

BPMN = Path(__file__).parents[2] / "bpmn"
MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)
CLOSED = datetime.fromisoformat("2026-04-06T00:00:00+08:00")


@pytest.fixture
def manager(runtime: Runtime) -> Person:
    deploy_folder(runtime, "follow_up")
    return make_user(runtime, "manager")


def heard(runtime: Runtime, form: str, result: str = "satisfied", day: str = "2026-03-10") -> int:
    """A case in which somebody was followed up."""
    case = make_instance(runtime, "follow_up", site_id=make_site(runtime))
    moment = datetime.fromisoformat(f"{day}T10:00:00+08:00")
    with runtime.database.writing() as connection:
        for name, values in (("form", {"text": form}), ("result", {"text": result}), ("visited_at", {"at": moment})):
            connection.execute(insert(tables.instance_variable).values(instance_id=case, name=f"follow_up_record.{name}", **values))
    return case


def split(runtime: Runtime, person: Person, month: date = MARCH) -> list[dict[str, Any]]:
    """The rows of visits and telephone."""
    with UnitOfWork(runtime.database) as uow:
        body = month_pack.pack(runtime, uow, person.actor, month).body
    (section,) = [each for each in body["sections"] if each["process"] == "follow_up"]
    rows_: list[dict[str, Any]] = next(block["rows"] for block in section["blocks"] if block["title"].startswith("上門與電話"))
    return rows_


def test_follow_up_is_split_by_visit_and_telephone_beside_the_month_before(runtime: Runtime, manager: Person) -> None:
    """Who could not be reached is in neither; seven in ten are to be visits."""
    for form in ("visit", "on_site", "visit", "phone"):
        heard(runtime, form)
    heard(runtime, "phone", "unreachable")
    heard(runtime, "phone", day="2026-02-28")
    visits, calls = split(runtime, manager)
    assert (visits["now"], visits["share"], visits["reached"], visits["before"]) == (3, 0.75, True, 0)
    assert (calls["now"], calls["share"], calls["reached"], calls["before"]) == (1, 0.25, True, 1)


def test_a_closed_month_is_kept_byte_for_byte_and_its_readers_are_told_once(
    runtime: Runtime, manager: Person, clock: MovableClock
) -> None:
    """Nothing that is entered afterwards changes it; a change behind the program's back is seen."""
    case = heard(runtime, "visit")
    with runtime.database.writing() as connection:
        connection.execute(insert(tables.limit_clock).values(
            instance_id=case, limit_id="follow_up.visited", kind="share",
            started_at=clock.now(), entered_at=clock.now(), stopped_at=clock.now(), stop_entered_at=clock.now()))  # fmt: skip
    with UnitOfWork(runtime.database) as uow:
        assert month_pack.pack(runtime, uow, manager.actor, MARCH).kept_at is None
    clock.advance(CLOSED - clock.now())
    assert month_pack.close_due(runtime) == [MARCH]
    with UnitOfWork(runtime.database) as uow:
        kept = month_pack.pack(runtime, uow, manager.actor, MARCH)
        assert month_pack.months(runtime, uow, manager.actor) == [(APRIL, False), (MARCH, True)]
    heard(runtime, "phone")
    with UnitOfWork(runtime.database) as uow:
        assert month_pack.pack(runtime, uow, manager.actor, MARCH) == kept
    told = [(row.role, json.loads(row.data)) for row in rows(runtime, notification) if row.kind == "month_pack"]
    assert told == [("manager", {"month": "2026-03"}), ("general_manager", {"month": "2026-03"})]
    assert month_pack.close_due(runtime) == []
    with runtime.database.writing() as connection:
        connection.execute(update(tables.month_pack).values(body="{}"))
    with UnitOfWork(runtime.database) as uow, pytest.raises(PackChangedError):
        month_pack.pack(runtime, uow, manager.actor, MARCH)


@pytest.mark.databases("sqlite")
def test_it_is_for_managers_of_the_whole_company_and_not_of_months_to_come(runtime: Runtime, manager: Person) -> None:
    local = make_user(runtime, "manager", site_id=make_site(runtime))
    with UnitOfWork(runtime.database) as uow:
        for person in (local, make_user(runtime, "cashier")):
            with pytest.raises(ForbiddenError):
                month_pack.pack(runtime, uow, person.actor, MARCH)
        with pytest.raises(NotFoundError):
            month_pack.pack(runtime, uow, manager.actor, date(2027, 1, 1))


def test_what_the_pack_names_is_there() -> None:
    """Every field is an indexed one of its procedures, every process has limits where they are asked for."""
    fields, limits = set(), {path.parent.name for path in BPMN.glob("*/limits.toml")}
    for path in BPMN.glob("*/forms/*.json"):
        for name, field in json.loads(path.read_text())["properties"].items():
            if field.get("index"):
                fields.add(f"{path.stem}.{name}")
    sections = read_pack((BPMN / FILE).read_bytes())
    named = {path for each in sections for count in each.counts for path in (count.field, count.at, *count.only)}
    named |= {path for each in sections for total in each.sums for path in (total.field, total.at)}
    assert named <= fields
    assert {each.title for each in sections} == {"接修", "投訴", "回訪", "出入證", "特約服務", "意見徵詢"}
    assert all(limits & set(each.limits) for each in sections)


@pytest.mark.parametrize(
    "raw", [b"[[section]]\n", b"nonsense", b'[[section]]\ntitle = "x"\nprocess = "y"\ncount = [{field = "x", at = "y.z"}]\n'],
    ids=["nothing in it", "no TOML", "no field"],
)
def test_a_file_that_says_something_else_is_refused(raw: bytes) -> None:
    with pytest.raises(PackInvalidError):
        read_pack(raw)


def test_the_excel_file_is_the_same_each_time() -> None:
    """A sheet a section, numbers as numbers, nothing as a formula."""
    table = Table("案件", ("", "當月"), ((Cell("=1+1"), Cell("3", 3)), (Cell("占比"), Cell("75.0%", 0.75, is_share=True))))
    first, second = (workbook([Part("接修/投訴", (table,)), Part("接修 投訴", ())], "2026-03 月報", "已結", CLOSED) for _ in range(2))
    assert first == second
    book = CalamineWorkbook.from_filelike(BytesIO(first))
    assert book.sheet_names == ["接修 投訴", "接修 投訴 2"]
    assert book.get_sheet_by_index(0).to_python()[5:7] == [["=1+1", 3.0], ["占比", 0.75]]
