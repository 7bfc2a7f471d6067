"""A short day of each role at a desk's width and at a phone's: what they click, and that it counts.

All share one served application with the pretend company of the scenarios, which also bring cases to where a story begins: in this order,
because a scenario that finds two cases at a step does not know which is meant. Dispatchers have theirs in `test_board`, the front desk at
its desk and the worker on the phone in `test_front_desk` and `test_phone`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from engine import work_items
from engine.bootstrap import load_organisation
from engine.company import ledger
from engine.company.accounts import account_of
from engine.company.ledger import Source
from engine.model import SYSTEM
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.ledger import balance
from engine.runtime import Runtime
from engine.scenarios.player import Player
from engine.scenarios.reader import read_scenarios
from engine.scenarios.stage import Scene, Stage
from engine.scenarios.story import Scenario
from engine.settings import Settings
from engine.steps import run_step
from tests.browser.desk import Desk
from tests.builders import deploy_simple, make_user, read_folder, rows, start
from tests.conftest import MONDAY_MORNING, ROOT, serving
from tests.engine import chain_diagrams as chain

pytestmark = pytest.mark.browser

PROCEDURES = ("follow_up", "repair", "violation", "site_pass", "move_out", "pass_reconciliation")
DESK, PHONE = 1280, 390


@cache
def scenario(procedure: str, name: str) -> Scenario:
    """A scenario of ours by its file's name."""
    return next(each for each in read_scenarios(read_folder(ROOT / "bpmn" / procedure))[0] if Path(each.file).stem == name)


@dataclass(frozen=True, slots=True)
class World:
    """What the stories share."""

    scene: Scene
    address: str

    @property
    def runtime(self) -> Runtime:
        """The engine that is served."""
        return self.scene.runtime

    def play(self, procedure: str, name: str, until: str) -> int:
        """Bring a new case to the step; its item."""
        whole = scenario(procedure, name)
        number = next(number for number, step in enumerate(whole.steps) if step.subject == until)
        played = Player(self.scene, replace(whole, steps=tuple(replace(each, expect=None) for each in whole.steps[:number]))).play()
        assert played.failures == ()
        return int(rows(self.runtime, tables.work_item, tables.work_item.c.element_id == until, tables.work_item.c.is_live)[-1].id)

    def charge(self, code: str, amount: str) -> str:
        """Let a unit owe; the address of its account."""
        (unit,) = rows(self.runtime, tables.unit, tables.unit.c.code == code)
        with UnitOfWork(self.runtime.database) as uow:
            of = account_of(self.runtime, uow, unit.id)
            ledger.charge(self.runtime, uow, SYSTEM, of, "management_fee", Decimal(amount), source=Source())
            uow.commit()
        return f"/ledger/accounts/{of.key.unit_id}/{of.key.tenant_id or 0}"

    def owed(self) -> Decimal:
        """What all owe together."""
        with UnitOfWork(self.runtime.database) as uow:
            return balance(uow)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    settings = Settings(bpmn=ROOT / "bpmn", secret_key="for tests only", web_threads=4)
    with Stage(settings, load_organisation(settings)) as stage:
        for name in PROCEDURES:
            stage.deploy(read_folder(ROOT / "bpmn" / name))
        with stage.scene(MONDAY_MORNING, timed=()) as scene:
            from webui.app import create_app

            chain.deploy(scene.runtime, '[{"role": "manager"}]')
            deploy_simple(scene.runtime, "round", ("walk_round", "engineering_supervisor"))
            with serving(create_app(scene.runtime)) as address:
                yield World(scene, address)


Seat = Callable[[str, int], Desk]
#: who hardly ever sits at the other width does so in the long run only
mostly_at_a_desk = pytest.mark.parametrize("width", [DESK, pytest.param(PHONE, marks=pytest.mark.soak)])
mostly_with_a_phone = pytest.mark.parametrize("width", [pytest.param(DESK, marks=pytest.mark.soak), PHONE])


