"""The ways that finished cases of a procedure really took: the steps that people did, in their order, with how many took each."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from sqlalchemy import and_, func, select

from engine.model import InstanceState, WorkItemState
from engine.persistence.durations import SecondsBetween
from engine.persistence.tables import corrected_time, history_event, instance, user, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.heat import TOKEN, Looked, within

#: ways that are told, and cases of each by way of example
MOST_WAYS, _EXAMPLES = 20, 3
#: cases whose events are in memory at once
CASES = 200
#: what is said about a case beside its way
_BESIDE = ("comment.%", "attachment.%", "reporter.%", "phone_call.%", "outside_link.%")


@dataclass(slots=True)
class Way:
    """One sequence of steps."""

    #: (process, element) in the order in which they were completed
    steps: tuple[tuple[str, str], ...]
    cases: int = 0
    #: (id, number) of some that took it
    examples: list[tuple[int, str]] = field(default_factory=list)
    #: how long each case took
    seconds: array[float] = field(default_factory=lambda: array("d"))

    @property
    def median(self) -> float:
        """Seconds from the start of a case to its end."""
        lengths = sorted(self.seconds)
        return (lengths[(len(lengths) - 1) // 2] + lengths[len(lengths) // 2]) / 2


@dataclass(frozen=True, slots=True)
class Ways:
    """Of a procedure over a period."""

    #: cases that reached an end
    cases: int
    #: most taken first
    ways: tuple[Way, ...]
    #: how many different ones there are besides
    further: int


@dataclass(frozen=True, slots=True)
class LogCase:
    """A case for a log."""

    id: int
    number: str
    state: str


@dataclass(frozen=True, slots=True)
class LogEvent:
    """Something that happened in it."""

    instance_id: int
    seq: int
    type: str
    #: as it is said to have happened
    at: datetime
    definition_id: int | None
    element_id: str | None
    token: str | None
    actor_id: int | None
    actor_name: str | None


def taken(uow: UnitOfWork, looked: Looked) -> Ways:
    """Of cases that reached an end in the period, by the times of entry. Cases pass through memory one by one."""
    item = work_item.c
    done = and_(item.instance_id == instance.c.id, item.state == WorkItemState.COMPLETED, func.length(item.token) <= TOKEN)
    query = (
        select(instance.c.id, instance.c.business_key, SecondsBetween(instance.c.started_at, instance.c.ended_at).label("seconds"),
               item.definition_key, item.element_id)
        .select_from(instance.outerjoin(work_item, done))
        .where(*within(looked), instance.c.definition_key == looked.key, instance.c.state == InstanceState.COMPLETED,
               instance.c.ended_at >= looked.since, instance.c.ended_at < looked.until)
        .order_by(instance.c.id, item.completed_at, item.id)
    )  # fmt: skip
    found: dict[tuple[tuple[str, str], ...], Way] = {}
    rows = uow.reading.execute(query, execution_options={"yield_per": 2000})
    for case_id, group in groupby(rows, key=lambda row: row.id):
        of_case = list(group)
        steps = tuple((row.definition_key, row.element_id) for row in of_case if row.element_id is not None)
        way = found.setdefault(steps, Way(steps))
        way.cases += 1
        way.seconds.append(of_case[0].seconds)
        if len(way.examples) < _EXAMPLES:
            way.examples.append((case_id, of_case[0].business_key or f"#{case_id}"))
    ordered = sorted(found.values(), key=lambda way: (-way.cases, way.steps))
    return Ways(sum(way.cases for way in ordered), tuple(ordered[:MOST_WAYS]), max(0, len(ordered) - MOST_WAYS))


def log_cases(uow: UnitOfWork, looked: Looked) -> Iterator[list[LogCase]]:
    """The procedure's own cases that were open in the period or moved in it, page by page in the order of their ids."""
    query = select(instance.c.id, instance.c.state, instance.c.business_key).where(*within(looked), instance.c.definition_key == looked.key)
    query = query.order_by(instance.c.id).limit(CASES)
    last = 0
    while True:
        rows = uow.reading.execute(query.where(instance.c.id > last)).all()
        if not rows:
            return
        last = rows[-1].id
        yield [LogCase(row.id, row.business_key or f"#{row.id}", row.state) for row in rows]


def log_events(uow: UnitOfWork, cases: list[LogCase]) -> dict[int, list[LogEvent]]:
    """Everything that happened in these cases, in order; without what was said beside."""
    event = history_event.c
    names = ("instance_id", "seq", "type", "definition_id", "element_id", "token", "actor_id")
    corrected = and_(corrected_time.c.instance_id == event.instance_id, corrected_time.c.seq == event.seq)
    query = (
        select(*(event[name] for name in names), func.coalesce(corrected_time.c.happened_at, event.claimed_at, event.at).label("at"),
               user.c.display_name.label("actor_name"))
        .select_from(history_event.outerjoin(corrected_time, corrected).outerjoin(user, user.c.id == event.actor_id))
        .where(event.instance_id.in_([case.id for case in cases]), *(event.type.not_like(beside) for beside in _BESIDE))
        .order_by(event.instance_id, event.seq)
    )  # fmt: skip
    found: dict[int, list[LogEvent]] = {case.id: [] for case in cases}
    for row in uow.reading.execute(query):
        found[row.instance_id].append(LogEvent(**row._mapping))
    return found

