"""Who does a duty, and who lives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from engine.jobs import leases
from engine.persistence.database import Database
from engine.persistence.unit_of_work import UnitOfWork

NOW = datetime(2026, 3, 2, tzinfo=UTC)
LENGTH = timedelta(seconds=15)


def hold(database: Database, holder: str, now: datetime) -> bool:
    """Try to hold the duty, and commit."""
    with UnitOfWork(database) as uow:
        held = leases.hold(uow, "duty", holder, now, LENGTH)
        uow.commit()
    return held


def claim(database: Database, now: datetime) -> str:
    """A free executor id."""
    with UnitOfWork(database) as uow:
        found = leases.claim_executor(uow, "worker", now)
        uow.commit()
    return found


def test_a_duty_has_one_holder_who_keeps_it_by_renewing(database: Database) -> None:
    """The other one waits until it has run out, and not a moment longer."""
    assert hold(database, "a", NOW)
    assert not hold(database, "b", NOW + LENGTH / 2)
    assert hold(database, "a", NOW + LENGTH / 2)
    assert not hold(database, "b", NOW + LENGTH)
    assert hold(database, "b", NOW + LENGTH * 1.5)
    assert not hold(database, "a", NOW + LENGTH * 1.5)


def test_a_duty_given_up_is_free_at_once(database: Database) -> None:
    """Only its holder can give it up."""
    assert hold(database, "a", NOW)
    with UnitOfWork(database) as uow:
        leases.give_up(uow, "duty", "b")
        uow.commit()
    assert not hold(database, "b", NOW)
    with UnitOfWork(database) as uow:
        leases.give_up(uow, "duty", "a")
        uow.commit()
    assert hold(database, "b", NOW)


def test_living_processes_have_ids_of_their_own_and_dead_ones_leave_theirs(database: Database) -> None:
    """A restarted process finds its old id, and with it what it left undone."""
    assert [claim(database, NOW), claim(database, NOW)] == ["worker-1", "worker-2"]
    with UnitOfWork(database) as uow:
        leases.leave(uow, "worker-1")
        uow.commit()
    assert [claim(database, NOW), claim(database, NOW)] == ["worker-1", "worker-3"]
    with UnitOfWork(database) as uow:
        assert leases.beat(uow, "worker-2", NOW + leases.STALE)
        uow.commit()
    assert claim(database, NOW + leases.STALE) == "worker-1"


def test_the_dead_are_found_and_buried_unless_they_stir(database: Database) -> None:
    """And who was buried alive learns it with the next sign of life."""
    claim(database, NOW)
    claim(database, NOW)
    later = NOW + leases.STALE
    with UnitOfWork(database) as uow:
        assert leases.dead(uow, later - timedelta(seconds=1)) == []
        assert leases.dead(uow, later) == ["worker-1", "worker-2"]
        leases.beat(uow, "worker-2", later)
        assert leases.bury(uow, "worker-1", later)
        assert not leases.bury(uow, "worker-2", later)
        assert not leases.beat(uow, "worker-1", later)
        uow.commit()
