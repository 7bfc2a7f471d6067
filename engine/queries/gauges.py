"""What an operator's monitoring asks of the store: how much is open, late, failed and waiting. Two statements over small indexes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from engine.model import InstanceState
from engine.persistence.tables import due, incident, instance, work_item
from engine.persistence.unit_of_work import UnitOfWork

#: states of instances that are not over
_UNFINISHED = (InstanceState.ACTIVE, InstanceState.SUSPENDED, InstanceState.INCIDENT)


@dataclass(frozen=True, slots=True)
class Gauges:
    """Numbers as they are now."""

    #: state → unfinished instances in it
    instances: dict[str, int]
    open_work_items: int
    #: open and past their due time
    late_work_items: int
    #: open incidents
    incidents: int
    #: seconds that the oldest due row has waited to be fired; 0 when none is past
    oldest_due_seconds: float


def read(uow: UnitOfWork, now: datetime) -> Gauges:
    """The numbers at this moment."""
    live = select(func.count()).select_from(work_item).where(work_item.c.is_live)
    row = uow.reading.execute(select(
        live.scalar_subquery(),
        live.where(work_item.c.due_at < now).scalar_subquery(),
        select(func.count()).select_from(incident).where(incident.c.resolved_at.is_(None)).scalar_subquery(),
        select(func.min(due.c.due_at)).scalar_subquery(),
    )).one()
    states = select(instance.c.state, func.count().label("number")).where(instance.c.state.in_(_UNFINISHED)).group_by(instance.c.state)
    found = {str(state): 0 for state in _UNFINISHED} | {row.state: row.number for row in uow.reading.execute(states)}
    waited = (now - row[3]).total_seconds() if row[3] is not None else 0.0
    return Gauges(found, row[0], row[1], row[2], max(0.0, waited))
