"""Comments: mentions tell people, wordings are kept, nothing is ever gone; and drafts, which are their author's alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from engine import comments, drafts, history
from engine.clock import MovableClock
from engine.comments import CommentSettledError, CommentStruckError, CommentTooLongError
from engine.errors import ForbiddenError, InvalidError, NotFoundError, TooLargeError, WorkItemNotOpenError
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import talk
from engine.runtime import Runtime
from engine.steps import run_step
from tests.builders import Person, Started, deploy_simple, make_site, make_user, rows, start


@pytest.fixture
def case(runtime: Runtime) -> Started:
    """A case at a site with one open item."""
    deploy_simple(runtime, "errand", ("do_errand", "customer_service"))
    return start(runtime, "errand", site_id=make_site(runtime))


@pytest.fixture
def here(runtime: Runtime, case: Started) -> int:
    """The case's site."""
    site_id: int = rows(runtime, tables.instance)[0].site_id
    return site_id


@pytest.fixture
def author(runtime: Runtime, here: int) -> Person:
    return make_user(runtime, "customer_service", site_id=here, display_name="陳客服")


def write(runtime: Runtime, person: Person, case: Started, body: str) -> int:
    return run_step(runtime, lambda uow: comments.add(runtime, uow, person.actor, case.id, body))


def read(runtime: Runtime, case: Started) -> tuple[talk.CommentRow, ...]:
    with UnitOfWork(runtime.database) as uow:
        return talk.comments(uow, case.id).rows


def told(runtime: Runtime) -> list[Any]:
    return [row.user_id for row in rows(runtime, tables.notification) if row.kind == "mentioned"]


def test_whoever_is_mentioned_is_told_once_and_of_names_that_begin_alike_the_longest_is_meant(
    runtime: Runtime, case: Started, author: Person, here: int
) -> None:
    short = make_user(runtime, "dispatcher", site_id=here, display_name="王小")
    long = make_user(runtime, "dispatcher", site_id=here, display_name="王小明")
    make_user(runtime, "dispatcher", site_id=make_site(runtime), display_name="外人")
    comment_id = write(runtime, author, case, "請@王小明看一下，也問問 @外人 和 @誰")
    assert told(runtime) == [long.id]
    assert [each.name for each in read(runtime, case)[0].mentions] == ["王小明"]
    run_step(runtime, lambda uow: comments.edit(runtime, uow, author.actor, comment_id, "請 ＠王小 看一下，@王小明 不用了"))
    assert told(runtime) == [long.id, short.id]


def test_a_comment_can_be_mended_for_some_minutes_by_its_author_and_keeps_its_wordings(
    runtime: Runtime, case: Started, author: Person, clock: MovableClock, here: int
) -> None:
    comment_id = write(runtime, author, case, "三點到")
    other = make_user(runtime, "manager", site_id=here)
    with pytest.raises(ForbiddenError):
        run_step(runtime, lambda uow: comments.edit(runtime, uow, other.actor, comment_id, "四點到"))
    clock.advance(comments.EDIT_FOR)
    run_step(runtime, lambda uow: comments.edit(runtime, uow, author.actor, comment_id, "四點到"))
    (row,) = read(runtime, case)
    assert (row.body, row.earlier, row.edited_at) == ("四點到", ("三點到",), clock.now())
    clock.advance(timedelta(seconds=1))
    with pytest.raises(CommentSettledError):
        run_step(runtime, lambda uow: comments.edit(runtime, uow, author.actor, comment_id, "五點到"))


