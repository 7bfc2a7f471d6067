"""The server's side of the phone: what it installs, what it may keep, and what the queue is told."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from PIL import Image

from engine import work_items
from engine.clock import MovableClock
from engine.instances import run_step
from engine.persistence import tables
from engine.runtime import Runtime
from tests.builders import Person, deploy, make_user, rows, start
from tests.webui.test_work_item import FORM, PROCESS
from tests.webui.visitor import Visitor, select
from webui import build_frontend
from webui.phone.shell import ICONS

Visit = Callable[..., Visitor]
pytestmark = pytest.mark.databases("sqlite")
PHONE = {"Sec_CH_UA_Mobile": "?1"}
QUEUED = {**PHONE, "X_Queue": "1", "X_Background": "1"}


@pytest.fixture
def item(runtime: Runtime) -> int:
    """An open item with a form, the desk's."""
    deploy(runtime, {"errand.bpmn": PROCESS.encode(), "forms/call.json": FORM})
    return start(runtime, "errand").work_item_ids[0]


def test_the_application_can_be_installed(visit: Visit) -> None:
    build_frontend.build()
    manifest = visit().get("/manifest.webmanifest")
    assert manifest.mimetype == "application/manifest+json"
    told = manifest.get_json(force=True)
    assert (told["display"], told["start_url"], told["scope"]) == ("standalone", "/", "/")
    assert {"192x192", "512x512"} <= {icon["sizes"] for icon in told["icons"]}
    assert any(icon["purpose"] == "maskable" for icon in told["icons"])
    for name, (pixels, _) in ICONS.items():
        with Image.open(io.BytesIO(visit().get(f"/icons/{name}.png").data)) as image:
            assert image.size == (pixels, pixels)
            assert len(image.getcolors(1_000_000)) > 2
    assert visit().get("/icons/7.png").status_code == 404
    worker = visit().get("/sw.js")
    assert worker.mimetype == "text/javascript"
    assert worker.headers["Cache-Control"] == "no-cache"
    again = visit().get("/sw.js", If_None_Match=worker.headers["ETag"])
    assert (again.status_code, again.data) == (304, b""), "asked for at every visit, sent after a build only"
    assert "worker-src 'self'" in visit().get("/sign-in").headers["Content-Security-Policy"]


def test_only_a_phone_keeps_pages_and_never_a_file_or_another_page(runtime: Runtime, visit: Visit, clerk: Person, item: int) -> None:
    visitor = visit(clerk)
    whose = {path: visitor.get(path, **PHONE).headers.get("X-Keep-Offline") for path in ("/", f"/items/{item}", "/phone")}
    assert len(set(whose.values())) == 1
    assert None not in whose.values()
    for path in ("/account", "/cases/1", "/cases", "/directory/search?kind=unit", f"/items/{item}/print"):
        assert "X-Keep-Offline" not in visitor.get(path, **PHONE).headers, path
    assert "X-Keep-Offline" not in visitor.get("/").headers, "a desk is used by several people"
    other = visit(make_user(runtime, "customer_service")).get("/", **PHONE).headers["X-Keep-Offline"]
    assert other not in whose.values()


def test_the_queue_is_told_whose_it_may_send_and_nothing_without_a_session(visit: Visit, clerk: Person, manager: Person) -> None:
    one, again, other = (visit(person).get("/phone/session", X_Background="1", **PHONE).get_json() for person in (clerk, clerk, manager))
    assert (one["owner"], one["key"]) == (again["owner"], again["key"])
    assert one["key"] != other["key"]
    assert len(bytes.fromhex(one["key"])) == 32
    assert visit().get("/phone/session", X_Background="1").status_code == 401


