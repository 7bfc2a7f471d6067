"""New versions before and after they are deployed: differences, impact, proposals, and cases that move between versions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine import callers, definitions, four_eyes, impact, migration, migration_runs, proposals, standings
from engine.callers import Caller
from engine.comparison import Comparison, compare
from engine.i18n import translate
from engine.impact import Group
from engine.migration_rules import Blocked
from engine.migration_runs import Chosen
from engine.permissions import require
from engine.proposals import Choice
from engine.queries import instances as cases
from engine.queries import migrations
from webui.api import instance_schemas
from webui.api import rollout_schemas as schemas
from webui.api.calls import ID, Call, Calls
from webui.api.instance_view import instance_view
from webui.api.process_definitions import UPLOAD, uploaded

calls = Calls("rollouts", "Versions: differences, impact on running cases, moves between them, proposals")

_VERSION = f"/process-definitions/<{ID}:definition_id>"
_CASE = f"/process-instances/<{ID}:instance_id>/migrate"
_RUN = f"/migrations/<{ID}:migration_id>"
_PROPOSAL = f"/proposals/<{ID}:proposal_id>"
_RULE = "/procedures/<string(maxlength=120):name>/approval"


@calls.lookup(f"{_VERSION}/difference", query=schemas.DifferenceQuery, gives=schemas.DifferenceView)
def compare_definitions(call: Call, query: dict[str, Any], definition_id: int) -> dict[str, Any]:
    """What is different between a version's package and that of another."""
    require(call.actor, "process-definition:read")
    packages = [definitions.files_of(call.uow, definitions.get(call.runtime, call.uow, each).deployment_id)
                for each in (definition_id, query["to"])]  # fmt: skip
    return _difference(compare(*packages))


@calls.lookup(f"{_VERSION}/impact", gives=schemas.ImpactView)
def get_impact(call: Call, definition_id: int) -> dict[str, Any]:
    """Running cases of the procedure on other versions: whom this version doesn't concern, who can move to it, who cannot.

    409 `still_counting` with how far that is where many have to be read first: POST here begins it.
    """
    require(call.actor, migration.PERMISSION)
    groups = impact.of_version(call.runtime, call.uow, call.actor, definition_id)
    key = definitions.get(call.runtime, call.uow, definition_id).key
    return _impact(groups, callers.of(call.runtime, call.uow, {key: definitions.latest(call.runtime, call.uow, key)}))


@calls.command(f"{_VERSION}/impact", takes=schemas.Nothing, gives=schemas.CountingView, status=202)
def count_cases(call: Call, body: dict[str, Any], definition_id: int) -> object:
    """Read in the background where running cases of the procedure stand."""
    require(call.actor, migration.PERMISSION)
    return _count(call, [definitions.get(call.runtime, call.uow, definition_id).key])


@calls.command(f"{_VERSION}/restore", takes=schemas.Approve, gives=schemas.ProposalView, status=201)
def restore_definition(call: Call, body: dict[str, Any], definition_id: int) -> object:
    """Propose an earlier version's files anew, byte for byte: rolling back is deploying that proposal."""
    proposal_id = proposals.restore(call.runtime, call.uow, call.actor, definition_id, body["note"])
    return proposals.get(call.uow, call.actor, proposal_id)


@calls.command(f"{_VERSION}/migrations", takes=schemas.BeginMigration, gives=schemas.MigrationView, status=201)
def begin_migration(call: Call, body: dict[str, Any], definition_id: int) -> object:
    """Move cases to the version in the background, each by itself."""
    chosen = Chosen(body["instance_ids"], body["mapping"])
    run_id = migration_runs.begin(
        call.runtime, call.uow, call.actor, definition_id, [chosen], body["reason"], new_due=body["new_due"])
    return migrations.run(call.uow, call.actor, run_id)


@calls.lookup(_RUN, gives=schemas.MigrationView)
def get_migration(call: Call, migration_id: int) -> object:
    """How far it is."""
    return migrations.run(call.uow, call.actor, migration_id)


@calls.lookup(f"{_RUN}/cases", query=schemas.CaseQuery, gives=schemas.CaseResultList)
def list_migration_cases(call: Call, query: dict[str, Any], migration_id: int) -> dict[str, Any]:
    """What became of each case, in order."""
    page = migrations.cases(
        call.uow, call.actor, migration_id, state=query.get("state"), after=query.get("after"), limit=query["limit"])
    return {"items": [{
        "instance_id": each.instance_id, "number": each.number, "state": each.state, "from_version": each.from_version, "at": each.at,
        "problem": _problem(call, each),
    } for each in page.rows], "next": page.after}  # fmt: skip


@calls.command(f"{_RUN}/stop", takes=schemas.Nothing, gives=schemas.MigrationView)
def stop_migration(call: Call, body: dict[str, Any], migration_id: int) -> object:
    """Move no more cases; those that were moved stay moved."""
    migrations.run(call.uow, call.actor, migration_id)
    migration_runs.stop(call.runtime, call.uow, call.actor, migration_id)
    return migrations.run(call.uow, call.actor, migration_id)


