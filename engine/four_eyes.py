"""Whether a new version of a procedure needs a second person: set per procedure, kept on record; the newest setting counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, select

from engine import permissions
from engine.errors import ConflictError
from engine.model import Actor
from engine.persistence.tables import approval_rule
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime

PERMISSION = "procedure:grant"


class ApprovalNeededError(ConflictError):
    """Expected a second person to have approved."""

    code = "approval_needed"
    sentence = "流程「{procedure}」的新版本須由另一位同事核准。請先提出，由對方核准後部署。"


@dataclass(frozen=True, slots=True)
class Rule:
    """What counts for one procedure."""

    procedure: str
    is_required: bool = False
    #: when and by whom it was set; None while nothing was
    changed_at: datetime | None = None
    changed_by: int | None = None


def of(uow: UnitOfWork, procedure: str) -> Rule:
    """What counts now."""
    query = select(approval_rule).where(approval_rule.c.procedure == procedure).order_by(approval_rule.c.id.desc()).limit(1)
    row = uow.reading.execute(query).one_or_none()
    return Rule(procedure) if row is None else Rule(procedure, row.is_required, row.changed_at, row.changed_by)


def set_required(runtime: Runtime, uow: UnitOfWork, actor: Actor, procedure: str, *, is_required: bool) -> Rule:
    """Ask for a second person from now on, or no more."""
    permissions.require(actor, PERMISSION)
    if of(uow, procedure).is_required != is_required:
        values = {"procedure": procedure, "is_required": is_required, "changed_at": runtime.clock.now(), "changed_by": actor.user_id}
        uow.writing.execute(insert(approval_rule).values(**values))
    return of(uow, procedure)


def require(uow: UnitOfWork, actor: Actor, *procedures: str) -> None:
    """ApprovalNeededError where one of the procedures asks for a second person. Whoever runs the server itself is not held up."""
    if actor.user_id is None:
        return
    newest = select(func.max(approval_rule.c.id)).where(approval_rule.c.procedure.in_(procedures)).group_by(approval_rule.c.procedure)
    rows = uow.reading.execute(select(approval_rule.c.procedure, approval_rule.c.is_required).where(approval_rule.c.id.in_(newest)))
    for row in rows:
        if row.is_required:
            raise ApprovalNeededError(procedure=row.procedure)
