"""The example company: what a first `make demo` shows, made by the engine itself."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from engine import demo, history
from engine.bootstrap import open_runtime
from engine.demo.company import Example, read_example
from engine.diagram import read_diagram
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.settings import Settings
from tests.builders import ROOT, make_site, rows


@pytest.fixture(scope="module")
def filled(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    """A store that was filled once for all tests here, which only look at it."""
    folder = tmp_path_factory.mktemp("demo")
    shutil.copy(sqlite_template, folder / "store.db")
    settings = Settings(db=f"sqlite:///{folder / 'store.db'}", files=folder / "files", secret_key="for tests only", sandbox_workers=1)
    with open_runtime(settings, is_trusted=True) as runtime:
        demo.fill(runtime)
        yield runtime


@pytest.fixture(scope="module")
def example() -> Example:
    """What the files say."""
    return read_example(ROOT / "bpmn")


def test_the_company_has_its_size(filled: Runtime) -> None:
    """About twenty people, three buildings, sixty units, forty-five settled tenants, a price list."""
    sizes = {table.name: len(rows(filled, table)) for table in
             (tables.user, tables.building, tables.unit, tables.tenancy, tables.price_item)}
    assert sizes == {"app_user": 21, "building": 3, "unit": 60, "tenancy": 45, "price_item": 22}


def test_every_staff_role_is_held_and_told_with_a_sign_in(filled: Runtime) -> None:
    """One line a role."""
    staff = {role.id for role in filled.organisation.roles.values() if not role.is_outside}
    assert {row.role for row in rows(filled, tables.role_grant)} == staff
    assert len(demo.sign_ins(filled, "en")) == len(staff)


def test_repairs_stand_in_every_stage(filled: Runtime) -> None:
    """Every user task of the procedure is open somewhere, or was passed by a case that went on."""
    diagram = read_diagram((ROOT / "bpmn/repair/repair.bpmn").read_bytes())["repair"]
    stages = {element.id for element in diagram.elements.values() if element.kind == "userTask"}
    with filled.database.reading() as connection:
        reached = set(connection.execute(select(tables.work_item.c.element_id).distinct()).scalars())
        open_now = set(connection.execute(select(tables.work_item.c.element_id).where(tables.work_item.c.is_live).distinct()).scalars())
    assert stages - reached == set()
    assert len(open_now & stages) > len(stages) / 2


def test_some_are_late_and_escalated_and_none_has_gone_wrong(filled: Runtime) -> None:
    """The manual's limits really ran on the way."""
    with filled.database.reading() as connection:
        late = connection.execute(select(func.count()).where(tables.instance.c.late_since.is_not(None))).scalar_one()
        escalated = connection.execute(select(func.count()).where(tables.work_item.c.escalated_role.is_not(None))).scalar_one()
        breached = connection.execute(select(func.count()).where(tables.limit_clock.c.breached_at.is_not(None))).scalar_one()
        incidents = connection.execute(select(func.count()).select_from(tables.incident)).scalar_one()
        states = set(connection.execute(select(tables.instance.c.state).distinct()).scalars())
    assert late > 2
    assert escalated > 1
    assert breached > 2
    assert (incidents, states) == (0, {"active", "completed"})


def test_nothing_lies_in_the_future(filled: Runtime) -> None:
    """All of it happened before now."""
    now = filled.clock.now()
    assert max(row.at for row in rows(filled, tables.history_event)) <= now


def test_every_case_has_an_unbroken_history(filled: Runtime) -> None:
    """Each chain of digests verifies."""
    with UnitOfWork(filled.database) as uow:
        for row in rows(filled, tables.instance):
            assert history.verify(uow, row.id) is None


def test_the_cases_stop_where_they_are_told_to(filled: Runtime, example: Example) -> None:
    """The element that each names is open; those that name none have ended."""
    with filled.database.reading() as connection:
        for told in example.cases["case"]:
            case = connection.execute(select(tables.instance.c.id, tables.instance.c.state).where(
                tables.instance.c.title.startswith(told["unit"]))).one()
            open_items = set(connection.execute(select(tables.work_item.c.element_id).where(
                tables.work_item.c.instance_id == case.id, tables.work_item.c.is_live)).scalars())
            expected = {told["until"]} if "until" in told and told["until"] != "next_day" else set()
            assert (told["unit"], open_items) == (told["unit"], expected)


def test_a_filled_store_is_known_and_never_filled_again(filled: Runtime) -> None:
    """And nothing is added by trying."""
    before = len(rows(filled, tables.history_event))
    assert demo.is_filled(filled)
    with pytest.raises(demo.DemoRefusedError):
        demo.fill(filled)
    assert len(rows(filled, tables.history_event)) == before


def test_a_store_in_use_is_refused(runtime: Runtime) -> None:
    """The example never mixes with a real company."""
    make_site(runtime)
    assert not demo.is_filled(runtime)
    with pytest.raises(demo.DemoRefusedError):
        demo.fill(runtime)
    assert rows(runtime, tables.user) == []
