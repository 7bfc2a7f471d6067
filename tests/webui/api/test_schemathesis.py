"""Random requests made from the OpenAPI document: none is a bug of ours, and every answer is one that the document knows."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from engine.runtime import Runtime
from tests.builders import deploy_simple, start
from tests.webui.api.caller import CallAs

CHECKS = (
    not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance, response_schema_conformance,
)


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("mode", list(GenerationMode))
def test_random_requests_find_no_bug(runtime: Runtime, call_as: CallAs, mode: GenerationMode) -> None:
    """Each call, with requests that fit its schema and with one that doesn't."""
    _try_all(runtime, call_as, mode, 2 if mode is GenerationMode.POSITIVE else 1)


@pytest.mark.soak
@pytest.mark.parametrize("mode", list(GenerationMode))
def test_many_random_requests_find_no_bug(runtime: Runtime, call_as: CallAs, mode: GenerationMode) -> None:
    """The same, for as long as it takes, on both databases."""
    _try_all(runtime, call_as, mode, 40)


def _try_all(runtime: Runtime, call_as: CallAs, mode: GenerationMode, examples: int) -> None:
    deploy_simple(runtime)
    for _ in range(3):
        start(runtime, "errand")
    caller = call_as("administrator", "manager", "process_designer", "customer_service")
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", caller.app)
    for result in schema.get_all_operations():
        # plain: the tool doesn't unpack what it gets
        _try(result.ok(), mode, examples, {"Authorization": f"Bearer {caller.token}", "Accept-Encoding": "identity"})


def _try(operation: Any, mode: GenerationMode, examples: int, headers: dict[str, str]) -> None:
    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=examples, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def run(case: Any) -> None:
        if case.path.endswith("/test-clock") and case.method == "POST":
            # years of moved time make every token old; the call has a test of its own
            return
        case.call_and_validate(headers=headers, checks=CHECKS)

    run()
