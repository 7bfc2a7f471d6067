"""A repeated request is answered with the first response and done once, even when both come at the same moment."""

from __future__ import annotations

import threading
from typing import Any

from engine import idempotency
from engine.instances import run_step
from engine.persistence import tables
from engine.runtime import Runtime
from tests.builders import deploy_simple, rows, simple_process, start
from tests.webui.api.caller import PNG, CallAs


def test_a_repeat_gets_the_first_response_and_starts_nothing(runtime: Runtime, call_as: CallAs) -> None:
    """Same key, same request: the same instance."""
    deploy_simple(runtime)
    caller = call_as("customer_service")
    first = caller.post("/process-definitions/errand/start", {"business_key": "a"}, key="k-1")
    second = caller.post("/process-definitions/errand/start", {"business_key": "a"}, key="k-1")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.get_data() == second.get_data()
    assert len(rows(runtime, tables.instance)) == 1


def test_another_key_is_another_request(runtime: Runtime, call_as: CallAs) -> None:
    """Two keys, two instances."""
    deploy_simple(runtime)
    caller = call_as("customer_service")
    ids = [caller.post("/process-definitions/errand/start", {}, key=key).get_json()["id"] for key in ("k-1", "k-2")]
    assert len(set(ids)) == 2


def test_a_key_that_comes_with_another_request_is_refused(runtime: Runtime, call_as: CallAs) -> None:
    """409 idempotency_key_reused, for another body and for another address."""
    deploy_simple(runtime)
    caller = call_as("customer_service")
    assert caller.post("/process-definitions/errand/start", {"business_key": "a"}, key="k-1").status_code == 201
    for answer in (
        caller.post("/process-definitions/errand/start", {"business_key": "b"}, key="k-1"),
        caller.post("/work-items/1/claim", {"business_key": "a"}, key="k-1"),
    ):
        assert (answer.status_code, answer.get_json()["code"]) in ((409, "idempotency_key_reused"), (422, "request_invalid"))
    assert caller.post("/work-items/1/claim", {}, key="k-1").get_json()["code"] == "idempotency_key_reused"
    assert len(rows(runtime, tables.instance)) == 1


def test_two_people_may_use_the_same_key(runtime: Runtime, call_as: CallAs) -> None:
    """A key is its caller's own."""
    deploy_simple(runtime)
    answers = [call_as("customer_service").post("/process-definitions/errand/start", {}, key="k-1") for _ in range(2)]
    assert len({answer.get_json()["id"] for answer in answers}) == 2


def test_a_refusal_is_not_remembered(runtime: Runtime, call_as: CallAs) -> None:
    """It changed nothing: the same request may succeed later."""
    caller = call_as("customer_service")
    assert caller.post("/process-definitions/errand/start", {}, key="k-1").status_code == 404
    deploy_simple(runtime)
    assert caller.post("/process-definitions/errand/start", {}, key="k-1").status_code == 201


def test_a_completed_item_is_completed_once(runtime: Runtime, call_as: CallAs) -> None:
    """The repeat after the item is gone gets the first answer, not a conflict."""
    deploy_simple(runtime)
    item = start(runtime, "errand").work_item_ids[0]
    caller = call_as("customer_service")
    answers = [caller.post(f"/work-items/{item}/complete", {"variables": {}}, key="k-1") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert len({answer.get_data() for answer in answers}) == 1
    assert caller.post(f"/work-items/{item}/complete", {"variables": {}}, key="k-2").status_code == 409


def test_a_repeated_upload_counts_by_its_parts(runtime: Runtime, call_as: CallAs) -> None:
    """A client makes a new multipart boundary each time; the files are what counts."""
    caller = call_as("repair_worker")
    first = caller.upload("/files", [("file", "a.png", PNG)], key="k-1")
    assert first.status_code == 201
    assert caller.upload("/files", [("file", "a.png", PNG)], key="k-1").get_data() == first.get_data()
    assert caller.upload("/files", [("file", "b.png", PNG)], key="k-1").status_code == 409


def test_two_at_once_are_done_once(runtime: Runtime, call_as: CallAs) -> None:
    """Same key in several threads: one does it, all get its answer."""
    deploy_simple(runtime)
    caller = call_as("customer_service")
    answers = _at_once(4, lambda: caller.post("/process-definitions/errand/start", {}, key="k-1"))
    assert [answer.status_code for answer in answers] == [201] * 4
    assert len({answer.get_data() for answer in answers}) == 1
    assert len(rows(runtime, tables.instance)) == 1


def test_two_that_complete_one_item_at_once_with_one_key_both_hear_it_is_done(runtime: Runtime, call_as: CallAs) -> None:
    """The second does not hear of a conflict with itself."""
    deploy_simple(runtime)
    item = start(runtime, "errand").work_item_ids[0]
    caller = call_as("customer_service")
    answers = _at_once(4, lambda: caller.post(f"/work-items/{item}/complete", {"variables": {}}, key="k-1"))
    assert [answer.status_code for answer in answers] == [200] * 4
    assert len({answer.get_data() for answer in answers}) == 1


def test_two_people_who_complete_one_item_at_once_do_not_both_win(runtime: Runtime, call_as: CallAs) -> None:
    """One wins; the other is told who did."""
    deploy_simple(runtime)
    item = start(runtime, "errand").work_item_ids[0]
    callers = [call_as("customer_service") for _ in range(2)]
    waiting = list(callers)
    answers = _at_once(2, lambda: waiting.pop().post(f"/work-items/{item}/complete", {"variables": {}}))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    loser = next(answer for answer in answers if answer.status_code == 409)
    names = {caller.person.name for caller in callers if caller.person}
    assert loser.get_json()["completed_by"] in names
    assert loser.get_json()["completed_by"] in loser.get_json()["detail"]


def test_old_responses_are_forgotten(runtime: Runtime, call_as: CallAs, clock: Any) -> None:
    """After KEEP the key is free again."""
    deploy_simple(runtime)
    caller = call_as("customer_service")
    caller.post("/process-definitions/errand/start", {}, key="k-1")
    assert run_step(runtime, lambda uow: idempotency.purge(uow, clock.now() + idempotency.KEEP)) == 0
    clock.advance(idempotency.KEEP * 1.01)
    assert run_step(runtime, lambda uow: idempotency.purge(uow, clock.now())) == 1


def test_a_key_must_be_short_and_visible(call_as: CallAs) -> None:
    """422 with the header's name."""
    caller = call_as("manager")
    for key in ("", "with space", "k" * 121):
        answer = caller.post("/messages", {"name": "n"}, key=key)
        assert (answer.status_code, answer.get_json()["errors"][0]["field"]) == (422, "Idempotency-Key")


def test_a_repeated_deployment_is_one(runtime: Runtime, call_as: CallAs) -> None:
    """Deployments are commands like the others."""
    caller = call_as("process_designer")
    files = [("files", "errand.bpmn", simple_process("errand", ("do_errand", "customer_service")))]
    answers = [caller.upload("/process-definitions", files, key="k-1") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].get_data() == answers[1].get_data()


def _at_once(count: int, act: Any) -> list[Any]:
    gate = threading.Barrier(count)
    answers: list[Any] = []

    def run() -> None:
        gate.wait(10)
        answers.append(act())

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(answers) == count
    return answers
