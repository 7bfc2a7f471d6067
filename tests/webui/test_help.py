"""Help: a role's day, first hints until they are put away, the glossary, the keys of a page, and why something is asked."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.persistence import tables
from engine.runtime import Runtime
from tests.builders import Person, deploy_folder, make_site, make_user, rows
from tests.engine.board_cases import make_company
from tests.webui.visitor import Visitor, select, text_of
from webui.help import guides, terms

Visit = Callable[..., Visitor]
pytestmark = pytest.mark.databases("sqlite")


@pytest.fixture
def worker(runtime: Runtime) -> Person:
    return make_user(runtime, "repair_worker", site_id=make_site(runtime))


def test_a_newcomer_is_told_until_it_is_put_away_on_every_device_and_can_have_it_back(
    runtime: Runtime, visit: Visit, worker: Person
) -> None:
    phone, desk = visit(worker), visit(worker)
    assert select(phone.get("/"), "//section[@id='hints']//h2/text()") == ["維修人員的一天"]
    assert phone.post("/help/hints/worker/dismiss", **{"HX-Request": "true"}).status_code == 200
    assert phone.post("/help/hints/worker/dismiss").status_code == 303
    assert select(desk.get("/"), "//section[@id='hints']//h2/text()") == ["每個人都用得到"], "one at a time"
    desk.post("/help/hints/everybody/dismiss")
    assert not select(desk.get("/"), "//section[@id='hints']")
    assert [(row.user_id, row.hint) for row in rows(runtime, tables.dismissed_hint)] == [(worker.id, "everybody"), (worker.id, "worker")]
    desk.post("/help/hints/show-again")
    assert select(desk.get("/"), "//section[@id='hints']//h2/text()") == ["維修人員的一天"]
    assert select(visit(worker).get("/"), "//section[@id='hints']//h2/text()") == ["維修人員的一天"]


def test_what_is_no_hint_is_not_kept(runtime: Runtime, visit: Visit, worker: Person) -> None:
    assert visit(worker).post("/help/hints/other/dismiss").status_code == 404
    assert not rows(runtime, tables.dismissed_hint)


def test_the_board_tells_its_keys_to_whoever_gives_work_out(runtime: Runtime, visit: Visit) -> None:
    company = make_company(runtime)
    company.call()
    page = visit(company.dispatcher).get("/board")
    assert select(page, "//section[@id='hints']//h2/text()") == ["看板的快捷鍵"]
    assert any("§5.1" in title for title in select(page, "//li[contains(@class, 'clock')]/@title")), "and why a clock runs"


def test_a_roles_day_comes_before_the_others(visit: Visit, worker: Person) -> None:
    page = visit(worker).get("/help")
    titles = [title.strip() for title in select(page, "//h2/text() | //details/summary/text()")]
    assert titles[0] == "維修人員的一天"
    assert titles.index("每個人都用得到") < titles.index("同事的一天") < titles.index("出納的一天")


def test_every_staff_role_has_a_day_of_its_own(runtime: Runtime) -> None:
    alone = {role.id for role in runtime.organisation.roles.values() if not role.is_outside
             and not [guide for guide in guides.of_roles([role.id]) if guide.roles]}
    assert alone == {"leasing"}, "whose steps are few; they read what is for everybody"


@pytest.mark.parametrize(("locale", "word"), [("zh-Hant", "會簽"), ("zh-Hans", "会签"), ("en", "Joint signature")])
def test_the_glossary_is_there_in_three_languages(visit: Visit, worker: Person, locale: str, word: str) -> None:
    visitor = visit(worker)
    visitor.post("/language", {"locale": locale})
    page = visitor.get("/help/glossary")
    assert word in select(page, "//*[@id='countersign']/dt/text()")
    assert len(select(page, "//dt")) == len(terms.TERMS)


def test_a_dialog_points_to_the_word_that_it_is_about() -> None:
    assert [term.id for term in terms.in_text("加簽：再請一位會簽")] == ["countersign", "add-signer"]
    assert terms.in_text("沒有這樣的詞") == ()
    assert len({term.id for term in terms.TERMS}) == len(terms.TERMS)


def test_a_page_has_its_own_keys_and_those_of_everywhere(visit: Visit, worker: Person) -> None:
    board = visit(worker).get("/help/keys?at=board.show", **{"HX-Request": "true"})
    plain = visit(worker).get("/help/keys?at=nowhere")
    assert {"u", "?"} <= set(select(board, "//kbd/text()"))
    assert "u" not in select(plain, "//kbd/text()")
    assert "撤銷剛才的派單" in text_of(board)


def test_a_start_form_says_which_clause_asks_for_it(runtime: Runtime, visit: Visit) -> None:
    deploy_folder(runtime, "follow_up")
    deploy_folder(runtime, "repair")
    page = visit(make_user(runtime, "customer_service")).get("/start/repair")
    (clauses,) = select(page, "//details[@class='clauses']")
    assert "§" in clauses.text_content()
    assert "報修" in clauses.text_content()