@pytest.fixture
def seat(world: World, new_page: Callable[..., Page]) -> Seat:
    """Signs somebody in who holds the role, at a width."""

    def sit(role: str, width: int) -> Desk:
        page = new_page(viewport={"width": width, "height": 844}, has_touch=width == PHONE)
        return Desk(page, world.address, make_user(world.runtime, role))

    return sit


def button(desk: Desk, name: str) -> Locator:
    return desk.page.get_by_role("main").get_by_role("button", name=name, exact=True)


# a worker has a phone: `test_phone`
@pytest.mark.soak
def test_a_worker_accepts_and_checks_in_at_a_desk(world: World, seat: Seat) -> None:
    worker = seat("repair_worker", DESK)
    for element in ("accept_slip", "check_in"):
        item = world.play("repair", "urgent_free_in_time", element)
        run_step(world.runtime, lambda uow, item=item: work_items.assign(world.runtime, uow, SYSTEM, item, worker.person.id))
    worker.take("簽認接單")
    worker.sign("signature", worker.person.name)
    worker.submit()
    worker.do("攜單到場確認", trade="plumbing", diagnosis="軟管開裂", cost_basis="free")


@mostly_with_a_phone
def test_security_lets_nothing_out_while_money_is_open_and_stops_works_on_a_patrol(world: World, seat: Seat, width: int) -> None:
    unpaid = world.play("move_out", "settled_and_consented", "fill_exit_pass")
    account = world.charge("A-1202", "88.00")
    clerk = seat("customer_service", DESK)
    clerk.go(f"/items/{unpaid}")
    clerk.claim("填貨物出門證")
    goods = [{"name": "辦公桌", "quantity": "6"}]
    clerk.answer(goods=goods, vehicle="浙A12345", carrier="劉師傅", carrier_id="330100199001011234", valid_until="2026-03-02T20:00")
    clerk.page.locator(".submit-bar .btn-primary").click()
    expect(clerk.page.locator(".note-bad")).to_contain_text("款項未結清，或沒有業主同意，不能開具貨物出門證")
    expect(clerk.page.locator("[name=vehicle]")).to_have_value("浙A12345")
    guard = seat("security_officer", width)
    expect(guard.page.get_by_role("link", name="現場監護、驗單")).to_have_count(0)

    clerk.go(account)
    button(clerk, "收款並開收據").click()
    expect(clerk.page.locator("article")).to_contain_text("88.00")
    world.play("move_out", "settled_and_consented", "watch_removal")
    guard.do("現場監護、驗單", matches=True, checked="桌6、櫃2", pass_kept=True)

    guard.go("/start/violation")
    guard.answer(unit="A-1201", company="鴻業裝飾工程", category="noise", facts="午休時間使用電錘")
    expect(guard.submit()).to_contain_text("已發起「違章整改」")
    guard.do("口頭警告", warned="周國強", part_stopped=True)


@mostly_at_a_desk
def test_a_cashier_takes_money_makes_a_receipt_void_closes_the_day_and_reconciles_passes(world: World, seat: Seat, width: int) -> None:
    world.charge("A-1201", "1081.25")
    before, cashier = world.owed(), seat("cashier", width)
    page = cashier.page
    cashier.go("/ledger")
    page.get_by_role("searchbox").fill("A-1201")
    page.get_by_role("searchbox").press("Enter")
    page.get_by_role("link", name="A-1201").click()
    expect(page.locator("#amount")).to_have_value("1081.25")
    button(cashier, "收款並開收據").click()
    expect(page.locator("article")).to_contain_text("壹仟零捌拾壹元貳角伍分")
    assert world.owed() == before - Decimal("1081.25")
    page.get_by_role("link", name="作廢收據").click()
    page.get_by_label("原因").fill("付款方式登記錯誤")
    page.get_by_role("button", name="作廢").click()
    expect(page.locator(".record-void")).to_contain_text("付款方式登記錯誤")
    assert world.owed() == before
    page.get_by_role("link", name="回到賬戶").click()
    button(cashier, "收款並開收據").click()
    cashier.go("/ledger/close")
    expect(page.get_by_text("收據 2 張，付款憑證 0 張，作廢 1 張")).to_be_visible()
    page.get_by_label("點算現金（元）").fill("1080")
    button(cashier, "結賬").click()
    expect(page.locator(".note-bad")).to_be_visible()
    page.get_by_label("點算現金（元）").fill("1081.25")
    button(cashier, "結賬").click()
    expect(page.locator(".note-good")).to_be_visible()

    cashier.go("/start/pass_reconciliation")
    page.locator(".submit-bar .btn-primary").click()
    cashier.take("填出入證統計表")
    expect(page.locator("[data-field=held] [data-output]")).to_have_text("0.00")
    cashier.answer(counted="0", deposit_each="50", later="0")
    cashier.submit()
    cashier.do("備好新證", stock="5", needed="4", prepared="0")


