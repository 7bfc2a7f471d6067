"""What holds for every page: a policy without inline code, no write without a token, nothing cached."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from lxml import html

from engine.runtime import Runtime
from tests.builders import Person, deploy_folder, deploy_simple, make_user, start
from tests.webui.visitor import Visitor

Visit = Callable[..., Visitor]
pytestmark = pytest.mark.databases("sqlite")


@pytest.fixture
def pages(runtime: Runtime, clerk: Person) -> list[str]:
    """An address of every kind of page."""
    deploy_folder(runtime, "follow_up")
    deploy_folder(runtime, "repair")
    deploy_simple(runtime, "errand", ("do_errand", "customer_service"), ("check_errand", "manager"))
    case = start(runtime, "errand")
    item = case.work_item_ids[0]
    return [
        "/",
        "/done",
        "/started",
        "/cases",
        f"/cases/{case.id}",
        f"/cases/{case.id}/history",
        "/start",
        "/start/repair",
        "/start/errand",
        f"/items/{item}",
        f"/items/{item}/return",
        f"/items/{item}/delegate",
        f"/items/{item}/assign",
        "/account",
        "/nowhere",
        "/items/999999",
        f"/cases/{case.id}/suspend",
        f"/cases/{case.id}/cancel",
    ]


def test_every_page_forbids_inline_code_and_has_none(visit: Visit, pages: list[str], runtime: Runtime) -> None:
    everybody = visit(make_user(runtime, "customer_service", "manager"))
    for address in [*pages, "/sign-in"]:
        answer = (visit() if address == "/sign-in" else everybody).get(address)
        policy = answer.headers["Content-Security-Policy"]
        assert "script-src 'self'" in policy, address
        assert "unsafe" not in policy, address
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store", address
        body = answer.get_data(as_text=True)
        tree = html.fromstring(body)
        assert not tree.xpath("//script[not(@src)]"), address
        assert not tree.xpath("//style"), address
        assert not tree.xpath("//*[@style]"), address
        assert not tree.xpath("//@*[starts-with(name(), 'on')]"), address
        assert not re.search(r"""(src|href)=["']https?://""", body), f"{address} loads from elsewhere"


def test_every_page_has_one_heading_a_language_and_labelled_fields(
    visit: Visit, pages: list[str], runtime: Runtime
) -> None:
    everybody = visit(make_user(runtime, "customer_service", "manager"))
    for address in pages:
        tree = html.fromstring(everybody.get(address).get_data(as_text=True))
        assert tree.get("lang") == "zh-Hant", address
        assert len(tree.xpath("//h1")) == 1, address
        assert len(tree.xpath("//main")) == 1, address
        ids = tree.xpath("//@id")
        assert len(ids) == len(set(ids)), f"{address}: {sorted(name for name in ids if ids.count(name) > 1)}"
        fields = tree.xpath("//main//*[self::input[not(@type='hidden')] or self::select or self::textarea]")
        for field in fields:
            label = (
                field.get("aria-label")
                or field.xpath("ancestor::label")
                or tree.xpath(f"//label[@for='{field.get('id')}']")
            )
            assert label, f"{address}: {html.tostring(field)[:200]!r}"
        for button in tree.xpath("//button[not(@aria-hidden)]"):
            assert button.text_content().strip() or button.get("aria-label"), (
                f"{address}: {html.tostring(button)[:200]!r}"
            )


def test_no_write_is_accepted_without_a_token(app: Flask, visit: Visit, clerk: Person) -> None:
    visitor = visit(clerk)
    rules = [
        rule
        for rule in app.url_map.iter_rules()
        # pages of one-time links have no session; their own token is tried in tests/webui/test_outside.py
        if "POST" in (rule.methods or ()) and not rule.rule.startswith("/api/") and not rule.endpoint.startswith("outside.")
    ]
    assert len(rules) > 12
    for rule in rules:
        address = re.sub(r"<[^>]+>", "1", re.sub(r"<any\((\w+)[^>]*>", r"\1", rule.rule))
        answer = visitor.client.post(address, data={"locale": "en", "reason": "x"})
        assert answer.status_code == 403, address
        assert "頁面已過期" in answer.get_data(as_text=True), address


def test_a_token_of_another_session_is_refused(visit: Visit, clerk: Person, manager: Person) -> None:
    stolen = visit(manager).token()
    assert visit(clerk).client.post("/language", data={"locale": "en", "csrf_token": stolen}).status_code == 403


def test_scripts_may_send_the_token_as_a_header(visit: Visit, clerk: Person) -> None:
    visitor = visit(clerk)
    answer = visitor.client.post("/language", data={"locale": "en"}, headers={"X-CSRFToken": visitor.token()})
    assert answer.status_code == 303


def test_pages_are_compressed_where_the_browser_takes_it(visit: Visit, clerk: Person) -> None:
    visitor = visit(clerk)
    assert visitor.get("/", Accept_Encoding="gzip").headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in visitor.get("/").headers
