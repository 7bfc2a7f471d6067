"""The first page of an inbox, and a page deep in it, over more and more open items."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy import text

from engine.model import Actor, RoleGrant
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import inbox
from tests.benchmarks.http import Visitor, serving
from tests.benchmarks.report import Result
from tests.benchmarks.stage import Stage, median, settle, timed
from tests.benchmarks.targets import PEERS

_ROLES = ("cashier", "security_officer", "leasing")
_PERSON = 7
_REPEATS = 60

#: 20 roles of unequal size, three of ten items assigned to one of 500 people, spread over ten million seconds; two of three have a due time
_FILL = """
INSERT INTO work_item (instance_id, token, element_id, name, definition_id, definition_key, title, role, site_id, state, is_live,
                       assignee_id, created_at, due_at)
SELECT {instance}, {token}, 'do_errand', '辦理', {definition}, 'procedure', '第 ' || n || ' 件',
       CASE n % 20 WHEN 0 THEN 'cashier' WHEN 1 THEN 'security_officer' WHEN 2 THEN 'leasing' ELSE 'role_' || (n * n % 17) END,
       {site}, CASE WHEN (n / 20) % 10 < 3 THEN 'claimed' ELSE 'open' END, {true},
       CASE WHEN (n / 20) % 10 < 3 THEN {first_user} + (n / 200) % 500 END, {created}, CASE WHEN n % 3 < 2 THEN {due} END
