"""The bell's list, wishes, telephone calls, and the administrator's pages of what is sent."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import insert

from engine import notifications
from engine.instances import run_step
from engine.notifications import Kind
from engine.persistence import tables
from engine.runtime import Runtime
from tests.builders import Person, deploy_simple, make_user, rows, start
from tests.engine.delivery.servers import http_server, make_channel
from tests.webui.visitor import Visitor, select, text_of

pytestmark = pytest.mark.databases("sqlite")

Visit = Callable[..., Visitor]


def test_a_notification_leads_to_its_item_and_is_read_then(runtime: Runtime, visit: Visit, clerk: Person) -> None:
    deploy_simple(runtime, "errand", ("do_errand", "customer_service"))
    item = start(runtime, "errand").work_item_ids[0]
    visitor = visit(clerk)
    assert "請辦理「do_errand」" in text_of(visitor.get("/notifications"))
    assert visitor.get("/notifications/news").get_json()["counts"]["news"] == "1"
    (link,) = select(visitor.get("/notifications"), "//li[contains(@class, 'is-new')]//a/@href")
    assert visitor.get(link).headers["Location"] == f"/items/{item}"
    assert visitor.get("/notifications/news").get_json()["counts"]["news"] == "0"
    assert "沒有符合的通知" in text_of(visitor.get("/notifications?unread=1"))


def test_all_read_means_all_that_was_seen(runtime: Runtime, visit: Visit, clerk: Person) -> None:
    for _ in range(2):
        run_step(runtime, lambda uow: notifications.tell(runtime, uow, Kind.MESSAGE, people=[clerk.id], data={"text": "停水"}))
    seen = rows(runtime, tables.notification)[0].id
    visit(clerk).post("/notifications/read-all", {"up_to": str(seen)})
    assert visit(clerk).get("/notifications/news").get_json()["counts"]["news"] == "1"


@pytest.mark.parametrize("address", ["/notifications", "/notifications?unread=1&kind=message", "/notifications/news"])
def test_the_list_costs_the_same_with_many_rows(
    runtime: Runtime, visit: Visit, clerk: Person, count_statements: Callable[[], object], address: str
) -> None:
    visitor, counts = visit(clerk), []
    for more in (1, 60):
        with runtime.database.writing() as connection:
            connection.execute(insert(tables.notification), [
                {"kind": "message", "user_id": clerk.id, "made_at": runtime.clock.now()} for _ in range(more)])
        with count_statements() as statements:  # type: ignore[attr-defined]
            assert visitor.get(address).status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 6


def test_wishes_that_cannot_be_are_said_beside_their_field_and_nothing_is_lost(runtime: Runtime, visit: Visit, clerk: Person) -> None:
    visitor = visit(clerk, locale="en")
    answer = visitor.post("/account/notifications", {"email": "nowhere", "quiet_from": "22:00", "digest_hour": "7", "opened-email": "1"})
    assert answer.status_code == 422
    assert {each.get("id") for each in select(answer, "//*[contains(@class, 'invalid-feedback')]")} == {"email-error", "quiet_to-error"}
    assert select(answer, "//input[@name='email']/@value") == ["nowhere"]
    assert select(answer, "//input[@name='opened-email']/@checked")
    good = {"email": "ming@example.com", "quiet_from": "22:00", "quiet_to": "07:30", "digest_hour": "7", "opened-email": "1"}
    assert visitor.post("/account/notifications", good).status_code == 303
    (wish,) = rows(runtime, tables.notification_wish)
    assert (wish.digest_hour, wish.quiet_from, wish.quiet_to) == (7, 22 * 60, 7 * 60 + 30)
    # kept is what differs: new items are wanted, and what is sent by default is not
    chosen = {row.kind: row.is_on for row in rows(runtime, tables.notification_choice)}
    assert chosen["opened"] is True
    assert chosen["assigned"] is False


def test_a_telephone_call_is_on_record_in_the_case_and_its_history(runtime: Runtime, visit: Visit, clerk: Person) -> None:
    deploy_simple(runtime, "errand", ("do_errand", "customer_service"))
    case = start(runtime, "errand").id
    visitor = visit(clerk)
    address = f"/cases/{case}/phone-calls"
    assert visitor.post(address, {"name": "", "number": "abc", "result": "x", "called_at": "2999-01-01T00:00"}).status_code == 422
    sent = {"name": "林小姐", "number": "139 0000 5678", "result": "calls_back", "note": "下午三點後"}
    assert visitor.post(address, sent).status_code == 303
    page = text_of(visitor.get(f"/cases/{case}"))
    assert "電話通知林小姐：對方稍後回電" in page
    assert "139 0000 5678" in page
    event = next(row for row in rows(runtime, tables.history_event) if row.type == "phone_call.recorded")
    assert "林小姐" not in event.detail


def test_the_administrator_sets_up_tries_and_mends_a_channel(runtime: Runtime, app: Flask) -> None:
    """A secret is never in a page; a test that fails says why; a dropped message is asked about first."""
    boss = Visitor(app, make_user(runtime, "administrator"))
    with http_server() as server:
        form = {"name": "工單系統", "url": server.url, "key": "s3cret", "locale": "en", "is_enabled": "1"}
        assert boss.post("/messages-out/channels/new/webhook", {**form, "url": "ftp://x"}).status_code == 422
        assert boss.post("/messages-out/channels/new/webhook", form).status_code == 303
        page = boss.get("/messages-out/channels/1")
        assert b"s3cret" not in page.data
        refused = boss.post("/messages-out/channels/1/try")
        assert refused.status_code == 422
        assert "內部網路" in text_of(refused)
        boss.post("/messages-out/channels/1", {**form, "key": "", "may_be_inside": "1"})
        assert boss.post("/messages-out/channels/1/try").status_code == 303
    assert len(server.received) == 1
    now = runtime.clock.now()
    with runtime.database.writing() as connection:
        connection.execute(insert(tables.delivery).values(
            key="x", way="hook", channel_id=1, content='{"notifications": [1]}', state="dead", attempts=8, next_at=now, made_at=now,
            problem='{"sentence": "傳送失敗：{reason}", "data": {"reason": "HTTP 500"}}'))
    assert "傳送失敗：HTTP 500" in text_of(boss.get("/messages-out?state=dead"))
    assert "放棄這些訊息？" in text_of(boss.post("/messages-out", {"id": "1", "do": "drop"}))
    assert rows(runtime, tables.delivery)[0].state == "dead"
    boss.post("/messages-out", {"id": "1", "do": "drop", "sure": "1"})
    assert rows(runtime, tables.delivery)[0].state == "dropped"


def test_every_kind_of_channel_has_its_form(runtime: Runtime, app: Flask) -> None:
    boss = Visitor(app, make_user(runtime, "administrator"))
    for kind in ("email", "sms", "webhook", "wecom", "dingtalk"):
        assert boss.get(f"/messages-out/channels/new/{kind}").status_code == 200
        make_channel(runtime, kind, url="https://example.com")
    assert boss.get("/messages-out/channels/new/pigeon").status_code == 404
    assert len(select(boss.get("/messages-out/channels"), "//main//li")) == 5


def test_the_administrator_words_a_message_sees_it_and_goes_back(runtime: Runtime, app: Flask, clerk: Person) -> None:
    """A placeholder that does not exist is said beside its language, with what was typed still there."""
    deploy_simple(runtime, "errand", ("do_errand", "customer_service"))
    start(runtime, "errand", business_key="E-17")
    boss, address = Visitor(app, make_user(runtime, "administrator", locale="en")), "/messages-out/templates/opened"
    assert "新事項" not in text_of(boss.get("/messages-out/templates"))
    refused = boss.post(address, {"zh-Hant": "快辦{steps}", "version": "0"})
    assert refused.status_code == 422
    assert "{steps} cannot be used; here you can use: {case}" in select(refused, "string(//*[@id='zh-Hant-error'])")
    assert select(refused, "//textarea[@id='zh-Hant']/text()") == ["快辦{steps}"]
    part = text_of(boss.post(f"{address}/preview", {"zh-Hant": "快辦「{step}」：{case}"}))
    assert "快辦「do_errand」：E-17" in part
    assert "快办「do_errand」" in part
    assert boss.post(address, {"zh-Hant": "快辦「{step}」", "version": "0"}).status_code == 303
    late = boss.post(address, {"zh-Hant": "慢慢辦", "version": "0"})
    assert late.status_code == 409
    assert "What holds now: 快辦「{step}」" in text_of(late)
    assert "Go back to the default text?" in text_of(boss.get(f"{address}/reset"))
    boss.post(f"{address}/reset")
    history = select(boss.get(address), "//ul[contains(@class, 'changes')]/li")
    assert len(history) == 2
    assert rows(runtime, tables.notification_template)[0].texts == "{}"
