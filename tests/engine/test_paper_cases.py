"""A case that began on paper stands at its present step, with clocks from the claimed times and both times on record."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from engine import definitions, instances, paper_cases, work_items
from engine.clock import MovableClock
from engine.errors import FormInvalidError, InvalidError
from engine.history import verify
from engine.jobs import inline
from engine.model import SYSTEM, InstanceState
from engine.paper_cases import CaseDoesNotStandError, CaseNumberTakenError, PaperCase
from engine.persistence.tables import history_event, instance, limit_clock, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from tests.builders import make_site, make_user
from tests.engine.spiff.xml import bpmn, chain, flow, node, timer

LIMITS = b"""
[[limit]]
id = "whole"
name = "whole case"
clause = "x 1"
from = "instance:started"
to = "instance:ended"
target = "P10D"

[[limit]]
id = "second"
name = "from the first step to the second"
clause = "x 2"
from = "a:completed"
to = "b:completed"
target = "PT4H"
"""
BODY = (
    '<extensionElements><spiffworkflow:properties><spiffworkflow:property name="title" value="{f.what}"/></spiffworkflow:properties>'
    "</extensionElements>" + node("s", "start") + node("a", "user", name="first")
    + node("b", "user", '<extensionElements><spiffworkflow:properties><spiffworkflow:property name="form" value="f"/>'
           '<spiffworkflow:property name="due" value="P2D"/></spiffworkflow:properties></extensionElements>')
    + node("wait", "catch", timer("Duration", '"P3D"')) + node("c", "user") + node("e", "end") + chain("s a b wait c e")
)
FORM = b"""{"title": "f", "type": "object", "required": ["what", "cost"], "properties": {
  "what": {"type": "string", "title": "what", "index": true}, "cost": {"type": "string", "format": "money", "title": "cost"}}}"""


@pytest.fixture
def deployed(runtime: Runtime) -> int:
    """The process `p` with a form and two limits; the site's id."""
    with UnitOfWork(runtime.database) as uow:
        definitions.deploy(runtime, uow, SYSTEM, {"p.bpmn": bpmn(BODY), "forms/f.json": FORM, "limits.toml": LIMITS})
        uow.commit()
    return make_site(runtime)


def opened(runtime: Runtime, case: PaperCase) -> instances.StartedInstance:
    """Take the case over, committed."""
    with UnitOfWork(runtime.database) as uow:
        started = paper_cases.take_over(runtime, uow, SYSTEM, case)
        uow.commit()
    return started


def open_steps(uow: UnitOfWork, instance_id: int) -> list[str]:
    """Elements of the case's live items."""
    query = select(work_item.c.element_id).where(work_item.c.instance_id == instance_id, work_item.c.is_live)
    return list(uow.reading.execute(query).scalars())


def test_it_stands_with_its_item_open_and_goes_on_from_there(runtime: Runtime, clock: MovableClock, deployed: int) -> None:
    """Nothing before the step has run; the item was open since the claimed time, and completing it moves the case on."""
    now = clock.now()
    case = PaperCase("p", "R-17", "b", now - timedelta(days=5), now - timedelta(days=1), forms={"f": {"what": "tap"}})
    started = opened(runtime, case)
    with UnitOfWork(runtime.database) as uow:
        item = uow.reading.execute(select(work_item).where(work_item.c.id == started.work_item_ids[0])).one()
        assert (item.element_id, item.created_at, item.due_at) == ("b", case.since, case.since + timedelta(days=2))
        assert (item.title, item.business_key, item.site_id) == ("tap", "R-17", deployed)
        view = instances.inspect(runtime, uow, started.id)
        assert view.variables["f"]["what"] == "tap"
        assert view.completed_elements == ()
        assert verify(uow, started.id) is None
    user = make_user(runtime, "manager")
    with UnitOfWork(runtime.database) as uow:
        work_items.complete(runtime, uow, user.actor, item.id, {"what": "tap", "cost": "12.00"})
        uow.commit()
    inline.advance(runtime, clock, timedelta(days=3))
    with UnitOfWork(runtime.database) as uow:
        assert open_steps(uow, started.id) == ["c"]


def test_limits_run_from_the_claimed_times(runtime: Runtime, clock: MovableClock, deployed: int) -> None:
    """The case's own clock from its start, a step's from when that step was done; one that has passed is missed at once."""
    now = clock.now()
    done = now - timedelta(hours=6)
    case = PaperCase("p", "R-18", "b", now - timedelta(days=2), done, done=[("first", done)])
    started = opened(runtime, case)
    inline.run_due(runtime)
    with UnitOfWork(runtime.database) as uow:
        query = select(limit_clock).where(limit_clock.c.instance_id == started.id).order_by(limit_clock.c.limit_id)
        second, whole = uow.reading.execute(query).all()
        assert (whole.started_at, whole.breached_at) == (case.started_at, None)
        assert (second.started_at, second.breached_at) == (done, now)


