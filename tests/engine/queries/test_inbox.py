"""The inbox shows each person exactly what is theirs, whatever the page size, and its cost is bounded."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import pytest

from engine.errors import InvalidError
from engine.model import Actor, RoleGrant, WorkItemState
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import inbox
from engine.queries.inbox import Filters, Holder, InboxRow, Sort
from engine.queries.paging import COUNT_CAP
from engine.runtime import Runtime
from tests.builders import make_site, make_user, make_work_item


class Crowd:
    """Items of three roles at two sites and of none, held by nobody or somebody, some due, some escalated."""

    def __init__(self, runtime: Runtime) -> None:
        self.sites = [None, make_site(runtime), make_site(runtime)]
        self.people = [make_user(runtime, "cashier"), make_user(runtime, "dispatcher")]
        self.items: list[dict[str, object]] = []
        dice = random.Random(7)
        for _ in range(80):
            assignee = dice.choice([None, None, *self.people])
            values = {
                "role": dice.choice(["cashier", "dispatcher", "manager"]),
                "escalated_role": dice.choice([None, None, "cashier", "manager"]),
                "site_id": dice.choice(self.sites),
                "assignee_id": assignee.id if assignee else None,
                "state": WorkItemState.CLAIMED if assignee else WorkItemState.OPEN,
                "created_at": runtime.clock.now() - timedelta(seconds=dice.randint(0, 20)),
                "business_key": dice.choice([None, "R-0001", "R-0002", "R-0003"]),
                "due_at": dice.choice([None, runtime.clock.now() + timedelta(minutes=dice.randint(-60, 60))]),
            }
            self.items.append({"id": make_work_item(runtime, **values), **values})

    def expected(self, actor: Actor) -> set[object]:
        """By the rule in words, without SQL."""
        return {item["id"] for item in self.items if self._is_for(actor, item)}

    @staticmethod
    def _is_for(actor: Actor, item: dict[str, object]) -> bool:
        site_id = item["site_id"]
        assert site_id is None or isinstance(site_id, int)
        if item["assignee_id"] == actor.user_id:
            return True
        if item["assignee_id"] is None and actor.holds(str(item["role"]), site_id):
            return True
        return item["escalated_role"] is not None and actor.holds(str(item["escalated_role"]), site_id)


def all_pages(
    uow: UnitOfWork, actor: Actor, *, sort: Sort, limit: int, filters: Filters = inbox.NO_FILTERS
) -> list[InboxRow]:
    """Every row, page by page."""
    rows: list[InboxRow] = []
    after: str | None = None
    while True:
        page = inbox.todo(uow, actor, sort=sort, after=after, limit=limit, filters=filters)
        rows += page.rows
        after = page.after
        if after is None:
            return rows


@pytest.mark.parametrize("sort", list(Sort))
@pytest.mark.parametrize("limit", [1, 7, 200])
def test_paging_shows_every_item_of_a_person_once_and_in_order(runtime: Runtime, sort: Sort, limit: int) -> None:
    crowd = Crowd(runtime)
    grants = [
        frozenset({RoleGrant("cashier"), RoleGrant("manager", crowd.sites[1])}),
        frozenset({RoleGrant("dispatcher", crowd.sites[2])}),
        frozenset({RoleGrant("cashier"), RoleGrant("dispatcher"), RoleGrant("manager")}),
    ]
    with UnitOfWork(runtime.database) as uow:
        for held in grants:
            actor = Actor(crowd.people[0].id, "x", held)
            rows = all_pages(uow, actor, sort=sort, limit=limit)
            assert len(rows) == len({row.id for row in rows})
            assert {row.id for row in rows} == crowd.expected(actor)
            if sort is Sort.DUE:
                far = datetime.max.replace(tzinfo=runtime.clock.now().tzinfo)
                assert [row.due_at or far for row in rows] == sorted(row.due_at or far for row in rows)
            elif sort is Sort.NUMBER:
                numbers = [(row.business_key is None, row.business_key or "", row.id) for row in rows]
                assert numbers == sorted(numbers)
                assert len({row.business_key for row in rows}) > 2
            elif sort is Sort.TITLE:
                assert [(row.title, row.id) for row in rows] == sorted((row.title, row.id) for row in rows)
            else:
                assert [row.created_at for row in rows] == sorted((row.created_at for row in rows), reverse=True)


def test_somebody_without_roles_sees_nothing(runtime: Runtime) -> None:
    Crowd(runtime)
    nobody = make_user(runtime)
    with UnitOfWork(runtime.database) as uow:
        assert inbox.todo(uow, nobody.actor).rows == ()
        assert inbox.counts(uow, nobody.actor, runtime.clock.now()) == inbox.InboxCounts(0, 0, 0, 0)


def test_filters_narrow_the_list(runtime: Runtime) -> None:
    crowd = Crowd(runtime)
    actor = Actor(crowd.people[0].id, "x", frozenset({RoleGrant("cashier"), RoleGrant("manager")}))
    now = runtime.clock.now()
    with UnitOfWork(runtime.database) as uow:
        everything = all_pages(uow, actor, sort=Sort.CREATED, limit=200)
        mine = all_pages(uow, actor, sort=Sort.DUE, limit=9, filters=Filters(holder=Holder.MINE))
        assert {row.id for row in mine} == {row.id for row in everything if row.assignee_id == actor.user_id}
        late = all_pages(uow, actor, sort=Sort.DUE, limit=9, filters=Filters(due_before=now))
        assert {row.id for row in late} == {row.id for row in everything if row.due_at and row.due_at < now}
        title = everything[3].title
        assert [row.title for row in all_pages(uow, actor, sort=Sort.CREATED, limit=9, filters=Filters(q=title))] == [
            title
        ]
        assert not all_pages(uow, actor, sort=Sort.CREATED, limit=9, filters=Filters(q="%"))


def test_counts_are_capped(runtime: Runtime) -> None:
    clerk = make_user(runtime, "cashier")
    for _ in range(COUNT_CAP + 5):
        make_work_item(runtime, "cashier", instance_id=None, due_at=runtime.clock.now() - timedelta(minutes=1))
    with UnitOfWork(runtime.database) as uow:
        counts = inbox.counts(uow, clerk.actor, runtime.clock.now())
    assert (counts.todo, counts.overdue) == (COUNT_CAP, COUNT_CAP)


def test_done_work_comes_newest_first_and_in_pages(runtime: Runtime) -> None:
    clerk = make_user(runtime, "cashier")
    now = runtime.clock.now()
    done = [
        make_work_item(
            runtime,
            "cashier",
            state=WorkItemState.COMPLETED,
            completed_by=clerk.id,
            completed_at=now - timedelta(minutes=number),
        )
        for number in range(5)
    ]
    with UnitOfWork(runtime.database) as uow:
        first = inbox.done(uow, clerk.actor, limit=3)
        second = inbox.done(uow, clerk.actor, limit=3, after=first.after)
    assert [row.id for row in (*first.rows, *second.rows)] == done
    assert second.after is None


@pytest.mark.parametrize(
    "cursor", ["x", "W10", "WyJkdWUiLCJub25lIiwiYSIsMV0", "WyJjcmVhdGVkIiwxZTk5OSwxXQ", "=" * 9, "W1tbW1tb" * 50]
)
def test_a_cursor_that_is_not_ours_is_refused(runtime: Runtime, cursor: str) -> None:
    clerk = make_user(runtime, "cashier")
    with UnitOfWork(runtime.database) as uow, pytest.raises(InvalidError):
        inbox.todo(uow, clerk.actor, after=cursor)


def test_a_cursor_of_another_order_is_refused(runtime: Runtime) -> None:
    clerk = make_user(runtime, "cashier")
    for _ in range(3):
        make_work_item(runtime, "cashier")
    with UnitOfWork(runtime.database) as uow:
        page = inbox.todo(uow, clerk.actor, sort=Sort.CREATED, limit=1)
        with pytest.raises(InvalidError):
            inbox.todo(uow, clerk.actor, sort=Sort.DUE, after=page.after)


def test_many_roles_at_many_sites_are_one_list(runtime: Runtime) -> None:
    """However many pairs there are: databases take only so many parts of a statement at once."""
    roles = [f"role_{number}" for number in range(12)]
    sites = [make_site(runtime) for _ in range(22)]
    made = [make_work_item(runtime, roles[number % 12], site_id=sites[number % 22]) for number in range(30)]
    actor = Actor(make_user(runtime).id, "x", frozenset(RoleGrant(role) for role in roles))
    with UnitOfWork(runtime.database) as uow:
        assert {row.id for row in inbox.todo(uow, actor, limit=100).rows} == set(made)
        assert inbox.counts(uow, actor, runtime.clock.now()).todo == len(made)
