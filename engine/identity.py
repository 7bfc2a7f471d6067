"""Papers of identity: who may look at them is decided by role, and each look is on record, with who, when and at what."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert

from engine import permissions
from engine.model import Actor
from engine.persistence.tables import identity_look
from engine.persistence.unit_of_work import UnitOfWork


def look(
    uow: UnitOfWork, actor: Actor, *, instance_id: int, site_id: int | None, what: Sequence[str], now: datetime, file_id: int | None = None
) -> None:
    """Note a look before anything is shown. ForbiddenError where the person's role doesn't need it."""
    permissions.require(actor, "identity:read", site_id)
    if actor.user_id is None:
        return
    values = {
        "at": now, "user_id": actor.user_id, "instance_id": instance_id, "file_id": file_id, "what": "、".join(what)[:300],  # not a message
        "channel": str(actor.channel),
    }
    uow.writing.execute(insert(identity_look).values(**values))
