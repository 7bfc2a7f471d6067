"""Giving work out from a board: what the procedure then says, who was first, and the way back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine import boards
from engine.board_rules import Board
from engine.clock import MovableClock
from engine.errors import NotACandidateError, NotFoundError, WorkItemNotOpenError
from engine.jobs.inline import advance
from engine.model import WorkItemState
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import board as queries
from engine.queries.board import BoardFilters
from engine.runtime import Runtime
from engine.steps import run_step
from engine.work_items import AssigneeUnsuitableError
from tests.builders import Person, make_site, make_user, make_work_item, rows
from tests.engine.board_cases import Company, make_company

EVERYTHING = BoardFilters()


@pytest.fixture
def company(runtime: Runtime) -> Company:
    return make_company(runtime)


def board_of(company: Company) -> Board:
    with UnitOfWork(company.runtime.database) as uow:
        return boards.open_board(company.runtime, uow, company.dispatcher.actor).board


def give(company: Company, case_id: int, worker: Person, by: Person | None = None) -> boards.Assigned:
    board, actor, item = board_of(company), (by or company.dispatcher).actor, company.open_item(case_id)
    return run_step(company.runtime, lambda uow: boards.assign(company.runtime, uow, actor, board, item, worker.id))


def take_back(company: Company, done: boards.Assigned, by: Person | None = None) -> None:
    board, actor = board_of(company), (by or company.dispatcher).actor
    run_step(
        company.runtime,
        lambda uow: boards.undo(company.runtime, uow, actor, board, done.instance_id, done.history_seq, done.way, done.before_id),
    )


def standing(company: Company, case_id: int) -> tuple[str, int | None]:
    item = rows(company.runtime, tables.work_item, tables.work_item.c.id == company.open_item(case_id))[0]
    return item.element_id, item.assignee_id


def shown(company: Company, column: str, filters: BoardFilters = EVERYTHING, **options: object) -> list[str]:
    board = board_of(company)
    wanted = board.column(column)
    assert wanted is not None
    with UnitOfWork(company.runtime.database) as uow:
        page = queries.cards(uow, company.dispatcher.actor, board, wanted, filters, **options)  # type: ignore[arg-type]
    return [str(card.business_key) for card in page.rows]


def test_giving_work_completes_the_step_that_names_the_person(company: Company) -> None:
    case, worker = company.call(), company.workers[0]
    done = give(company, case.id, worker)
    assert done.way == "step"
    assert standing(company, case.id) == ("accept_slip", worker.id)


def test_the_second_dispatcher_is_told_who_was_first(company: Company) -> None:
    case, other = company.call(), make_user(company.runtime, "dispatcher")
    board, item = board_of(company), company.open_item(case.id)
    give(company, case.id, company.workers[0])
    with pytest.raises(WorkItemNotOpenError) as caught:
        run_step(company.runtime, lambda uow: boards.assign(company.runtime, uow, other.actor, board, item, company.workers[1].id))
    assert company.dispatcher.name in caught.value.source_text()
    assert standing(company, case.id) == ("accept_slip", company.workers[0].id)


def test_undo_goes_back_to_where_it_was_and_is_on_record(company: Company) -> None:
    case = company.call()
    take_back(company, give(company, case.id, company.workers[0]))
    assert standing(company, case.id) == ("assign_worker", None)
    events = [row.type for row in rows(company.runtime, tables.history_event, tables.history_event.c.instance_id == case.id)]
    assert "work_item.returned" in events
    give(company, case.id, company.workers[1])
    assert standing(company, case.id) == ("accept_slip", company.workers[1].id)


def test_undo_is_refused_to_others_later_and_after_anything_else(company: Company, clock: MovableClock) -> None:
    case = company.call()
    done = give(company, case.id, company.workers[0])
    with pytest.raises(boards.TooLateToUndoError):
        take_back(company, done, make_user(company.runtime, "dispatcher"))
    advance(company.runtime, clock, boards.UNDO_WITHIN + timedelta(seconds=1))
    with pytest.raises(boards.TooLateToUndoError):
        take_back(company, done)
    other = company.call()
    done = give(company, other.id, company.workers[0])
    give(company, other.id, company.workers[1])
    with pytest.raises(boards.TooLateToUndoError):
        take_back(company, done)
    assert standing(company, other.id) == ("accept_slip", company.workers[1].id)


def test_another_worker_accepts_the_slip_anew_and_undo_gives_it_to_the_first(company: Company) -> None:
    case, (first, second) = company.call(), company.workers
    give(company, case.id, first)
    done = give(company, case.id, second)
    assert (done.way, done.before_id) == ("again", first.id)
    assert standing(company, case.id) == ("accept_slip", second.id)
    take_back(company, done)
    assert standing(company, case.id) == ("accept_slip", first.id)


def test_nobody_is_offered_what_giving_would_refuse(company: Company) -> None:
    supervisor = make_user(company.runtime, "engineering_supervisor", site_id=company.site_id)

    def offered(person: Person, column: str) -> list[bool]:
        with UnitOfWork(company.runtime.database) as uow:
            opened = boards.open_board(company.runtime, uow, person.actor)
            wanted = opened.board.column(column)
            assert wanted is not None
            cards = queries.cards(uow, person.actor, opened.board, wanted, BoardFilters()).rows
            return [boards.may_give(person.actor, opened, card) for card in cards]

    case = company.call()
    assert (offered(supervisor, "reported"), offered(company.dispatcher, "reported")) == ([False], [True])
    with pytest.raises(NotACandidateError):
        give(company, case.id, company.workers[0], by=supervisor)
    give(company, case.id, company.workers[0])
    assert (offered(supervisor, "assigned"), offered(company.dispatcher, "assigned")) == ([False], [True])


def test_only_who_does_the_work_at_the_site_can_be_given_it(company: Company) -> None:
    case = company.call()
    for person in (company.clerk, make_user(company.runtime, "repair_worker", site_id=make_site(company.runtime))):
        with pytest.raises(AssigneeUnsuitableError):
            give(company, case.id, person)
    with pytest.raises(boards.NotOnBoardError):
        give(company, company.call(told=False).id, company.workers[0])


def test_a_board_is_open_to_the_roles_it_names(company: Company) -> None:
    with UnitOfWork(company.runtime.database) as uow, pytest.raises(NotFoundError):
        boards.open_board(company.runtime, uow, company.workers[0].actor)


def test_columns_show_the_most_urgent_first_and_page(company: Company, clock: MovableClock) -> None:
    for _ in range(3):
        company.call()
        advance(company.runtime, clock, timedelta(minutes=1))
    keys = shown(company, "reported")
    assert keys == sorted(keys)
    assert len(keys) == 3
    board = board_of(company)
    with UnitOfWork(company.runtime.database) as uow:
        first = queries.cards(uow, company.dispatcher.actor, board, board.columns[0], BoardFilters(), limit=2)
        assert first.rows[0].clocks[0].limit_id == "repair.on_site"
        assert first.rows[0].urgent_at == first.rows[0].clocks[0].due_at
    assert shown(company, "reported", after=first.after, limit=2) == keys[2:]


def test_filters_narrow_by_place_class_and_person(company: Company) -> None:
    cases = [company.call("A-1"), company.call("A-2", "urgent"), company.call("B-1", "general")]
    give(company, cases[0].id, company.workers[0])
    east = rows(company.runtime, tables.building, tables.building.c.name == "東座")[0].id
    assert len(shown(company, "reported")) == 2
    assert len(shown(company, "reported", BoardFilters(building_id=east))) == 1
    assert len(shown(company, "reported", BoardFilters(building_id=east, floor=1))) == 0
    assert len(shown(company, "assigned", BoardFilters(building_id=east, floor=1))) == 1
    assert len(shown(company, "reported", BoardFilters(card_class="general"))) == 1
    assert len(shown(company, "assigned", BoardFilters(worker_id=company.workers[1].id))) == 0
    assert len(shown(company, "reported", BoardFilters(site_id=company.site_id + 1))) == 0
    assert len(shown(company, "reported", BoardFilters(q="A-2"))) == 1


def test_counts_load_and_the_map_tell_what_is_late(company: Company, clock: MovableClock) -> None:
    late = company.call("A-2")
    give(company, late.id, company.workers[0])
    advance(company.runtime, clock, timedelta(minutes=30))
    company.call("A-1")
    board, now = board_of(company), company.runtime.clock.now()
    with UnitOfWork(company.runtime.database) as uow:
        counts = queries.counts(uow, company.dispatcher.actor, board, BoardFilters(), now)
        people = queries.workers(uow, company.dispatcher.actor, board, None, now)
        buildings = queries.late_map(uow, company.dispatcher.actor, board, BoardFilters(), now)
    assert (counts["assigned"].late, counts["reported"].late, counts["reported"].total) == (1, 0, 1)
    assert {each.id: (each.load, each.late) for each in people} == {company.workers[0].id: (1, 1), company.workers[1].id: (0, 0)}
    assert [(each.name, [(floor.floor, floor.open, floor.late) for floor in each.floors]) for each in buildings] == [
        ("東座", [(2, 1, 1), (1, 1, 0)]), ("西座", [(1, 0, 0)]),
    ]  # fmt: skip


def test_a_check_in_says_where_somebody_is(company: Company) -> None:
    case, worker = company.call("B-1"), company.workers[0]
    done = {"state": WorkItemState.COMPLETED, "completed_by": worker.id, "completed_at": company.runtime.clock.now()}
    make_work_item(company.runtime, "repair_worker", instance_id=case.id, element_id="check_in", definition_key="repair_visit", **done)
    with UnitOfWork(company.runtime.database) as uow:
        people = queries.workers(uow, company.dispatcher.actor, board_of(company), company.site_id, company.runtime.clock.now())
    assert {each.id: each.place for each in people} == {worker.id: "B-1", company.workers[1].id: None}


def test_the_version_moves_with_every_change_and_with_nothing_else(company: Company) -> None:
    board, case = board_of(company), company.call()

    def version() -> tuple[int, ...]:
        with UnitOfWork(company.runtime.database) as uow:
            return queries.version(uow, board)

    seen = [version()]
    assert version() == seen[0]
    give(company, case.id, company.workers[0])
    seen.append(version())
    make_user(company.runtime, "repair_worker")
    seen.append(version())
    company.call(told=False)
    seen.append(version())
    assert len(set(seen)) == len(seen)
