"""What managers do with cases by hand, one or many at once."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import Any

from engine import intervention_runs, past_interventions
from engine.i18n import fill, translate
from engine.intervention_runs import AT_ONCE, Outcome
from engine.interventions import PERMISSIONS, Effect, Order, Verb
from engine.past_interventions import InterventionFilters
from engine.permissions import require
from webui.api import intervention_schemas as schemas
from webui.api.calls import ID, Call, Calls
from webui.api.people import person_id

calls = Calls("interventions", "What managers do with cases by hand", scope="steer")

_ONE = f"/interventions/<{ID}:intervention_id>"


@calls.command("/interventions", takes=schemas.Intervene, gives=schemas.InterventionView, status=201)
def intervene(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """Reassign, remind, change due times, suspend, resume, cancel, retry, correct a field, or repeat from a step: each case by itself.

    Whatever is refused is said of its case and stops no other. `GET` tells how far it is and what became of each; a dry run at once.
    """
    order, ids = _order(call, body), list(dict.fromkeys(body["process_instances"]))
    require(call.actor, PERMISSIONS[order.verb])
    if body["dry_run"]:
        return _tried(call, order, intervention_runs.preview(call.runtime, call.actor, order, ids))
    made = intervention_runs.begin(call.runtime, call.uow, call.actor, order, ids)
    if len(ids) <= AT_ONCE:
        # each case is a transaction of its own: what is to be done must be written down before
        call.uow.after_commit(partial(intervention_runs.carry_out, call.runtime, made, call.actor))
    return _view(call, made, None, 200)


@calls.lookup("/interventions", query=schemas.InterventionsQuery, gives=schemas.InterventionList)
def list_interventions(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """What was ordered, latest first: of the kinds that one may order, with a case at one of one's sites."""
    verb = Verb(query["verb"]) if "verb" in query else None
    filters = InterventionFilters(verb, query["user_id"], query.get("definition_key"), query["process_instance_id"], query.get("since"),
                                  query.get("before"))
    found = past_interventions.page(call.uow, call.actor, filters, after=query.get("after"), limit=query["limit"])
    return {"items": [asdict(row) for row in found.rows], "next": found.after}


@calls.lookup(_ONE, query=schemas.InterventionQuery, gives=schemas.InterventionView)
def get_intervention(call: Call, query: dict[str, Any], intervention_id: int) -> dict[str, Any]:
    """How far it is, and what became of each case, what was refused first."""
    return _view(call, intervention_id, query.get("after"), query["limit"])


@calls.command(f"{_ONE}/undo", gives=schemas.InterventionView)
def undo_intervention(call: Call, intervention_id: int) -> dict[str, Any]:
    """Take it back in every case that has not gone on."""
    if not intervention_runs.undo(call.runtime, call.uow, call.actor, intervention_id):
        call.uow.after_commit(partial(intervention_runs.carry_back, call.runtime, intervention_id, call.actor))
    return _view(call, intervention_id, None, 200)


@calls.command(f"{_ONE}/stop", gives=schemas.InterventionView)
def stop_intervention(call: Call, intervention_id: int) -> dict[str, Any]:
    """Do no more cases. What was done stays done."""
    intervention_runs.stop(call.runtime, call.uow, call.actor, intervention_id)
    return _view(call, intervention_id, None, 200)


def _order(call: Call, body: dict[str, Any]) -> Order:
    names = ("reason", "due_at", "hours", "variable", "value", "step", "at_step")
    assignee = person_id(call, body["assignee"]) if body["assignee"] is not None else None
    return Order(Verb(body["verb"]), assignee_id=assignee, **{name: body[name] for name in names})


def _view(call: Call, intervention_id: int, after: str | None, limit: int) -> dict[str, Any]:
    found = intervention_runs.get(call.uow, call.actor, intervention_id)
    page = intervention_runs.cases(call.uow, call.actor, intervention_id, after=after, limit=limit)
    names = ("id", "verb", "reason", "state", "total", "done", "refused", "undone", "kept")
    return {**{name: getattr(found, name) for name in names}, "items": [_outcome(call, each) for each in page.rows], "next": page.after}


def _tried(call: Call, order: Order, outcomes: list[Outcome]) -> dict[str, Any]:
    refused = sum(each.state == "refused" for each in outcomes)
    return {
        "id": None, "verb": order.verb, "reason": order.reason, "state": "dry_run", "total": len(outcomes), "done": len(outcomes) - refused,
        "refused": refused, "undone": 0, "kept": 0, "items": [_outcome(call, each) for each in outcomes], "next": None,
    }


def _outcome(call: Call, outcome: Outcome) -> dict[str, Any]:
    problem = outcome.problem
    return {
        "process_instance_id": outcome.instance_id, "state": outcome.state, "effects": [_told(call, each) for each in outcome.effects],
        "code": problem["code"] if problem else None,
        "reason": fill(translate(call.locale, problem["sentence"]), problem["data"]) if problem else None,
    }


def _told(call: Call, effect: Effect) -> str:
    return fill(translate(call.locale, effect.sentence), effect.data)
