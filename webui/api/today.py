"""The manager's day for other programs: figures, and the cases and work behind each."""

from __future__ import annotations

import dataclasses
from typing import Any

from engine import today
from engine.queries import today_lists
from engine.queries.today_conditions import Figure, Moments, Scope, When
from engine.queries.today_lists import WorkFilters
from engine.today import Wish
from webui.api import today_schemas as schemas
from webui.api import views
from webui.api.calls import Call, Calls

calls = Calls("today", "What is late, failed or stands still, and who has how much to do")


@calls.lookup("/today", query=schemas.TodayQuery, gives=schemas.TodayView)
def get_today(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """The figures of this moment, at the caller's sites or one of them."""
    found = today.read(call.runtime, call.uow, call.actor, Wish(**query))
    return {
        "at": found.moments.now, "figures": _figures(found.totals),
        "sites": [{"site_id": site_id, "figures": _figures(counts)} for site_id, counts in found.sites.items()],
        "limits": [
            {"id": each.count.limit_id, "name": each.known.limit.name if each.known else each.count.limit_id,
             "clauses": list(each.known.limit.clauses) if each.known else [], "late": each.count.late, "soon": each.count.soon,
             "due_at": each.count.due_at}
            for each in found.limits
        ],
        "steps": [dataclasses.asdict(each) for each in found.steps],
        "roles": [dataclasses.asdict(each) for each in found.roles],
        "people": [{**dataclasses.asdict(each), "person": views.person(each.person_id, each.name)} for each in found.people],
    }  # fmt: skip


@calls.lookup("/today/cases", query=schemas.TodayCasesQuery, gives=schemas.TodayCaseList)
def list_today_cases(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """The cases behind a figure, what has waited longest first."""
    seen, moments = _asked(call, query)
    page = today_lists.cases(call.uow, seen, moments, Figure(query["figure"]), after=query.get("after"), limit=query["limit"])
    items = [{**dataclasses.asdict(row), "process_instance_id": row.id, "site": row.site_name} for row in page.rows]
    return {"items": items, "next": page.after}


@calls.lookup("/today/work-items", query=schemas.TodayWorkQuery, gives=schemas.TodayWorkList)
def list_today_work(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """The work behind a figure: of a role, a person, a step."""
    seen, moments = _asked(call, query)
    named = {entry.name: query[entry.name] for entry in dataclasses.fields(WorkFilters) if entry.name != "when"}
    filters = WorkFilters(when=When(query["when"]), **named)
    page = today_lists.items(call.uow, seen, moments, filters, after=query.get("after"), limit=query["limit"])
    items = [{**dataclasses.asdict(row), "work_item_id": row.id, "process_instance_id": row.instance_id} for row in page.rows]
    return {"items": items, "next": page.after}


@calls.lookup("/today/limits/<limit_id>", query=schemas.TodayClocksQuery, gives=schemas.TodayClockList)
def list_today_clocks(call: Call, query: dict[str, Any], limit_id: str) -> dict[str, Any]:
    """The cases in which a limit is exceeded, or soon will be."""
    seen, moments = _asked(call, query)
    page = today_lists.clocks(call.uow, seen, moments, limit_id, When(query["when"]), after=query.get("after"), limit=query["limit"])
    items = [{**dataclasses.asdict(row), "process_instance_id": row.instance_id} for row in page.rows]
    return {"items": items, "next": page.after}


def _asked(call: Call, query: dict[str, Any]) -> tuple[Scope, Moments]:
    wish = Wish(query["site_id"], query["hours"], query["days"])
    return today.scope(call.actor, wish.site_id), today.moments(call.runtime, wish)


def _figures(counts: dict[Figure, int]) -> dict[str, int]:
    return {figure.value: count for figure, count in counts.items()}
