"""Turns what SpiffWorkflow raises during a step into our errors, with the element where it happened."""

from __future__ import annotations

from types import TracebackType

from SpiffWorkflow.exceptions import SpiffWorkflowException

from engine.errors import ConflictError, GuichengError, StepFailedError

#: what the library lets through from a diagram or data that it was not written for
_LIBRARY_FAILURES = (SpiffWorkflowException, RecursionError, TypeError, KeyError, ValueError, AttributeError, IndexError)


class Guard:
    """Around one command; `element_id` is named where the error itself names none."""

    def __init__(self, element_id: str | None) -> None:
        self._element_id = element_id

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if error is None or isinstance(error, ConflictError):
            return
        task = getattr(error, "task", None)
        element_id = getattr(getattr(task, "task_spec", None), "bpmn_id", None) or self._element_id
        cause: BaseException | None = error
        while cause is not None and not isinstance(cause, GuichengError):
            before = None if cause.__suppress_context__ else cause.__context__
            cause = getattr(cause, "exception", None) or cause.__cause__ or before
        if isinstance(cause, GuichengError):
            if cause.element_id is None and element_id is not None:
                cause.data["element_id"] = element_id
            if cause is error:
                return
            raise cause from error
        if isinstance(error, _LIBRARY_FAILURES):
            raise StepFailedError(element_id=element_id or "—", reason=str(error)[:500]) from error