@calls.command(f"{_RUN}/undo", takes=schemas.Nothing, gives=schemas.MigrationView)
def undo_migration(call: Call, body: dict[str, Any], migration_id: int) -> object:
    """Move back, in the background, every case that has not gone on."""
    migrations.run(call.uow, call.actor, migration_id)
    migration_runs.undo(call.runtime, call.uow, call.actor, migration_id)
    return migrations.run(call.uow, call.actor, migration_id)


@calls.lookup(_CASE, query=schemas.MigrateQuery, gives=schemas.MigrationPreview)
def preview_instance_migration(call: Call, query: dict[str, Any], instance_id: int) -> dict[str, Any]:
    """What moving a case to a version would do, or why it cannot be. Changes nothing."""
    cases.get(call.uow, call.actor, instance_id)
    seen = migration.preview(call.runtime, call.uow, call.actor, instance_id, query["to_definition_id"])
    return {
        "from_definition_id": seen.from_definition_id, "to_definition_id": seen.to_definition_id, "blocked": _blocked(seen.blocked),
        "items": [{"work_item_id": each.work_item_id, "name": each.after.get("name", each.name), "role": each.after.get("role"),
                   "due_at": each.after.get("due_at")} for each in seen.items],
        "ended_limits": list(seen.ended_limits),
    }  # fmt: skip


@calls.command(_CASE, takes=schemas.MigrateInstance, gives=instance_schemas.InstanceView)
def migrate_instance(call: Call, body: dict[str, Any], instance_id: int) -> dict[str, Any]:
    """Let a case go on in another version of its procedure; it stays at its steps, with whoever has them."""
    cases.get(call.uow, call.actor, instance_id)
    migration_runs.move_one(
        call.runtime, call.uow, call.actor, instance_id, body["to_definition_id"], body["reason"], mapping=body["mapping"],
        new_due=body["new_due"])
    return instance_view(call, instance_id)


@calls.command(f"{_CASE}/undo", takes=schemas.UndoMigration, gives=instance_schemas.InstanceView)
def undo_instance_migration(call: Call, body: dict[str, Any], instance_id: int) -> dict[str, Any]:
    """Put a case back on the version that it came from, while it has not gone on."""
    cases.get(call.uow, call.actor, instance_id)
    migration_runs.undo_one(call.runtime, call.uow, call.actor, instance_id, body["migration_id"])
    return instance_view(call, instance_id)


@calls.command("/proposals", query=schemas.ProposeQuery, gives=schemas.ProposalView, status=201, document=UPLOAD, limit="deploy_bytes")
def propose(call: Call, query: dict[str, Any]) -> object:
    """Keep a package to be looked at before it is deployed; 422 with every finding for one that could not be."""
    require(call.actor, "procedure:design")
    proposal_id = proposals.make(
        call.runtime, call.uow, call.actor, uploaded(), procedure=query["procedure"], note=query["note"])
    return proposals.get(call.uow, call.actor, proposal_id)


