"""The page of who is signed in: found by name, ended on one device or on all, and that in the log."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.persistence import tables
from engine.runtime import Runtime
from tests.builders import make_user, rows
from tests.webui.visitor import Visitor, text_of

pytestmark = pytest.mark.databases("sqlite")


def test_a_lost_device_is_signed_out(runtime: Runtime, visit: Callable[..., Visitor]) -> None:
    """One device first, its person still works on the other; then all of them. One's own present one has no button."""
    lost = make_user(runtime, "dispatcher", display_name="陳小玲")
    phone, desk, admin = visit(lost), visit(lost), visit(make_user(runtime, "administrator", display_name="鄧凱文"))
    page = text_of(admin.get("/sessions"))
    assert page.count("陳小玲") == 2
    assert "目前使用中" in page
    assert "目前使用中" not in text_of(admin.get("/sessions?q=陳小"))
    first, second = (row.id for row in rows(runtime, tables.user_session, tables.user_session.c.user_id == lost.id))
    assert "結束這次登入？" in text_of(admin.get(f"/sessions/{first}/end"))
    assert admin.post(f"/sessions/{first}/end", {"reach": "one"}).status_code == 303
    assert phone.get("/").status_code == 302
    assert desk.get("/").status_code == 200
    assert admin.get(f"/sessions/{first}/end").status_code == 404
    third = visit(lost)
    assert admin.post(f"/sessions/{second}/end", {"reach": "all"}).status_code == 303
    assert (desk.get("/").status_code, third.get("/").status_code) == (302, 302)
    assert "沒有符合條件的登入" in admin.get("/sessions?q=陳小").text
    assert "陳小玲" in text_of(admin.get("/audit?kind=session"))
