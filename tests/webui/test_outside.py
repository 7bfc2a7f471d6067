"""The page behind a one-time link: one item, in the person's language, and plain words when it can't be used any more."""

from __future__ import annotations

import base64
import io
import re
import struct
import zlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from engine import work_items
from engine.clock import MovableClock
from engine.company import outside_links
from engine.instances import run_step
from engine.persistence import tables
from engine.runtime import Runtime
from tests.builders import Person, make_user, rows, start
from tests.outside_diagrams import deploy_pricing
from tests.webui.visitor import Visitor, select, text_of

Visit = Callable[..., Visitor]
pytestmark = pytest.mark.databases("sqlite")


def _png(width: int = 120, height: int = 40) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    lines = b"".join(b"\0" + bytes(255 if (x + y) % 7 else 0 for x in range(width)) for y in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")


class Phone:
    """A tenant's browser: no account, no session."""

    def __init__(self, app: Flask, token: str) -> None:
        self.client: FlaskClient = app.test_client()
        self.path = f"/l/{token}"

    def get(self, more: str = "") -> TestResponse:
        """The page."""
        return self.client.get(self.path + more, headers={"Accept-Language": "zh-TW"})

    def post(self, *, guard: str | None = None, **fields: Any) -> TestResponse:
        """The form, with the token that the page gave."""
        if guard is None:
            found = re.search(r'name="_guard" value="([^"]+)"', self.get().get_data(as_text=True))
            guard = found[1] if found else "none"
        return self.client.post(self.path, data={"_guard": guard, **fields}, headers={"Accept-Language": "zh-TW"})


@pytest.fixture
def worker(runtime: Runtime) -> Person:
    """Who attends the tenant."""
    return make_user(runtime, "repair_worker")


def _item(runtime: Runtime, **options: Any) -> int:
    deploy_pricing(runtime, **options)
    return start(runtime, "pricing", {"amount": "480"}).work_item_ids[0]


def _token(runtime: Runtime, worker: Person, item_id: int, **options: Any) -> str:
    return run_step(runtime, lambda uow: outside_links.create(runtime, uow, worker.actor, item_id, **options)).token


@pytest.fixture
def phone(runtime: Runtime, app: Flask, worker: Person) -> Phone:
    """A phone at the page of a good link."""
    return Phone(app, _token(runtime, worker, _item(runtime), recipient="林小姐"))


def test_the_page_shows_the_item_and_what_its_form_names_and_nothing_else(phone: Phone) -> None:
    page = phone.get()
    words = text_of(page)
    assert page.status_code == 200
    assert "業戶確認報價" in words
    assert "480" in words
    assert select(page, "//input[@name='_name']/@value") == ["林小姐"]
    targets = {target for target in select(page, "//@href | //@action | //@formaction") if not target.startswith(("/static", "/dist", "#"))}
    assert targets == {phone.path}, "no way into the application"


def test_the_page_is_kept_out_of_indexes_caches_and_referrers_and_sets_no_session(phone: Phone) -> None:
    answer = phone.get()
    headers = answer.headers
    assert headers["X-Robots-Tag"].startswith("noindex")
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "script-src 'self'" in headers["Content-Security-Policy"]
    (cookie,) = headers.getlist("Set-Cookie")
    assert cookie.startswith("guicheng-link=")
    assert f"Path={phone.path}" in cookie
    assert "HttpOnly" in cookie


def test_sending_it_completes_the_item_and_the_page_thanks(runtime: Runtime, phone: Phone) -> None:
    sent = phone.post(agreed="true", _name="林小姐")
    assert sent.status_code == 303
    assert "已提交，謝謝您" in text_of(phone.get())
    (link,) = rows(runtime, tables.outside_link)
    assert (link.used_by, link.open_count) == ("林小姐", 1)
    again = phone.post(agreed="true", _name="林小姐", guard="x")
    assert again.status_code == 409
    assert "已提交" in text_of(again)


def test_what_is_refused_comes_back_with_everything_typed(runtime: Runtime, phone: Phone) -> None:
    refused = phone.post(remark="太貴了", _name="林小姐")
    assert refused.status_code == 422
    assert select(refused, "//input[@name='remark']/@value") == ["太貴了"]
    assert "請修改以下內容" in text_of(refused)
    (link,) = rows(runtime, tables.outside_link)
    assert link.used_at is None


def test_a_post_without_the_pages_token_changes_nothing(runtime: Runtime, app: Flask, phone: Phone) -> None:
    for guard in ("", "0" * 64):
        assert phone.post(agreed="true", _name="林小姐", guard=guard).status_code == 403
    # another browser, with a value that was seen elsewhere but without its cookie
    seen = re.search(r'name="_guard" value="([^"]+)"', phone.get().get_data(as_text=True))
    assert seen is not None
    other = Phone(app, phone.path.removeprefix("/l/"))
    assert other.post(agreed="true", _name="林小姐", guard=seen[1]).status_code == 403
    assert rows(runtime, tables.outside_link)[0].used_at is None


def test_the_language_is_the_links_and_can_be_changed_without_losing_what_was_typed(runtime: Runtime, app: Flask, worker: Person) -> None:
    phone = Phone(app, _token(runtime, worker, _item(runtime), locale="en"))
    assert "Tenant agrees to the price" in text_of(phone.get())
    chinese = phone.post(_lang="zh-Hant", remark="one moment")
    assert "業戶確認報價" in text_of(chinese)
    assert select(chinese, "//input[@name='remark']/@value") == ["one moment"]
    assert "業戶確認報價" in text_of(phone.get()), "and it stays so"
    assert "业户确认报价" in text_of(phone.post(_lang="zh-Hans"))


def test_a_link_that_is_over_says_why_in_the_readers_language(
    runtime: Runtime, clock: MovableClock, app: Flask, worker: Person
) -> None:
    item_id = _item(runtime)
    revoked, late, done = (_token(runtime, worker, item_id) for _ in range(3))
    links = rows(runtime, tables.outside_link)
    run_step(runtime, lambda uow: outside_links.revoke(runtime, uow, worker.actor, item_id, links[0].id))
    answer = Phone(app, revoked).get()
    assert (answer.status_code, "連結已收回" in text_of(answer)) == (410, True)
    assert "The link was revoked" in text_of(Phone(app, revoked).get("?_lang=en"))
    clock.advance(timedelta(hours=runtime.settings.outside_link_hours))
    assert "連結已過期" in text_of(Phone(app, late).get())
    run_step(runtime, lambda uow: work_items.claim(runtime, uow, worker.actor, item_id))
    run_step(runtime, lambda uow: work_items.complete(runtime, uow, worker.actor, item_id, {"agreed": True}))
    said = text_of(Phone(app, done).get())
    assert "這件事已經辦妥" in said
    assert worker.name in said
    assert "480" not in said, "nothing of the case is told any more"


def test_who_comes_second_is_told_who_was_first(runtime: Runtime, app: Flask, worker: Person) -> None:
    item_id = _item(runtime)
    phone = Phone(app, _token(runtime, worker, item_id))
    seen = re.search(r'name="_guard" value="([^"]+)"', phone.get().get_data(as_text=True))
    assert seen is not None
    run_step(runtime, lambda uow: work_items.claim(runtime, uow, worker.actor, item_id))
    run_step(runtime, lambda uow: work_items.complete(runtime, uow, worker.actor, item_id, {"agreed": True}))
    answer = phone.post(agreed="true", _name="林小姐", guard=seen[1])
    assert answer.status_code == 409
    assert f"由{worker.name}辦理" in text_of(answer)


def test_guessing_is_answered_alike_and_stopped(app: Flask, phone: Phone) -> None:
    wrong = Phone(app, "x" * 32)
    for _ in range(outside_links.UNKNOWN_AT_ADDRESS):
        answer = wrong.get()
        assert (answer.status_code, "連結無效" in text_of(answer)) == (404, True)
    stopped = wrong.get()
    assert stopped.status_code == 429
    assert int(stopped.headers["Retry-After"]) > 0
    assert phone.get().status_code == 200


def test_a_signature_and_photos_come_by_the_link_and_only_it_sees_them(runtime: Runtime, app: Flask, worker: Person) -> None:
    item_id = _item(runtime, is_signed=True)
    phone, other = (Phone(app, _token(runtime, worker, item_id)) for _ in range(2))
    image = "data:image/png;base64," + base64.b64encode(_png()).decode()
    refused = phone.post(**{"photos": (io.BytesIO(_png()), "a.png"), "signature-image": image, "signature-signer": "王小明"})
    assert refused.status_code == 422, "one answer is missing"
    pictures = select(refused, "//img[contains(@src, '/files/')]/@src")
    assert len(pictures) == 2
    for picture in pictures:
        assert picture.startswith(phone.path)
        with phone.client.get(picture) as shown:
            assert shown.status_code == 200
        assert other.client.get(picture.replace(phone.path, other.path)).status_code == 404
        assert Visitor(app, worker).get(picture.removeprefix(phone.path)).status_code == 404, "staff neither, before it is sent"
    kept = select(refused, "//input[@name='signature-file']/@value")
    photo = select(refused, "//input[@name='photos']/@value")
    stolen = other.post(agreed="true", **{"signature-file": kept[0], "signature-signer": "別人", "photos": photo[0]})
    assert stolen.status_code == 422, "another link can't send them as its own"
    done = phone.post(agreed="true", **{"signature-file": kept[0], "signature-signer": "王小明", "photos": photo[0]})
    assert done.status_code == 303
    (signature,) = rows(runtime, tables.signature)
    assert (signature.signer, signature.channel, signature.attended_by) == ("王小明", "link", None)
    assert phone.client.get(pictures[0]).status_code == 404, "after use the link opens nothing"


def test_a_staff_session_in_the_same_browser_counts_for_nothing(runtime: Runtime, app: Flask, worker: Person) -> None:
    token = _token(runtime, worker, _item(runtime))
    visitor = Visitor(app, make_user(runtime, "manager", locale="en"))
    page = visitor.get(f"/l/{token}")
    assert "業戶確認報價" in text_of(page)
    seen = re.search(r'name="_guard" value="([^"]+)"', page.get_data(as_text=True))
    assert seen is not None
    assert visitor.client.post(f"/l/{token}", data={"_guard": seen[1], "agreed": "true", "_name": "林小姐"}).status_code == 303
    done = next(row for row in rows(runtime, tables.history_event) if row.type == "work_item.completed")
    assert (done.actor_id, done.channel) == (None, "link")


def test_the_token_is_not_logged(runtime: Runtime, app: Flask, worker: Person, caplog: pytest.LogCaptureFixture, capsys: Any) -> None:
    token = _token(runtime, worker, _item(runtime))
    Phone(app, token).get()
    said = capsys.readouterr()
    assert token not in said.out + said.err + caplog.text


def test_the_desk_makes_a_link_shows_its_code_once_and_takes_it_back(runtime: Runtime, visit: Visit, worker: Person) -> None:
    item_id = _item(runtime)
    desk = visit(worker)
    assert "請業戶填寫" in text_of(desk.get(f"/items/{item_id}"))
    sheet = desk.post(f"/items/{item_id}/links", {"recipient": "林小姐", "locale": "en"})
    assert sheet.status_code == 200
    (address,) = select(sheet, "//*[@id='link-address']/text()")
    assert re.fullmatch(r"http://localhost/l/[\w-]{32}", address)
    assert select(sheet, "//*[local-name()='svg' and not(@class)]//*[local-name()='path']")
    assert not select(sheet, "//@style"), "the policy forbids it"
    page = desk.get(f"/items/{item_id}")
    assert "林小姐" in text_of(page)
    assert address.rpartition("/")[2] not in page.get_data(as_text=True)
    (link,) = rows(runtime, tables.outside_link)
    assert desk.post(f"/items/{item_id}/links/{link.id}/revoke").status_code == 303
    assert "已收回" in text_of(desk.get(f"/items/{item_id}"))


def test_sending_needs_a_number(runtime: Runtime, visit: Visit, worker: Person) -> None:
    item_id = _item(runtime)
    desk = visit(worker)
    assert "請填寫手機號碼" in text_of(desk.post(f"/items/{item_id}/links", {"send": "1", "send_to": " "}, follow=True))
    sent = desk.post(f"/items/{item_id}/links", {"send": "1", "send_to": "13800001234"}, follow=True)
    assert "等待傳送到 13800001234" in text_of(sent)