@mostly_at_a_desk
def test_a_supervisor_assigns_on_the_board_reminds_and_gives_many_at_once(world: World, seat: Seat, width: int) -> None:
    item = world.play("repair", "urgent_free_in_time", "check_in")
    (waiting,) = rows(world.runtime, tables.work_item, tables.work_item.c.id == item)
    walks = [start(world.runtime, "round").work_item_ids[0] for _ in range(2)]
    worker, colleague = make_user(world.runtime, "repair_worker"), make_user(world.runtime, "engineering_supervisor")
    supervisor = seat("engineering_supervisor", width)
    page = supervisor.page
    supervisor.go("/board")
    card = page.locator(f"[data-card='{item}']")
    card.locator("[data-choose]").click()
    page.get_by_role("dialog").get_by_role("button", name=worker.name).first.click()
    expect(page.locator("#notices")).to_contain_text("已派給")
    # the board is drawn anew: a click in between would be on a card that is gone
    expect(card).to_contain_text(worker.name)
    card.locator("a.lead").click()
    button(supervisor, "催辦").click()
    expect(page.locator(".note-good")).to_be_visible()
    assert [row.type for row in rows(world.runtime, tables.history_event, tables.history_event.c.instance_id == waiting.instance_id)].count(
        "work_item.nudged") == 1  # fmt: skip

    supervisor.go("/?key=round")
    if width == PHONE:
        page.get_by_role("button", name="選取", exact=True).click()
    for walk in walks:
        page.locator(f"#pick-{walk}").check()
    page.locator("[data-bulk]").get_by_role("button", name="指派").click()
    page.get_by_label("指派給").select_option(str(colleague.id))
    button(supervisor, "預覽").click()
    button(supervisor, "確定指派 2 件").click()
    expect(page.locator("[data-summary]")).to_have_text("2 件完成，0 件未辦理。")
    given = rows(world.runtime, tables.work_item, tables.work_item.c.id.in_(walks))
    assert [row.assignee_id for row in given] == [colleague.id, colleague.id]


@mostly_at_a_desk
def test_a_manager_approves_sends_back_and_goes_from_today_and_a_limit_to_the_case(world: World, seat: Seat, width: int) -> None:
    runtime = world.runtime
    clerk, manager = make_user(runtime, "customer_service"), seat("manager", width)
    page = manager.page
    good, bad = (chain.item_of(runtime, chain.applied(runtime, clerk, area=area).id, "manager") for area in (80, 900))
    manager.go(f"/items/{good}")
    manager.claim("會簽")
    manager.answer(decision="approve", opinion="同意")
    manager.submit()
    manager.go(f"/items/{bad}")
    manager.claim("會簽")
    page.get_by_role("link", name="退回").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("radio")).to_be_checked()
    dialog.get_by_label("原因").fill("面積請覆核")
    dialog.get_by_role("button", name="退回").click()
    expect(page.locator(".note-good")).to_be_visible()
    states = {row.id: row.state for row in rows(runtime, tables.work_item)}
    assert states[good] == "completed"
    assert states[bad] != "claimed"

    world.play("repair", "urgent_free_in_time", "assign_worker")
    world.scene.clock.advance(timedelta(minutes=30))
    manager.go("/today")
    page.get_by_role("link", name="報修後二十分鐘到場 逾期").click()
    expect(page.locator("tbody tr").first).to_be_visible()
    manager.go("/limits")
    page.get_by_role("link", name="報修後二十分鐘到場").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("報修後二十分鐘到場")
    page.locator("tbody a.lead[href^='/cases/']").first.click()
    expect(page.locator("[data-element-id=assign_worker]").first).to_be_attached()


