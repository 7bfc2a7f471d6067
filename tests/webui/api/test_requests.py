"""What a request must look like: unknown fields, wrong types, broken and oversize bodies, unknown addresses."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from tests.webui.api.caller import CallAs, Caller

pytestmark = pytest.mark.databases("sqlite")


@pytest.fixture
def manager(call_as: CallAs) -> Caller:
    """Somebody who may send messages."""
    return call_as("manager")


def _post(caller: Caller, body: bytes, content_type: str = "application/json") -> Any:
    return caller.app.test_client().post(
        "/api/v1/messages", data=body, content_type=content_type, headers={"Authorization": f"Bearer {caller.token}"})


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({}, "name", "required"),
        ({"name": 5}, "name", "string"),
        ({"name": ""}, "name", "length"),
        ({"name": "n" * 201}, "name", "length"),
        ({"name": None}, "name", "null"),
        ({"name": "n", "variables": []}, "variables", "object"),
        ({"name": "n", "correlation": "x"}, "correlation", "object"),
        ({"name": "n", "extra": 1}, "extra", "unknown_field"),
    ],
)
def test_a_field_that_is_not_accepted_is_named(manager: Caller, body: dict[str, Any], field: str, code: str) -> None:
    """422 with the field, a stable code and a sentence."""
    answer = manager.post("/messages", body)
    assert answer.status_code == 422
    problem = answer.get_json()
    assert problem["code"] == "request_invalid"
    assert [(error["field"], error["code"]) for error in problem["errors"]] == [(field, code)]
    assert field in problem["errors"][0]["message"]


def test_every_bad_field_is_told_at_once(manager: Caller) -> None:
    """Nobody has to send it three times to learn of three mistakes."""
    problem = manager.post("/messages", {"name": 1, "variables": 2, "other": 3}).get_json()
    assert {error["field"] for error in problem["errors"]} == {"name", "variables", "other"}


@pytest.mark.parametrize("body", [b"{", b"[]", b'"text"', b"5", b"null", b"{'name': 1}", b"\xff\xfe", b'{"name": NaN}', b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_refused(manager: Caller, body: bytes) -> None:
    """400 malformed_body."""
    answer = _post(manager, body)
    assert (answer.status_code, answer.get_json()["code"]) == (400, "malformed_body")


def test_a_nul_character_is_refused_and_a_backslash_is_not(manager: Caller) -> None:
    """No database keeps NUL in text; the six characters of its escape are ordinary text."""
    assert _post(manager, rb'{"name": "a\u0000"}').get_json()["code"] == "malformed_body"
    assert _post(manager, rb'{"name": "a\\u0000"}').get_json()["code"] == "nobody_waits"


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "application/xml", ""])
def test_a_body_of_another_type_is_refused(manager: Caller, content_type: str) -> None:
    """415; a body is never guessed at."""
    answer = _post(manager, b'{"name": "n"}', content_type)
    assert (answer.status_code, answer.get_json()["code"]) == (415, "unsupported_content_type")


def test_an_oversize_body_is_refused(manager: Caller, app: Flask) -> None:
    """413 with the limit, before it is read."""
    answer = manager.post("/messages", {"name": "n", "variables": {"text": "x" * 2**20}})
    assert (answer.status_code, answer.get_json()["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        ("/work-items", {"limit": 0}, "limit"),
        ("/work-items", {"limit": 201}, "limit"),
        ("/work-items", {"limit": "many"}, "limit"),
        ("/work-items", {"state": "asleep"}, "state"),
        ("/work-items", {"due_before": "2026-03-02T09:00:00"}, "due_before"),
        ("/work-items", {"due_before": "0001-01-01T00:00:00+14:00"}, "due_before"),
        ("/work-items", {"assignee": "9" * 30}, "assignee"),
        ("/work-items", {"colour": "red"}, "colour"),
        ("/process-instances", {"state": "asleep"}, "state"),
    ],
)
def test_a_query_field_that_is_not_accepted_is_named(manager: Caller, path: str, query: dict[str, Any], field: str) -> None:
    """Queries are as strict as bodies."""
    answer = manager.get(path, **query)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.get_json()["errors"]] == [field]


@pytest.mark.parametrize("cursor", ["x", "bm90IG91cnM", "WyJtb3ZlZCIsMV0", "%00", "=" * 400])
def test_a_cursor_that_is_not_ours_is_refused(manager: Caller, cursor: str) -> None:
    """422, never a wrong page."""
    assert manager.get("/process-instances", after=cursor).status_code == 422
    assert manager.get("/work-items", after=cursor).status_code == 422


@pytest.mark.parametrize(
    "path",
    ["/nowhere", "/work-items/0", "/work-items/-1", "/work-items/abc", "/work-items/" + "9" * 30, "/process-instances/1/dance",
     "/process-instances/1/mend", "/process-definitions/a%0Ab/start/x", "/process-definitions/" + "k" * 121 + "/start", "/"],
)
def test_an_unknown_address_is_a_problem_too(manager: Caller, path: str) -> None:
    """404 as a problem, not as a page; what is not built yet does not exist."""
    for answer in (manager.get(path), manager.post(path, {})):
        assert (answer.status_code, answer.get_json()["code"]) == (404, "unknown_address")


@pytest.mark.parametrize("path", ["/work-items/1", "/process-instances/1", "/process-instances/1/history", "/process-definitions/1"])
def test_an_unknown_id_is_not_found(manager: Caller, path: str) -> None:
    """404 not_found."""
    answer = manager.get(path)
    assert (answer.status_code, answer.get_json()["code"]) == (404, "not_found")


def test_another_method_is_told_which_ones_there_are(manager: Caller, app: Flask) -> None:
    """405 with Allow."""
    answer = manager.get("/messages")
    assert (answer.status_code, answer.get_json()["code"], answer.headers["Allow"]) == (405, "method_not_allowed", "POST")
    answer = app.test_client().delete("/api/v1/work-items")
    assert answer.status_code == 405


@pytest.mark.parametrize(
    ("language", "beginning"),
    [("en-GB,en;q=0.9", "There is no call"), ("zh-TW", "沒有這個介面"), ("zh-CN", "没有这个介面"), ("fr", "沒有這個介面")],
)
def test_the_sentence_is_in_the_callers_language(call_as: CallAs, language: str, beginning: str) -> None:
    """`detail` follows Accept-Language; `code` does not change."""
    answer = call_as("manager", language=language).get("/nowhere")
    assert answer.get_json()["detail"].startswith(beginning)
    assert answer.get_json()["code"] == "unknown_address"
    assert answer.headers["Content-Language"] in ("en", "zh-Hant", "zh-Hans")
