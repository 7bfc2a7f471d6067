"""Numbers on printed papers are reserved, used once or void with a reason; what was done on paper keeps its times and its number."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from engine import definitions, instances, paper_entries, paper_numbers, records
from engine.clock import MovableClock
from engine.errors import ForbiddenError, GuichengError, InvalidError, NotFoundError
from engine.history import verify
from engine.jobs import inline
from engine.model import SYSTEM, Actor, Channel
from engine.paper_entries import CaseHasNumberError, Paper
from engine.paper_numbers import NothingLeftError, PaperNumberUnknownError, PaperNumberUsedError, PaperNumberVoidError
from engine.persistence.tables import history_event, instance, limit_clock, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import paper_numbers as queries
from engine.runtime import Runtime
from tests.builders import make_site, make_user
from tests.slips import SLIPS


@pytest.fixture
def deployed(runtime: Runtime) -> int:
    """The process `p`, numbered by its slip, with a second record; the site's id."""
    with UnitOfWork(runtime.database) as uow:
        definitions.deploy(runtime, uow, SYSTEM, SLIPS)
        uow.commit()
    return make_site(runtime)


def reserved(runtime: Runtime, series: str = "slip", count: int = 3) -> paper_numbers.Block:
    """A block of the series, committed."""
    with UnitOfWork(runtime.database) as uow:
        block = paper_numbers.reserve(runtime, uow, SYSTEM, series, count, book="gate 2")
        uow.commit()
    return block


def started(runtime: Runtime, actor: Actor, done_at: datetime, number: str = "") -> instances.StartedInstance:
    """Enter a case from paper, committed."""
    with UnitOfWork(runtime.database) as uow:
        case = paper_entries.start(runtime, uow, actor, "p", {}, Paper(done_at, number))
        uow.commit()
    return case


@pytest.fixture
def manager(runtime: Runtime, deployed: int) -> Actor:
    """Who enters papers."""
    return make_user(runtime, "manager").actor


def drawn(runtime: Runtime) -> str | None:
    """The number of a case that is started in the system."""
    with UnitOfWork(runtime.database) as uow:
        case = instances.start(runtime, uow, SYSTEM, "p", {})
        uow.commit()
    return case.business_key


def test_the_series_goes_on_behind_a_block(runtime: Runtime, deployed: int) -> None:
    """What is printed is nobody else's, before and after."""
    before, block, after = drawn(runtime), reserved(runtime), drawn(runtime)
    numbers = [before, *block.numbers, after]
    assert None not in numbers
    assert len(set(numbers)) == 5
    assert numbers == sorted(numbers, key=str)


def test_a_case_from_paper_keeps_its_number_and_its_times(runtime: Runtime, clock: MovableClock, deployed: int) -> None:
    """It began when the paper says; limits and due times count from there; who entered it, and when, stands beside it."""
    block = reserved(runtime)
    begun = clock.now() + timedelta(hours=1)
    clock.advance(timedelta(hours=9))
    user = make_user(runtime, "customer_service")
    with UnitOfWork(runtime.database) as uow:
        case = paper_entries.start(runtime, uow, user.actor, "p", {}, Paper(begun, block.numbers[1]))
        uow.commit()
    assert case.business_key == block.numbers[1]
    inline.run_due(runtime)
    with UnitOfWork(runtime.database) as uow:
        row = uow.reading.execute(select(instance).where(instance.c.id == case.id)).one()
        item = uow.reading.execute(select(work_item).where(work_item.c.instance_id == case.id)).one()
        limit = uow.reading.execute(select(limit_clock).where(limit_clock.c.instance_id == case.id)).one()
        story = select(history_event).where(history_event.c.instance_id == case.id).order_by(history_event.c.seq)
        event = uow.reading.execute(story).first()
        assert event is not None
        assert (row.started_at, row.moved_at, row.started_by) == (begun, clock.now(), user.id)
        assert (item.created_at, item.due_at) == (begun, begun + timedelta(days=1))
        assert (limit.started_at, limit.breached_at) == (begun, clock.now())
        assert (event.channel, event.claimed_at, event.at, event.actor_id) == (Channel.PAPER, begun, clock.now(), user.id)
        assert verify(uow, case.id) is None
        record = records.issue(runtime, uow, user.actor, case.id, "slip")
    assert record.number == block.numbers[1]


def test_steps_are_entered_one_after_the_other(runtime: Runtime, clock: MovableClock, manager: Actor) -> None:
    """Each with its time; a wait counts from the step before it, and the permit of the paper keeps its number."""
    permits = reserved(runtime, "permit")
    begun, done = clock.now(), clock.now() + timedelta(hours=2)
    clock.advance(timedelta(days=1, hours=23))
    case = started(runtime, manager, begun)
    with UnitOfWork(runtime.database) as uow:
        (item_id,) = case.work_item_ids
        paper_entries.complete(runtime, uow, manager, item_id, {}, Paper(done, permits.numbers[0]))
        uow.commit()
        item = uow.reading.execute(select(work_item).where(work_item.c.id == item_id)).one()
        assert item.completed_at == done
        assert records.issue(runtime, uow, SYSTEM, case.id, "permit", frozen=True).number == permits.numbers[0]
        assert records.issue(runtime, uow, SYSTEM, case.id, "permit", frozen=True).number not in permits.numbers
        uow.commit()
    inline.advance(runtime, clock, timedelta(hours=3))
    with UnitOfWork(runtime.database) as uow:
        live = uow.reading.execute(select(work_item.c.element_id).where(work_item.c.instance_id == case.id, work_item.c.is_live)).scalars()
        assert list(live) == ["b"]