@calls.lookup("/proposals", query=schemas.ProposalQuery, gives=schemas.ProposalList)
def list_proposals(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """The newest first."""
    page = proposals.listed(call.uow, call.actor, is_open=query.get("open"), after=query.get("after"), limit=query["limit"])
    return {"items": list(page.rows), "next": page.after}


@calls.lookup(_PROPOSAL, gives=schemas.ProposalView)
def get_proposal(call: Call, proposal_id: int) -> object:
    """One."""
    return proposals.get(call.uow, call.actor, proposal_id)


@calls.lookup(f"{_PROPOSAL}/impact", gives=schemas.ImpactView)
def get_proposal_impact(call: Call, proposal_id: int) -> dict[str, Any]:
    """Which running cases it would concern, and which could move; 409 `still_counting` as for a version."""
    found = proposals.look(call.runtime, call.uow, call.actor, proposal_id, {})
    if found.counting is not None:
        raise found.counting
    return _impact(found.groups, found.callers)


@calls.command(f"{_PROPOSAL}/impact", takes=schemas.Nothing, gives=schemas.CountingView, status=202)
def count_cases_of_proposal(call: Call, body: dict[str, Any], proposal_id: int) -> object:
    """Read in the background where running cases of its procedures stand."""
    return _count(call, proposals.get(call.uow, call.actor, proposal_id).keys)


@calls.lookup(f"{_PROPOSAL}/difference", gives=schemas.DifferenceView)
def get_proposal_difference(call: Call, proposal_id: int) -> dict[str, Any]:
    """What is different from what is deployed."""
    return _difference(proposals.look(call.runtime, call.uow, call.actor, proposal_id, {}).comparison)


@calls.command(f"{_PROPOSAL}/deploy", takes=schemas.Decide, gives=schemas.ProposalView)
def deploy_proposal(call: Call, body: dict[str, Any], proposal_id: int) -> object:
    """Deploy it, and let cases be moved as chosen; 409 `approval_needed` where a second person has to approve."""
    proposals.get(call.uow, call.actor, proposal_id)
    proposals.deploy(call.runtime, call.uow, call.actor, proposal_id, _choices(body), body["reason"], new_due=body["new_due"])
    return proposals.get(call.uow, call.actor, proposal_id)


@calls.command(f"{_PROPOSAL}/ask", takes=schemas.Decide, gives=schemas.ProposalView)
def ask_for_approval(call: Call, body: dict[str, Any], proposal_id: int) -> object:
    """Put it before a second person, with what shall become of cases."""
    proposals.get(call.uow, call.actor, proposal_id)
    proposals.ask(call.runtime, call.uow, call.actor, proposal_id, _choices(body), body["reason"], new_due=body["new_due"])
    return proposals.get(call.uow, call.actor, proposal_id)


@calls.command(f"{_PROPOSAL}/approve", takes=schemas.Approve, gives=schemas.ProposalView)
def approve_proposal(call: Call, body: dict[str, Any], proposal_id: int) -> object:
    """Approve what another person has asked for, and deploy it."""
    proposals.get(call.uow, call.actor, proposal_id)
    proposals.approve(call.runtime, call.uow, call.actor, proposal_id, body["note"])
    return proposals.get(call.uow, call.actor, proposal_id)


@calls.command(f"{_PROPOSAL}/refuse", takes=schemas.Reason, gives=schemas.ProposalView)
def refuse_proposal(call: Call, body: dict[str, Any], proposal_id: int) -> object:
    """Say no to what another person has asked for."""
    proposals.get(call.uow, call.actor, proposal_id)
    proposals.refuse(call.runtime, call.uow, call.actor, proposal_id, body["reason"])
    return proposals.get(call.uow, call.actor, proposal_id)


@calls.command(f"{_PROPOSAL}/withdraw", takes=schemas.Nothing, gives=schemas.ProposalView)
def withdraw_proposal(call: Call, body: dict[str, Any], proposal_id: int) -> object:
    """Take it back."""
    proposals.get(call.uow, call.actor, proposal_id)
    proposals.withdraw(call.runtime, call.uow, call.actor, proposal_id)
    return proposals.get(call.uow, call.actor, proposal_id)


@calls.lookup(_RULE, gives=schemas.ApprovalRuleView)
def get_approval_rule(call: Call, name: str) -> object:
    """Whether a procedure's new versions need a second person."""
    require(call.actor, "procedure:read-drafts")
    return four_eyes.of(call.uow, name)


@calls.command(_RULE, takes=schemas.SetApprovalRule, gives=schemas.ApprovalRuleView, method="PUT")
def set_approval_rule(call: Call, body: dict[str, Any], name: str) -> dict[str, Any]:
    """Say whether they do from now on."""
    rule = four_eyes.set_required(call.runtime, call.uow, call.actor, name, is_required=body["is_required"])
    return {"procedure": rule.procedure, "is_required": rule.is_required, "changed_at": rule.changed_at}


def _choices(body: dict[str, Any]) -> list[Choice]:
    return [Choice(each["group_id"], True, each["mapping"]) for each in body["moves"]]


def _difference(found: Comparison) -> dict[str, Any]:
    return {
        "elements": [{**{name: getattr(each, name) for name in ("process_key", "element_id", "kind", "name")},
                      "change": each.change.value, "properties": list(each.properties)} for each in found.elements],
        "files": [{"path": each.path, "area": each.area, "change": each.change.value, "properties": list(each.properties),
                   "lines": list(each.lines)} for each in found.files],
    }  # fmt: skip


def _count(call: Call, keys: Sequence[str]) -> standings.Reading:
    standings.begin(call.runtime, call.uow, keys)
    return standings.reading(call.runtime, call.uow, keys)


def _impact(groups: tuple[Group, ...], calling: tuple[Caller, ...]) -> dict[str, Any]:
    return {"callers": list(calling), "groups": [{
        "id": each.id, "definition_id": each.definition_id, "key": each.key, "version": each.number, "verdict": each.verdict,
        "steps": [dict(zip(("process_key", "element_id", "name"), step, strict=True)) for step in each.steps],
        "blocked": _blocked(each.blocked), "count": each.count, "instance_ids": each.instance_ids,
    } for each in groups]}  # fmt: skip


def _blocked(blocked: tuple[Blocked, ...]) -> list[dict[str, str]]:
    return [{"reason": each.reason.value, "process_key": each.process_key, "element_id": each.element_id} for each in blocked]


def _problem(call: Call, case: migrations.CaseResult) -> str:
    if not case.sentence:
        return ""
    data = {name: translate(call.locale, value) if name in ("reason", "kind") and isinstance(value, str) else value
            for name, value in (case.data or {}).items()}  # fmt: skip
    return translate(call.locale, case.sentence, None, **data)
