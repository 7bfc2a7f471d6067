"""What is learned from history: how often cases come in and when, how long steps take, what is submitted. On both databases."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random

from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.what_if_history import Completion, PastAct, PastCase
from engine.runtime import Runtime
from engine.what_if.durations import Durations, Source
from engine.what_if.guesses import whole
from engine.what_if.hours import Hours
from engine.what_if.learning import Learned
from engine.what_if.order import Order
from engine.what_if.ways import Ways, moved
from tests.builders import deploy_simple, make_site, make_user, start
from tests.what_if_history import work_through

_NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
_ALWAYS = Hours.always(_NOON - timedelta(days=9), _NOON + timedelta(days=9))


def completion(minute: int, length: int, *, taken: int | None = None, person: int | None = 1, element: str = "look") -> Completion:
    """Completed at a minute, came to be `length` minutes before, taken `taken` minutes before."""
    done = _NOON + timedelta(minutes=minute)
    claimed = None if taken is None else done - timedelta(minutes=taken)
    return Completion("errand", element, "clerk", person is None, done - timedelta(minutes=length), claimed, done, person)


def lengths_of(
    *completions: Completion, element: str = "look", is_outside: bool = False, due: float | None = None
) -> tuple[Source, list[float]]:
    found = Durations(completions, _ALWAYS, frozenset({"clerk"})).of("errand", element, "clerk", is_outside=is_outside, due=due)
    return found.source, [seconds / 60 for seconds in found.samples]


def test_a_step_counts_from_when_it_was_taken_or_the_last_thing_was_done() -> None:
    """One person has five things in hand at once, and does one after the other."""
    source, minutes = lengths_of(*(completion(10 * number, 300, taken=60) for number in range(1, 6)))
    assert (source, minutes) == (Source.TAKEN, [60, 10, 10, 10, 10])


def test_what_nobody_takes_counts_from_when_it_came_or_the_last_thing_was_done() -> None:
    source, minutes = lengths_of(*(completion(30 * number, 20) for number in range(1, 6)))
    assert (source, minutes) == (Source.BETWEEN, [20] * 5)


def test_a_few_takings_do_not_speak_for_all() -> None:
    """What one in twenty took first was something special."""
    usual = [completion(60 * number, 3, person=number) for number in range(95)]
    special = [completion(6000 + 600 * number, 500, taken=300, person=900 + number) for number in range(5)]
    source, minutes = lengths_of(*usual, *special)
    assert (source, len(minutes), sorted(minutes)[50]) == (Source.BETWEEN, 100, 3)


def test_too_thin_a_history_is_said_and_borrowed() -> None:
    """First from the role, then from the time that the diagram gives; at last it is assumed."""
    rich = [completion(60 * number, 50, taken=5, person=number) for number in range(1, 6)]
    assert lengths_of(*rich, element="sign") == (Source.ROLE, [5] * 5)
    assert lengths_of(element="sign", due=7200) == (Source.LIMIT, [60])
    assert lengths_of(element="sign") == (Source.ASSUMED, [15])
    assert lengths_of(*(completion(9 * number, 8, person=None) for number in range(5)), is_outside=True) == (Source.OUTSIDE, [8] * 5)


def test_arrivals_durations_and_people_are_read_from_the_store(runtime: Runtime) -> None:
    """Two cases each hour of working mornings; what the system began by itself isn't among them; only the sites that one sees."""
    process, clerk = deploy_simple(runtime), make_user(runtime, "customer_service")
    here, elsewhere = make_site(runtime), make_site(runtime)
    make_user(runtime, "customer_service", site_id=elsewhere)
    now = runtime.clock.now()
    starts = [now - timedelta(days=day, minutes=-half * 30) for day in (7, 14) for half in range(6)]
    work_through(runtime, process, starts, [600.0], [clerk.id])
    start(runtime, process.key, site_id=here)
    start(runtime, process.key, site_id=elsewhere)
    order = Order(now - timedelta(days=14), now + timedelta(days=1), 2, {process.key: 1.0})
    with UnitOfWork(runtime.database) as uow:
        learned = Learned(runtime, uow, order, frozenset({here}))
    assert learned.arrivals.counts == {process.key: 12}
    came = list(learned.arrivals.ahead(process.key, now, now + timedelta(weeks=4), 1.0, Random(1)))
    local = Counter((runtime.organisation.calendar.local(at).weekday(), runtime.organisation.calendar.local(at).hour) for at in came)
    assert set(local) == {(0, 9), (0, 10), (0, 11)}
    lengths = learned.lengths(process.key, "do_errand", "customer_service", is_outside=False, due=None)
    assert (lengths.source, lengths.known, lengths.median) == (Source.TAKEN, 12, 600)
    assert {role for posts in learned.people.values() for role, _ in posts} == {"customer_service"}
    assert len(learned.people) == 1
    assert [each.row.definition_key for each in learned.open_cases] == [process.key]