def test_claimed_and_entry_time_are_both_on_record(runtime: Runtime, clock: MovableClock, deployed: int) -> None:
    """Who took it over and when is told apart from when it began."""
    user = make_user(runtime, "administrator")
    began = clock.now() - timedelta(days=4)
    with UnitOfWork(runtime.database) as uow:
        started = paper_cases.take_over(runtime, uow, user.actor, PaperCase("p", "R-19", "b", began, began, origin="paper.xlsx"))
        uow.commit()
        query = select(history_event).where(history_event.c.instance_id == started.id).order_by(history_event.c.seq)
        event = uow.reading.execute(query).first()
        row = uow.reading.execute(select(instance.c.started_at, instance.c.moved_at).where(instance.c.id == started.id)).one()
    assert event is not None
    assert (event.type, event.at, event.claimed_at, event.actor_id) == ("instance.taken_over", clock.now(), began, user.id)
    assert "paper.xlsx" in event.detail
    assert (row.started_at, row.moved_at) == (began, clock.now())


def test_a_timer_counts_from_when_the_case_came_to_it(runtime: Runtime, clock: MovableClock, deployed: int) -> None:
    """A wait that is over by now is over at the next look."""
    now = clock.now()
    started = opened(runtime, PaperCase("p", "R-20", "wait", now - timedelta(days=9), now - timedelta(days=4)))
    assert started.work_item_ids == ()
    inline.run_due(runtime)
    with UnitOfWork(runtime.database) as uow:
        assert open_steps(uow, started.id) == ["c"]


def test_what_does_not_fit_is_refused_and_leaves_nothing(runtime: Runtime, clock: MovableClock, deployed: int) -> None:
    """A number that is taken, times that go backwards, a value that is none."""
    now = clock.now()
    opened(runtime, PaperCase("p", "R-21", "b", now, now))
    for case, error in (
        (PaperCase("p", "R-21", "b", now, now), CaseNumberTakenError),
        (PaperCase("p", "R-22", "b", now, now - timedelta(days=1)), InvalidError),
        (PaperCase("p", "R-22", "b", now, now + timedelta(days=1)), InvalidError),
        (PaperCase("p", "R-22", "b", now, now, forms={"f": {"cost": "much"}}), FormInvalidError),
        (PaperCase("p", "R-22", "b", now, now, forms={"g": {}}), paper_cases.FormUnknownError),
        (PaperCase("p", "R-22", "b", now, now, done=[("nowhere", now)]), InvalidError),
    ):
        with UnitOfWork(runtime.database) as uow, pytest.raises(error):
            paper_cases.take_over(runtime, uow, SYSTEM, case)
    with UnitOfWork(runtime.database) as uow:
        keys = uow.reading.execute(select(instance.c.business_key)).scalars().all()
    assert keys == ["R-21"]


def test_what_is_missing_is_named_by_the_fields_titles(runtime: Runtime, clock: MovableClock) -> None:
    """As the form calls them, and only those that the paper does not give; a form of which nothing is known by its title."""
    make_site(runtime)
    named = ("<extensionElements><spiffworkflow:properties>"
             '<spiffworkflow:property name="candidate_roles" value="f[&quot;role&quot;] + g[&quot;level&quot;]"/>'
             "</spiffworkflow:properties></extensionElements>")
    body = node("s", "start") + node("a", "user", named) + node("e", "end") + flow("s", "a") + flow("a", "e")
    form = b'{"title": "repair", "type": "object", "properties": {"role": {"type": "string", "title": "who does it"}}}'
    files = {"p.bpmn": bpmn(body), "forms/f.json": form, "forms/g.json": form.replace(b"role", b"level").replace(b"repair", b"survey")}
    with UnitOfWork(runtime.database) as uow:
        definitions.deploy(runtime, uow, SYSTEM, files)
        uow.commit()
    now = clock.now()
    for known, missing in (({}, "repair－who does it、survey－who"), ({"f": {"role": "manager"}}, "請補填：survey－who")):
        with UnitOfWork(runtime.database) as uow, pytest.raises(paper_cases.FieldsMissingError, match=missing):
            paper_cases.take_over(runtime, uow, SYSTEM, PaperCase("p", "R-1", "a", now, now, forms=known))


def test_a_step_that_cannot_open_says_what_is_missing(runtime: Runtime, clock: MovableClock) -> None:
    """No incident is left behind: whoever takes it over can mend what is known."""
    make_site(runtime)
    named = '<extensionElements><spiffworkflow:properties><spiffworkflow:property name="candidate_roles" value="f[&quot;role&quot;]"/>'
    body = node("s", "start") + node("a", "user", named + "</spiffworkflow:properties></extensionElements>") + node("e", "end")
    with UnitOfWork(runtime.database) as uow:
        definitions.deploy(runtime, uow, SYSTEM, {"p.bpmn": bpmn(body + flow("s", "a") + flow("a", "e"))})
        uow.commit()
    now = clock.now()
    with UnitOfWork(runtime.database) as uow, pytest.raises(CaseDoesNotStandError, match="「f」"):
        paper_cases.take_over(runtime, uow, SYSTEM, PaperCase("p", "R-1", "a", now, now))
    with UnitOfWork(runtime.database) as uow:
        assert uow.reading.execute(select(instance.c.id).where(instance.c.state == InstanceState.INCIDENT)).first() is None
