"""The chain of an instance's events: a later change shows, and so do values that are gone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, insert, select, update

from engine import history, work_items
from engine.persistence.tables import history_event, history_value
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.steps import run_step
from tests import builders


@pytest.fixture
def told(runtime: Runtime) -> int:
    """An instance with a few events, one with personal values."""
    builders.deploy_simple(runtime, "errand", ("first_part", "customer_service"), ("second_part", "customer_service"))
    started = builders.start(runtime, "errand")
    ann = builders.make_user(runtime, "customer_service").actor
    run_step(runtime, lambda uow: work_items.claim(runtime, uow, ann, started.work_item_ids[0]))
    run_step(runtime, lambda uow: work_items.complete(runtime, uow, ann, started.work_item_ids[0], {"phone": "13800000000"}))
    return started.id


def _broken_at(runtime: Runtime, instance_id: int) -> int | None:
    with UnitOfWork(runtime.database) as uow:
        return history.verify(uow, instance_id)


def test_an_untouched_chain_holds(runtime: Runtime, told: int) -> None:
    assert _broken_at(runtime, told) is None


@pytest.mark.parametrize(
    "change",
    [{"type": "work_item.returned"}, {"channel": "phone"}, {"actor_id": None}, {"element_id": "second_part"}, {"detail": "{}"}],
    ids=lambda change: next(iter(change)),
)
def test_a_changed_field_shows(runtime: Runtime, told: int, change: dict[str, object]) -> None:
    with runtime.database.writing() as connection:
        connection.execute(update(history_event).where(history_event.c.instance_id == told, history_event.c.seq == 3).values(**change))
    assert _broken_at(runtime, told) == 3


def test_a_moved_time_shows(runtime: Runtime, told: int) -> None:
    with runtime.database.writing() as connection:
        second = select(history_event.c.at).where(history_event.c.instance_id == told, history_event.c.seq == 2)
        at = connection.execute(second).scalar_one()
        connection.execute(
            update(history_event).where(history_event.c.instance_id == told, history_event.c.seq == 2).values(at=at + timedelta(minutes=1))
        )
    assert _broken_at(runtime, told) == 2


def test_a_removed_event_shows(runtime: Runtime, told: int) -> None:
    with runtime.database.writing() as connection:
        connection.execute(delete(history_event).where(history_event.c.instance_id == told, history_event.c.seq == 3))
    assert _broken_at(runtime, told) is not None


def test_an_added_event_shows(runtime: Runtime, told: int) -> None:
    with runtime.database.writing() as connection:
        third = select(history_event).where(history_event.c.instance_id == told, history_event.c.seq == 3)
        last = connection.execute(third).mappings().one()
        connection.execute(insert(history_event).values(**{**last, "seq": 4}))
    assert _broken_at(runtime, told) == 4


def test_a_changed_value_shows(runtime: Runtime, told: int) -> None:
    with runtime.database.writing() as connection:
        connection.execute(update(history_value).where(history_value.c.instance_id == told).values(body=b'{"variables":{"phone":"x"}}'))
    assert _broken_at(runtime, told) == 3


def test_values_that_are_gone_without_an_erasure_on_record_show(runtime: Runtime, told: int) -> None:
    with runtime.database.writing() as connection:
        connection.execute(delete(history_value).where(history_value.c.instance_id == told))
    assert _broken_at(runtime, told) == 3
