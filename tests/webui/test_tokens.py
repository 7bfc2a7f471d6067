"""The page of bearer tokens: one is shown once, opens what its person may do, and nothing once it is revoked."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from engine.persistence import tables
from engine.runtime import Runtime
from tests.builders import make_user, rows
from tests.webui.visitor import Visitor, select, text_of

pytestmark = pytest.mark.databases("sqlite")


def test_a_token_is_made_shown_once_and_revoked_after_a_question(app: Flask, runtime: Runtime, visit: Callable[..., Visitor]) -> None:
    """Each act of it stands in the audit log; a form that was filled in wrongly keeps what was typed."""
    person = make_user(runtime, "dispatcher", display_name="陳小玲")
    admin = visit(make_user(runtime, "administrator"))
    wrong = admin.post("/tokens", {"name": "門禁", "person": "", "days": "90"})
    assert wrong.status_code == 422
    assert select(wrong, "//input[@id='name']/@value") == ["門禁"]
    made = admin.post("/tokens", {"name": "門禁", "person": str(person.id), "days": "90"})
    (token,) = select(made, "//input[@readonly]/@value")
    bearer = {"Authorization": f"Bearer {token}"}
    assert app.test_client().get("/api/v1/work-items", headers=bearer).status_code == 200
    assert token not in admin.get("/tokens").text
    assert "陳小玲" in text_of(admin.get("/tokens"))
    (kept,) = rows(runtime, tables.api_token)
    assert "撤銷這個權杖？" in admin.get(f"/tokens/{kept.id}/revoke").text
    assert admin.post(f"/tokens/{kept.id}/revoke").status_code == 303
    assert app.test_client().get("/api/v1/work-items", headers=bearer).status_code == 401
    assert "門禁" in admin.get("/tokens?ended=1").text
    log = text_of(admin.get("/audit?kind=people"))
    assert "已撤銷 程式權杖 門禁" in log
