"""Limits that are no clock, measured by real steps on both databases: shares, averages, acts, and what was never begun."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import insert

from engine import instances, limit_figures, work_items
from engine.clock import MovableClock
from engine.company import ledger
from engine.company.accounts import account_of
from engine.company.ledger import Source
from engine.jobs import inline
from engine.limit_rules import Kind
from engine.model import SYSTEM, Actor, RoleGrant
from engine.persistence import tables
from engine.persistence.tables import history_event, limit_clock, notification, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.limits import LimitFilters, Outcome, Split, clocks
from engine.runtime import Runtime
from tests.builders import deploy, make_building, make_site, make_tenant, make_unit, make_user, rows, simple_process, start

#: sees every site
READER = replace(SYSTEM, grants=frozenset({RoleGrant("manager", None)}))
ELEMENTS = [("close", "clerk"), ("ask", "clerk"), ("file", "clerk")]
SHARE = """
[[limit]]
id = "asked"
name = "asked"
clause = "call 1"
kind = "share"
from = "close:completed"
to = "ask:completed"
met = 'ask["result"] in ("good", "bad")'
apart = 'ask["result"] == "nobody"'
exclude = 'ask["result"] == "wrong number"'
target = "80%"
"""
AVERAGE = """
[[limit]]
id = "index"
name = "index"
clause = "call 1"
kind = "average"
from = "ask:completed"
when = 'ask["result"] == "good"'
value = 'ask["score"] * 20'
target = "90"
"""
NEVER = """
[[limit]]
id = "unasked"
name = "unasked"
clause = "call 1"
kind = "never"
needs = "ask:completed"
needs_when = 'ask["result"] == "good"'
act = "file:completed"
void = "close:completed"
escalate_to = "manager"
"""


def given(runtime: Runtime, limits: str, elements: list[tuple[str, str]] | None = None) -> None:
    """A call that is finished, asked about and filed; asking has a form."""
    deploy(runtime, {"call.bpmn": simple_process("call", *(elements or ELEMENTS)), "limits.toml": limits.encode()})


def act(runtime: Runtime, element_id: str, case: int, data: dict[str, Any] | None = None, actor: Actor = SYSTEM) -> None:
    """Finish the case's open item of an element with what was answered."""
    live = rows(runtime, work_item, work_item.c.instance_id == case, work_item.c.is_live)
    item = next(row for row in live if row.element_id == element_id)
    variables = {"ask": data} if data is not None else {}
    instances.run_step(runtime, lambda uow: work_items.complete(runtime, uow, actor, item.id, variables))


def case_with(runtime: Runtime, result: str | None, score: int = 0) -> int:
    """A case in which somebody was asked and answered so; None: not asked yet."""
    case = start(runtime, "call").id
    act(runtime, "close", case)
    if result is not None:
        act(runtime, "ask", case, {"result": result, "score": score})
    return case


def measured(runtime: Runtime, limit_id: str, **filters: Any) -> limit_figures.Measured:
    """What the limit comes to."""
    with UnitOfWork(runtime.database) as uow:
        return limit_figures.measure(runtime, uow, READER, LimitFilters(limit_id=limit_id, **filters))


def test_a_share_counts_the_unreachable_apart_and_never_as_done(runtime: Runtime) -> None:
    """Four of five that are decided are needed; what is left out is in no sum."""
    given(runtime, SHARE)
    for result in ("good", "bad", "nobody", "wrong number", None):
        case_with(runtime, result)
    found = measured(runtime, "call.asked")
    figures = found.figures
    assert (figures.met, figures.missed, figures.apart, figures.excluded, figures.running) == (2, 0, 1, 1, 1)
    assert figures.share == pytest.approx(2 / 3)
    assert found.is_reached is False
    assert found.kind is Kind.SHARE
    with UnitOfWork(runtime.database) as uow:
        (apart,) = clocks(uow, READER, LimitFilters(limit_id="call.asked", outcome=Outcome.APART)).rows
    assert (apart.outcome, apart.kind) == ("apart", "share")


def test_of_a_case_the_last_answer_counts_and_what_is_met_stays_met(runtime: Runtime) -> None:
    """Nobody there at first, somebody later; a third call that finds nobody takes nothing back."""
    loop = [("close", "clerk"), ("ask", "clerk"), ("again", "clerk"), ("ever", "clerk")]
    given(runtime, SHARE.replace('"ask:completed"', '["ask:completed", "again:completed", "ever:completed"]'), loop)
    case = case_with(runtime, "nobody")
    assert measured(runtime, "call.asked").figures.apart == 1
    act(runtime, "again", case, {"result": "good"})
    assert measured(runtime, "call.asked").figures.met == 1
    act(runtime, "ever", case, {"result": "nobody"})
    assert (measured(runtime, "call.asked").figures.met, measured(runtime, "call.asked").figures.apart) == (1, 0)
    (row,) = rows(runtime, limit_clock)
    assert (row.round, row.goal) == (1, Decimal("0.8"))


