"""Conditions that the diagram sets for completing an element, decided in the completing transaction with the facts of that moment."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from engine.diagram import Element
from engine.errors import GateClosedError, StepFailedError
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime


def check(runtime: Runtime, uow: UnitOfWork, instance_id: int, element: Element, data: Mapping[str, Any]) -> None:
    """Raise GateClosedError unless the element's `require` holds. The expression sees the data and the runtime's facts as functions."""
    if not element.require:
        return
    functions = {name: partial(fact, runtime, uow, instance_id) for name, fact in runtime.facts.items()}
    try:
        with runtime.sandbox.session(runtime.clock.now(), functions) as session:
            holds = bool(session.evaluate(element.require, data))
    except StepFailedError as error:
        # a gate that cannot be decided stays closed
        raise _closed(element, error.source_text()) from error
    if not holds:
        raise _closed(element, element.require_message or "條件尚未滿足。")


def _closed(element: Element, reason: str) -> GateClosedError:
    return GateClosedError(element=element.name or element.id, element_id=element.id, reason=reason)
