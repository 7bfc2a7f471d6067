"""Saved filters, many items at once and the note of an export, on both databases: the pages that show them are tried on one."""

from __future__ import annotations

import io
from zoneinfo import ZoneInfo

from engine import bulk, list_files, saved_filters
from engine.bulk import Verb
from engine.instances import run_step
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from tests.builders import deploy_simple, make_user, rows, start


def test_a_filter_is_kept_shared_opened_with_and_removed(runtime: Runtime) -> None:
    owner, colleague = make_user(runtime, "cashier"), make_user(runtime, "cashier")

    def save(query: str) -> int:
        return run_step(runtime, lambda uow: saved_filters.save(
            runtime, uow, owner.actor, "todo", "緊急", query, role="cashier", is_default=True))

    kept = [save("q=a"), save("q=b")]
    assert kept[0] == kept[1]
    run_step(runtime, lambda uow: saved_filters.choose_default(uow, colleague.actor, kept[0]))
    with UnitOfWork(runtime.database) as uow:
        (seen,) = saved_filters.listed(uow, colleague.actor, "todo")
    assert (seen.query, seen.is_mine, seen.is_default) == ("q=b", False, True)
    run_step(runtime, lambda uow: saved_filters.remove(uow, owner.actor, kept[0]))
    assert rows(runtime, tables.list_default) == []


def test_many_are_claimed_each_by_itself_and_a_trial_keeps_nothing(runtime: Runtime) -> None:
    clerk = make_user(runtime, "customer_service")
    deploy_simple(runtime, "errand", ("do_errand", "customer_service"))
    ids = [start(runtime, "errand").work_item_ids[0] for _ in range(2)]
    assert [each.refusal for each in bulk.preview(runtime, clerk.actor, Verb.CLAIM, ids)] == [None, None]
    assert {row.assignee_id for row in rows(runtime, tables.work_item)} == {None}
    done = bulk.run(runtime, clerk.actor, Verb.CLAIM, [*ids, 9999])
    assert [each.refusal is None for each in done] == [True, True, False]
    assert {row.assignee_id for row in rows(runtime, tables.work_item)} == {clerk.id}


def test_who_exported_what_stays_on_record(runtime: Runtime) -> None:
    clerk, target = make_user(runtime, "cashier"), io.BytesIO()
    count = list_files.write("csv", ["a", "b"], [["=1+1", runtime.clock.now()]], ZoneInfo("Asia/Shanghai"), target)
    run_step(runtime, lambda uow: list_files.note(runtime, uow, clerk.actor, "cases", "state=open", "csv", count))
    (kept,) = rows(runtime, tables.list_export)
    assert (kept.user_id, kept.list, kept.row_count) == (clerk.id, "cases", 1)
    assert "'=1+1" in target.getvalue().decode("utf-8-sig")
