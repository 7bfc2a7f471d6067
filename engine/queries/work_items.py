"""One work item, the work items of one case, and the people who could do one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, or_, select

from engine.errors import NotFoundError
from engine.model import Actor
from engine.permissions import may
from engine.persistence.prepared import Prepared
from engine.persistence.tables import definition, instance, outside_link, role_grant, user, work_item
from engine.persistence.unit_of_work import UnitOfWork

_ASSIGNEE, _OWNER, _COMPLETER = user.alias("assignee"), user.alias("owner"), user.alias("completer")
_SIGNER_BY_LINK = (
    select(outside_link.c.used_by).where(outside_link.c.work_item_id == work_item.c.id, outside_link.c.used_at.is_not(None))
    .limit(1).scalar_subquery()
)
#: work items with the names of their definition and people, for a `where`, an order and a limit
WORK_ITEMS = (
    select(
        work_item.c.id, work_item.c.instance_id, instance.c.state.label("instance_state"), work_item.c.token, work_item.c.element_id,
        work_item.c.name, work_item.c.definition_id, work_item.c.definition_key, definition.c.name.label("definition_name"),
        work_item.c.title, work_item.c.business_key, work_item.c.form_key, work_item.c.role, work_item.c.escalated_role,
        work_item.c.outside, work_item.c.site_id, work_item.c.state, work_item.c.is_live, work_item.c.assignee_id,
        _ASSIGNEE.c.display_name.label("assignee_name"), work_item.c.owner_id, _OWNER.c.display_name.label("owner_name"),
        work_item.c.created_at, work_item.c.claimed_at, work_item.c.warn_at, work_item.c.due_at, work_item.c.escalated_at,
        work_item.c.completed_at, work_item.c.completed_by,
        func.coalesce(_COMPLETER.c.display_name, _SIGNER_BY_LINK).label("completed_by_name"),
    )
    .select_from(
        work_item.join(instance, instance.c.id == work_item.c.instance_id)
        .join(definition, definition.c.id == work_item.c.definition_id)
        .outerjoin(_ASSIGNEE, _ASSIGNEE.c.id == work_item.c.assignee_id)
        .outerjoin(_OWNER, _OWNER.c.id == work_item.c.owner_id)
        .outerjoin(_COMPLETER, _COMPLETER.c.id == work_item.c.completed_by)
    )
)
# every page of an item asks these: they are built once, since building one costs more than sending it
_BY_ID = Prepared(WORK_ITEMS.where(work_item.c.id == bindparam("work_item_id")))
_OF_INSTANCE = WORK_ITEMS.where(work_item.c.instance_id == bindparam("of_instance")).order_by(work_item.c.id).limit(1000)


@dataclass(frozen=True, slots=True)
class WorkItemRow:
    """A work item with the names that people read."""

    id: int
    instance_id: int
    instance_state: str
    token: str
    element_id: str
    #: source language
    name: str
    definition_id: int
    definition_key: str
    definition_name: str
    title: str
    business_key: str | None
    form_key: str | None
    role: str
    escalated_role: str | None
    outside: str | None
    site_id: int | None
    state: str
    is_live: bool
    assignee_id: int | None
    assignee_name: str | None
    owner_id: int | None
    owner_name: str | None
    created_at: datetime
    claimed_at: datetime | None
    warn_at: datetime | None
    due_at: datetime | None
    escalated_at: datetime | None
    completed_at: datetime | None
    completed_by: int | None
    completed_by_name: str | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who can be given a work item."""

    id: int
    name: str


def get(uow: UnitOfWork, actor: Actor, work_item_id: int) -> WorkItemRow:
    """One work item; NotFoundError when there is none, or the person has nothing to do with it."""
    item = find(uow, work_item_id)
    if not may_see(actor, item):
        raise NotFoundError(kind="待辦事項", id=work_item_id)
    return item


def find(uow: UnitOfWork, work_item_id: int) -> WorkItemRow:
    """One work item, whoever asks: for the answer to a command that its service has allowed. NotFoundError when there is none."""
    row = _BY_ID.one_or_none(uow.reading, {"work_item_id": work_item_id})
    if row is None:
        raise NotFoundError(kind="待辦事項", id=work_item_id)
    return WorkItemRow(**row._asdict())


def may_see(actor: Actor, item: WorkItemRow) -> bool:
    """Its role's people, those it was escalated to, whoever has, had or did it, and those who may read or hand out any."""
    if actor.user_id is not None and not actor.is_narrowed and actor.user_id in (item.assignee_id, item.owner_id, item.completed_by):
        return True
    roles = (item.role, item.escalated_role)
    if actor.holds_any(roles, item.site_id) or actor.in_place_of(roles, item.site_id, item.definition_key, item.assignee_id):
        return True
    return any(may(actor, permission, item.site_id) for permission in ("work-item:read-any", "work-item:assign"))


def of_instance(uow: UnitOfWork, instance_id: int) -> tuple[WorkItemRow, ...]:
    """Every work item that the case had, oldest first."""
    return tuple(WorkItemRow(**row._mapping) for row in uow.reading.execute(_OF_INSTANCE, {"of_instance": instance_id}))


def roles_of(uow: UnitOfWork, ids: Sequence[int]) -> tuple[tuple[str, int | None], ...]:
    """(role, site) of these items, each once."""
    statement = select(work_item.c.role, work_item.c.site_id).distinct().where(work_item.c.id.in_(ids)).limit(200)
    return tuple((row.role, row.site_id) for row in uow.reading.execute(statement))


def roles_of_cases(uow: UnitOfWork, instance_ids: Sequence[int]) -> tuple[tuple[str, int | None], ...]:
    """(role, site) of what is open in these cases, each once."""
    mine = work_item.c.instance_id.in_(instance_ids) & work_item.c.is_live
    rows = uow.reading.execute(select(work_item.c.role, work_item.c.site_id).distinct().where(mine).limit(200))
    return tuple((row.role, row.site_id) for row in rows)


def candidates(uow: UnitOfWork, role: str, site_id: int | None) -> tuple[Candidate, ...]:
    """Active people who hold the role at the site or at all sites, by name."""
    at_site = role_grant.c.site_id.is_(None)
    statement = (
        select(user.c.id, user.c.display_name.label("name")).distinct()
        .select_from(user.join(role_grant, role_grant.c.user_id == user.c.id))
        .where(
            role_grant.c.role == role, user.c.deactivated_at.is_(None),
            at_site if site_id is None else or_(at_site, role_grant.c.site_id == site_id),
        )
        .order_by(user.c.display_name, user.c.id).limit(500)
    )
    return tuple(Candidate(**row._mapping) for row in uow.reading.execute(statement))