def test_a_case_that_ends_unasked_is_missed_and_one_that_is_broken_off_is_left_out(runtime: Runtime) -> None:
    """The manager who is named is told."""
    named = SHARE.replace('"ask:completed"', '"ask:cancelled"').replace("[[limit]]", '[[limit]]\nescalate_to = "manager"')
    given(runtime, named)
    manager = make_user(runtime, "manager").actor
    broken = start(runtime, "call").id
    act(runtime, "close", broken)
    with UnitOfWork(runtime.database) as uow:
        instances.cancel(runtime, uow, manager, broken, "double")
        uow.commit()
    assert measured(runtime, "call.asked").figures.excluded == 1
    ended = case_with(runtime, "good")
    act(runtime, "file", ended)
    figures = measured(runtime, "call.asked").figures
    assert (figures.excluded, figures.missed) == (1, 1)
    assert [row.instance_id for row in rows(runtime, notification) if row.kind == "limit_missed"] == [ended]


def test_an_average_is_held_against_its_number(runtime: Runtime) -> None:
    """Of those that are meant only: 80 and 100 make 90."""
    given(runtime, AVERAGE)
    for result, score in (("good", 4), ("good", 5), ("bad", 1)):
        case_with(runtime, result, score)
    found = measured(runtime, "call.index")
    assert (found.figures.average, found.is_reached) == (90.0, True)
    assert (found.figures.met, found.figures.missed) == (1, 1)
    assert found.figures.median is None


def test_an_act_without_what_has_to_come_first_is_counted_and_told(runtime: Runtime) -> None:
    """After a good answer it is permitted; after a bad one it is not; filed anyway, it is on record and the manager hears of it."""
    given(runtime, NEVER)
    fine = case_with(runtime, "good")
    act(runtime, "file", fine)
    assert measured(runtime, "call.unasked").is_reached is True
    wrong = case_with(runtime, "bad")
    act(runtime, "file", wrong)
    found = measured(runtime, "call.unasked")
    assert (found.figures.met, found.figures.missed, found.is_reached) == (1, 1, False)
    told = [(row.kind, row.role) for row in rows(runtime, notification, notification.c.instance_id == wrong) if row.role == "manager"]
    assert told == [("limit_missed", "manager")]
    noted = [row.type for row in rows(runtime, history_event, history_event.c.instance_id == wrong)]
    assert [each for each in noted if each.startswith("limit.")] == ["limit.missed"]


def test_a_permission_that_was_taken_back_permits_nothing(runtime: Runtime) -> None:
    """Asked, then asked again with another answer."""
    given(runtime, NEVER, [("ask", "clerk"), ("close", "clerk"), ("file", "clerk")])
    case = start(runtime, "call").id
    act(runtime, "ask", case, {"result": "good"})
    act(runtime, "close", case)
    act(runtime, "file", case)
    figures = measured(runtime, "call.unasked").figures
    assert (figures.met, figures.missed, figures.excluded) == (0, 1, 1)


def test_a_condition_that_asks_the_ledger_is_answered_in_the_transaction(runtime: Runtime) -> None:
    """As it stands when the act is committed."""
    site = make_site(runtime)
    flat = make_unit(runtime, code="A-7", site_id=site)
    dues = NEVER.replace("needs_when = 'ask[\"result\"] == \"good\"'", "").replace(
        'escalate_to = "manager"', f"met = 'float(balance({{\"id\": {flat}}})) <= 0'"
    )
    given(runtime, dues)
    make_tenant(runtime, unit_id=flat)
    case = case_with(runtime, "good")
    with UnitOfWork(runtime.database) as uow:
        of = account_of(runtime, uow, flat)
        ledger.charge(runtime, uow, SYSTEM, of, "management_fee", Decimal(100), source=Source())
        uow.commit()
    act(runtime, "file", case)
    assert measured(runtime, "call.unasked").figures.missed == 1


def test_a_month_that_passed_without_a_case_is_missed(runtime: Runtime, clock: MovableClock) -> None:
    """By the fifth of each month; the month in which the procedure came into use is let off."""
    given(runtime, """
[[limit]]
id = "monthly"
name = "monthly"
clause = "call 1"
from = "close:completed"
to = "file:completed"
by_day = 5
every = "month"
""")
    zone_midnight = datetime(2026, 4, 5, 16, tzinfo=UTC)
    inline.advance(runtime, clock, zone_midnight - timedelta(minutes=1) - clock.now())
    assert measured(runtime, "call.monthly").gaps == ()
    inline.advance(runtime, clock, timedelta(minutes=1))
    (gap,) = measured(runtime, "call.monthly").gaps
    assert (gap.period, gap.due_at) == (datetime(2026, 3, 31, 16, tzinfo=UTC), zone_midnight)
    inline.advance(runtime, clock, timedelta(days=26))
    case = start(runtime, "call").id
    act(runtime, "close", case)
    (row,) = rows(runtime, limit_clock)
    assert row.due_at == datetime(2026, 5, 5, 16, tzinfo=UTC)
    inline.advance(runtime, clock, timedelta(days=10))
    found = measured(runtime, "call.monthly")
    assert ([f"{each.period:%m}" for each in found.gaps], found.figures.missed) == (["04"], 2)
    assert measured(runtime, "call.monthly", since=datetime(2026, 5, 1, tzinfo=UTC)).gaps == ()


