"""Papers that print papers of identity: each look at one is on record."""

from __future__ import annotations

from engine import identity
from engine.queries.instances import InstanceRow
from engine.records import Record
from webui import session, unit_of_work
from webui.unit_of_work import runtime_of


def note_paper(record: Record, case: InstanceRow) -> None:
    """A paper that holds papers of identity is on record before it is shown."""
    actor, now, named = session.actor(), runtime_of().clock.now(), [record.number]
    unit_of_work.step(lambda uow: identity.look(uow, actor, instance_id=case.id, site_id=case.site_id, what=named, now=now))
