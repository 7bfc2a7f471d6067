"""Every procedure that is deployed or drafted, with how it stands: what the designers' list shows. One row a procedure, so never many."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select

from engine import permissions, procedure_access
from engine.designing import drafts
from engine.designing.drafts import Draft
from engine.model import Actor
from engine.persistence.tables import definition, deployment, user
from engine.persistence.unit_of_work import UnitOfWork
from engine.procedure_access import RIGHTS, Access


@dataclass(frozen=True, slots=True)
class DeployedProcess:
    """A current version."""

    id: int
    key: str
    version: int
    name: str


@dataclass(frozen=True, slots=True)
class ProcedureState:
    """One procedure."""

    #: the folder's name
    name: str
    #: current versions by key; empty for one that was never deployed
    processes: tuple[DeployedProcess, ...] = ()
    deployment_id: int | None = None
    deployed_at: datetime | None = None
    deployed_by_name: str = ""
    note: str = ""
    draft: Draft | None = None
    access: Access | None = None
    #: what it is called in the draft; empty where it is deployed
    drawn_name: str = ""
    #: what the person asking may do here, of `procedure_access.RIGHTS`
    rights: frozenset[str] = frozenset()

    @property
    def title(self) -> str:
        """What people call it: the name of the process that is named like it, else of the first; before it is deployed as it is drawn."""
        named = next((process for process in self.processes if process.key == self.name), None)
        return (named or self.processes[0]).name if self.processes else self.drawn_name or self.name

    @property
    def is_ahead(self) -> bool:
        """Whether something else was deployed since the draft was begun."""
        return self.draft is not None and self.draft.base_deployment_id != self.deployment_id


def listed(uow: UnitOfWork, actor: Actor) -> list[ProcedureState]:
    """All of them, by name."""
    permissions.require(actor, "procedure:read-drafts")
    found = _deployed(uow)
    for draft in drafts.listed(uow, actor):
        found[draft.procedure] = replace(found.get(draft.procedure) or ProcedureState(draft.procedure), draft=draft)
    for name, drawn in drafts.drawn_names(uow, [state.draft for state in found.values() if state.draft and not state.processes]).items():
        found[name] = replace(found[name], drawn_name=drawn)
    access = procedure_access.of(uow, *found)
    return [_for(actor, state, access) for _, state in sorted(found.items())]


def _for(actor: Actor, state: ProcedureState, access: Mapping[str, Access]) -> ProcedureState:
    held = access[state.name]
    return replace(state, access=held, rights=frozenset(right for right in RIGHTS if held.may(actor, right)))


def _deployed(uow: UnitOfWork) -> dict[str, ProcedureState]:
    query = (
        select(
            definition.c.id, definition.c.key, definition.c.version, definition.c.name, definition.c.deployment_id, deployment.c.procedure,
            deployment.c.created_at, deployment.c.note, user.c.display_name,
        )
        .select_from(
            definition.join(deployment, deployment.c.id == definition.c.deployment_id)
            .outerjoin(user, user.c.id == deployment.c.created_by))
        .where(definition.c.is_latest).order_by(definition.c.key)
    )
    found: dict[str, ProcedureState] = {}
    for row in uow.reading.execute(query):
        name = row.procedure or row.key
        held = found.get(name) or ProcedureState(name)
        process = DeployedProcess(row.id, row.key, row.version, row.name)
        latest = {} if held.deployment_id is not None and held.deployment_id > row.deployment_id else {
            "deployment_id": row.deployment_id, "deployed_at": row.created_at, "deployed_by_name": row.display_name or "",
            "note": row.note or ""}
        found[name] = replace(held, processes=(*held.processes, process), **latest)
    return found
