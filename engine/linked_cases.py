"""Cases that live beside another one: which may be started from it, and their start with its data at hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import Row

from engine import definitions, instances, steps
from engine.content import DefinitionContent
from engine.errors import ConflictError, InvalidError, NotFoundError
from engine.instances import StartedInstance
from engine.model import Actor, InstanceState, JsonObject
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.sites import may_see
from engine.runtime import Runtime

_OPEN = (InstanceState.ACTIVE, InstanceState.SUSPENDED, InstanceState.INCIDENT)


class NotLinkableError(InvalidError):
    """Expected a process that says it is linked to the case's."""

    code = "not_linkable"
    sentence = "「{process}」不能附屬於案件 {parent}。"


class ParentEndedError(ConflictError):
    """Expected a case that is still going on."""

    code = "parent_ended"
    sentence = "案件 {parent} 已經結束，不能再發起附屬案件。"


def offered(runtime: Runtime, uow: UnitOfWork, parent_id: int) -> Iterator[DefinitionContent]:
    """The processes that may be started beside a case, by key; none beside one that has ended."""
    row = steps.load(uow, parent_id)
    if row.state in _OPEN:
        keys = _keys(runtime, uow, row)
        for info in definitions.list_latest(runtime, uow):
            held = definitions.content(runtime, uow, info.id)
            if held.diagram.start_by_hand is not None and keys.intersection(held.diagram.linked_to):
                yield held


def context(runtime: Runtime, uow: UnitOfWork, actor: Actor, parent_id: int) -> JsonObject:
    """The data of a case as a linked one's start form may read it. NotFoundError where the case isn't the person's to see."""
    row = steps.load(uow, parent_id)
    if not may_see(actor, row.site_id) and actor.user_id is not None:
        raise NotFoundError(kind="案件", id=parent_id)
    return instances.inspect(runtime, uow, parent_id).variables


def start(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, key: str, variables: JsonObject, *, parent_id: int, site_id: int | None = None,
    business_key: str | None = None, then: Sequence[Callable[[UnitOfWork, int], None]] = (),
) -> StartedInstance:
    """Start a process beside a case, at its site. NotLinkableError, ParentEndedError, NotFoundError; else as `instances.start`."""
    held = definitions.content(runtime, uow, definitions.latest(runtime, uow, key).id)
    given = context(runtime, uow, actor, parent_id)
    row = steps.load(uow, parent_id)
    if row.state not in _OPEN:
        raise ParentEndedError(parent=row.business_key or parent_id)
    if not _keys(runtime, uow, row).intersection(held.diagram.linked_to):
        raise NotLinkableError(process=held.name, parent=row.business_key or parent_id)
    entry = held.diagram.start_by_hand
    own = entry.form if entry is not None else None
    return instances.start(
        runtime, uow, actor, key, variables, business_key=business_key, site_id=row.site_id or site_id, parent_id=parent_id, then=then,
        # what another case filled into a form of the same name is not what this one had before
        context={name: value for name, value in given.items() if name != own},
    )


def _keys(runtime: Runtime, uow: UnitOfWork, row: Row[Any]) -> set[str]:
    """The case's process and those that it calls."""
    return {row.definition_key, *steps.bound(row)}
