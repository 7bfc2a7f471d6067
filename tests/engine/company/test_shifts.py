"""The desk goes from hand to hand with names and times; notes stay until somebody ticks them off."""

from __future__ import annotations

from datetime import timedelta

import orjson
import pytest

from engine.clock import MovableClock
from engine.company import shifts
from engine.errors import ForbiddenError, InvalidError, NotFoundError
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import shifts as queries
from engine.runtime import Runtime
from tests.builders import Person, make_site, make_user, rows


@pytest.fixture
def site_id(runtime: Runtime) -> int:
    """One site."""
    return make_site(runtime)


@pytest.fixture
def people(runtime: Runtime) -> tuple[Person, Person]:
    """Two who take turns."""
    return make_user(runtime, "customer_service"), make_user(runtime, "customer_service")


def test_a_shift_is_signed_away_and_signed_for(
    runtime: Runtime, clock: MovableClock, site_id: int, people: tuple[Person, Person]
) -> None:
    """What was open is kept as it was, and a later change of it shows."""
    day, night = people
    with UnitOfWork(runtime.database) as uow:
        shifts.take_over(runtime, uow, day.actor, site_id)
        shifts.write_note(runtime, uow, day.actor, site_id, "電梯廠家十點到")
        clock.advance(timedelta(hours=8))
        shifts.hand_over(runtime, uow, day.actor, site_id, {"said": "一切正常", "needs": []})
        assert queries.current(uow, site_id) is None
        shifts.take_over(runtime, uow, night.actor, site_id)
        on = queries.current(uow, site_id)
        (before,) = queries.past(uow, site_id).rows
        uow.commit()
    assert on is not None
    assert (on.opened_by, before.opened_by, before.handed_by_name) == (night.id, day.id, day.name)
    assert before.summary == {"said": "一切正常", "needs": []}
    assert before.handed_at is not None
    (row,) = rows(runtime, tables.shift, tables.shift.c.id == before.id)
    assert shifts.content_digest(row.summary, row.opened_by, row.opened_at, row.handed_by, row.handed_at) == row.digest
    changed = orjson.dumps({"said": "沒有事"}).decode()
    assert shifts.content_digest(changed, row.opened_by, row.opened_at, row.handed_by, row.handed_at) != row.digest


def test_a_desk_that_was_not_handed_over_is_taken_with_a_reason_on_record(
    runtime: Runtime, site_id: int, people: tuple[Person, Person]
) -> None:
    """And nobody else signs it away, or takes it twice."""
    day, night = people
    worker = make_user(runtime, "repair_worker").actor
    with UnitOfWork(runtime.database) as uow:
        shifts.take_over(runtime, uow, day.actor, site_id)
        with pytest.raises(shifts.DeskTakenError):
            shifts.take_over(runtime, uow, day.actor, site_id)
        with pytest.raises(shifts.ShiftNotYoursError):
            shifts.hand_over(runtime, uow, night.actor, site_id, {})
        with pytest.raises(InvalidError):
            shifts.take_over(runtime, uow, night.actor, site_id)
        shifts.take_over(runtime, uow, night.actor, site_id, missing_reason="急診離崗")
        (before,) = queries.past(uow, site_id).rows
        assert (before.missing_reason, before.handed_by_name) == ("急診離崗", None)
        with pytest.raises(NotFoundError):
            shifts.hand_over(runtime, uow, night.actor, site_id + 99, {})
        with pytest.raises(ForbiddenError):
            shifts.take_over(runtime, uow, worker, site_id)


def test_notes_go_from_shift_to_shift_until_they_are_done(runtime: Runtime, site_id: int, people: tuple[Person, Person]) -> None:
    """Then they stay on record with who did it."""
    day, night = people
    with UnitOfWork(runtime.database) as uow:
        done = shifts.write_note(runtime, uow, day.actor, site_id, "已辦的")
        shifts.write_note(runtime, uow, day.actor, site_id, "未辦的")
        for text, case in ((" ", None), ("x" * 1001, None)):
            with pytest.raises(InvalidError):
                shifts.write_note(runtime, uow, day.actor, site_id, text, case)
        with pytest.raises(NotFoundError):
            shifts.write_note(runtime, uow, day.actor, site_id, "關於", 99)
        shifts.tick_note(runtime, uow, night.actor, done)
        assert [note.text for note in queries.notes(uow, site_id)] == ["未辦的"]
        assert [(note.text, note.done_by_name) for note in queries.notes(uow, site_id, since=runtime.clock.now())] == [
            ("未辦的", None), ("已辦的", night.name)]
        assert queries.open_notes(uow, [site_id], 100) == 1


def test_the_roster_says_who_is_on_duty(runtime: Runtime, site_id: int, people: tuple[Person, Person]) -> None:
    """What was taken off it is not shown; only supervisors write it."""
    supervisor, now = make_user(runtime, "cs_supervisor"), runtime.clock.now()
    evening, morning = now + timedelta(hours=9), now + timedelta(hours=23)
    slot = {"site_id": site_id, "user_id": people[1].id, "kind": "night", "starts_at": evening, "ends_at": morning}
    with UnitOfWork(runtime.database) as uow:
        duty_id = shifts.put_on_duty(runtime, uow, supervisor.actor, **slot)  # type: ignore[arg-type]
        other = shifts.put_on_duty(runtime, uow, supervisor.actor, **{**slot, "user_id": people[0].id})  # type: ignore[arg-type]
        shifts.take_off_duty(runtime, uow, supervisor.actor, other)
        assert [row.id for row in queries.roster(uow, site_id, since=now, until=morning)] == [duty_id]
        assert queries.roster(uow, site_id, since=morning, until=morning + timedelta(days=1)) == ()
        for wrong in ({"kind": "nap"}, {"ends_at": evening}, {"ends_at": evening + timedelta(days=9)}):
            with pytest.raises(InvalidError):
                shifts.put_on_duty(runtime, uow, supervisor.actor, **{**slot, **wrong})  # type: ignore[arg-type]
        with pytest.raises(NotFoundError):
            shifts.put_on_duty(runtime, uow, supervisor.actor, **{**slot, "user_id": 9999})  # type: ignore[arg-type]
        with pytest.raises(ForbiddenError):
            shifts.put_on_duty(runtime, uow, people[0].actor, **slot)  # type: ignore[arg-type]
