"""The query of the list of cases, as the engine takes it."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from engine import case_narrowing
from engine.errors import FieldError
from engine.queries.case_filters import InstanceFilters, StepFilter, VariableFilter
from webui.api.calls import Call
from webui.api.errors import RequestInvalidError


def instance_filters(call: Call, query: dict[str, Any]) -> InstanceFilters:
    """What narrows the list. RequestInvalidError for a field that no procedure indexes; ValueUnusableError for what it can't hold."""
    step = None
    if "step" in query:
        # a step that no procedure has is nowhere
        step = case_narrowing.step_filter(call.runtime, call.uow, query["step"]) or StepFilter(())
    return InstanceFilters(
        state=query.get("state"), is_open=query["open"], is_late=query["late"], definition_key=query.get("key"),
        definition_version=query.get("version"), business_key=query.get("business_key"), q=query["q"], site_id=query.get("site_id"),
        unit_id=query.get("unit_id"), tenant_id=query.get("tenant_id"), person_id=query.get("person_id"), step=step,
        variable=_variable(call, query), started_before=query.get("started_before"), unmoved_since=query.get("unmoved_since"),
    )


def _variable(call: Call, query: dict[str, Any]) -> VariableFilter | None:
    name = query.get("variable")
    if name is None or "value" not in query:
        return None
    every = case_narrowing.fields(call.runtime, call.uow)
    column = next((each.columns[name] for each in every if name in each.columns), None)
    if column is None:
        raise RequestInvalidError([FieldError("variable", "unknown_variable", "沒有已建索引的欄位「{name}」。", {"name": name})])
    return case_narrowing.variable_filter(column, query["compare"], query["value"], ZoneInfo(call.runtime.organisation.calendar.zone))
