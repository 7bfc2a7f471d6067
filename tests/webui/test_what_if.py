"""The pages of what-ifs: asked with the present filled in, refused beside the field, its figures side by side, its files, its end."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from openpyxl import load_workbook

from engine.bootstrap import open_runtime
from engine.clock import MovableClock
from engine.model import Actor
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import what_if as queries
from engine.runtime import Runtime
from engine.settings import Settings
from engine.steps import run_step
from engine.what_if import runs
from engine.what_if.order import Order
from engine.what_if.playing import play
from tests.builders import Person, deploy, make_user, simple_process
from tests.conftest import MONDAY_MORNING
from tests.webui.visitor import Visitor, text_of
from tests.what_if_history import told, work_through

pytestmark = pytest.mark.databases("sqlite")
_LIMITS = (
    b'[[limit]]\nid = "done"\nname = "done soon"\nclause = "errand 1"\n'
    b'from = "instance:started"\nto = "do_errand:completed"\ntarget = "PT1H"\n'
)


@pytest.fixture(scope="module")
def runtime(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    """A store that the pages share: four errands an hour in working hours, twenty minutes each, one clerk."""
    folder = tmp_path_factory.mktemp("what-if-pages")
    shutil.copy(sqlite_template, folder / "store.db")
    settings = Settings(db=f"sqlite:///{folder / 'store.db'}", files=folder / "files", secret_key="for tests only", sandbox_workers=1,
                        web_threads=4)  # fmt: skip
    with open_runtime(settings, clock=MovableClock(MONDAY_MORNING), is_trusted=True) as opened:
        process = deploy(opened, {"errand.bpmn": simple_process("errand", ("do_errand", "customer_service")), "limits.toml": _LIMITS})
        clerk = make_user(opened, "customer_service")
        starts = [MONDAY_MORNING - timedelta(days=day, minutes=-15 * number) for day in range(3, 8) for number in range(28)]
        work_through(opened, process, sorted(starts), [1200.0], [clerk.id, *(make_user(opened, "cashier").id for _ in range(3))])
        yield opened


@pytest.fixture(scope="module")
def manager(runtime: Runtime) -> Person:
    return make_user(runtime, "manager")


@pytest.fixture
def visit(runtime: Runtime, manager: Person, app_over: Callable[[Runtime], Flask]) -> Visitor:
    return Visitor(app_over(runtime), manager)


@pytest.fixture(scope="module")
def played(runtime: Runtime, manager: Person) -> int:
    """One with two clerks instead of one, played."""
    run_id = begin(runtime, manager.actor, staff={"customer_service": 2}, replications=2)
    with UnitOfWork(runtime.database) as uow:
        result = play(runtime, uow, Order.from_json(queries.find(uow, manager.actor, run_id).question), None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "Worker", told(result))
        runs.carry_out(runtime, run_id)
    return run_id


def begin(runtime: Runtime, actor: Actor, **changes: Any) -> int:
    usual = Order(MONDAY_MORNING - timedelta(days=8), MONDAY_MORNING, 1, {"errand": 1.0}, seed=3)
    order = replace(usual, **changes)
    return run_step(runtime, lambda uow: runs.begin(runtime, uow, actor, order, name="one more"))


def test_the_form_holds_the_present(visit: Visitor) -> None:
    """Those procedures that cases come in of are chosen; each role has as many as there are."""
    page = visit.get("/what-if/new?since=2026-02-22&until=2026-03-02").get_data(as_text=True)
    assert re.search(r'name="use.errand" checked', page)
    assert re.search(r'name="staff.customer_service" value="1"', page)
    assert re.search(r'name="staff.cashier" value="3"', page)
    assert re.search(r'name="arrivals.errand" value="1"', page)


def test_asking_plays_in_the_background_and_can_be_stopped(visit: Visitor, runtime: Runtime, manager: Person) -> None:
    form = {"since": "2026-02-22", "until": "2026-03-02", "use.errand": "on", "arrivals.errand": "2", "staff.customer_service": "1",
            "staff.cashier": "", "weeks": "2", "replications": "1", "seed": "9", "with_open": "on", "name": "twice as many"}  # fmt: skip
    answer = visit.post("/what-if", form)
    assert answer.status_code == 303
    address = answer.headers["Location"]
    page = visit.get(address).get_data(as_text=True)
    assert "twice as many" in page
    assert "hx-get" in page
    with UnitOfWork(runtime.database) as uow:
        question = queries.plays(uow, manager.actor).rows[0].question
    assert (question["arrivals"], question["staff"], question["seed"], question["with_open"]) == (
        {"errand": 2.0}, {"customer_service": 1}, 9, True)
    part = visit.get(f"{address}/progress")
    assert "HX-Refresh" not in part.headers
    assert visit.post(f"{address}/stop", {}).status_code == 303
    assert visit.get(f"{address}/progress").headers["HX-Refresh"] == "true"
    again = visit.get(f"/what-if/new?of={address.rsplit('/', 1)[1]}").get_data(as_text=True)
    assert re.search(r'name="arrivals.errand" value="2"', again)
    assert re.search(r'name="seed" value="9"', again)
    assert visit.get(f"{address}/figures.csv").status_code == 409


def test_what_cannot_be_taken_is_said_beside_the_field_and_nothing_is_lost(visit: Visitor) -> None:
    form = {"since": "2026-02-22", "until": "2026-03-02", "use.errand": "on", "arrivals.errand": "99", "staff.customer_service": "7",
            "weeks": "13", "replications": "1", "seed": "1"}  # fmt: skip
    answer = visit.post("/what-if", form)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'id="wrong-weeks"' in page
    assert 'id="wrong-arrivals.errand"' in page
    assert re.search(r'name="staff.customer_service" value="7"', page)
    no_number = visit.post("/what-if", {**form, "arrivals.errand": "1", "weeks": "some"})
    assert no_number.status_code == 422
    assert 'id="wrong-weeks"' in no_number.get_data(as_text=True)


def test_figures_stand_side_by_side(visit: Visitor, played: int) -> None:
    """Per clause and per role, with what was too little known."""
    page = visit.get(f"/what-if/{played}").get_data(as_text=True)
    assert "done soon" in page
    assert "§1" in page
    assert page.count('class="bar is-now"') == page.count('class="bar is-changed"') > 0
    assert "1 人 → 2 人" in page
    assert visit.get("/what-if").get_data(as_text=True).count("one more") == 1


def test_figures_as_files(visit: Visitor, played: int) -> None:
    text = visit.get(f"/what-if/{played}/figures.csv").get_data().decode("utf-8-sig")
    assert re.search(r"^done soon,§1,\d", text, re.MULTILINE)
    book = load_workbook(io.BytesIO(visit.get(f"/what-if/{played}/figures.xlsx").get_data()))
    rules, load, waits, _cases = (list(sheet.values) for sheet in book.worksheets)
    assert rules[1][0] == "done soon"
    assert rules[1][3] > rules[1][6]
    assert {row[1] for row in load[1:]} == {1}
    assert waits[1][2] > waits[1][5]


def test_deleting_asks_first_and_leaves_word_of_it(
    visit: Visitor, runtime: Runtime, manager: Person, app_over: Callable[[Runtime], Flask]
) -> None:
    run_id = begin(runtime, manager.actor)
    assert visit.get(f"/what-if/{run_id}/delete").status_code == 200
    assert visit.get(f"/what-if/{run_id}").status_code == 200
    assert visit.post(f"/what-if/{run_id}/delete", {}).status_code == 303
    assert visit.get(f"/what-if/{run_id}").status_code == 404
    told = text_of(Visitor(app_over(runtime), make_user(runtime, "administrator")).get("/audit?kind=intervention"))
    assert f"推演 #{run_id}" in told
    assert "已永久刪除" in told
