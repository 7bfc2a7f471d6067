"""Turns read and linted diagrams into SpiffWorkflow specifications. Trusts its input: `engine.spiff.reading` has been over it."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from SpiffWorkflow.bpmn.parser.task_parsers import ConditionalGatewayParser, GatewayParser
from SpiffWorkflow.bpmn.parser.util import full_tag
from SpiffWorkflow.bpmn.specs.mixins.subworkflow_task import CallActivity, SubWorkflowTask
from SpiffWorkflow.spiff.parser.process import SpiffBpmnParser

from engine.spiff.element_parsers import OVERRIDES, ProcessParser, UndrawnMixin
from engine.spiff.joins import LoopSafeParallelGateway, MergingInclusiveGateway

T = TypeVar("T")
#: the library parses along the flow, one frame of Python an element
_RECURSION = 50_000
_STACK = 256 * 2**20


class Parser(UndrawnMixin, SpiffBpmnParser):
    """SpiffWorkflow's parser with our joins and our reading of some elements."""

    PROCESS_PARSER_CLASS = ProcessParser
    OVERRIDE_PARSER_CLASSES = {  # noqa: RUF012 - the library reads it from the class
        **SpiffBpmnParser.OVERRIDE_PARSER_CLASSES,
        **OVERRIDES,
        full_tag("parallelGateway"): (GatewayParser, LoopSafeParallelGateway),
        full_tag("inclusiveGateway"): (ConditionalGatewayParser, MergingInclusiveGateway),
    }


def compile_process(files: Mapping[str, bytes], process_id: str) -> tuple[Any, dict[str, Any]]:
    """The specification of a process, and those of its embedded sub-processes by element id.

    `files` are the .bpmn and .dmn files of its deployment. Processes that it calls are not looked for: they are bound when an instance
    starts, each compiled by itself.
    """

    def parse() -> tuple[Any, dict[str, Any]]:
        parser = Parser()
        for name, body in files.items():
            if name.endswith(".bpmn"):
                parser.add_bpmn_str(body, filename=name)
            elif name.endswith(".dmn"):
                parser.add_dmn_str(body, filename=name)
        spec = parser.get_spec(process_id)
        embedded: dict[str, Any] = {}
        stack = [spec]
        while stack:
            for task_spec in stack.pop().task_specs.values():
                if isinstance(task_spec, SubWorkflowTask) and not isinstance(task_spec, CallActivity):
                    embedded[task_spec.spec] = parser.get_spec(task_spec.spec)
                    stack.append(embedded[task_spec.spec])
        return spec, embedded

    return with_deep_stack(parse)


_recursion_lock = threading.Lock()


def with_deep_stack(act: Callable[[], T]) -> T:
    """Do something recursive in a thread with a deep stack; its error is raised here."""
    outcome: list[T] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            outcome.append(act())
        except BaseException as error:
            failure.append(error)

    with _recursion_lock:
        limit, size = sys.getrecursionlimit(), threading.stack_size(_STACK)
        sys.setrecursionlimit(_RECURSION)
        try:
            thread = threading.Thread(target=run, name="parser")
            thread.start()
            thread.join()
        finally:
            sys.setrecursionlimit(limit)
            threading.stack_size(size)
    if failure:
        raise failure[0]
    return outcome[0]