def test_each_unit_that_got_none_is_named(runtime: Runtime, clock: MovableClock) -> None:
    """Of the let units of the month those without a case, by building; one that was begun by hand counts as begun."""
    site = make_site(runtime)
    east, west = (make_building(runtime, site_id=site, name=name) for name in ("東座", "西座"))
    for number, house in enumerate((east, east, west)):
        make_tenant(runtime, unit_id=make_unit(runtime, code=f"A-{number}", site_id=site, building_id=house))
    given(runtime, SHARE + 'every = "month"\neach = "active_units"\n')
    inline.advance(runtime, clock, timedelta(days=32))
    by_hand = start(runtime, "call").id
    with runtime.database.writing() as connection:
        connection.execute(insert(tables.instance_variable).values(instance_id=by_hand, name="call.unit", text="A-1"))
    act(runtime, "close", by_hand)
    inline.advance(runtime, clock, timedelta(days=30))
    found = measured(runtime, "call.asked")
    assert sorted((each.label, each.building) for each in found.gaps) == [("A-0", "東座"), ("A-2", "西座")]
    with UnitOfWork(runtime.database) as uow:
        filters = LimitFilters(limit_id="call.asked")
        parts = limit_figures.parts(runtime, uow, READER, filters, Split.BUILDING, found)
    assert {part.name: part.missed for part in parts} == {"東座": 1, "西座": 1}
    assert measured(runtime, "call.asked", building_id=west).figures.missed == 1
    elsewhere = make_user(runtime, "manager", site_id=make_site(runtime)).actor
    with UnitOfWork(runtime.database) as uow:
        assert limit_figures.measure(runtime, uow, elsewhere, LimitFilters(limit_id="call.asked")).gaps == ()


def test_closed_months_keep_their_goals(runtime: Runtime, clock: MovableClock) -> None:
    """A goal that rises is held against what came after; over both months against both."""
    later = SHARE.replace('target = "80%"', 'target = "100%"\neffective_from = 2026-04-01')
    given(runtime, SHARE.replace('target = "80%"', 'target = "50%"') + later)
    for result in ("good", "nobody"):
        case_with(runtime, result)
    assert measured(runtime, "call.asked").is_reached is True
    inline.advance(runtime, clock, timedelta(days=31))
    april = clock.now()
    for result in ("good", "nobody"):
        case_with(runtime, result)
    assert measured(runtime, "call.asked", since=april).is_reached is False
    assert measured(runtime, "call.asked", until=april).is_reached is True
    goals = measured(runtime, "call.asked").figures.goals
    assert goals is not None
    assert [float(goal) for goal in goals] == [0.5, 1.0]


def test_claimed_and_entered_times_are_both_kept(runtime: Runtime, clock: MovableClock) -> None:
    """A night call entered in the morning counts for the night, and says when it was entered and by whom."""
    given(runtime, SHARE)
    night = clock.now() - timedelta(hours=9)
    clerk = make_user(runtime, "clerk")
    case = start(runtime, "call").id
    act(runtime, "close", case, actor=Actor(clerk.id, clerk.actor.name, clerk.actor.grants, claimed_at=night))
    (row,) = rows(runtime, limit_clock)
    assert (row.started_at, row.entered_at, row.person_id) == (night, clock.now(), clerk.id)
    assert measured(runtime, "call.asked", until=night + timedelta(hours=1)).figures.running == 1


def test_a_limit_of_a_deployment_of_several_processes_is_measured_once(runtime: Runtime) -> None:
    """They share one limits.toml, which is named after the process that no other calls, wherever it starts."""
    limit = SHARE.replace('"close:completed"', '"inner/close:completed"').replace('"ask:completed"', '"inner/ask:completed"')
    call = b'<callActivity id="call_inner" name="inner" calledElement="inner"/><endEvent id="finish"/>'
    outer = simple_process("outer", ("wait", "clerk")).replace(b'<endEvent id="finish"/>', call)
    outer = outer.replace(b'sourceRef="wait" targetRef="finish"', b'sourceRef="wait" targetRef="call_inner"').replace(
        b"</process>", b'<sequenceFlow id="to_end" sourceRef="call_inner" targetRef="finish"/></process>'
    ).replace(b"<flowNodeRef>start</flowNodeRef>", b"<flowNodeRef>start</flowNodeRef><flowNodeRef>call_inner</flowNodeRef>")
    deploy(runtime, {"outer.bpmn": outer, "inner.bpmn": simple_process("inner", *ELEMENTS), "limits.toml": limit.encode()})
    case = start(runtime, "outer").id
    act(runtime, "wait", case)
    act(runtime, "close", case)
    act(runtime, "ask", case, {"result": "good"})
    assert [(row.limit_id, row.stopped_at is not None) for row in rows(runtime, limit_clock)] == [("outer.asked", True)]
    with UnitOfWork(runtime.database) as uow:
        assert list(limit_figures.known_limits(runtime, uow)) == ["outer.asked"]
