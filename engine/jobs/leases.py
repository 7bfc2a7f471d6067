"""Which process does a duty, and which processes live: rows of `lease` and `executor`, by the machine's clock.

Machines die by the machine's clock, not by ours, which tests move.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select, text, update

from engine.persistence.tables import executor, lease
from engine.persistence.unit_of_work import UnitOfWork

#: a process that has not been heard of for so long is dead
STALE = timedelta(seconds=30)
#: time between two signs of life
BEAT = timedelta(seconds=10)
_RELEASED = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
#: key of PostgreSQL's advisory lock for finding a free executor id
_ADVISORY = 7_165_234


def hold(uow: UnitOfWork, name: str, holder: str, now: datetime, length: timedelta) -> bool:
    """Take or keep a duty until `now + length`, in the caller's transaction; False while another process holds it."""
    connection = uow.writing
    values = {"holder": holder, "expires_at": now + length}
    free = (lease.c.holder == holder) | (lease.c.expires_at <= now)
    if connection.execute(update(lease).where(lease.c.name == name, free).values(values)).rowcount:
        return True
    if connection.execute(select(lease.c.name).where(lease.c.name == name)).scalar() is not None:
        return False
    # nobody has ever had it; of two that see that, the second meets the first's row
    with connection.begin_nested():
        connection.execute(insert(lease).values(name=name, **values))
    return True


def give_up(uow: UnitOfWork, name: str, holder: str) -> None:
    """Let the next process have the duty at once."""
    uow.writing.execute(update(lease).where(lease.c.name == name, lease.c.holder == holder).values(expires_at=_RELEASED))


def claim_executor(uow: UnitOfWork, prefix: str, now: datetime) -> str:
    """A stable id for this process: the first of `prefix-1`, `prefix-2` … that no living process has."""
    connection = uow.writing
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY})
    known = {row.id: row.beat_at for row in connection.execute(select(executor.c.id, executor.c.beat_at))}
    number = 1
    while (beat_at := known.get(f"{prefix}-{number}")) is not None and beat_at > now - STALE:
        number += 1
    found = f"{prefix}-{number}"
    if found in known:
        beat(uow, found, now)
    else:
        register(uow, found, now)
    return found


def register(uow: UnitOfWork, executor_id: str, now: datetime) -> None:
    """Enter a process whose row is gone."""
    uow.writing.execute(insert(executor).values(id=executor_id, beat_at=now))


def beat(uow: UnitOfWork, executor_id: str, now: datetime) -> bool:
    """Say that the process lives; False when others have taken it for dead."""
    return uow.writing.execute(update(executor).where(executor.c.id == executor_id).values(beat_at=now)).rowcount == 1


def leave(uow: UnitOfWork, executor_id: str) -> None:
    """The process ends in good order: its id is free at once."""
    uow.writing.execute(update(executor).where(executor.c.id == executor_id).values(beat_at=_RELEASED))


def dead(uow: UnitOfWork, now: datetime) -> list[str]:
    """Processes not heard of for long."""
    return list(uow.reading.execute(select(executor.c.id).where(executor.c.beat_at <= now - STALE).order_by(executor.c.id)).scalars())


def bury(uow: UnitOfWork, executor_id: str, now: datetime) -> bool:
    """Forget a dead process; False when it has been heard of again."""
    gone = uow.writing.execute(delete(executor).where(executor.c.id == executor_id, executor.c.beat_at <= now - STALE))
    return gone.rowcount == 1