def test_what_is_sent_later_is_on_record_with_the_time_at_which_it_was_done(
    runtime: Runtime, visit: Visit, clerk: Person, item: int, clock: MovableClock
) -> None:
    visitor = visit(clerk)
    answer = visitor.post(f"/items/{item}/claim", X_Done_Ago="5400", **QUEUED)
    assert answer.get_json() == {"said": "已簽收「登記來電」。", "next": []}
    form = {"caller": "王小明", "urgent": "true", "_key": "k"}
    done = visitor.post(f"/items/{item}/complete", form, X_Done_Ago="3600", **QUEUED)
    assert done.get_json()["next"] == [{"name": "核對登記", "address": f"/items/{item + 1}"}]
    events = {row.type: row for row in rows(runtime, tables.history_event)}
    for name, ago in (("work_item.claimed", 5400), ("work_item.completed", 3600)):
        assert events[name].at == clock.now()
        assert events[name].claimed_at == clock.now() - timedelta(seconds=ago)
        assert events[name].channel == "phone"
    again = visitor.post(f"/items/{item}/complete", form, X_Done_Ago="4000", **QUEUED)
    assert again.get_json() == done.get_json(), "a repeat is answered as the first time"


@pytest.mark.parametrize("ago", ["", "-5", "x", "9999999999", "5", "99999999"])
def test_a_time_that_cannot_be_is_no_time(runtime: Runtime, visit: Visit, clerk: Person, item: int, ago: str) -> None:
    visit(clerk).post(f"/items/{item}/claim", X_Done_Ago=ago, **QUEUED)
    assert [row.claimed_at for row in rows(runtime, tables.history_event) if row.type == "work_item.claimed"] == [None]


def test_a_refusal_carries_what_was_typed_beside_what_stands(runtime: Runtime, visit: Visit, clerk: Person, item: int) -> None:
    visitor = visit(clerk)
    refused = visitor.post(f"/items/{item}/complete", {"caller": "", "urgent": "true"}, **QUEUED)
    assert refused.status_code == 422
    body = refused.get_json()
    assert body["address"] == f"/items/{item}"
    assert ["急修", "是"] in body["typed"]
    assert any("來電人" in sentence for sentence in body["errors"])
    other = make_user(runtime, "customer_service")
    values = {"caller": "李太太", "urgent": False}
    run_step(runtime, lambda uow: work_items.complete(runtime, uow, other.actor, item, values))
    form = {"caller": "王小明", "urgent": "true", "parts-0-name": "水龍頭", "parts-0-pieces": "2"}
    conflict = visitor.post(f"/items/{item}/complete", form, **QUEUED)
    assert conflict.status_code == 409
    body = conflict.get_json()
    assert ["來電人", "王小明"] in body["typed"]
    assert ["材料", "水龍頭、2"] in body["typed"]
    assert ["來電人", "李太太"] in body["standing"]
    assert body["by"] == other.name
    assert "address" not in body, "what is done cannot be taken over"


def test_a_refusal_of_any_other_kind_is_said_in_words_too(visit: Visit, clerk: Person) -> None:
    answer = visit(clerk).post("/items/99/complete", {"x": "y"}, **QUEUED)
    assert answer.status_code == 404
    assert "99" in answer.get_json()["problem"]


def test_a_step_ahead_is_filled_in_before_the_case_has_come_to_it(runtime: Runtime, visit: Visit, item: int) -> None:
    both = visit(make_user(runtime, "customer_service", "dispatcher"))
    page = both.get(f"/items/{item}", **PHONE)
    first, second = page.headers["X-Ahead"].split()
    assert (first, second) == (f"/items/{item}/ahead/errand/take_call", f"/items/{item}/ahead/errand/check_call")
    assert select(both.get(first, **PHONE), "//input[@name='caller']")
    assert "預先填寫的步驟" in both.get(second, **PHONE).get_data(as_text=True)
    early = both.post(second, {"_key": "b"}, **QUEUED)
    assert (early.status_code, early.get_json()["problem"]) == (409, "案件還沒有到「核對登記」這一步，或已走了別的路。")
    assert both.post(first, {"caller": "王小明", "urgent": "true", "_key": "a"}, **QUEUED).status_code == 200
    assert both.post(second, {"_key": "b"}, **QUEUED).status_code == 200
    assert [row.state for row in rows(runtime, tables.work_item)] == ["completed", "completed"]
    assert both.get(second, **PHONE).status_code == 404, "what is done has nothing ahead"
