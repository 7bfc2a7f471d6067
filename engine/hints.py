"""First hints that a person has read and put away, kept with the account so that another device does not show them again."""

from __future__ import annotations

from sqlalchemy import delete, insert, select

from engine.model import Actor
from engine.persistence.tables import dismissed_hint
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime


def dismissed(uow: UnitOfWork, actor: Actor) -> frozenset[str]:
    """Names of the hints that the person has put away."""
    mine = dismissed_hint.c.user_id == actor.user_id
    return frozenset(uow.reading.execute(select(dismissed_hint.c.hint).where(mine)).scalars())


def dismiss(runtime: Runtime, uow: UnitOfWork, actor: Actor, hint: str) -> None:
    """Show the hint no more to this person. Doing it twice changes nothing."""
    # both under the writer's lock: two devices at once are no conflict
    uow.writing.execute(delete(dismissed_hint).where(dismissed_hint.c.user_id == actor.user_id, dismissed_hint.c.hint == hint))
    uow.writing.execute(insert(dismissed_hint).values(user_id=actor.user_id, hint=hint, at=runtime.clock.now()))


def show_again(uow: UnitOfWork, actor: Actor) -> None:
    """Bring all hints of the person back."""
    uow.writing.execute(delete(dismissed_hint).where(dismissed_hint.c.user_id == actor.user_id))