def test_more_cases_are_the_same_cases_closer_together(runtime: Runtime) -> None:
    process, clerk = deploy_simple(runtime), make_user(runtime, "customer_service")
    now = runtime.clock.now()
    work_through(runtime, process, [now - timedelta(hours=hour) for hour in range(1, 168)], [60.0], [clerk.id])
    with UnitOfWork(runtime.database) as uow:
        learned = Learned(runtime, uow, Order(now - timedelta(days=7), now, 1, {process.key: 1.0}), None)
    counts = [len(list(learned.arrivals.ahead(process.key, now, now + timedelta(days=7), factor, Random(3)))) for factor in (0, 1, 2)]
    assert counts[0] == 0
    assert counts[1] < counts[2] < 3 * counts[1]


def acts(*each: tuple[str, str, dict[str, object] | None]) -> PastCase:
    done = [PastAct(1, kind, _NOON + timedelta(hours=hour), "errand", element, {}, values, is_system=False)
            for hour, (kind, element, values) in enumerate(each)]  # fmt: skip
    return PastCase(None, done)


def test_a_new_case_goes_the_way_of_a_past_one() -> None:
    """History keeps what was changed: the second submission holds what the first said as well."""
    past = acts(
        ("instance.started", "start", {"form": "note", "after": {"words": "wet"}}),
        ("work_item.completed", "look", {"form": "look", "after": {"ok": False, "when": "2026-03-04"}}),
        ("work_item.completed", "look", {"form": "look", "after": {"ok": True}}),
    )
    ways = Ways("errand", [past])
    model, chance = ways.pick(Random(1)), Random(1)
    first, second, third = (ways.act(model, ("errand", "look"), visit, chance) for visit in range(3))
    assert first is not None
    assert second is not None
    assert first.data == {"look": {"ok": False, "when": "2026-03-04"}}
    assert second.data == {"look": {"ok": True, "when": "2026-03-04"}}
    # it never came there a third time: as anybody did
    assert third in (first, second)
    assert ways.act(model, ("errand", "never"), 0, chance) is None


def test_what_was_erased_is_not_played_again() -> None:
    erased = acts(("instance.started", "start", None), ("work_item.completed", "look", None))
    ways = Ways("errand", [erased])
    assert ways.pick(Random(1)).start is None
    assert ways.act(ways.models[0], ("errand", "look"), 0, Random(1)) is None


def test_moments_move_along_and_nothing_else_does() -> None:
    before = {"day": "2026-03-02", "at": "2026-03-02T09:30:00+08:00", "code": "2026-03", "rows": [{"on": "2026-03-31"}], "count": 3}
    assert moved(before, timedelta(days=2)) == {
        "day": "2026-03-04", "at": "2026-03-04T09:30:00+08:00", "code": "2026-03", "rows": [{"on": "2026-04-02"}], "count": 3,
    }  # fmt: skip


def test_a_submission_without_a_form_stays_as_it_is() -> None:
    assert whole(None, {"a": 1}) == {"a": 1}
