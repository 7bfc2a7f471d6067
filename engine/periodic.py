"""Starts a process once for each item of a collection of the company: every unit, every tenant. In slices, each a transaction of its own.

The due row stays until the last slice is done, and what was started is remembered with it: after a crash in the middle the rest is started,
and nothing twice, whichever version of the process is deployed meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Row, func, insert, select, update

from engine import case_references, instances, notifications
from engine.errors import GuichengError, InvalidError, StaleInstanceError, StoreUnavailableError
from engine.model import SYSTEM
from engine.notifications import Kind
from engine.persistence.tables import due, periodic_start
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Item, Runtime

_log = structlog.get_logger(__name__)
#: instances that one transaction starts: the store's writer is held no longer than a fraction of a second
SLICE = 20
#: kind of the due row by which a case starts linked ones, one for each item
LINKED = "start_linked"


class CollectionUnknownError(InvalidError):
    """Expected a collection that the company keeps."""

    code = "collection_unknown"
    sentence = "沒有「{collection}」這個名單，無法逐項發起流程。"


def start_linked(runtime: Runtime, uow: UnitOfWork, parent_id: int, key: str, collection: str) -> None:
    """Start a process once for each item of a collection, linked to a case: soon, in slices, not in the caller's step."""
    if collection not in runtime.collections:
        raise CollectionUnknownError(collection=collection)
    row = {"kind": LINKED, "due_at": runtime.clock.now(), "instance_id": parent_id, "subject": f"{key}:{collection}"}
    uow.writing.execute(insert(due).values(row))
    uow.after_commit(runtime.outbox.wake)


@dataclass(frozen=True, slots=True)
class Round:
    """One period of one process."""

    key: str
    collection: str
    #: the start event's time
    period: datetime
    start_element: str | None = None
    #: the case that they are linked to
    parent_id: int | None = None

    def has_begun(self, uow: UnitOfWork) -> bool:
        """Whether anything of it was started."""
        return uow.reading.execute(select(periodic_start.c.item_id).where(*self._mine()).limit(1)).first() is not None

    def start_slice(self, runtime: Runtime, uow: UnitOfWork, row: Row[Any]) -> bool:
        """Start some of what is not started yet, holding the due row; False when nothing was left."""
        _hold(uow, row)
        items = self._left(runtime, uow)
        for item in items:
            if not self._start(runtime, uow, row, item):
                # its slice was taken back with it; what else was in it comes with the next
                break
        if items:
            # due as before: it is handed over again, for the next slice
            uow.writing.execute(update(due).where(due.c.id == row.id).values(handed_for=None))
            uow.after_commit(runtime.outbox.wake)
        return bool(items)

    def _left(self, runtime: Runtime, uow: UnitOfWork) -> list[Item]:
        """The next slice: a page of the list after what was started last, so that a long list costs no more an item than a short one."""
        collect = runtime.collections.get(self.collection)
        if collect is None:
            raise CollectionUnknownError(collection=self.collection)
        last = uow.writing.execute(select(func.max(periodic_start.c.item_id)).where(*self._mine())).scalar()
        if items := collect(uow, self.period, last or 0, SLICE):
            return items
        # once at the end the whole list: somebody may have been entered meanwhile with an id that was passed already
        started = set(uow.writing.execute(select(periodic_start.c.item_id).where(*self._mine())).scalars())
        return [item for item in collect(uow, self.period) if item.id not in started][:SLICE]

    def _start(self, runtime: Runtime, uow: UnitOfWork, row: Row[Any], item: Item) -> bool:
        local = self.period.astimezone(ZoneInfo(runtime.organisation.calendar.zone))
        variables = {"_period": {"item": item.data, "period": f"{local:%Y-%m}"}}
        actor = replace(SYSTEM, claimed_at=self.period)
        try:
            started = instances.start(
                runtime, uow, actor, self.key, variables, site_id=item.site_id, start_element=self.start_element, parent_id=self.parent_id
            )
            if item.references:
                case_references.add(uow, started.id, references=item.references)
        except (StaleInstanceError, StoreUnavailableError):
            raise
        except GuichengError as error:
            uow.rollback()
            _hold(uow, row)
            self._remember(uow, item, None)
            _log.error("periodic_start_failed", process=self.key, item=item.id, period=self.period.isoformat(), reason=str(error))
            data = {"process": self.key, "subject": str(item.data.get("label", item.id)), "reason": error.source_text()}
            notifications.tell(runtime, uow, Kind.START_FAILED, role="administrator", data=data)
            return False
        self._remember(uow, item, started.id)
        return True

    def _remember(self, uow: UnitOfWork, item: Item, instance_id: int | None) -> None:
        values = {"definition_key": self.key, "period": self.period, "collection": self.collection, "item_id": item.id}
        uow.writing.execute(insert(periodic_start).values(**values, instance_id=instance_id))

    def _mine(self) -> tuple[Any, ...]:
        table = periodic_start.c
        return (table.definition_key == self.key, table.period == self.period, table.collection == self.collection)


def _hold(uow: UnitOfWork, row: Row[Any]) -> None:
    """Let nobody else work on the due row until the transaction ends; StaleInstanceError when somebody has moved it on."""
    held = select(due.c.id).where(due.c.id == row.id, due.c.due_at == row.due_at).with_for_update()
    if uow.writing.execute(held).first() is None:
        raise StaleInstanceError(instance_id=row.subject)
