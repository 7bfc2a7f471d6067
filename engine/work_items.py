"""The verbs of a work item, named as the field names them: claim needs an unassigned item, assign does not; delegate keeps the owner,
resolve gives it back; complete moves the token."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, select, update

from engine import approvals, chains, definitions, gates, history, instances, notifications, permissions, steps, submissions
from engine.errors import (
    InvalidError,
    NotACandidateError,
    StaleInstanceError,
    WorkItemAlreadyClaimedError,
    WorkItemNotDelegatedError,
    WorkItemNotOpenError,
    WorkItemNotYoursError,
)
from engine.history import NewEvent
from engine.model import Actor, JsonObject, WorkItemState
from engine.notifications import Kind
from engine.persistence.tables import role_grant, user, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.spiff.runner import Run
from engine.steps import Command, StepResult
from engine.submissions import find_item, is_candidate, name_of, require_live, require_reach


class AssigneeUnsuitableError(InvalidError):
    """Expected an active person who holds the item's role at its site."""

    code = "assignee_unsuitable"
    sentence = "「{assignee}」未擔任此項工作所需的角色，請選擇其他人員。"


def claim(runtime: Runtime, uow: UnitOfWork, actor: Actor, work_item_id: int) -> None:
    """Take an unassigned item of one's own roles. WorkItemAlreadyClaimedError names who has it."""
    item = find_item(uow, work_item_id)
    require_reach(actor, item)
    require_live(uow, item)
    if item.assignee_id == actor.user_id:
        return
    if not is_candidate(actor, item) and not permissions.may(actor, "work-item:complete-any", item.site_id):
        raise NotACandidateError(work_item=item.name)
    if item.assignee_id is not None:
        raise WorkItemAlreadyClaimedError(work_item_id=work_item_id, assignee=name_of(uow, item.assignee_id))
    actor = submissions.acting(actor, item)
    _hand(runtime, uow, actor, item, "work_item.claimed", {}, state=WorkItemState.CLAIMED, assignee_id=actor.user_id)


def unclaim(runtime: Runtime, uow: UnitOfWork, actor: Actor, work_item_id: int) -> None:
    """Put an item back into its role's list."""
    item = find_item(uow, work_item_id)
    require_reach(actor, item)
    require_live(uow, item)
    if item.assignee_id is None:
        return
    if item.assignee_id != actor.user_id and not permissions.may(actor, "work-item:assign", item.site_id):
        raise WorkItemNotYoursError(work_item_id=work_item_id, assignee=name_of(uow, item.assignee_id))
    _hand(
        runtime,
        uow,
        actor,
        item,
        "work_item.unclaimed",
        {"from": item.assignee_id},
        state=WorkItemState.OPEN,
        assignee_id=None,
        owner_id=None,
    )


def assign(runtime: Runtime, uow: UnitOfWork, actor: Actor, work_item_id: int, assignee_id: int) -> None:
    """Give an item to somebody who holds its role, whoever has it now."""
    item = find_item(uow, work_item_id)
    require_live(uow, item)
    actor = permissions.require(actor, "work-item:assign", item.site_id)
    _require_suitable(uow, item, assignee_id)
    detail = {"from": item.assignee_id, "to": assignee_id}
    if item.assignee_id != assignee_id:
        notifications.tell_withdrawn(runtime, uow, work_item.c.id == item.id, actor)
    _hand(runtime, uow, actor, item, "work_item.assigned", detail, state=WorkItemState.CLAIMED, assignee_id=assignee_id, owner_id=None)
    _tell(runtime, uow, actor, item, Kind.ASSIGNED, assignee_id)


def delegate(runtime: Runtime, uow: UnitOfWork, actor: Actor, work_item_id: int, to_id: int) -> None:
    """Let another person answer; the item stays the owner's and comes back with `resolve`."""
    item = find_item(uow, work_item_id)
    require_reach(actor, item)
    require_live(uow, item)
    if item.assignee_id is not None and item.assignee_id != actor.user_id:
        raise WorkItemNotYoursError(work_item_id=work_item_id, assignee=name_of(uow, item.assignee_id))
    if item.assignee_id is None and not is_candidate(actor, item):
        raise NotACandidateError(work_item=item.name)
    if to_id == actor.user_id:
        raise InvalidError(reason="不能委派給自己。")
    _require_active(uow, to_id)
    owner = item.owner_id or actor.user_id
    _hand(runtime, uow, actor, item, "work_item.delegated", {"to": to_id}, state=WorkItemState.DELEGATED, assignee_id=to_id, owner_id=owner)
    _tell(runtime, uow, actor, item, Kind.DELEGATED, to_id)


def resolve(runtime: Runtime, uow: UnitOfWork, actor: Actor, work_item_id: int, variables: JsonObject | None = None) -> None:
    """Give a delegated item back to its owner, with what was found out."""
    item = find_item(uow, work_item_id)
    require_reach(actor, item)
    require_live(uow, item)
    if item.state != WorkItemState.DELEGATED:
        raise WorkItemNotDelegatedError(work_item_id=work_item_id)
    if item.assignee_id != actor.user_id:
        raise WorkItemNotYoursError(work_item_id=work_item_id, assignee=name_of(uow, item.assignee_id))
    values: JsonObject = {"answer": variables} if variables else {}
    _hand(
        runtime,
        uow,
        actor,
        item,
        "work_item.resolved",
        {"to": item.owner_id},
        values,
        state=WorkItemState.CLAIMED,
        assignee_id=item.owner_id,
        owner_id=None,
    )
    _tell(runtime, uow, actor, item, Kind.RESOLVED, item.owner_id)


