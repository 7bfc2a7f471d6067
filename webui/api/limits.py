"""The manual's limits for other programs: figures, their parts, and the cases behind them."""

from __future__ import annotations

from typing import Any

from engine import limit_figures
from engine.limit_figures import Measured
from engine.queries import limits as queries
from engine.queries.limits import LimitFigures, LimitFilters, Outcome, Split
from webui.api import limit_schemas as schemas
from webui.api.calls import Call, Calls

calls = Calls("limits", "What the manual's limits come to")


@calls.lookup("/limits", query=schemas.LimitQuery, gives=schemas.LimitList)
def list_limits(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """Every limit of the deployed procedures over a period."""
    return {"items": [_view(each) for each in limit_figures.overview(call.runtime, call.uow, call.actor, _filters(query))]}


@calls.lookup("/limits/<limit_id>", query=schemas.PartsQuery, gives=schemas.LimitDetail)
def get_limit(call: Call, query: dict[str, Any], limit_id: str) -> dict[str, Any]:
    """One limit, told apart by building, person, month or site."""
    filters = _filters(query, limit_id)
    found = limit_figures.measure(call.runtime, call.uow, call.actor, filters)
    parts = limit_figures.parts(call.runtime, call.uow, call.actor, filters, Split(query["by"]), found.gaps)
    gaps = [{"period": gap.period, "due_at": gap.due_at, "label": gap.label, "building": gap.building} for gap in found.gaps]
    return {**_view(found), "parts": [{"name": part.name, **_figures(part)} for part in parts], "gaps": gaps}


@calls.lookup("/limits/<limit_id>/cases", query=schemas.CasesQuery, gives=schemas.LimitCaseList)
def list_limit_cases(call: Call, query: dict[str, Any], limit_id: str) -> dict[str, Any]:
    """The cases behind a limit's figure."""
    filters = _filters(query, limit_id)
    limit_figures.measure(call.runtime, call.uow, call.actor, filters)
    page = queries.clocks(call.uow, call.actor, filters, after=query.get("after"), limit=query["limit"])
    names = schemas.LimitCaseView().fields
    return {"items": [{name: getattr(row, name) for name in names} for row in page.rows], "next": page.after}


def _filters(query: dict[str, Any], limit_id: str = "") -> LimitFilters:
    outcome = Outcome(query["outcome"]) if query.get("outcome") else None
    return LimitFilters(query["since"], query["until"], query["site_id"], limit_id, outcome, query["building_id"])


def _view(measured: Measured) -> dict[str, Any]:
    limit, figures = measured.known.limit if measured.known is not None else None, measured.figures
    return {
        "id": measured.id, "name": limit.name if limit is not None else measured.id, "kind": measured.kind.value,
        "clauses": list(limit.clauses) if limit is not None else [], "goals": [f"{goal.normalize():f}" for goal in figures.goals or ()],
        "reached": measured.is_reached, "time_basis": "claimed", "corrected_later": measured.later, **_figures(figures),
    }  # fmt: skip


def _figures(figures: LimitFigures) -> dict[str, Any]:
    return {
        "met": figures.met, "missed": figures.missed, "apart": figures.apart, "running": figures.running, "excluded": figures.excluded,
        "share": figures.share, "average": figures.average, "median_seconds": figures.median, "worst_seconds": figures.worst,
    }  # fmt: skip
