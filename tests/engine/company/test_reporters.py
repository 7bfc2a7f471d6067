"""One leak, three callers: further reporters join an open case, stand on its slip and are told in the end."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from engine import history, instances, records
from engine.company import reporters
from engine.company.reporters import Call
from engine.errors import InstanceNotActiveError, InvalidError, NotFoundError
from engine.instances import StartedInstance
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import reporters as queries
from engine.runtime import Runtime
from tests.builders import Person, deploy, make_site, make_tenant, make_unit, make_user, rows, simple_process, start


@pytest.fixture
def clerk(runtime: Runtime) -> Person:
    """Somebody at the desk of every site."""
    return make_user(runtime, "customer_service")


@pytest.fixture
def leak(runtime: Runtime) -> StartedInstance:
    """An open case."""
    deploy(runtime, {"leak.bpmn": simple_process("leak", ("mend", "customer_service"))})
    return start(runtime, "leak", site_id=make_site(runtime))


def test_two_more_callers_are_on_record_with_the_time_of_the_call_and_of_the_entry(
    runtime: Runtime, clerk: Person, leak: StartedInstance
) -> None:
    """And the chain of the case's history holds."""
    unit_id = make_unit(runtime, code="A-1204")
    make_tenant(runtime, unit_id=unit_id)
    now = runtime.clock.now()
    night = replace(clerk.actor, claimed_at=now - timedelta(hours=7))
    with UnitOfWork(runtime.database) as uow:
        reporters.add(runtime, uow, clerk.actor, leak.id, Call("王先生", "138", words="天花板滴水"))
        reporters.add(runtime, uow, night, leak.id, Call(" 林小姐 ", unit_id=unit_id))
        uow.commit()
        first, second = queries.of_case(uow, leak.id)
        assert (first.name, first.unit, first.reported_at, first.entered_at) == ("林小姐", "A-1204", now - timedelta(hours=7), now)
        assert (second.name, second.phone, second.words, second.entered_by_name) == ("王先生", "138", "天花板滴水", clerk.name)
        assert queries.counts(uow, [leak.id, 99]) == {leak.id: 2}
        assert history.verify(uow, leak.id) is None
    events = [row for row in rows(runtime, tables.history_event) if row.type == "reporter.added"]
    assert [event.claimed_at for event in events] == [None, now - timedelta(hours=7)]


def test_whoever_reported_is_to_be_told_once_the_case_is_over(runtime: Runtime, clerk: Person, leak: StartedInstance) -> None:
    """One who wasn't reached stays on the list; one who was told leaves it, once."""
    manager = make_user(runtime, "manager").actor
    with UnitOfWork(runtime.database) as uow:
        added = [reporters.add(runtime, uow, clerk.actor, leak.id, Call(name)) for name in ("王", "林")]
        assert queries.untold(uow, clerk.actor).rows == ()
        instances.cancel(runtime, uow, manager, leak.id, "不修了")
        assert queries.untold_count(uow, clerk.actor, 100) == 2
        reporters.tell(runtime, uow, clerk.actor, added[0], "unreachable", "沒有人接")
        reporters.tell(runtime, uow, clerk.actor, added[1], "phone")
        (left,) = queries.untold(uow, clerk.actor).rows
        assert (left.reporter.name, left.reporter.told_how, left.reporter.told_note) == ("王", "unreachable", "沒有人接")
        with pytest.raises(reporters.AlreadyToldError):
            reporters.tell(runtime, uow, clerk.actor, added[1], "phone")
        assert history.verify(uow, leak.id) is None


def test_the_list_of_those_to_be_told_pages_without_gap_or_repeat(runtime: Runtime, clerk: Person, leak: StartedInstance) -> None:
    """Who waits longest first."""
    manager = make_user(runtime, "manager").actor
    with UnitOfWork(runtime.database) as uow:
        for number in range(5):
            reporters.add(runtime, uow, clerk.actor, leak.id, Call(f"第{number}位"))
        instances.cancel(runtime, uow, manager, leak.id, "不修了")
        seen, after = [], None
        while True:
            page = queries.untold(uow, clerk.actor, after=after, limit=2)
            seen += [row.reporter.name for row in page.rows]
            after = page.after
            if after is None:
                break
    assert seen == [f"第{number}位" for number in range(5)]


def test_refusals(runtime: Runtime, clerk: Person, leak: StartedInstance) -> None:
    """No name, another site's case, one that is over, a unit or way that there isn't."""
    elsewhere = make_user(runtime, "customer_service", site_id=make_site(runtime)).actor
    manager = make_user(runtime, "manager").actor
    with UnitOfWork(runtime.database) as uow:
        for call, error in ((Call(" "), InvalidError), (Call("王", phone="1" * 41), InvalidError), (Call("王", unit_id=99), NotFoundError)):
            with pytest.raises(error):
                reporters.add(runtime, uow, clerk.actor, leak.id, call)
        with pytest.raises(NotFoundError):
            reporters.add(runtime, uow, elsewhere, leak.id, Call("王"))
        added = reporters.add(runtime, uow, clerk.actor, leak.id, Call("王"))
        with pytest.raises(NotFoundError):
            reporters.tell(runtime, uow, elsewhere, added, "phone")
        with pytest.raises(InvalidError):
            reporters.tell(runtime, uow, clerk.actor, added, "by pigeon")
        instances.cancel(runtime, uow, manager, leak.id, "不修了")
        with pytest.raises(InstanceNotActiveError):
            reporters.add(runtime, uow, clerk.actor, leak.id, Call("林"))


def test_the_slip_names_them(runtime: Runtime, clerk: Person) -> None:
    """In the row that is there only when somebody else called."""
    slip = b"<article>{{#case.reporters}}<p>{{case.reporters}}</p>{{/case.reporters}}</article>"
    deploy(runtime, {"leak.bpmn": simple_process("leak", ("mend", "customer_service")), "records/slip.html": slip})
    case = start(runtime, "leak", site_id=make_site(runtime))
    with UnitOfWork(runtime.database) as uow:
        paper = records.issue(runtime, uow, clerk.actor, case.id, "slip")
        uow.commit()
        empty = records.printed(runtime, uow, clerk.actor, paper.id, locale="zh-Hant", image=str)[1]
        reporters.add(runtime, uow, clerk.actor, case.id, Call("王先生", "138"))
        uow.commit()
        filled = records.printed(runtime, uow, clerk.actor, paper.id, locale="zh-Hant", image=str)[1]
    assert "<p>" not in empty
    assert "<p>王先生 138 03-02 09:00</p>" in filled
