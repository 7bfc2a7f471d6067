"""The page of settings: changed beside their fields, refused in words, with the backups and what only the environment changes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.clock import MovableClock
from engine.company import house_settings
from engine.runtime import Runtime
from engine.steps import run_step
from tests.builders import make_user
from tests.webui.visitor import Visitor, select, text_of

pytestmark = pytest.mark.databases("sqlite")


def test_settings_are_changed_in_the_pages_units_and_refused_beside_the_field(
    runtime: Runtime, visit: Callable[..., Visitor], clock: MovableClock
) -> None:
    admin = visit(make_user(runtime, "administrator"))
    page = admin.get("/settings")
    assert "還沒有做過備份" in text_of(page)
    assert select(page, "//input[@id='upload_bytes']/@value") == ["20"]
    asked = dict.fromkeys(select(page, "//input[contains(@name, '_asked')]/@name"), "1")
    names = select(page, "//form[@method='post']//input[@class]/@name")
    values = {name: select(page, f"//input[@id='{name}']/@value")[0] for name in names}
    wrong = admin.post("/settings", {**asked, **values, "stamp": "0", "upload_bytes": "0", "session_hours": "8"})
    assert wrong.status_code == 422
    assert "請填寫 1 到 200 之間的整數。" in text_of(wrong)
    assert select(wrong, "//input[@id='session_hours']/@value") == ["8"]
    assert runtime.settings.session_hours == 12
    assert admin.post("/settings", {**asked, **values, "stamp": "0", "upload_bytes": "1", "outside_link_always": "1"}).status_code == 303
    assert (runtime.settings.upload_bytes, runtime.settings.outside_link_always) == (2**20, True)
    assert admin.post("/settings", {**asked, **values, "stamp": "0"}).status_code == 409
    run_step(runtime, lambda uow: house_settings.note_backup(uow, clock.now(), "monday.zip", 2**20, 12, 3))
    page = text_of(admin.get("/settings"))
    assert "還沒有做過備份" not in page
    assert "monday.zip" in page
    log = text_of(admin.get("/audit?kind=settings"))
    assert "單一附件的大小上限" in log
    assert "20971520 → 1048576" in log
