"""Comments, attachments, drafts and related cases on the pages of a case and its items; files sent by range; a form that comes twice."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from PIL import Image

from engine import attachments, comments
from engine.clock import MovableClock
from engine.instances import run_step
from engine.persistence import tables
from engine.runtime import Runtime
from tests.builders import Person, deploy_simple, make_user, rows, start
from tests.webui.visitor import Visitor, select, text_of

Visit = Callable[..., Visitor]
pytestmark = pytest.mark.databases("sqlite")

@pytest.fixture
def item(runtime: Runtime) -> int:
    """The first of two items of a case."""
    deploy_simple(runtime, "errand", ("do_errand", "customer_service"), ("check_errand", "customer_service"))
    return start(runtime, "errand").work_item_ids[0]


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (900, 600), "teal").save(out, "PNG")
    return out.getvalue()


def test_a_comment_is_written_mended_and_struck_out_on_the_items_page(
    runtime: Runtime, visit: Visit, clerk: Person, clock: MovableClock, item: int
) -> None:
    colleague = make_user(runtime, "dispatcher", display_name="李派單")
    visitor = visit(clerk)
    answer = visitor.post("/cases/1/comments", {"body": "@李派單 <b>看</b>一下", "item": item})
    assert answer.location == f"/items/{item}#comments"
    page = visitor.get(f"/items/{item}")
    assert select(page, "//*[@class='mention']/text()") == ["@李派單"]
    assert "<b>看</b>一下" in text_of(page), "what was typed is text"
    assert visitor.post("/comments/1", {"body": "請 @李派單 處理", "item": item}).status_code == 303
    words = text_of(visitor.get(f"/items/{item}"))
    assert "修改前的內容" in words
    asked = visitor.get(f"/comments/1/strike?item={item}")
    assert select(asked, "//form[@class='sheet']/@action") == [f"/comments/1/strike?item={item}"]
    assert visitor.post("/comments/1/strike", {"reason": ""}).status_code == 422
    assert visitor.post(f"/comments/1/strike?item={item}", {"reason": "寫錯"}).location == f"/items/{item}#comments"
    for person in (clerk, colleague):
        words = text_of(visit(person).get("/cases/1"))
        assert "劃去：寫錯" in words
        assert "處理" in words


def test_people_to_mention_are_found_by_part_of_their_name(runtime: Runtime, visit: Visit, clerk: Person, item: int) -> None:
    make_user(runtime, "dispatcher", display_name="李派單", search="李派單")
    entries = visit(clerk).get("/cases/1/mentionable?q=派").get_json()["entries"]
    assert [entry["name"] for entry in entries] == ["李派單"]


def test_files_are_attached_and_one_bad_file_costs_only_itself(runtime: Runtime, visit: Visit, clerk: Person, item: int) -> None:
    visitor = visit(clerk)
    files = [(io.BytesIO(picture()), "現場.png"), (io.BytesIO(b"<script>"), "x.pdf"), (io.BytesIO(b"%PDF-1.7 x"), "合約.pdf")]
    answer = visitor.post("/cases/1/attachments", {"file": files, "item": item})
    assert answer.status_code == 303
    page = visitor.get(f"/items/{item}")
    words = text_of(page)
    assert "現場.png" in words
    assert "合約.pdf" in words
    assert "不能接受檔案「x.pdf」" in words
    (thumbnail,) = select(page, "//img[@data-thumbnail]/@src")
    made = visitor.get(thumbnail)
    assert made.mimetype == "image/webp"
    assert len(made.data) < len(picture())
    refused = visitor.post("/cases/1/attachments", {"file": (io.BytesIO(b"<script>"), "x.pdf")}, X_Upload="1")
    assert refused.status_code == 422
    assert "只接受圖片" in refused.get_json()["problem"]


def test_a_struck_attachment_stays_on_the_page(runtime: Runtime, visit: Visit, clerk: Person, item: int) -> None:
    run_step(runtime, lambda uow: attachments.add(runtime, uow, clerk.actor, 1, b"%PDF-1.7 x", "合約.pdf"))
    visitor = visit(clerk)
    assert "劃去附件" in text_of(visitor.get(f"/attachments/1/strike?item={item}"))
    assert visitor.post(f"/attachments/1/strike?item={item}", {"reason": "傳錯案件"}).location == f"/items/{item}#attachments"
    words = text_of(visitor.get(f"/items/{item}"))
    assert "合約.pdf" in words
    assert "劃去：傳錯案件" in words


def test_a_file_is_sent_by_range_and_under_its_name(runtime: Runtime, visit: Visit, clerk: Person, item: int) -> None:
    run_step(runtime, lambda uow: attachments.add(runtime, uow, clerk.actor, 1, b"%PDF-0123456789", '合"約.pdf'))
    visitor = visit(clerk)
    whole = visitor.get("/files/1")
    assert (whole.status_code, whole.data, whole.headers["Accept-Ranges"]) == (200, b"%PDF-0123456789", "bytes")
    assert "filename*=UTF-8''%E5%90%88%22%E7%B4%84.pdf" in whole.headers["Content-Disposition"]
    part = visitor.get("/files/1", Range="bytes=5-8")
    assert (part.status_code, part.data, part.headers["Content-Range"]) == (206, b"0123", "bytes 5-8/15")
    assert visitor.get("/files/1", Range="bytes=99-").status_code == 416
    assert visitor.get("/files/1", If_None_Match=whole.headers["ETag"]).status_code == 304


def test_a_draft_is_kept_offered_and_forgotten_when_the_form_is_sent(
    runtime: Runtime, visit: Visit, clerk: Person, item: int
) -> None:
    visitor = visit(clerk)
    visitor.post(f"/items/{item}/claim")
    kept = visitor.post(f"/items/{item}/draft", {"caller": "王小明", "_key": "x"})
    assert kept.get_json()["saved"] == "09:00"
    page = visitor.get(f"/items/{item}")
    (fields,) = select(page, "//*[@data-draft-offers]/@data-fields")
    assert json.loads(fields) == [["caller", "王小明"]]
    manager = visit(make_user(runtime, "manager"))
    assert not select(manager.get(f"/items/{item}"), "//*[@data-fields]"), "nobody else sees it"
    visitor.post(f"/items/{item}/complete", {"_key": "x"})
    assert rows(runtime, tables.work_item_draft) == []
    refused = visitor.post(f"/items/{item}/draft", {"caller": "王"})
    assert refused.status_code == 409
    assert "problem" in refused.get_json()


def test_the_same_form_sent_twice_is_done_once_and_a_changed_one_is_second(
    runtime: Runtime, visit: Visit, clerk: Person, item: int
) -> None:
    visitor = visit(clerk)
    visitor.post(f"/items/{item}/claim")
    (key,) = select(visitor.get(f"/items/{item}"), "//input[@name='_key']/@value")
    first = visitor.post(f"/items/{item}/complete", {"_key": key})
    again = visitor.post(f"/items/{item}/complete", {"_key": key})
    assert (first.status_code, first.location) == (again.status_code, again.location) == (303, f"/?sent={item}")
    assert "下一步：check_errand" in text_of(visitor.get("/"))
    assert [row.type for row in rows(runtime, tables.history_event)].count("work_item.completed") == 1
    changed = visitor.post(f"/items/{item}/complete", {"_key": key, "note": "另一句"})
    assert changed.status_code == 409
    other = visitor.post(f"/items/{item}/complete", {"_key": "another"})
    assert other.status_code == 409


def test_an_item_is_printed_with_all_that_is_on_record(runtime: Runtime, visit: Visit, clerk: Person, item: int) -> None:
    run_step(runtime, lambda uow: comments.add(runtime, uow, clerk.actor, 1, "門卡已還", item))
    run_step(runtime, lambda uow: attachments.add(runtime, uow, clerk.actor, 1, b"%PDF-1.7 x", "合約.pdf"))
    page = visit(clerk).get(f"/items/{item}/print")
    words = text_of(page)
    for expected in ("do_errand", "門卡已還", "合約.pdf", "發起案件", "列印於"):
        assert expected in words
    assert not select(page, "//form")


def test_an_items_page_asks_as_little_with_much_talk_as_with_little(
    runtime: Runtime, visit: Visit, clerk: Person, item: int, count_statements: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    visitor = visit(clerk)

    def speak(number: int) -> None:
        run_step(runtime, lambda uow: comments.add(runtime, uow, clerk.actor, 1, f"@{clerk.name} {number}"))
        run_step(runtime, lambda uow: attachments.add(runtime, uow, clerk.actor, 1, b"%PDF-1.7 x", f"{number}.pdf"))

    counts = []
    for more in (1, 20):
        for number in range(more):
            speak(number)
        visitor.get(f"/items/{item}")
        with count_statements() as statements:
            assert visitor.get(f"/items/{item}").status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 24, counts
