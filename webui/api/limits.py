"""The manual's limits for other programs: figures, their parts, and the cases behind them."""

from __future__ import annotations

from typing import Any

from engine import limit_figures, limit_series, limit_setting
from engine.errors import NotFoundError
from engine.limit_figures import Measured
from engine.permissions import require
from engine.queries import limits as queries
from engine.queries.limits import LimitFigures, LimitFilters, Outcome, Split
from webui.api import limit_schemas as schemas
from webui.api.calls import ID, Call, Calls

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
    parts = limit_figures.parts(call.runtime, call.uow, call.actor, filters, Split(query["by"]), found)
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


@calls.lookup("/limits/<limit_id>/months", query=schemas.MonthsQuery, gives=schemas.LimitMonths)
def list_limit_months(call: Call, query: dict[str, Any], limit_id: str) -> dict[str, Any]:
    """One limit month by month up to the present one, with its targets, the months before them, and when its target changed."""
    filters = LimitFilters(site_id=query["site_id"], building_id=query["building_id"], limit_id=limit_id)
    (found,) = limit_series.series(call.runtime, call.uow, call.actor, filters, query["months"])
    months, earlier = ([_month(found, point) for point in points] for points in (found.points, found.earlier))
    changes = [{"effective_from": each.day, "before": each.before, "after": each.after} for each in found.changes]
    return {"items": months, "earlier": earlier, "changes": changes}


@calls.lookup("/limits/<limit_id>/targets", gives=schemas.TargetList)
def list_limit_targets(call: Call, limit_id: str) -> dict[str, Any]:
    """What managers have set for a limit instead of what the manual says, latest first."""
    require(call.actor, "process-instance:read")
    if limit_id not in limit_figures.known_limits(call.runtime, call.uow):
        raise NotFoundError(kind="時限", id=limit_id)
    return {"items": [_target(each) for each in limit_setting.history(call.runtime, call.uow, limit_id)]}


@calls.command("/limits/<limit_id>/targets", takes=schemas.SetTarget, gives=schemas.TargetView, status=201)
def set_limit_target(call: Call, body: dict[str, Any], limit_id: str) -> dict[str, Any]:
    """Ask for something else from a day after today on; what has begun before keeps its target."""
    made = limit_setting.set_target(
        call.runtime, call.uow, call.actor, limit_id, body["target"], body["effective_from"], body["reason"]
    )
    return _one_target(call, limit_id, made)


@calls.command(f"/limits/<limit_id>/targets/<{ID}:target_id>/withdraw", gives=schemas.TargetView)
def withdraw_limit_target(call: Call, limit_id: str, target_id: int) -> dict[str, Any]:
    """Take a target back before it counts."""
    limit_setting.withdraw(call.runtime, call.uow, call.actor, limit_id, target_id)
    return _one_target(call, limit_id, target_id)


def _one_target(call: Call, limit_id: str, target_id: int) -> dict[str, Any]:
    found = limit_setting.history(call.runtime, call.uow, limit_id)
    return _target(next(each for each in found if each.id == target_id))


def _target(each: limit_setting.SetTarget) -> dict[str, Any]:
    return {name: getattr(each, name) for name in schemas.TargetView().fields}


def _month(series: limit_series.Series, point: limit_series.Point) -> dict[str, Any]:
    kind = series.known.limit.kind
    return {
        "month": f"{point.month:%Y-%m}", "value": point.value(kind), "goal": point.target(kind), "target": point.demand,
        "reached": point.figures.is_reached(kind), "closed": point.is_closed, **_figures(point.figures),
    }  # fmt: skip


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
