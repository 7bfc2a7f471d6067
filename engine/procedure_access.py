"""Who may design and who may deploy a certain procedure, over what roles allow. Every setting stays on record; the newest counts.

A role's permission comes first: a list narrows it to some of the people who hold it, and lets in nobody else. Nobody widens their own
rights, so that a designer who may be trusted with one procedure can't take another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

import orjson
from sqlalchemy import func, insert, select

from engine import permissions
from engine.errors import ForbiddenError, NotFoundError
from engine.model import Actor
from engine.persistence.tables import procedure_access, user
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime

#: right → the permission under it
RIGHTS = {"design": "procedure:design", "deploy": "process-definition:deploy"}


class NotYourProcedureError(ForbiddenError):
    """The person's role designs or deploys, but not this procedure."""

    code = "not_your_procedure"
    sentence = "流程「{procedure}」只有指定的同事可以{right}。請聯絡管理員。"
    #: right → how the sentence says it
    rights: ClassVar = {"design": "設計", "deploy": "部署"}


class OwnRightsError(ForbiddenError):
    """Expected somebody else to widen a person's rights."""

    code = "own_rights"
    sentence = "不能擴大自己的權限，請由另一位管理員設定。"


@dataclass(frozen=True, slots=True)
class Access:
    """What holds for one procedure."""

    procedure: str
    #: user ids; None: everybody whose role designs
    designers: tuple[int, ...] | None = None
    #: user ids; None: everybody whose role deploys
    deployers: tuple[int, ...] | None = None
    #: when and by whom it was set; None while nothing was
    at: datetime | None = None
    by: int | None = None

    def may(self, actor: Actor, right: str) -> bool:
        """Whether the person has the right here. The system has every one."""
        if actor.user_id is None and actor.channel == "system":
            return True
        listed = self.designers if right == "design" else self.deployers
        return permissions.may(actor, RIGHTS[right]) and (listed is None or actor.user_id in listed)

    def require(self, actor: Actor, right: str) -> None:
        """ForbiddenError without the role, NotYourProcedureError where the list leaves the person out."""
        permissions.require(actor, RIGHTS[right])
        if not self.may(actor, right):
            raise NotYourProcedureError(procedure=self.procedure, right=NotYourProcedureError.rights[right])


def of(uow: UnitOfWork, *procedures: str) -> dict[str, Access]:
    """What holds for each of the procedures."""
    newest = (
        select(func.max(procedure_access.c.id)).where(procedure_access.c.procedure.in_(procedures)).group_by(procedure_access.c.procedure)
    )
    rows = uow.reading.execute(select(procedure_access).where(procedure_access.c.id.in_(newest)))
    found = {row.procedure: Access(row.procedure, _ids(row.designers), _ids(row.deployers), row.at, row.by) for row in rows}
    return {name: found.get(name) or Access(name) for name in procedures}


def require(uow: UnitOfWork, actor: Actor, procedure: str, right: str) -> None:
    """As `Access.require`, for one procedure."""
    of(uow, procedure)[procedure].require(actor, right)


def grant(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, procedure: str, designers: Sequence[int] | None, deployers: Sequence[int] | None
) -> Access:
    """Set both lists; None opens a right to everybody whose role has it. OwnRightsError where that gives the actor a right."""
    permissions.require(actor, "procedure:grant")
    before = of(uow, procedure)[procedure]
    after = Access(procedure, _listed(designers), _listed(deployers), runtime.clock.now(), actor.user_id)
    if any(after.may(actor, right) and not before.may(actor, right) for right in RIGHTS):
        raise OwnRightsError
    named = {*(after.designers or ()), *(after.deployers or ())}
    known = {row.id for row in uow.reading.execute(select(user.c.id).where(user.c.id.in_(named)))} if named else set()
    for missing in sorted(named - known):
        raise NotFoundError(kind="使用者", id=missing)
    uow.writing.execute(insert(procedure_access).values(
        procedure=procedure, designers=_text(after.designers), deployers=_text(after.deployers), at=after.at, by=actor.user_id))
    return after


def _listed(ids: Sequence[int] | None) -> tuple[int, ...] | None:
    return None if ids is None else tuple(sorted(set(ids)))


def _ids(text: str | None) -> tuple[int, ...] | None:
    return None if text is None else tuple(orjson.loads(text))


def _text(ids: tuple[int, ...] | None) -> str | None:
    return None if ids is None else orjson.dumps(ids).decode()
