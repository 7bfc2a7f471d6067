"""The phone without a network: steps taken, photographed and signed in a cellar, sent in order later, once; what came second is kept."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from engine import work_items
from engine.clock import MovableClock
from engine.company import sessions
from engine.instances import run_step
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from tests.browser.desk import Desk
from tests.builders import Person, deploy, make_user, rows, start

pytestmark = pytest.mark.browser

PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True,
    "user_agent": "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Mobile Safari/537.36",
}
PROCESS = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="urn:t"
    xmlns:s="http://spiffworkflow.org/bpmn/schema/1.0/core">
  <collaboration id="c"><participant id="p" name="搶修" processRef="mend"/></collaboration>
  <process id="mend" name="搶修" isExecutable="true">
    <laneSet id="lanes"><lane id="repair_worker" name="工程維修人員">
      <flowNodeRef>begin</flowNodeRef><flowNodeRef>check_in</flowNodeRef><flowNodeRef>mend_it</flowNodeRef><flowNodeRef>finish</flowNodeRef>
    </lane></laneSet>
    <startEvent id="begin"><outgoing>f1</outgoing></startEvent>
    <userTask id="check_in" name="到場">
      <extensionElements><s:properties><s:property name="form" value="arrival"/></s:properties></extensionElements>
      <incoming>f1</incoming><outgoing>f2</outgoing></userTask>
    <userTask id="mend_it" name="維修">
      <extensionElements><s:properties><s:property name="form" value="work"/></s:properties></extensionElements>
      <incoming>f2</incoming><outgoing>f3</outgoing></userTask>
    <endEvent id="finish"><incoming>f3</incoming></endEvent>
    <sequenceFlow id="f1" sourceRef="begin" targetRef="check_in"/>
    <sequenceFlow id="f2" sourceRef="check_in" targetRef="mend_it"/>
    <sequenceFlow id="f3" sourceRef="mend_it" targetRef="finish"/>
  </process>
</definitions>"""
ARRIVAL = '{"title": "到場", "type": "object", "properties": {"found": {"type": "string", "title": "現場情況"}}}'
WORK = """{"title": "維修", "type": "object", "required": ["done"], "properties": {
  "done": {"type": "string", "title": "處理"},
  "photos": {"type": "array", "title": "照片", "format": "photo"},
  "signature": {"type": "object", "title": "業戶簽名", "format": "signature"}}}"""


@pytest.fixture
def item(runtime: Runtime) -> int:
    deploy(runtime, {"mend.bpmn": PROCESS.encode(), "forms/arrival.json": ARRIVAL.encode(), "forms/work.json": WORK.encode()})
    return start(runtime, "mend").work_item_ids[0]


@pytest.fixture
def worker(runtime: Runtime) -> Person:
    return make_user(runtime, "repair_worker")


@pytest.fixture
def phone(runtime: Runtime, live_server: str, new_page: Callable[..., Page], worker: Person, item: int) -> Desk:
    """Signed in, with the inbox's items kept."""
    desk = Desk(new_page(**PHONE), live_server, worker)
    wait_for_kept(desk.page, f"/items/{item}")
    return desk


def wait_for_kept(page: Page, *paths: str) -> None:
    for path in paths:
        page.evaluate(KEPT, path)


