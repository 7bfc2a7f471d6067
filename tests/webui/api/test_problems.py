"""Every error has one status and one shape, and a bug of ours tells nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask

from engine import errors
from tests.webui.api.caller import CallAs, Caller
from webui.api import errors as api_errors
from webui.api import problems

pytestmark = pytest.mark.databases("sqlite")


def _all_errors(kind: type[errors.GuichengError] = errors.GuichengError) -> Iterator[type[errors.GuichengError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _all_errors(child)


def _make(kind: type[errors.GuichengError]) -> errors.GuichengError:
    if kind in (errors.FormInvalidError, api_errors.RequestInvalidError):
        return kind([errors.FieldError("a.0.b", "required", "請填寫「{label}」。", {"label": "數量"})])  # type: ignore[call-arg]
    if kind is errors.DeploymentRefusedError:
        return kind([errors.Finding("some-rule", "error", "task_1", "「{name}」不可用。", {"name": "x"}, "a.bpmn")])  # type: ignore[call-arg]
    error = kind.__new__(kind)
    errors.GuichengError.__init__(error, reason="理由")
    return error


@pytest.fixture
def answering(app: Flask, monkeypatch: pytest.MonkeyPatch, call_as: CallAs) -> Any:
    """Makes GET /process-definitions raise what it is given."""
    caller = call_as("manager")

    def answer(error: BaseException) -> Any:
        def fail(*_arguments: Any) -> None:
            raise error

        monkeypatch.setattr("webui.api.process_definitions.definitions.list_latest", fail)
        return caller.get("/process-definitions")

    return answer


@pytest.mark.parametrize("kind", list(_all_errors()), ids=lambda kind: kind.__name__)
def test_every_error_is_a_problem_of_its_own_code(answering: Any, kind: type[errors.GuichengError]) -> None:
    """Each class of the tree is answered with a 4xx or 503, its code and a sentence without holes."""
    answer = answering(_make(kind))
    problem = answer.get_json()
    assert answer.mimetype == "application/problem+json"
    assert answer.status_code == problem["status"] == problems.status_of(_make(kind))
    assert 400 <= answer.status_code < 500 or answer.status_code == 503
    assert problem["code"] == kind.code
    assert problem["type"] == f"urn:guicheng:problem:{kind.code}"
    assert problem["title"]
    assert problem["detail"]


def test_a_forms_fields_are_named_in_the_callers_language(answering: Any) -> None:
    """`errors` holds path, code and sentence of each field."""
    problem = answering(_make(errors.FormInvalidError)).get_json()
    assert problem["status"] == 422
    assert problem["errors"][0]["field"] == "a.0.b"
    assert problem["errors"][0]["code"] == "required"


def test_a_refused_deployment_carries_its_rules(answering: Any) -> None:
    """Rule, element and sentence of each error."""
    problem = answering(_make(errors.DeploymentRefusedError)).get_json()
    assert problem["status"] == 422
    assert problem["errors"] == [{"rule": "some-rule", "element_id": "task_1", "message": "「x」不可用。", "file": "a.bpmn"}]


def test_a_conflict_names_who_was_first(answering: Any) -> None:
    """In the sentence, and as members for programs."""
    at = datetime(2026, 3, 2, 1, tzinfo=UTC)
    problem = answering(errors.WorkItemNotOpenError(completed_by="王小明", completed_at=at)).get_json()
    assert problem["status"] == 409
    assert problem["completed_by"] == "王小明"
    assert problem["completed_at"] == "2026-03-02T01:00:00+00:00"
    assert "王小明" in problem["detail"]


def test_the_element_concerned_is_named(answering: Any) -> None:
    """`element_id`, where the error has one."""
    assert answering(errors.StepFailedError(element_id="check", reason="x")).get_json()["element_id"] == "check"


def test_a_store_that_cannot_be_written_says_when_to_try_again(answering: Any) -> None:
    """503 with Retry-After."""
    answer = answering(errors.StoreUnavailableError(reason="database is locked"))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert "locked" not in answer.get_data(as_text=True)


def test_a_bug_of_ours_tells_an_id_and_nothing_else(answering: Any) -> None:
    """500 with the request's id; the message stays in the log."""
    answer = answering(RuntimeError("the secret is 42"))
    problem = answer.get_json()
    assert (answer.status_code, problem["code"]) == (500, "internal_error")
    assert problem["request_id"]
    assert problem["request_id"] in problem["detail"]
    assert "secret" not in answer.get_data(as_text=True)


def test_health_needs_no_sign_in(stranger: Caller) -> None:
    """200 while the store answers."""
    assert stranger.get("/health").get_json() == {"status": "ok"}
    assert stranger.app.test_client().get("/health").status_code == 200


def test_health_says_when_the_store_is_gone(stranger: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """503 as a problem."""

    def gone(*_arguments: Any) -> None:
        raise errors.StoreUnavailableError(reason="gone")

    monkeypatch.setattr("webui.api.health.store.ask", gone)
    assert stranger.get("/health").status_code == 503