def test_a_struck_comment_stays_with_the_reason_and_cannot_be_touched_again(
    runtime: Runtime, case: Started, author: Person, here: int
) -> None:
    comment_id = write(runtime, author, case, "寫錯地方了")
    worker = make_user(runtime, "repair_worker", site_id=here)
    for person, reason, error in ((worker, "x", ForbiddenError), (author, " ", InvalidError)):
        with pytest.raises(error):
            run_step(runtime, lambda uow, person=person, reason=reason: comments.strike(runtime, uow, person.actor, comment_id, reason))
    run_step(runtime, lambda uow: comments.strike(runtime, uow, author.actor, comment_id, "另一案的"))
    (row,) = read(runtime, case)
    assert (row.body, row.struck_reason, row.struck_by_name) == ("寫錯地方了", "另一案的", "陳客服")
    for act in (comments.edit, comments.strike):
        with pytest.raises(CommentStruckError):
            run_step(runtime, lambda uow, act=act: act(runtime, uow, author.actor, comment_id, "x"))


def test_every_wording_is_in_the_chain(runtime: Runtime, case: Started, author: Person) -> None:
    write(runtime, author, case, "看過了")
    with UnitOfWork(runtime.database) as uow:
        assert history.verify(uow, case.id) is None
    event = next(row for row in rows(runtime, tables.history_event) if row.type == "comment.added")
    assert event.values_digest is not None


@pytest.mark.parametrize(("body", "error"), [("  \n", InvalidError), ("字" * (comments.LONGEST + 1), CommentTooLongError)])
def test_an_empty_or_endless_comment_is_refused(runtime: Runtime, case: Started, author: Person, body: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        write(runtime, author, case, body)


def test_nobody_comments_on_another_sites_case(runtime: Runtime, case: Started) -> None:
    elsewhere = make_user(runtime, "customer_service", site_id=make_site(runtime))
    with pytest.raises(NotFoundError):
        write(runtime, elsewhere, case, "x")


def test_comments_page_newest_first(runtime: Runtime, case: Started, author: Person) -> None:
    for number in range(5):
        write(runtime, author, case, f"第{number}則")
    with UnitOfWork(runtime.database) as uow:
        first = talk.comments(uow, case.id, limit=3)
        second = talk.comments(uow, case.id, after=first.after, limit=3)
    assert [row.body for row in (*first.rows, *second.rows)] == [f"第{number}則" for number in (4, 3, 2, 1, 0)]
    assert second.after is None


# ---------------------------------------------------------------- drafts

def test_a_draft_replaces_the_one_before_and_is_its_authors_alone(runtime: Runtime, case: Started, author: Person, here: int) -> None:
    item, other = case.work_item_ids[0], make_user(runtime, "customer_service", site_id=here)
    for caller in ("王", "王小明"):
        typed = [("caller", caller), ("empty", ""), ("signature-image", "data:image/png;base64,x")]
        run_step(runtime, lambda uow, typed=typed: drafts.save(runtime, uow, author.actor, item, typed))
    with UnitOfWork(runtime.database) as uow:
        kept = drafts.find(uow, author.actor, item)
        assert kept is not None
        assert kept.fields == (("caller", "王小明"),), "no empty field and no signature that was not given"
        assert drafts.find(uow, other.actor, item) is None
    assert run_step(runtime, lambda uow: drafts.discard(uow, other.actor, item)) is False
    assert run_step(runtime, lambda uow: drafts.discard(uow, author.actor, item)) is True


def test_drafts_end_with_their_item_their_size_and_their_time(
    runtime: Runtime, case: Started, author: Person, clock: MovableClock
) -> None:
    from engine import work_items

    item = case.work_item_ids[0]
    with pytest.raises(TooLargeError):
        run_step(runtime, lambda uow: drafts.save(runtime, uow, author.actor, item, [("x", "y" * runtime.settings.form_bytes)]))
    run_step(runtime, lambda uow: drafts.save(runtime, uow, author.actor, item, [("x", "y")]))
    clock.advance(drafts.KEEP + timedelta(seconds=1))
    assert run_step(runtime, lambda uow: drafts.sweep(uow, clock.now())) == 1
    run_step(runtime, lambda uow: work_items.complete(runtime, uow, author.actor, item, {}))
    with pytest.raises(WorkItemNotOpenError):
        run_step(runtime, lambda uow: drafts.save(runtime, uow, author.actor, item, [("x", "y")]))
