"""The page of bearer tokens: one is shown once, opens what its person may do, and nothing once it is revoked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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


def example(converter: Any) -> int | str:
    """Something that an address takes in that place."""
    kind = type(converter).__name__
    return 1 if kind == "RowIdConverter" else min(converter.items) if kind == "AnyConverter" else "x"


def test_a_token_for_reading_is_refused_every_call_that_changes_anything(
    app: Flask, runtime: Runtime, visit: Callable[..., Visitor]
) -> None:
    """Whatever the call: nothing of it is looked at before the token is."""
    person = make_user(runtime, "administrator", "manager", "process_designer", "cashier")
    admin = visit(make_user(runtime, "administrator"))
    wrong = admin.post("/tokens", {"name": "看板", "person": str(person.id), "days": "90", "access": "read", "roles": ["dispatcher"]})
    assert wrong.status_code == 422
    assert "請從這位同事擔任的角色中選擇" in text_of(wrong)
    made = admin.post("/tokens", {"name": "看板", "person": str(person.id), "days": "90", "access": "read"})
    bearer = {"Authorization": f"Bearer {select(made, '//input[@readonly]/@value')[0]}"}
    assert "受限 只能查看" in text_of(admin.get("/tokens"))
    client = app.test_client()
    assert client.get("/api/v1/jobs", headers=bearer).status_code == 403
    assert client.get("/api/v1/process-instances", headers=bearer).status_code == 200
    answers = {}
    with app.test_request_context():
        adapter = app.url_map.bind("localhost")
        for rule in app.url_map.iter_rules():
            for method in sorted((rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}):
                if rule.endpoint.startswith("api_") and rule.endpoint != "api_fallback.unknown":
                    values = {name: example(rule._converters[name]) for name in rule.arguments}
                    address = adapter.build(rule.endpoint, values, method=method)
                    answers[f"{method} {rule.rule}"] = client.open(address, method=method, headers=bearer, json={}).get_json()["code"]
    assert len(answers) > 100
    assert {call: code for call, code in answers.items() if code != "token_limited"} == {}
