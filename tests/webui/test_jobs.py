"""The page of background jobs: figures, the list, and the question before a job is taken out or queued again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

import pytest
from sqlalchemy import text

from engine.jobs.dbos_runner import JobQueue, prepare_store
from engine.runtime import Runtime
from tests.builders import make_user
from tests.webui.visitor import Visitor, select, text_of

pytestmark = pytest.mark.databases("sqlite")


def test_a_job_is_cancelled_after_a_question_and_can_be_queued_again(runtime: Runtime, visit: Callable[..., Visitor]) -> None:
    admin = visit(make_user(runtime, "administrator"))
    assert "沒有未完成的作業" in text_of(admin.get("/jobs"))
    prepare_store(runtime.database)
    with closing(JobQueue(runtime.database)) as queue, runtime.database.writing() as connection:
        queue.put(connection, "fire_due", "due:7/a?b", {"due": 7})
    page = admin.get("/jobs?state=waiting")
    assert "到期處理" in text_of(page)
    assert "沒有處理程序在執行作業" not in text_of(page)
    with runtime.database.writing() as connection:
        connection.execute(text("UPDATE workflow_status SET created_at = created_at - 61000"))
    assert "沒有處理程序在執行作業" in text_of(admin.get("/jobs"))
    (question,) = select(page, "//a[@data-dialog]/@href")
    asked = admin.get(question)
    (address,) = select(asked, "//form[contains(@class, 'sheet')]/@action")
    assert admin.post(address).status_code == 303
    again = select(admin.get("/jobs?state=cancelled"), "//a[@data-dialog]/@href")
    assert again == [question.replace("/cancel", "/retry")]
    assert admin.post(address).status_code == 409
    assert admin.post(again[0]).status_code == 303
    assert "到期處理" in text_of(admin.get("/jobs?state=waiting"))
    assert "已取消 背景作業 due:7/a?b" in text_of(admin.get("/audit?kind=settings"))
