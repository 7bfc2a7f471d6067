"""Figures for Prometheus: only with the token, by endpoint, and as the store stands."""

from __future__ import annotations

import dataclasses
import re
from datetime import timedelta

from engine.clock import MovableClock
from engine.runtime import Runtime
from tests.builders import deploy, make_work_item, simple_process, start
from webui.app import create_app


def scraped(text: str, name: str) -> float:
    """One sample's value."""
    found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
    assert found is not None, text
    return float(found[1])


def test_the_store_is_told_as_it_stands(runtime: Runtime, clock: MovableClock) -> None:
    deploy(runtime, {"errand.bpmn": simple_process("errand", ("do_errand", "customer_service"))})
    case = start(runtime, "errand")
    make_work_item(runtime, instance_id=case.id, token="late", due_at=clock.now() - timedelta(minutes=1))
    runtime.settings = dataclasses.replace(runtime.settings, metrics_token="for the scraper")
    client = create_app(runtime).test_client()
    client.get("/sign-in")
    answer = client.get("/metrics", headers={"Authorization": "Bearer for the scraper"})
    assert answer.status_code == 200
    assert scraped(answer.text, 'guicheng_instances{state="active"}') >= 1
    assert scraped(answer.text, 'guicheng_instances{state="suspended"}') == 0
    assert scraped(answer.text, "guicheng_work_items_open") == 2
    assert scraped(answer.text, "guicheng_work_items_late") == 1
    assert scraped(answer.text, "guicheng_incidents_open") == 0
    assert scraped(answer.text, 'guicheng_request_seconds_count{endpoint="sign_in.form",method="GET",status="2xx"}') == 1


def test_without_the_token_there_is_nothing(runtime: Runtime) -> None:
    assert create_app(runtime).test_client().get("/metrics").status_code == 404
    runtime.settings = dataclasses.replace(runtime.settings, metrics_token="for the scraper")
    client = create_app(runtime).test_client()
    for headers in ({}, {"Authorization": "Bearer something else"}, {"Authorization": "for the scraper"}):
        assert client.get("/metrics", headers=headers).status_code == 404
