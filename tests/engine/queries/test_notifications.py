"""What a person is told, and what counts as new."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event, insert

from engine import attention, instances, notifications, work_items
from engine.clock import MovableClock
from engine.instances import run_step
from engine.model import Actor, RoleGrant
from engine.notifications import Kind
from engine.persistence.tables import notification, notification_read
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import notifications as queries
from engine.runtime import Runtime
from tests.builders import Person, deploy_simple, make_site, make_user, rows, start


@pytest.fixture
def site(runtime: Runtime) -> int:
    """Where it happens."""
    deploy_simple(runtime, "errand", ("do_errand", "customer_service"), ("check_errand", "manager"))
    return make_site(runtime)


def told(runtime: Runtime, person: Person, **narrow: Any) -> list[tuple[str, bool]]:
    """Kinds with whether they were read, newest first."""
    with UnitOfWork(runtime.database) as uow:
        return [(row.kind.value, row.is_read) for row in queries.page(uow, person.actor, **narrow).rows]


def unread(runtime: Runtime, person: Person) -> int:
    """The number on the bell."""
    with UnitOfWork(runtime.database) as uow:
        return queries.unread(uow, person.actor)


def test_new_work_is_told_to_its_role_at_its_site_and_to_nobody_else(runtime: Runtime, site: int) -> None:
    """One row for however many hold the role; whoever brought it about is not told."""
    colleagues = [make_user(runtime, "customer_service", site_id=site) for _ in range(3)]
    boss, elsewhere = make_user(runtime, "customer_service"), make_user(runtime, "customer_service", site_id=make_site(runtime))
    start(runtime, "errand", site_id=site, actor=colleagues[0].actor)
    assert len(rows(runtime, notification)) == 1
    assert [unread(runtime, each) for each in (*colleagues, boss, elsewhere)] == [0, 1, 1, 1, 0]
    assert told(runtime, boss) == [("opened", False)]


def test_what_a_colleague_has_taken_is_no_longer_new(runtime: Runtime, site: int) -> None:
    """It stays in the list."""
    one, two = (make_user(runtime, "customer_service", site_id=site) for _ in range(2))
    case = start(runtime, "errand", site_id=site)
    run_step(runtime, lambda uow: work_items.claim(runtime, uow, one.actor, case.work_item_ids[0]))
    assert (unread(runtime, one), unread(runtime, two)) == (1, 0)
    assert told(runtime, two) == [("opened", False)]


def test_the_verbs_tell_whom_they_concern(runtime: Runtime, site: int) -> None:
    """Assigned, assigned away, delegated, answered, hurried, copied, cancelled."""
    boss = make_user(runtime, "manager", site_id=site)
    one, two = (make_user(runtime, "customer_service", site_id=site) for _ in range(2))
    case = start(runtime, "errand", site_id=site, actor=boss.actor)
    item = case.work_item_ids[0]
    for act in (
        lambda uow: work_items.assign(runtime, uow, boss.actor, item, one.id),
        lambda uow: work_items.assign(runtime, uow, boss.actor, item, two.id),
        lambda uow: work_items.delegate(runtime, uow, two.actor, item, one.id),
        lambda uow: work_items.resolve(runtime, uow, one.actor, item),
        lambda uow: attention.nudge(runtime, uow, one.actor, item),
        lambda uow: attention.copy(runtime, uow, boss.actor, case.id, [one.id, boss.id]),
        lambda uow: instances.cancel(runtime, uow, boss.actor, case.id, "測試"),
    ):
        run_step(runtime, act)
    mine = {name: [kind for kind, _ in told(runtime, person) if kind != "opened"] for name, person in (("one", one), ("two", two))}
    assert mine == {"one": ["copied", "delegated", "withdrawn", "assigned"],
                    "two": ["withdrawn", "nudged", "resolved", "assigned"]}
    assert [kind for kind, _ in told(runtime, boss)] == []


def test_many_roles_at_many_sites_have_one_bell(runtime: Runtime, site: int) -> None:
    """However many pairs there are: SQLite takes only so many parts of a statement at once."""
    roles = ["customer_service", *(f"role_{number}" for number in range(21))]
    sites = [site, *(make_site(runtime) for _ in range(22))]
    for site_id in sites:
        start(runtime, "errand", site_id=site_id)
    actor = Actor(make_user(runtime).id, "x", frozenset(RoleGrant(role) for role in roles))
    with UnitOfWork(runtime.database) as uow:
        assert queries.unread(uow, actor) == len(sites)
        assert len(queries.page(uow, actor).rows) == len(sites)


def test_reading_one_and_reading_all(runtime: Runtime, site: int) -> None:
    """All up to what was seen: what came meanwhile stays new. The mark stands for the single ones below it."""
    person = make_user(runtime, "customer_service", site_id=site)
    for _ in range(3):
        start(runtime, "errand", site_id=site)
    ids = [row.id for row in rows(runtime, notification)]
    for _ in range(2):
        run_step(runtime, lambda uow: notifications.mark_read(runtime, uow, person.actor, [ids[0], 99_999]))
    assert unread(runtime, person) == 2
    run_step(runtime, lambda uow: notifications.mark_all_read(runtime, uow, person.actor, ids[1]))
    assert unread(runtime, person) == 1
    assert told(runtime, person) == [("opened", False), ("opened", True), ("opened", True)]
    assert told(runtime, person, unread=True) == [("opened", False)]
    assert rows(runtime, notification_read) == []


def test_the_list_goes_on_where_it_ended(runtime: Runtime, site: int) -> None:
    """By id, each once, also narrowed to a kind."""
    person = make_user(runtime, "customer_service", site_id=site)
    for _ in range(5):
        start(runtime, "errand", site_id=site)
        run_step(runtime, lambda uow: notifications.tell(runtime, uow, Kind.MENTIONED, people=[person.id], data={"text": "看看"}))
    seen, after = [], None
    with UnitOfWork(runtime.database) as uow:
        while True:
            page = queries.page(uow, person.actor, after=after, limit=3)
            seen += [row.id for row in page.rows]
            after = page.after
            if after is None:
                break
    assert seen == sorted((row.id for row in rows(runtime, notification)), reverse=True)
    assert told(runtime, person, kind=Kind.MENTIONED) == [("mentioned", False)] * 5


def test_a_number_costs_the_same_with_many_rows(runtime: Runtime, site: int) -> None:
    """One statement for the number and one for the sites; read by index, the newest of each role only."""
    person = make_user(runtime, "customer_service", site_id=site)
    now = runtime.clock.now()
    many = [{"kind": "message", "role": "customer_service", "site_id": site, "made_at": now}] * 2_000
    with runtime.database.writing() as connection:
        connection.execute(insert(notification), many)
    statements: list[str] = []
    event.listen(runtime.database.engine, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
    assert unread(runtime, person) == 100
    assert len(statements) == 1


def test_what_is_old_and_dealt_with_is_forgotten(runtime: Runtime, clock: MovableClock, site: int) -> None:
    """What the courier has not looked at stays."""
    person = make_user(runtime, "customer_service", site_id=site)
    now = runtime.clock.now()
    with runtime.database.writing() as connection:
        connection.execute(insert(notification), [
            {"kind": "message", "user_id": person.id, "made_at": now, "pending_at": pending} for pending in (None, now)])
    run_step(runtime, lambda uow: notifications.mark_read(runtime, uow, person.actor, [row.id for row in rows(runtime, notification)]))
    assert run_step(runtime, lambda uow: notifications.forget(uow, now.replace(year=2099))) == 1
    assert len(rows(runtime, notification)) == 1
