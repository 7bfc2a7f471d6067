"""What was done on paper while the system was away, entered afterwards: when the paper says, under the paper's own number.

History keeps who entered it and when beside the claimed time; limits, due times and timers count from the claimed time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from engine import definitions, instances, linked_cases, paper_numbers, steps, submissions, work_items
from engine.content import InstanceContent
from engine.errors import ConflictError, InvalidError
from engine.instances import StartedInstance
from engine.model import Actor, Channel, JsonObject
from engine.paper_numbers import Reserved
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.steps import StepResult


class CaseHasNumberError(ConflictError):
    """Expected a paper that goes with the case, not one that begins another."""

    code = "case_has_number"
    sentence = "紙上的編號「{number}」是新案件的編號，而這個案件的編號是 {case}。請把這張紙登記為新案件，或將它作廢。"


@dataclass(frozen=True, slots=True)
class Paper:
    """What the paper says about itself."""

    done_at: datetime
    #: preprinted number; empty for a paper without one
    number: str = ""


def start(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, key: str, variables: JsonObject, paper: Paper, *, site_id: int | None = None,
    parent_id: int | None = None,
) -> StartedInstance:
    """Start a case that began on paper, as `instances.start`. A preprinted number becomes the case's, or its record's.

    InvalidError for a time that has not come; PaperNumberUnknownError, PaperNumberUsedError, PaperNumberVoidError.
    """
    actor = _told_by(runtime, actor, paper)
    info = definitions.latest(runtime, uow, key)
    content = definitions.instance_content(runtime, uow, info.id, definitions.bindings(runtime, uow, info.id))
    series = content.own.diagram.number
    reserved = _reserved(uow, paper, {*_records(content), *([series] if series else [])})
    business_key = reserved.number if reserved is not None and reserved.series == series else None

    def use(uow: UnitOfWork, instance_id: int) -> None:
        if reserved is not None:
            paper_numbers.use(runtime, uow, actor, reserved, instance_id)

    if parent_id is not None:
        return linked_cases.start(
            runtime, uow, actor, key, variables, parent_id=parent_id, site_id=site_id, business_key=business_key, then=[use]
        )
    return instances.start(runtime, uow, actor, key, variables, site_id=site_id, business_key=business_key, then=[use])


def complete(runtime: Runtime, uow: UnitOfWork, actor: Actor, work_item_id: int, variables: JsonObject, paper: Paper) -> StepResult:
    """Complete an item that was done on paper, as `work_items.complete`. The step's record carries a preprinted number.

    InvalidError for a time before the item was there or after now; CaseHasNumberError for the number of another case.
    """
    actor = _told_by(runtime, actor, paper)
    item, row = submissions.actionable(uow, actor, work_item_id)
    # people write down minutes
    if paper.done_at < item.created_at.replace(second=0, microsecond=0):
        raise InvalidError(reason="實際發生時間早於上一步完成的時間，請核對紙上的時間。")
    content = definitions.instance_content(runtime, uow, row.definition_id, steps.bound(row))
    series = content.own.diagram.number
    reserved = _reserved(uow, paper, {*_records(content), *([series] if series else [])})
    if reserved is not None:
        if reserved.series == series:
            raise CaseHasNumberError(number=reserved.number, case=row.business_key or row.id)
        paper_numbers.use(runtime, uow, actor, reserved, row.id)
    return work_items.complete(runtime, uow, actor, work_item_id, variables)


def _told_by(runtime: Runtime, actor: Actor, paper: Paper) -> Actor:
    if paper.done_at > runtime.clock.now():
        raise InvalidError(reason="實際發生時間不能晚於現在。")
    return replace(actor, channel=Channel.PAPER, claimed_at=paper.done_at)


def _reserved(uow: UnitOfWork, paper: Paper, series: set[str]) -> Reserved | None:
    return paper_numbers.find(uow, series, paper.number, paper.done_at) if paper.number.strip() else None


def _records(content: InstanceContent) -> set[str]:
    return {key for each in (content.own, *content.called.values()) for key in each.records}