def test_numbers_that_are_none_used_or_void_are_refused(runtime: Runtime, clock: MovableClock, manager: Actor) -> None:
    """And nothing is kept of what was tried."""
    slips = reserved(runtime)
    now = clock.now()
    case = started(runtime, manager, now, slips.numbers[0])
    with UnitOfWork(runtime.database) as uow:
        assert paper_numbers.void(runtime, uow, SYSTEM, slips.id, "torn", [slips.numbers[1]]) == 1
        uow.commit()
    refused: list[tuple[Paper, type[GuichengError]]] = [
        (Paper(now, "made-up"), PaperNumberUnknownError), (Paper(now, slips.numbers[0]), PaperNumberUsedError),
        (Paper(now, slips.numbers[1]), PaperNumberVoidError), (Paper(now - timedelta(hours=1), slips.numbers[2]), InvalidError),
        (Paper(now + timedelta(hours=1)), InvalidError),
    ]
    for paper, error in refused:
        with UnitOfWork(runtime.database) as uow, pytest.raises(error):
            paper_entries.start(runtime, uow, manager, "p", {}, paper)
    for paper, error in ((Paper(now, slips.numbers[2]), CaseHasNumberError), (Paper(now - timedelta(hours=1)), InvalidError)):
        with UnitOfWork(runtime.database) as uow, pytest.raises(error):
            paper_entries.complete(runtime, uow, manager, case.work_item_ids[0], {}, paper)
    with UnitOfWork(runtime.database) as uow:
        assert [each.state for each in queries.numbers(uow, slips.id)] == ["used", "void", "blank"]
        assert len(uow.reading.execute(select(instance.c.id)).all()) == 1


def test_two_who_enter_the_same_paper_do_not_both_win(runtime: Runtime, clock: MovableClock, manager: Actor) -> None:
    """Whoever looked before the other wrote is told when writing."""
    block = reserved(runtime)
    with UnitOfWork(runtime.database) as uow:
        seen = paper_numbers.find(uow, {"slip"}, block.numbers[0], clock.now())
    case = started(runtime, manager, clock.now(), block.numbers[0])
    with UnitOfWork(runtime.database) as uow, pytest.raises(PaperNumberUsedError):
        paper_numbers.use(runtime, uow, SYSTEM, seen, case.id)


def test_the_rest_is_declared_void_with_a_reason(runtime: Runtime, manager: Actor) -> None:
    """Used ones stay; a second time there is nothing left; the page tells who and why."""
    block = reserved(runtime)
    started(runtime, manager, runtime.clock.now(), block.numbers[2])
    with UnitOfWork(runtime.database) as uow:
        assert paper_numbers.void(runtime, uow, manager, block.id, "book closed") == 2
        uow.commit()
        view = queries.find(uow, manager, block.id)
        assert (view.first, view.last, view.blank, view.used, view.void) == (block.numbers[0], block.numbers[2], 0, 1, 2)
        first = queries.numbers(uow, block.id)[0]
        assert (first.reason, first.settled_by) == ("book closed", manager.name)
    for number_block, reason, error in ((block.id, "again", NothingLeftError), (block.id, " ", InvalidError), (99, "x", NotFoundError)):
        with UnitOfWork(runtime.database) as uow, pytest.raises(error):
            paper_numbers.void(runtime, uow, manager, number_block, reason)


def test_only_what_makes_sense_is_reserved(runtime: Runtime, clock: MovableClock, deployed: int) -> None:
    """A record that there is, a handful of papers, a day to come, by somebody at a desk."""
    worker = make_user(runtime, "cleaner")
    yesterday = clock.now().date() - timedelta(days=2)
    with UnitOfWork(runtime.database) as uow:
        for count in (0, paper_numbers.MOST + 1):
            with pytest.raises(paper_numbers.BlockSizeError):
                paper_numbers.reserve(runtime, uow, SYSTEM, "slip", count)
        with pytest.raises(NotFoundError):
            paper_numbers.reserve(runtime, uow, SYSTEM, "nothing", 1)
        with pytest.raises(InvalidError):
            paper_numbers.reserve(runtime, uow, SYSTEM, "slip", 1, use_by=yesterday)
        with pytest.raises(ForbiddenError):
            paper_numbers.reserve(runtime, uow, worker.actor, "slip", 1)


def test_blanks_are_printed_with_their_numbers(runtime: Runtime, deployed: int) -> None:
    """One article a number."""
    block = reserved(runtime)
    with UnitOfWork(runtime.database) as uow:
        article = records.blank(runtime, uow, SYSTEM, "p", "slip", locale="zh-Hant", numbers=block.numbers)
        (view,) = queries.blocks(uow, SYSTEM).rows
    assert article.count("<article") == 3
    assert all(number in article for number in block.numbers)
    assert (view.series, view.book, view.total) == ("slip", "gate 2", 3)


