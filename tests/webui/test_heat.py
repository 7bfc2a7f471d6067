"""The heat map's page: figures on the diagram and in the table, each opening as many cases as it says."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.runtime import Runtime
from tests.builders import deploy, make_user, simple_process
from tests.engine.queries.test_heat import Stage
from tests.webui.visitor import Visitor, select, text_of
from webui.heat.reading import ToldStep, beside

Visit = Callable[..., Visitor]
pytestmark = pytest.mark.databases("sqlite")


def test_figures_stand_on_the_diagram_and_in_the_table_and_open_their_cases(visit: Visit, runtime: Runtime) -> None:
    stage = Stage(runtime)
    cases = [stage.begin() for _ in range(3)]
    stage.do(cases[0], 10)
    stage.do(cases[1], 10)
    stage.send_back(cases[1])
    # by the alphabet another one would be first
    deploy(runtime, {"another.bpmn": simple_process("another", ("do_it", "manager"))})
    visitor = visit(stage.manager)
    assert visitor.get("/heat").headers["Location"].startswith("/heat/errand?")
    page = visitor.get("/heat/errand")
    (mark,) = select(page, "//*[local-name()='g'][@data-element-id='check_errand']")
    assert "is-heat-2" in mark.get("class")
    assert "現有案件: 1" in mark.text_content()
    assert "is-heat-4" in select(page, "//*[local-name()='g'][@data-element-id='do_errand']/@class")[0]
    links = select(page, "//tbody//a[contains(@href, '/cases?')]")
    assert [(link.text, len(select(visitor.get(link.get("href")), "//tbody/tr"))) for link in links] == [
        ("2", 2), ("2", 2), ("1", 1), ("1", 1),
    ]  # fmt: skip
    by_time = visitor.get("/heat/errand?by=median&sort=-median")
    assert select(by_time, "//th[@aria-sort='descending']//a")[0].text_content() == "用時中位數"
    assert "15 分鐘" in text_of(by_time)
    assert "Procedure heat map" in text_of(visit(make_user(runtime, "manager", locale="en")).get("/heat/errand"))
    assert visitor.get("/heat/errand/cases?figure=passed&step=gone").status_code == 200
    assert visitor.get("/heat/nothing").status_code == 404
    assert visitor.get("/heat/errand?since=1970-01-02").status_code == 200
    assert visit(make_user(runtime, "customer_service")).get("/heat/errand").status_code == 403


def test_ways_and_files_stand_below(visit: Visit, runtime: Runtime) -> None:
    stage = Stage(runtime)
    case = stage.begin()
    stage.do(case, 10)
    stage.do(case, 20)
    visitor = visit(stage.manager)
    page = visitor.get("/heat/errand")
    (row,) = select(page, "//h2[@id='ways']/following::table[1]/tbody/tr")
    words = "".join(row.text_content().split())
    assert words.startswith("do_errand→check_errand1100%30分鐘")
    assert f"/cases/{case}" in [link.get("href") for link in row.iter("a")]
    addresses = [link.get("href") for link in select(page, "//a[contains(@href, '/log.')]")]
    assert len(addresses) == 4
    for address in addresses:
        answer = visitor.get(address)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "private, no-store")
        assert (stage.manager.actor.name in answer.get_data(as_text=True)) is ("persons=names" in address)
    # another way beside the one that most took: what was done more often stands out
    sent_back, again = stage.begin(), stage.begin()
    stage.do(again, 10)
    stage.do(again, 20)
    stage.do(sent_back, 10)
    stage.send_back(sent_back)
    stage.do(sent_back, 10)
    stage.do(sent_back, 10)
    _, other = select(visitor.get("/heat/errand"), "//h2[@id='ways']/following::table[1]/tbody/tr")
    assert ([each.text for each in other.iter("b")], list(other.iter("s"))) == (["do_errand ×2"], [])
    supervisor = visit(make_user(runtime, "cs_supervisor"))
    assert supervisor.get("/heat/errand/log.xes?persons=names").status_code == 403
    assert len(select(supervisor.get("/heat/errand"), "//a[contains(@href, '/log.')]")) == 2


def test_what_a_way_leaves_out_is_struck_out() -> None:
    usual, taken = ([ToldStep(name, 1) for name in names] for names in ("abcd", "axd"))
    assert [(step.name, step.look) for step in beside(usual, taken)] == [
        ("a", "same"), ("b", "skipped"), ("c", "skipped"), ("x", "other"), ("d", "same")]
    twice = beside(usual, [*usual[:3], ToldStep("sent back", 1), *usual])
    assert [step.name for step in twice if step.look == "other"] == ["sent back", "a", "b", "c"]