def complete(runtime: Runtime, uow: UnitOfWork, actor: Actor, work_item_id: int, variables: JsonObject) -> StepResult:
    """Complete an item with its form's fields; the token moves on. Refused while the element's gate is closed.

    FormInvalidError, GateClosedError and the conflicts leave everything as it was. A step of the diagram that fails gives an incident.
    Of a signature chain it is the signer's decision that is given; the token moves when the chain's rule is met.
    """
    item, row = submissions.actionable(uow, actor, work_item_id)
    actor = submissions.acting(actor, item)
    if chains.is_signer(item.token):
        return approvals.decide(runtime, uow, actor, work_item_id, variables)
    held = definitions.content(runtime, uow, item.definition_id)
    element = held.diagram.elements[item.element_id]
    form = held.forms.get(element.form) if element.form else None
    was_timed = item.due_at is not None or item.warn_at is not None
    command = Command("complete", lambda run: None, lambda: None, completes=item.token, was_timed=was_timed)

    def act(run: Run) -> None:
        data = next((each.data for each in run.open_items() if each.token == item.token), None)
        if data is None:
            raise StaleInstanceError(instance_id=row.id)
        submission = submissions.check(runtime, uow, form, variables, data, actor, row.id)
        command.submitted = {"token": item.token, "variables": submission.data}
        command.indexed = submission.indexed
        known = {**data, **submission.data}
        command.then = [
            lambda uow, instance_id: gates.check(runtime, uow, instance_id, element, known),
            *submission.then(actor, item.token, element),
        ]
        detail = {"form": form.key} if form else {}
        event = NewEvent("work_item.completed", element.id, item.token, detail, submission.changes)
        command.event = lambda: event
        run.complete(item.token, submission.data)

    command.act = act
    return steps.step(runtime, uow, actor, row, command)


def return_to(runtime: Runtime, uow: UnitOfWork, actor: Actor, work_item_id: int, element_id: str, reason: str) -> StepResult:
    """Send the case back to an earlier element with a reason; of a signature chain all signers decide again when it comes back."""
    item = find_item(uow, work_item_id)
    require_reach(actor, item)
    actor = submissions.acting(actor, item)
    if chains.is_signer(item.token):
        return approvals.send_back(runtime, uow, actor, work_item_id, element_id, reason)
    return instances.return_to(runtime, uow, actor, work_item_id, element_id, reason)


def _hand(
    runtime: Runtime,
    uow: UnitOfWork,
    actor: Actor,
    item: Row[Any],
    event: str,
    detail: JsonObject,
    values: JsonObject | None = None,
    **columns: Any,
) -> None:
    """Change who has an item; it must still be with whom it was."""
    now = runtime.clock.now()
    before = work_item.c.assignee_id.is_(None) if item.assignee_id is None else work_item.c.assignee_id == item.assignee_id
    claimed_at = now if columns.get("assignee_id") is not None else None
    moved = uow.writing.execute(
        update(work_item).where(work_item.c.id == item.id, work_item.c.is_live, before).values(claimed_at=claimed_at, **columns)
    )
    if moved.rowcount != 1:
        _say_who_was_first(uow, item.id)
    note = NewEvent(event, item.element_id, item.token, {key: value for key, value in detail.items() if value is not None}, values or {})
    history.append(uow, actor, item.instance_id, [note], now)


def _tell(runtime: Runtime, uow: UnitOfWork, actor: Actor, item: Row[Any], kind: Kind, person_id: int | None) -> None:
    people = [] if person_id is None else [person_id]
    notifications.tell(
        runtime, uow, kind, people=people, site_id=item.site_id, instance_id=item.instance_id, work_item_id=item.id, by=actor
    )


def _say_who_was_first(uow: UnitOfWork, work_item_id: int) -> None:
    now = uow.writing.execute(select(work_item).where(work_item.c.id == work_item_id)).one()
    if not now.is_live:
        raise WorkItemNotOpenError(
            work_item_id=work_item_id, completed_by=name_of(uow, now.completed_by), completed_at=str(now.completed_at)
        )
    raise WorkItemAlreadyClaimedError(work_item_id=work_item_id, assignee=name_of(uow, now.assignee_id))


def _require_active(uow: UnitOfWork, user_id: int) -> None:
    found = uow.reading.execute(select(user.c.id).where(user.c.id == user_id, user.c.deactivated_at.is_(None))).scalar()
    if found is None:
        raise AssigneeUnsuitableError(assignee=user_id)


def _require_suitable(uow: UnitOfWork, item: Row[Any], user_id: int) -> None:
    _require_active(uow, user_id)
    query = select(role_grant.c.id).where(
        role_grant.c.user_id == user_id,
        role_grant.c.role.in_([item.role, item.escalated_role or item.role]),
        role_grant.c.site_id.is_(None) | (role_grant.c.site_id == item.site_id),
    )
    if uow.reading.execute(query.limit(1)).scalar() is None:
        raise AssigneeUnsuitableError(assignee=name_of(uow, user_id))
