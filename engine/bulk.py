"""One verb over many work items: claim, assign, ask to hurry. Each by itself: one refusal stops no other, nothing is half done.

The preview is the verb itself, taken back: it says exactly what would be refused, and why.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select

from engine import attention, work_items
from engine.errors import FieldError, ForbiddenError, FormInvalidError, GuichengError, InvalidError, NotFoundError
from engine.model import Actor
from engine.persistence.tables import work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.steps import run_step

#: items of one command
MOST = 500


class Verb(StrEnum):
    """What can be done to many at once."""

    #: take them
    CLAIM = "claim"
    #: give them to somebody
    ASSIGN = "assign"
    #: ask their people to hurry
    REMIND = "remind"


class TooManyItemsError(InvalidError):
    """Expected fewer items, and at least one."""

    code = "too_many_items"
    sentence = "一次可選 1 至 {most} 件。"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became, or would become, of one item."""

    work_item_id: int
    #: the step and its case, source language; empty where there is no such item
    name: str
    title: str
    definition_id: int | None
    #: why it was refused; None where it was done
    refusal: GuichengError | None = None


def preview(runtime: Runtime, actor: Actor, verb: Verb, ids: Sequence[int], assignee_id: int | None = None) -> list[Outcome]:
    """What would become of each, in the order given."""
    return _each(runtime, actor, verb, ids, assignee_id, _tried)


def run(runtime: Runtime, actor: Actor, verb: Verb, ids: Sequence[int], assignee_id: int | None = None) -> list[Outcome]:
    """Do it to each, in the order given; committed one by one."""
    return _each(runtime, actor, verb, ids, assignee_id, run_step)


def _each(
    runtime: Runtime, actor: Actor, verb: Verb, ids: Sequence[int], assignee_id: int | None,
    carry_out: Callable[[Runtime, Callable[[UnitOfWork], object]], object],
) -> list[Outcome]:
    wanted = list(dict.fromkeys(ids))
    if not 1 <= len(wanted) <= MOST:
        raise TooManyItemsError(most=MOST)
    if verb is Verb.ASSIGN and assignee_id is None:
        raise FormInvalidError([FieldError("assignee", "required", "請選擇一位同事。", {})])
    with UnitOfWork(runtime.database) as uow:
        columns = (work_item.c.id, work_item.c.name, work_item.c.title, work_item.c.definition_id)
        known = {row.id: row for row in uow.reading.execute(select(*columns).where(work_item.c.id.in_(wanted)))}
    outcomes = []
    for each in wanted:
        row = known.get(each)
        refusal = None
        try:
            carry_out(runtime, _command(runtime, actor, verb, each, assignee_id))
        except GuichengError as error:
            refusal = error
        if row is None or isinstance(refusal, NotFoundError | ForbiddenError):
            # of what the person may not see nothing is told
            outcomes.append(Outcome(each, "", "", None, refusal))
        else:
            outcomes.append(Outcome(each, row.name, row.title, row.definition_id, refusal))
    return outcomes


def _command(runtime: Runtime, actor: Actor, verb: Verb, work_item_id: int, assignee_id: int | None) -> Callable[[UnitOfWork], object]:
    if verb is Verb.CLAIM:
        return lambda uow: work_items.claim(runtime, uow, actor, work_item_id)
    if verb is Verb.REMIND:
        return lambda uow: attention.nudge(runtime, uow, actor, work_item_id)
    assert assignee_id is not None
    return lambda uow: work_items.assign(runtime, uow, actor, work_item_id, assignee_id)


def _tried(runtime: Runtime, act: Callable[[UnitOfWork], object]) -> object:
    with UnitOfWork(runtime.database) as uow:
        # leaving the block takes it back
        return act(uow)