def photo() -> bytes:
    """As a camera makes it: large, lying on its side, with the place in it."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[1] = "N"
    noise = Image.effect_noise((3000, 2000), 90).convert("RGB")
    out = io.BytesIO()
    noise.save(out, "JPEG", exif=exif, quality=95)
    return out.getvalue()


def waiting(page: Page) -> Any:
    return page.locator(".queued")


def back_online(page: Page) -> None:
    page.context.set_offline(False)
    page.evaluate("window.dispatchEvent(new Event('online'))")


def in_the_cellar(phone: Desk, item: int) -> None:
    """Accept, check in, mend, photograph and let the tenant sign, one after the other, without a network."""
    page = phone.page
    wait_for_kept(page, f"/items/{item}/ahead/mend/check_in", f"/items/{item}/ahead/mend/mend_it")
    page.context.set_offline(True)
    phone.go(f"/items/{item}")
    page.get_by_role("button", name="簽收並辦理").click()
    newest = waiting(page).first
    expect(newest).to_contain_text("等待送出")
    newest.get_by_role("link", name="到場").click()
    phone.fill(found="水管爆裂")
    page.locator(".submit-bar .btn-primary").click()
    expect(newest).to_contain_text("等前一步先送出")
    newest.get_by_role("link", name="維修").click()
    phone.fill(done="換了閘閥")
    page.locator("input[type=file]").set_input_files({"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": photo()})
    phone.sign("signature", "王小明")
    page.locator(".submit-bar .btn-primary").click()
    expect(waiting(page)).to_have_count(3)


@pytest.mark.console_errors
def test_a_repair_in_the_cellar_is_sent_in_order_and_once(runtime: Runtime, phone: Desk, item: int, clock: MovableClock) -> None:
    page = phone.page
    in_the_cellar(phone, item)
    assert [row.state for row in rows(runtime, tables.work_item)] == ["open"], "nothing has left the phone"
    phone.go("/")
    strip = page.locator("[data-queue-strip]")
    expect(strip).to_contain_text("沒有網路")
    expect(strip).to_contain_text("3 份等待送出")
    back_online(page)
    expect(strip).to_be_hidden()
    assert [row.state for row in rows(runtime, tables.work_item)] == ["completed", "completed"]
    (stored,) = [row for row in rows(runtime, tables.file) if row.kind == "photo"]
    assert stored.size <= 600_000
    with runtime.contents.open(bytes(stored.digest).hex(), stored.size) as stream, Image.open(stream) as small:
        assert max(small.size) <= 1600
        assert small.height > small.width, "turned as the camera was held"
        assert not small.getexif(), "nothing of the camera's is left, the place least of all"
    assert len(rows(runtime, tables.signature)) == 1
    phone.go("/phone")
    expect(waiting(page).filter(has_text="已送出")).to_have_count(3)
    page.get_by_role("button", name="現在送出").click()
    events = [row.type for row in rows(runtime, tables.history_event)]
    assert (events.count("work_item.claimed"), events.count("work_item.completed")) == (1, 2)


@pytest.mark.console_errors
def test_what_came_second_is_kept_beside_what_stands_and_can_become_a_comment(
    runtime: Runtime, phone: Desk, worker: Person, item: int
) -> None:
    page = phone.page
    in_the_cellar(phone, item)
    other = make_user(runtime, "repair_worker")
    run_step(runtime, lambda uow: work_items.complete(runtime, uow, other.actor, item, {"found": "只是滴水"}))
    back_online(page)
    conflict = waiting(page).filter(has_text="有人先辦了").first
    expect(conflict).to_contain_text(other.name)
    phone.go("/phone")
    expect(waiting(page)).to_have_count(3), "nothing was dropped"
    arrival = waiting(page).nth(1)
    expect(waiting(page).nth(0)).to_contain_text("等前一步先送出")
    claim = waiting(page).nth(2)
    claim.get_by_role("button", name="丟棄").click()
    expect(page.get_by_role("dialog")).to_contain_text("無法復原")
    page.get_by_role("dialog").get_by_role("button", name="丟棄").click()
    expect(arrival).to_contain_text("只是滴水")
    expect(arrival).to_contain_text("水管爆裂")
    arrival.get_by_role("button", name="作為留言送出").click()
    expect(waiting(page).nth(0)).to_contain_text("已送出")
    assert [row.state for row in rows(runtime, tables.work_item)] == ["completed", "completed"]
    (comment,) = rows(runtime, tables.case_comment)
    assert "水管爆裂" in comment.body
    assert comment.author_id == worker.id


@pytest.mark.console_errors
def test_an_ended_session_and_another_person_leave_the_queue_alone(
    runtime: Runtime, phone: Desk, worker: Person, item: int, live_server: str
) -> None:
    page = phone.page
    wait_for_kept(page, f"/items/{item}/ahead/mend/check_in")
    page.context.set_offline(True)
    phone.go(f"/items/{item}/ahead/mend/check_in")
    phone.fill(found="水管爆裂")
    page.locator(".submit-bar .btn-primary").click()
    expect(waiting(page)).to_contain_text("等待送出")
    page.context.clear_cookies()
    back_online(page)
    expect(page.locator("[data-queue-sign-in]")).to_be_visible()
    other = Desk(page, live_server, make_user(runtime, "repair_worker"))
    other.go("/phone")
    expect(page.locator("[data-queue-empty]")).to_be_visible()
    page.get_by_role("button", name="現在送出").click()
    assert rows(runtime, tables.work_item)[0].state == "open"
    page.context.clear_cookies()
    Desk(page, live_server, worker).go("/phone")
    expect(waiting(page)).to_contain_text("已送出")
    (done, _) = rows(runtime, tables.work_item)
    assert (done.state, done.completed_by) == ("completed", worker.id)


@pytest.mark.console_errors
def test_signing_out_asks_clears_the_pages_and_leaves_the_queue_locked(phone: Desk, item: int) -> None:
    page = phone.page
    wait_for_kept(page, f"/items/{item}/ahead/mend/check_in", "/phone")
    page.context.set_offline(True)
    phone.go(f"/items/{item}/ahead/mend/check_in")
    phone.fill(found="water everywhere")
    page.locator(".submit-bar .btn-primary").click()
    expect(waiting(page)).to_have_count(1)
    assert "water everywhere" not in page.evaluate(STORED), "what lies on the phone is locked"
    # the server is there again, but the queue has not noticed yet
    page.evaluate("void navigator.locks.request('queue', () => new Promise(() => {}))")
    page.context.set_offline(False)
    page.evaluate("document.querySelector('form[data-sign-out]').requestSubmit()")
    ask = page.get_by_role("dialog")
    expect(ask).to_contain_text("還有 1 份沒有送出")
    ask.get_by_role("button", name="仍要登出").click()
    expect(page.get_by_label("登入名")).to_be_visible()
    assert page.evaluate("caches.open('pages').then((cache) => cache.keys()).then((kept) => kept.length)") == 0
    assert page.evaluate(STORED) != ""


@pytest.mark.console_errors
def test_what_was_refused_is_corrected_and_sent_again(runtime: Runtime, phone: Desk, worker: Person, item: int) -> None:
    page = phone.page
    run_step(runtime, lambda uow: work_items.complete(runtime, uow, worker.actor, item, {"found": "水管爆裂"}))
    mend = rows(runtime, tables.work_item)[-1].id
    phone.go("/")
    wait_for_kept(page, f"/items/{mend}/ahead/mend/mend_it")
    page.context.set_offline(True)
    phone.go(f"/items/{mend}/ahead/mend/mend_it")
    phone.sign("signature", "王小明")
    page.locator(".submit-bar .btn-primary").click()
    expect(waiting(page)).to_contain_text("等待送出")
    back_online(page)
    refused = waiting(page).first
    expect(refused).to_contain_text("未被接受")
    refused.get_by_role("button", name="修改後再送").click()
    page.get_by_role("button", name="簽收並辦理").click()
    expect(page.locator("[name='signature-signer']")).to_have_value("王小明")
    phone.fill(done="換了閘閥")
    page.locator(".submit-bar .btn-primary").click()
    expect(page.locator(".note-good").first).to_be_visible()
    phone.go("/phone")
    expect(waiting(page)).to_have_count(0)
    assert [row.state for row in rows(runtime, tables.work_item)] == ["completed", "completed"]
    assert len(rows(runtime, tables.signature)) == 1


@pytest.mark.console_errors
def test_what_a_colleague_had_and_put_back_is_taken_over_with_what_was_typed(
    runtime: Runtime, phone: Desk, worker: Person, item: int
) -> None:
    page, other = phone.page, make_user(runtime, "repair_worker")
    _arrive_offline(phone, item)
    run_step(runtime, lambda uow: work_items.claim(runtime, uow, other.actor, item))
    back_online(page)
    expect(waiting(page).first).to_contain_text("有人先辦了")
    run_step(runtime, lambda uow: work_items.unclaim(runtime, uow, other.actor, item))
    page.get_by_role("button", name="接手並再送").click()
    page.get_by_role("button", name="簽收並辦理").click()
    expect(page.locator("[name=found]")).to_have_value("水管爆裂")
    page.locator(".submit-bar .btn-primary").click()
    expect(page.locator(".note-good").first).to_be_visible()
    phone.go("/phone")
    expect(waiting(page)).to_have_count(0)
    assert rows(runtime, tables.work_item)[0].completed_by == worker.id


@pytest.mark.console_errors
def test_a_new_program_and_an_old_token_leave_the_queue_as_it_is(runtime: Runtime, phone: Desk, worker: Person, item: int) -> None:
    page = phone.page
    _arrive_offline(phone, item)
    # the worker goes and another comes, as with a new build; the session and with it every token is a new one, too
    page.evaluate("navigator.serviceWorker.getRegistration().then((each) => each.unregister())")
    page.context.clear_cookies()
    page.context.set_offline(False)
    Desk(page, phone.address, worker)
    page.evaluate("navigator.serviceWorker.ready")
    phone.go("/phone")
    expect(waiting(page)).to_contain_text("已送出")
    assert rows(runtime, tables.work_item)[0].completed_by == worker.id


@pytest.mark.console_errors
def test_a_session_ended_elsewhere_leaves_nothing_to_read(runtime: Runtime, phone: Desk, worker: Person, item: int) -> None:
    page = phone.page
    run_step(runtime, lambda uow: work_items.claim(runtime, uow, worker.actor, item))
    phone.go(f"/items/{item}")
    phone.fill(found="water everywhere")
    expect(page.locator("[data-draft-saved]")).to_be_visible()
    assert page.evaluate("localStorage.length") > 0
    wait_for_kept(page, f"/items/{item}")
    with UnitOfWork(runtime.database) as uow:
        sessions.end_all(runtime, uow, worker.actor, worker.id)
        uow.commit()
    phone.go("/")
    expect(page.get_by_label("登入名")).to_be_visible()
    assert page.evaluate(GONE) == [0, False]


def test_a_tablet_keeps_pages_once_its_owner_asks_for_it(runtime: Runtime, live_server: str, new_page: Callable[..., Page]) -> None:
    tablet = Desk(new_page(viewport={"width": 1024, "height": 768}), live_server, make_user(runtime, "repair_worker"))
    page = tablet.page
    assert page.locator("body[data-phone]").count() == 0
    tablet.go("/account")
    page.get_by_role("button", name="在這台平板上保留頁面").click()
    expect(page.locator("body[data-phone]")).to_have_count(1)
    tablet.go("/")
    wait_for_kept(page, "/", "/phone")
    tablet.go("/account")
    page.get_by_role("button", name="不再保留頁面").click()
    expect(page.locator("body[data-phone]")).to_have_count(0)


def _arrive_offline(phone: Desk, item: int) -> None:
    """Fill the first form in without a network."""
    wait_for_kept(phone.page, f"/items/{item}/ahead/mend/check_in")
    phone.page.context.set_offline(True)
    phone.go(f"/items/{item}/ahead/mend/check_in")
    phone.fill(found="水管爆裂")
    phone.page.locator(".submit-bar .btn-primary").click()
    expect(waiting(phone.page)).to_contain_text("等待送出")


def test_after_the_first_visit_the_inbox_costs_little(phone: Desk) -> None:
    page = phone.page
    wait_for_kept(page, "/", "/phone")
    page.evaluate("navigator.serviceWorker.ready")
    phone.go("/done")
    phone.go("/")
    expect(page.get_by_role("heading", name="待辦", level=1)).to_be_visible()
    served = page.evaluate("performance.getEntriesByType('resource').map((each) => [each.name, each.transferSize, each.workerStart > 0])")
    static = [(name, size) for name, size, by_worker in served if "/static/" in name and not by_worker and size]
    assert static == [], "bundles come from the phone"
    # what a worker answers has no size on the line: the server is asked as the phone asks it
    sent = page.request.get(page.url, headers={"Accept-Encoding": "gzip"})
    assert sent.headers["content-encoding"] == "gzip"
    assert int(sent.headers["content-length"]) <= 15 * 1024


KEPT = """async (path) => {
  const until = Date.now() + 10_000;
  while (!(await (await caches.open("pages")).match(path))) {
    if (Date.now() > until) throw new Error(`${path} was not kept`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}"""
GONE = """async () => {
  const until = Date.now() + 10_000;
  const left = async () => [localStorage.length, await caches.has("pages")];
  while ((await left()).some(Boolean) && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 20));
  return left();
}"""
STORED = """new Promise((resolve) => {
  const opened = indexedDB.open("guicheng");
  opened.onsuccess = () => {
    const all = opened.result.transaction("entries").objectStore("entries").getAll();
    all.onsuccess = () => resolve(all.result.map((each) => new TextDecoder().decode(each.body.data) + JSON.stringify(each)).join());
  };
})"""
