"""Substitutes: what they see and do in a colleague's place, how it is recorded, when it ends, and what they never take over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest

from engine import instances, work_items
from engine.clock import MovableClock
from engine.company import account_rows, substitutes
from engine.errors import ForbiddenError, InvalidError, NotFoundError, WorkItemNotYoursError
from engine.instances import run_step
from engine.model import Actor
from engine.permissions import may
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import inbox, notifications
from engine.queries import substitutes as queries
from engine.records import _handlings
from engine.runtime import Runtime
from tests.builders import Person, deploy_simple, make_user, make_work_item, rows, start
from tests.engine import chain_diagrams as chain


@dataclass
class Pair:
    """Somebody who is away for three days, and who stands in."""

    absent: Person
    stand_in: Person


def appoint(runtime: Runtime, absent: Person, stand_in: Person, days: int = 3, begins_in: int = 0, **options: object) -> int:
    starts_at = runtime.clock.now() + timedelta(days=begins_in)
    return run_step(runtime, lambda uow: substitutes.appoint(
        runtime, uow, absent.actor, absent_id=absent.id, substitute_id=stand_in.id, starts_at=starts_at,
        ends_at=starts_at + timedelta(days=days), **options))  # type: ignore[arg-type]


def now_acting(runtime: Runtime, person: Person) -> Actor:
    """The person as a request of theirs finds them."""
    with UnitOfWork(runtime.database) as uow:
        account = account_rows.by_id(uow, person.id, runtime.clock.now())
    assert account is not None
    return account.actor()


def todo(runtime: Runtime, actor: Actor, **filters: object) -> list[int]:
    with UnitOfWork(runtime.database) as uow:
        page = inbox.todo(uow, actor, filters=inbox.Filters(**filters))  # type: ignore[arg-type]
        counted = inbox.counts(uow, actor, runtime.clock.now()).todo
    if not filters:
        assert counted == len(page.rows)
    return sorted(row.id for row in page.rows)


@pytest.fixture
def pair(runtime: Runtime) -> Pair:
    return Pair(make_user(runtime, "dispatcher"), make_user(runtime, "cashier"))


def test_a_substitute_sees_a_colleagues_work_from_the_beginning_to_the_end(runtime: Runtime, clock: MovableClock, pair: Pair) -> None:
    free = make_work_item(runtime, "dispatcher")
    given = make_work_item(runtime, "manager", state="claimed", assignee_id=pair.absent.id)
    own = make_work_item(runtime, "cashier")
    make_work_item(runtime, "manager")
    appoint(runtime, pair.absent, pair.stand_in, begins_in=1)
    assert todo(runtime, now_acting(runtime, pair.stand_in)) == [own]
    clock.advance(timedelta(days=1))
    actor = now_acting(runtime, pair.stand_in)
    assert todo(runtime, actor) == [free, given, own]
    assert todo(runtime, actor, role="dispatcher") == [free]
    assert todo(runtime, actor, holder=inbox.Holder.MINE) == []
    assert may(actor, "work-item:assign")
    clock.advance(timedelta(days=3))
    assert todo(runtime, now_acting(runtime, pair.stand_in)) == [own]


def test_only_the_chosen_roles_or_procedures_are_taken_over(runtime: Runtime) -> None:
    absent, one, two = make_user(runtime, "dispatcher", "leasing"), make_user(runtime, "cashier"), make_user(runtime, "cashier")
    errand, lease = make_work_item(runtime, "dispatcher"), make_work_item(runtime, "leasing")
    other = make_work_item(runtime, "dispatcher", definition_key="other")
    held = make_work_item(runtime, "dispatcher", definition_key="other", state="claimed", assignee_id=absent.id)
    appoint(runtime, absent, one, roles=["leasing"])
    appoint(runtime, absent, two, procedures=["other"])
    assert todo(runtime, now_acting(runtime, one)) == [lease]
    limited = now_acting(runtime, two)
    assert todo(runtime, limited) == [other, held]
    assert errand not in todo(runtime, limited)
    # whoever stands in for one procedure has none of the role's powers beyond it
    assert not may(limited, "work-item:assign")


def test_what_a_substitute_does_is_on_record_for_whom(runtime: Runtime, pair: Pair) -> None:
    deploy_simple(runtime, "errand", ("do_errand", "dispatcher"))
    taken, held = start(runtime, "errand"), start(runtime, "errand")
    run_step(runtime, lambda uow: work_items.claim(runtime, uow, pair.absent.actor, held.work_item_ids[0]))
    with pytest.raises(WorkItemNotYoursError):
        run_step(runtime, lambda uow: work_items.complete(runtime, uow, pair.stand_in.actor, held.work_item_ids[0], {}))
    appoint(runtime, pair.absent, pair.stand_in)
    actor = now_acting(runtime, pair.stand_in)
    run_step(runtime, lambda uow: work_items.claim(runtime, uow, actor, taken.work_item_ids[0]))
    for case in (taken, held):
        run_step(runtime, lambda uow, item=case.work_item_ids[0]: work_items.complete(runtime, uow, actor, item, {}))
        (done,) = rows(runtime, tables.history_event, tables.history_event.c.instance_id == case.id,
                       tables.history_event.c.type == "work_item.completed")
        assert (done.actor_id, done.on_behalf_of) == (pair.stand_in.id, pair.absent.id)
        with UnitOfWork(runtime.database) as uow:
            assert _handlings(uow, case.id)["do_errand"].name == f"{pair.stand_in.name}（代 {pair.absent.name}）"


def test_ones_own_work_stays_ones_own(runtime: Runtime) -> None:
    """Who holds the role themself acts for nobody."""
    absent, stand_in = make_user(runtime, "dispatcher"), make_user(runtime, "dispatcher")
    deploy_simple(runtime, "errand", ("do_errand", "dispatcher"))
    case = start(runtime, "errand")
    appoint(runtime, absent, stand_in)
    run_step(runtime, lambda uow: work_items.claim(runtime, uow, now_acting(runtime, stand_in), case.work_item_ids[0]))
    assert [event.on_behalf_of for event in rows(runtime, tables.history_event)] == [None] * len(rows(runtime, tables.history_event))


def test_a_substitute_signs_in_a_chain_as_such(runtime: Runtime) -> None:
    staff = chain.people(runtime)
    chain.deploy(runtime)
    case = chain.applied(runtime, staff["customer_service"])
    clerk = make_user(runtime, "cashier")
    appoint(runtime, staff["fire_officer"], clerk)
    item = next(row for row in rows(runtime, tables.work_item) if row.role == "fire_officer")
    run_step(runtime, lambda uow: work_items.complete(runtime, uow, now_acting(runtime, clerk), item.id, {"decision": "approve"}))
    signed = next(row for row in rows(runtime, tables.approval) if row.decided_by is not None)
    assert (case.id, signed.decided_by, signed.on_behalf_of) == (signed.instance_id, clerk.id, staff["fire_officer"].id)


def test_nobody_takes_over_from_a_substitute(runtime: Runtime, pair: Pair) -> None:
    third = make_user(runtime, "leasing")
    make_work_item(runtime, "dispatcher")
    appoint(runtime, pair.stand_in, third, begins_in=2)
    with pytest.raises(substitutes.SubstituteAwayError):
        appoint(runtime, pair.absent, pair.stand_in)
    appoint(runtime, pair.absent, pair.stand_in, days=1)
    fourth = make_user(runtime, "security_officer")
    appoint(runtime, pair.stand_in, fourth, days=1)
    assert todo(runtime, now_acting(runtime, fourth)) == []


def test_who_may_appoint_and_end(runtime: Runtime, pair: Pair) -> None:
    stranger, manager = make_user(runtime, "leasing"), make_user(runtime, "manager")
    soon = {"starts_at": runtime.clock.now(), "ends_at": runtime.clock.now() + timedelta(days=1)}
    with UnitOfWork(runtime.database) as uow:
        with pytest.raises(ForbiddenError):
            substitutes.appoint(runtime, uow, stranger.actor, absent_id=pair.absent.id, substitute_id=stranger.id, **soon)
        for wrong in ({"roles": ["administrator"]}, {"roles": []}, {"ends_at": soon["starts_at"]}, {"substitute_id": pair.absent.id}):
            with pytest.raises(InvalidError):
                substitutes.appoint(
                    runtime, uow, pair.absent.actor, **{"absent_id": pair.absent.id, "substitute_id": stranger.id, **soon, **wrong})
        made = substitutes.appoint(runtime, uow, manager.actor, absent_id=pair.absent.id, substitute_id=pair.stand_in.id, **soon)
        with pytest.raises(NotFoundError):
            substitutes.end(runtime, uow, stranger.actor, made)
        assert [row.id for row in queries.page(uow, person_id=pair.stand_in.id, now=runtime.clock.now()).rows] == [made]
        substitutes.end(runtime, uow, pair.stand_in.actor, made)
        assert queries.page(uow, person_id=None, now=runtime.clock.now()).rows == ()
        (ended,) = queries.page(uow, person_id=None, now=runtime.clock.now(), with_ended=True).rows
        assert ended.state(runtime.clock.now()) == "ended"


def test_an_administrators_own_powers_are_not_taken_over(runtime: Runtime, pair: Pair) -> None:
    administrator = make_user(runtime, "administrator", "manager")
    appoint(runtime, administrator, pair.stand_in)
    actor = now_acting(runtime, pair.stand_in)
    assert may(actor, "process-instance:cancel")
    assert not may(actor, "user:administer")


def test_what_only_the_absent_manager_may_do_to_a_case_is_on_record_for_the_manager(runtime: Runtime) -> None:
    absent, stand_in = make_user(runtime, "manager"), make_user(runtime, "cashier")
    appoint(runtime, absent, stand_in)
    deploy_simple(runtime, "errand", ("do_errand", "dispatcher"))
    case = start(runtime, "errand")
    actor = now_acting(runtime, stand_in)
    for act in (instances.suspend, instances.resume, instances.cancel):
        run_step(runtime, lambda uow, act=act: act(runtime, uow, actor, case.id, "經理休假"))  # type: ignore[misc]
    steering = ("instance.suspended", "instance.resumed", "instance.cancelled")
    told = [row for row in rows(runtime, tables.history_event) if row.type in steering]
    assert [(row.actor_id, row.on_behalf_of) for row in told] == [(stand_in.id, absent.id)] * 3


def test_a_substitute_is_told_what_the_absent_colleagues_role_is_told(runtime: Runtime, pair: Pair) -> None:
    deploy_simple(runtime, "errand", ("do_errand", "dispatcher"))
    start(runtime, "errand")
    with UnitOfWork(runtime.database) as uow:
        assert notifications.unread(uow, now_acting(runtime, pair.stand_in)) == 0
    appoint(runtime, pair.absent, pair.stand_in)
    with UnitOfWork(runtime.database) as uow:
        acting = now_acting(runtime, pair.stand_in)
        assert [row.role for row in notifications.page(uow, acting).rows] == ["dispatcher"]
        assert notifications.unread(uow, acting) == 1
