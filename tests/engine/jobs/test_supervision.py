"""Background jobs under the administrator's eye: listed with what went wrong, queued again, taken out of the queue, on record."""

from __future__ import annotations

from contextlib import closing

import pytest

from engine.errors import ForbiddenError, NotFoundError
from engine.jobs import supervision
from engine.jobs.dbos_runner import JobQueue, prepare_store
from engine.jobs.supervision import JobMovedError, JobState
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from tests.builders import make_user, rows


def test_a_job_is_taken_out_and_queued_again(runtime: Runtime) -> None:
    """Once each: what somebody else has done meanwhile is a conflict. Before any job there is nothing, and no error."""
    administrator, manager = make_user(runtime, "administrator").actor, make_user(runtime, "manager").actor
    with UnitOfWork(runtime.database) as uow:
        assert supervision.page(uow, administrator).rows == ()
        assert supervision.health(uow, administrator).workers == 0
        with pytest.raises(ForbiddenError):
            supervision.page(uow, manager)
    prepare_store(runtime.database)
    with closing(JobQueue(runtime.database)) as queue, runtime.database.writing() as connection:
        for number in range(3):
            queue.put(connection, "fire_due", f"due-{number}", {"due": number})
    with UnitOfWork(runtime.database) as uow:
        waiting = supervision.page(uow, administrator, JobState.WAITING, limit=2)
        assert waiting.after is not None
        rest = supervision.page(uow, administrator, JobState.WAITING, after=waiting.after)
        assert {row.key for row in (*waiting.rows, *rest.rows)} == {"due-0", "due-1", "due-2"}
        taken = waiting.rows[0]
        supervision.cancel(runtime, uow, administrator, taken.id)
        uow.commit()
    with UnitOfWork(runtime.database) as uow:
        with pytest.raises(JobMovedError):
            supervision.cancel(runtime, uow, administrator, taken.id)
        counts = supervision.health(uow, administrator).counts
        assert (counts[JobState.WAITING], counts[JobState.CANCELLED]) == (2, 1)
        supervision.retry(runtime, uow, administrator, taken.id)
        uow.commit()
    with UnitOfWork(runtime.database) as uow:
        with pytest.raises(NotFoundError):
            supervision.retry(runtime, uow, administrator, taken.id)
        again = [row for row in supervision.page(uow, administrator).rows if row.key == taken.key]
        assert [(row.state, row.payload, row.attempt) for row in again] == [(JobState.WAITING, taken.payload, 1)]
    told = rows(runtime, tables.directory_change, tables.directory_change.c.kind == "job")
    assert [(row.entry, row.action, row.actor_id) for row in told] == [
        (taken.key, action, administrator.user_id) for action in ("cancelled", "retried")]
