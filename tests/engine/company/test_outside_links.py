"""One-time links: what they open, until when, how often, and who is told when somebody was first."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from engine import submissions, work_items
from engine.clock import MovableClock
from engine.company import outside_links
from engine.company.outside_links import (
    LinkClosedError,
    LinkState,
    LinkThrottledError,
    LinkUnknownError,
    NewLink,
    NotOutsideError,
)
from engine.delivery import courier
from engine.errors import GuichengError, InvalidError, NotACandidateError, WorkItemNotOpenError
from engine.instances import cancel, resume, run_step, suspend
from engine.jobs import handlers
from engine.model import SYSTEM
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import history
from engine.queries import work_items as item_queries
from engine.runtime import NoOutbox, Runtime
from tests.builders import Person, deploy_simple, make_tenant, make_unit, make_user, rows, start
from tests.engine.delivery.servers import make_channel
from tests.outside_diagrams import deploy_pricing


@pytest.fixture
def worker(runtime: Runtime) -> Person:
    """Who attends the tenant."""
    return make_user(runtime, "repair_worker")


@pytest.fixture
def item_id(runtime: Runtime) -> int:
    """The item that the tenant is to do."""
    deploy_pricing(runtime)
    return start(runtime, "pricing", {"amount": "480"}).work_item_ids[0]


def _link(runtime: Runtime, worker: Person, item_id: int, **options: str) -> NewLink:
    return run_step(runtime, lambda uow: outside_links.create(runtime, uow, worker.actor, item_id, **options))  # type: ignore[arg-type]


def _state(runtime: Runtime, token: str) -> LinkState:
    with UnitOfWork(runtime.database) as uow:
        return outside_links.find(runtime, uow, token).state


def _use(runtime: Runtime, token: str, name: str = "王小明") -> None:
    run_step(runtime, lambda uow: outside_links.complete(runtime, uow, token, {"agreed": True}, name=name, address="10.0.0.9"))


def _knock(runtime: Runtime, token: str, address: str = "10.0.0.9") -> object:
    return run_step(runtime, lambda uow: outside_links.knock(runtime, uow, token, address, opens=True))


def test_only_a_digest_of_the_token_is_kept(runtime: Runtime, worker: Person, item_id: int) -> None:
    link = _link(runtime, worker, item_id)
    (row,) = rows(runtime, tables.outside_link)
    assert len(link.token) >= 32
    assert link.token not in str(tuple(row))


def test_using_it_completes_the_item_by_link_under_the_persons_name(runtime: Runtime, worker: Person, item_id: int) -> None:
    link = _link(runtime, worker, item_id)
    _use(runtime, link.token)
    with UnitOfWork(runtime.database) as uow:
        item = item_queries.find(uow, item_id)
        done = next(row for row in history.page(uow, item.instance_id).rows if row.type == "work_item.completed")
    assert (item.state, item.completed_by, item.completed_by_name) == ("completed", None, "王小明")
    assert (done.actor_id, done.actor_name, done.channel) == (None, "王小明", "link")
    (row,) = rows(runtime, tables.outside_link)
    assert (row.used_by, row.used_from, row.used_at) == ("王小明", "10.0.0.9", runtime.clock.now())


def test_the_worker_who_claimed_the_item_is_not_in_the_way(runtime: Runtime, worker: Person, item_id: int) -> None:
    run_step(runtime, lambda uow: work_items.claim(runtime, uow, worker.actor, item_id))
    link = _link(runtime, worker, item_id)
    _use(runtime, link.token)
    assert _state(runtime, link.token) is LinkState.USED


def test_a_second_use_is_refused(runtime: Runtime, worker: Person, item_id: int) -> None:
    link = _link(runtime, worker, item_id)
    _use(runtime, link.token)
    with pytest.raises(LinkClosedError):
        _use(runtime, link.token)


def test_it_expires_by_the_clock(runtime: Runtime, clock: MovableClock, worker: Person, item_id: int) -> None:
    link = _link(runtime, worker, item_id)
    clock.advance(timedelta(hours=runtime.settings.outside_link_hours) - timedelta(seconds=1))
    assert _state(runtime, link.token) is LinkState.OPEN
    clock.advance(timedelta(seconds=1))
    assert _state(runtime, link.token) is LinkState.EXPIRED
    with pytest.raises(LinkClosedError):
        _use(runtime, link.token)


def test_a_revoked_link_is_refused_and_both_are_on_record(runtime: Runtime, worker: Person, item_id: int) -> None:
    link = _link(runtime, worker, item_id)
    run_step(runtime, lambda uow: outside_links.revoke(runtime, uow, worker.actor, item_id, link.id))
    with pytest.raises(LinkClosedError):
        _use(runtime, link.token)
    with UnitOfWork(runtime.database) as uow:
        types = [row.type for row in history.page(uow, item_queries.find(uow, item_id).instance_id).rows]
    assert types[-2:] == ["outside_link.created", "outside_link.revoked"]


def test_a_guessed_token_opens_nothing_and_guessing_is_stopped(runtime: Runtime, clock: MovableClock, worker: Person, item_id: int) -> None:
    link = _link(runtime, worker, item_id)
    with pytest.raises(LinkUnknownError):
        _use(runtime, link.token[:-1])
    for number in range(outside_links.UNKNOWN_AT_ADDRESS):
        assert _knock(runtime, f"guess{number}") is None
    with pytest.raises(LinkThrottledError):
        _knock(runtime, "one more")
    assert _knock(runtime, "one more", "10.0.0.10") is None, "from elsewhere it isn't stopped"
    assert _knock(runtime, link.token) is not None, "nor is a good link of the same address"
    clock.advance(outside_links.ATTEMPT_WINDOW)
    assert _knock(runtime, "later") is None


def test_one_link_is_not_opened_without_end(runtime: Runtime, clock: MovableClock, worker: Person, item_id: int) -> None:
    link = _link(runtime, worker, item_id)
    for number in range(outside_links.ATTEMPTS_OF_LINK):
        _knock(runtime, link.token, f"10.0.0.{number}")
    with pytest.raises(LinkThrottledError):
        _knock(runtime, link.token, "10.0.1.1")
    clock.advance(outside_links.ATTEMPT_WINDOW)
    _knock(runtime, link.token)
    (row,) = rows(runtime, tables.outside_link)
    assert row.open_count == outside_links.ATTEMPTS_OF_LINK + 1
    assert len(rows(runtime, tables.outside_link_attempt)) <= outside_links.ATTEMPTS_OF_LINK + 1, "old attempts are dropped"


def test_a_link_reaches_no_other_item(runtime: Runtime, worker: Person, item_id: int) -> None:
    other = start(runtime, "pricing", {"amount": "990"}).work_item_ids[0]
    link = _link(runtime, worker, item_id)
    with UnitOfWork(runtime.database) as uow:
        actor = outside_links.find(runtime, uow, link.token).actor("王小明")
        with pytest.raises(NotACandidateError):
            submissions.actionable(uow, actor, other)
        assert not outside_links.may_attend(actor, submissions.find_item(uow, item_id)), "and makes no further links"
        with pytest.raises(GuichengError):
            work_items.assign(runtime, uow, actor, item_id, worker.id)


def test_the_desk_and_the_link_at_once_one_wins_and_the_other_is_told(runtime: Runtime, worker: Person, item_id: int) -> None:
    link = _link(runtime, worker, item_id)
    run_step(runtime, lambda uow: work_items.claim(runtime, uow, worker.actor, item_id))
    together, told = threading.Barrier(2), []

    def desk() -> None:
        together.wait()
        try:
            run_step(runtime, lambda uow: work_items.complete(runtime, uow, worker.actor, item_id, {"agreed": True}))
        except WorkItemNotOpenError as error:
            told.append(("desk", error.data["completed_by"]))

    def phone() -> None:
        together.wait()
        try:
            _use(runtime, link.token)
        except WorkItemNotOpenError as error:
            told.append(("phone", error.data["completed_by"]))

    threads = [threading.Thread(target=act) for act in (desk, phone)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert told in ([("desk", "王小明")], [("phone", worker.name)])
    winner = LinkState.USED if told[0][0] == "desk" else LinkState.DONE
    assert _state(runtime, link.token) is winner
    assert len([row for row in rows(runtime, tables.work_item) if row.element_id == "carry_out"]) == 1


def test_of_two_links_the_second_is_done_with_the_first(runtime: Runtime, worker: Person, item_id: int) -> None:
    first, second = _link(runtime, worker, item_id), _link(runtime, worker, item_id)
    _use(runtime, first.token)
    assert _state(runtime, second.token) is LinkState.DONE
    with pytest.raises(WorkItemNotOpenError):
        _use(runtime, second.token)


def test_a_resting_case_keeps_the_link_and_an_ended_one_does_not(runtime: Runtime, worker: Person, item_id: int) -> None:
    link = _link(runtime, worker, item_id)
    with UnitOfWork(runtime.database) as uow:
        case = item_queries.find(uow, item_id).instance_id
    run_step(runtime, lambda uow: suspend(runtime, uow, SYSTEM, case, "等待"))
    assert _state(runtime, link.token) is LinkState.RESTING
    run_step(runtime, lambda uow: resume(runtime, uow, SYSTEM, case, "繼續"))
    assert _state(runtime, link.token) is LinkState.OPEN
    run_step(runtime, lambda uow: cancel(runtime, uow, SYSTEM, case, "取消"))
    assert _state(runtime, link.token) is LinkState.WITHDRAWN


def test_a_name_is_asked_for(runtime: Runtime, worker: Person, item_id: int) -> None:
    link = _link(runtime, worker, item_id)
    with pytest.raises(InvalidError):
        _use(runtime, link.token, name="  ")
    assert _state(runtime, link.token) is LinkState.OPEN


def test_others_make_no_links_and_staffs_items_get_none(runtime: Runtime, worker: Person, item_id: int) -> None:
    cashier = make_user(runtime, "cashier")
    with pytest.raises(NotACandidateError):
        _link(runtime, cashier, item_id)
    deploy_simple(runtime, "errand", ("do_errand", "repair_worker"))
    staffs = start(runtime, "errand").work_item_ids[0]
    with pytest.raises(NotOutsideError):
        _link(runtime, worker, staffs)
    with pytest.raises(InvalidError):
        _link(runtime, worker, item_id, locale="fr")


def test_sending_makes_the_token_when_it_is_sent_and_a_repeat_sends_nothing(
    runtime: Runtime, worker: Person, item_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[str, str]] = []
    monkeypatch.setattr(courier, "send", lambda _channel, message, to, _now: sent.append((to, message.text)))
    make_channel(runtime, "sms", url="https://sms.example/send", template="{to}{text}")
    made = _link(runtime, worker, item_id, send_to="13800001234", locale="en", base="https://guicheng.example")
    outbox = runtime.outbox
    assert isinstance(outbox, NoOutbox)
    (name, key, payload) = next(job for job in outbox.sent if job[0] == "send_link")
    assert made.token not in str(payload)
    handlers.run(runtime, name, key, payload)
    handlers.run(runtime, name, key, payload)
    assert courier.send_due(runtime) == 1
    ((to, text),) = sent
    assert to == "13800001234"
    assert "good for 72 hours" in text
    token = text.split("https://guicheng.example/l/")[1].split()[0]
    assert _state(runtime, token) is LinkState.OPEN
    (row,) = rows(runtime, tables.outside_link)
    assert row.sent_at is not None


def test_without_a_gateway_nobody_claims_that_it_was_sent(runtime: Runtime, worker: Person, item_id: int) -> None:
    made = _link(runtime, worker, item_id, send_to="13800001234", base="https://guicheng.example")
    handlers.run(runtime, "send_link", "again", {"link_id": made.id, "base": "https://guicheng.example"})
    courier.send_due(runtime)
    (row,) = rows(runtime, tables.outside_link)
    assert row.sent_at is None
    (waiting,) = rows(runtime, tables.delivery)
    assert (waiting.state, waiting.attempts, waiting.address) == ("waiting", 1, "13800001234")


def test_a_step_that_asks_for_it_is_sent_to_the_tenant_of_the_unit_when_it_opens(runtime: Runtime) -> None:
    deploy_pricing(runtime, hand_over="link")
    unit = make_unit(runtime)
    make_tenant(runtime, unit_id=unit, contact="Ms Lin", phone="13900005678", locale="en")
    start(runtime, "pricing", {"amount": "480", "unit": unit})
    outbox = runtime.outbox
    assert isinstance(outbox, NoOutbox)
    (name, key, payload) = next(job for job in outbox.sent if job[0] == "hand_over")
    handlers.run(runtime, name, key, payload)
    handlers.run(runtime, name, key, payload)
    (row,) = rows(runtime, tables.outside_link)
    assert (row.recipient, row.send_to, row.locale, row.created_by) == ("Ms Lin", "13900005678", "en", None)
