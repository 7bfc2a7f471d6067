"""The page of who did what: told in words with a way to what it is about, narrowed, paged, and taken out as a file on record."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine import work_items
from engine.instances import run_step
from engine.persistence import tables
from engine.runtime import Runtime
from tests.builders import deploy_simple, make_site, make_unit, make_user, rows, start
from tests.webui.visitor import Visitor

pytestmark = pytest.mark.databases("sqlite")

Visit = Callable[..., Visitor]


def test_acts_are_told_in_words_and_lead_to_what_they_are_about(runtime: Runtime, visit: Visit) -> None:
    """Of a case as its own page tells it, of an account with what was changed, of sign-ins with whence."""
    deploy_simple(runtime, "errand", ("do_errand", "customer_service"))
    site_id = make_site(runtime)
    clerk = make_user(runtime, "customer_service", site_id=site_id, display_name="陳小玲")
    case = start(runtime, "errand", site_id=site_id, actor=clerk.actor)
    run_step(runtime, lambda uow: work_items.claim(runtime, uow, clerk.actor, case.work_item_ids[0]))
    admin = visit(make_user(runtime, "administrator"))
    admin.post(f"/directory/person/{clerk.id}/deactivate", {"reason": "離職"})
    page = admin.get("/audit").text
    assert "簽收「do_errand」" in page
    assert f'href="/cases/{case.id}"' in page
    assert "離職" in page
    assert f'href="/directory/person/{clerk.id}"' in page
    narrowed = admin.get(f"/audit?kind=case&person={clerk.id}").text
    assert "簽收「do_errand」" in narrowed
    assert "離職" not in narrowed
    assert "沒有符合條件的記錄" in admin.get("/audit?case=nothing&since=rubbish&person=x&kind=y").text


def test_a_file_of_it_is_on_record_in_it(runtime: Runtime, visit: Visit) -> None:
    admin = visit(make_user(runtime, "administrator"))
    sheet = admin.get("/audit.csv?kind=session")
    assert sheet.text.splitlines()[0].startswith("\ufeff時間,誰")
    (noted,) = rows(runtime, tables.list_export)
    assert (noted.list, noted.query, noted.kind) == ("audit", "/audit.csv?kind=session", "csv")
    assert "匯出操作記錄" in admin.get("/audit?kind=export").text
    assert admin.get("/audit.xlsx").data[:2] == b"PK"


def test_every_file_with_rows_of_many_is_on_record(runtime: Runtime, visit: Visit) -> None:
    """Whatever page it is taken from, with its address and how much was in it; a file that was refused is not."""
    deploy_simple(runtime, "errand", ("do_errand", "customer_service"))
    make_unit(runtime)
    start(runtime, "errand")
    admin = visit(make_user(runtime, "administrator"))
    taken = {
        "/lists/cases/file.csv?sort=newest": ("cases", "csv", 1), "/directory/unit/list.csv": ("directory.unit", "csv", 1),
        "/imports/present.xlsx": ("master_data", "xlsx", 5), "/heat/errand/log.xes": ("event_log", "xes", 1),
        "/heat/errand/log.ocel?persons=names": ("event_log", "ocel", 1), "/month-pack/2026-03/file.xlsx": ("month_pack", "xlsx", 0),
    }  # fmt: skip
    for address in taken:
        assert admin.get(address).status_code == 200, address
    assert visit(make_user(runtime, "customer_service")).get("/heat/errand/log.xes").status_code == 403
    assert {row.query: (row.list, row.kind, row.row_count) for row in rows(runtime, tables.list_export)} == taken
    text = admin.get("/audit?kind=export").text
    assert "匯出事件日誌，1 列" in text
    assert "/heat/errand/log.ocel?persons=names" in text