def test_the_front_desk_takes_a_call_with_a_thumb(world: World, seat: Seat) -> None:
    # no scenario finds its own step any more once a case that began by hand stands at the same one
    clerk = seat("customer_service", PHONE)
    page = clerk.page
    clerk.go("/desk")
    page.locator("#desk-find").press_sequentially("1201")
    page.get_by_role("option").first.click()
    page.locator("[data-procedure=repair]").click()
    for name, value in (("urgency", "small"), ("category", "water")):
        page.locator(f"label.key:has([name={name}][value={value}])").click()
    clerk.fill(items="水管滴水", caller="王先生")
    page.locator("[data-desk-save]").click()
    expect(page.locator(".note-good")).to_contain_text("已登記")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE


def test_a_substitute_is_told_acts_and_is_on_record_and_the_absent_one_sees_who(world: World, seat: Seat) -> None:
    absent, colleague = seat("engineering_supervisor", DESK), seat("cleaning_supervisor", PHONE)
    walk = start(world.runtime, "round")
    page, other = absent.page, colleague.page
    absent.go("/substitutes")
    page.get_by_role("link", name="設定我的代理人").first.click()
    page.get_by_label("代理人").press_sequentially(colleague.person.username)
    page.get_by_role("option", name=colleague.person.name).click()
    page.get_by_label("結束日期（含當日）").fill("2026-03-09")
    button(absent, "設定代理人").click()
    expect(page.get_by_role("main")).to_contain_text(f"{colleague.person.name} 正代理您")
    for path in ("/", f"/items/{walk.work_item_ids[0]}"):
        colleague.go(path)
        expect(other.get_by_role("main")).to_contain_text(f"您正代理 {absent.person.name}")
    colleague.claim("walk_round")
    colleague.submit()
    absent.go(f"/cases/{walk.id}")
    expect(page.locator(".timeline")).to_contain_text(f"{colleague.person.name}（代 {absent.person.name}）")
    absent.go("/substitutes")
    page.get_by_role("link", name="結束代理", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="結束代理").click()
    colleague.go("/")
    expect(other.get_by_role("main")).not_to_contain_text("您正代理")


def test_somebody_new_chooses_a_password_by_link_and_is_given_the_first_hints(
    world: World, seat: Seat, new_page: Callable[..., Page]
) -> None:
    administrator = seat("administrator", DESK)
    page = administrator.page
    administrator.go("/directory/person/new")
    page.get_by_label("登入名").fill("xinlai")
    page.get_by_label("姓名").fill("新來的")
    button(administrator, "儲存").click()
    expect(page.get_by_text("還沒有角色：登入後看不到任何待辦。")).to_be_visible()
    page.locator("section", has_text="擔任的角色").get_by_role("link", name="編輯").click()
    page.locator("input[name='role:cashier'][value=all]").check()
    button(administrator, "儲存").click()
    button(administrator, "產生設定密碼的連結").click()
    phone = new_page(viewport={"width": PHONE, "height": 844}, has_touch=True)
    phone.goto(page.locator(".qr-sheet .address").inner_text())
    for label in ("新密碼", "再輸入一次新密碼"):
        phone.get_by_label(label, exact=True).fill("correct battery horse")
    phone.get_by_role("button", name="設定密碼並登入").click()
    expect(phone.get_by_role("heading", name="待辦", level=1)).to_be_visible()
    hints = phone.locator(".hints")
    expect(hints).to_be_visible()
    hints.get_by_role("button", name="知道了").click()
    expect(phone.get_by_role("heading", name="出納的一天")).to_have_count(0)
    phone.get_by_role("link", name="收費").first.click()
    expect(phone.get_by_role("heading", name="收費", level=1)).to_be_visible()