FROM ({numbers}) AS numbers
"""


#: the other ways in which a list is asked for; a rare word is the one that no index bounds
_DAY = datetime(2026, 3, 1, tzinfo=UTC)
_LISTS: dict[str, Callable[[UnitOfWork, Actor], object]] = {
    "most urgent first": lambda uow, actor: inbox.todo(uow, actor, limit=25),
    "by title": lambda uow, actor: inbox.todo(uow, actor, sort=inbox.Sort.TITLE, limit=25),
    "by number": lambda uow, actor: inbox.todo(uow, actor, sort=inbox.Sort.NUMBER, limit=25),
    "of a procedure": lambda uow, actor: inbox.todo(uow, actor, filters=inbox.Filters(definition_key="procedure"), limit=25),
    "with a word": lambda uow, actor: inbox.todo(uow, actor, filters=inbox.Filters(q="7"), limit=25),
    "with a rare word": lambda uow, actor: inbox.todo(uow, actor, filters=inbox.Filters(q="第 20 件"), limit=25),
    "in groups": lambda uow, actor: inbox.top(uow, actor, inbox.Filters(), 1001),
    "in the calendar": lambda uow, actor: inbox.top(
        uow, actor, inbox.Filters(due_since=_DAY, due_before=_DAY + timedelta(days=35)), 1001),
}


def measure(stage: Stage) -> None:
    """In the database and over HTTP, at each size."""
    site, first_user, instance = _prepare(stage)
    present, http_medians = 0, []
    listed: dict[str, list[float]] = {name: [] for name in _LISTS}
    for size in stage.scale.items:
        stage.report.progress(f"{stage.backend} inbox: filling up to {size:,} open items")
        _fill(stage, present + 1, size, site, first_user, instance)
        present = size
        settle()
        _in_database(stage, size, first_user)
        _other_lists(stage, size, first_user, listed)
        http_medians.append(_over_http(stage, size))
    for name, medians in listed.items():
        stage.report.add(Result("inbox", stage.backend, f"list {name}, at {stage.scale.items[-1]:,} ÷ at {stage.scale.items[0]:,}",
                                medians[-1] / medians[0], "×"))
    stage.report.add(Result("inbox", stage.backend, f"HTTP at {stage.scale.items[-1]:,} ÷ at {stage.scale.items[0]:,}",
                            http_medians[-1] / http_medians[0], "×", target="inbox.flat"))
    with stage.database.writing() as connection:
        connection.execute(text("DELETE FROM work_item WHERE definition_key = 'procedure' AND element_id = 'do_errand'"))


def _in_database(stage: Stage, size: int, first_user: int) -> None:
    actor = Actor(first_user + _PERSON, "x", frozenset(RoleGrant(role) for role in _ROLES))

    def page(after: str | None = None) -> object:
        with UnitOfWork(stage.database) as uow:
            return inbox.todo(uow, actor, sort=inbox.Sort.CREATED, after=after, limit=25)

    first = page()
    assert len(first.rows) == 25  # type: ignore[attr-defined]
    times = [timed(page)[0] for _ in range(_REPEATS)]
    stage.report.add(Result("inbox", stage.backend, f"first page in process, {size:,} open", median(times), "ms"))
    after = first.after  # type: ignore[attr-defined]
    for _ in range(20):
        after = page(after).after or after  # type: ignore[attr-defined]
    times = [timed(lambda: page(after))[0] for _ in range(_REPEATS)]
    stage.report.add(Result("inbox", stage.backend, f"21st page in process, {size:,} open", median(times), "ms"))


def _other_lists(stage: Stage, size: int, first_user: int, listed: dict[str, list[float]]) -> None:
    actor = Actor(first_user + _PERSON, "x", frozenset(RoleGrant(role) for role in _ROLES))

    def read(ask: Callable[[UnitOfWork, Actor], object]) -> object:
        with UnitOfWork(stage.database) as uow:
            return ask(uow, actor)

    for name, ask in _LISTS.items():
        times = [timed(partial(read, ask))[0] for _ in range(_REPEATS // 4)]
        listed[name].append(median(times))
        stage.report.add(Result("inbox", stage.backend, f"list {name}, {size:,} open", median(times), "ms"))


def _over_http(stage: Stage, size: int) -> float:
    with serving(stage) as address:
        visitor = Visitor.signed_in(stage, address, *_ROLES)
        for _ in range(5):
            visitor.get("/")
        times = [timed(lambda: visitor.get("/"))[0] for _ in range(_REPEATS)]
        listed = [timed(lambda: visitor.get("/api/v1/work-items?limit=25"))[0] for _ in range(_REPEATS)]
        visitor.close()
    stage.report.add(Result("inbox", stage.backend, f"API list over HTTP, {size:,} open", median(listed), "ms", target="inbox.http"))
    stage.report.add(Result("inbox", stage.backend, f"page over HTTP, {size:,} open", median(times), "ms", target="inbox.http",
                            peer=PEERS["inbox"][1]))
    return median(times)


def _prepare(stage: Stage) -> tuple[int, int, int]:
    from tests.builders import make_user

    people = [make_user(stage.runtime).id for _ in range(500)]
    started = stage.start("procedure")
    with stage.database.reading() as connection:
        site = connection.execute(text("SELECT min(id) FROM site")).scalar_one()
    return site, people[0], started.id


def _fill(stage: Stage, first: int, last: int, site: int, first_user: int, instance: int) -> None:
    is_sqlite = stage.database.is_sqlite
    numbers = (
        f"WITH RECURSIVE counter(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM counter WHERE n < {last}) SELECT n FROM counter"
        if is_sqlite else f"SELECT n FROM generate_series({first}, {last}) AS n"
    )
    statement = _FILL.format(
        instance=instance, site=site, first_user=first_user, numbers=numbers, true="1" if is_sqlite else "true",
        definition=f"(SELECT definition_id FROM instance WHERE id = {instance})",
        token="printf('%032x', n)" if is_sqlite else "lpad(to_hex(n), 32, '0')",
        created="1760000000000000 + (n * 7919 % 10000000) * 1000000" if is_sqlite
        else "to_timestamp(1760000000 + n::bigint * 7919 % 10000000)",
        due="1770000000000000 + (n * 7919 % 10000000) * 1000000" if is_sqlite
        else "to_timestamp(1770000000 + n::bigint * 7919 % 10000000)",
    )
    with stage.database.writing() as connection:
        connection.execute(text(statement.replace(":", "\\:")))
    with stage.database.writing() as connection:
        connection.execute(text("ANALYZE" if is_sqlite else "ANALYZE work_item"))
