"""Pages of going live: a workbook is shown before it is carried out, errors stand beside their rows, the sheet is signed."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from engine import definitions
from engine.imports import planning, storing
from engine.imports.workbook import read_workbook
from engine.model import SYSTEM
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.procedures import read_procedures
from engine.runtime import Runtime
from tests.builders import make_user, rows
from tests.webui.visitor import Visitor, text_of
from tests.workbooks import COMPANY, changed, workbook

Visit = Callable[..., Visitor]
pytestmark = pytest.mark.databases("sqlite")


def upload(visitor: Visitor, raw: bytes, name: str = "going-live.xlsx") -> object:
    """Send a file."""
    return visitor.post("/imports", {"workbook": (io.BytesIO(raw), name)})


def plan(runtime: Runtime) -> None:
    """What the job does with what was sent."""
    for run in rows(runtime, tables.import_run):
        planning.plan(runtime, run.id)


def test_a_workbook_is_shown_confirmed_and_signed(runtime: Runtime, visit: Visit) -> None:
    """From the upload to the reconciliation without a difference, signed by the manager."""
    visitor = visit(make_user(runtime, "administrator"))
    sent = upload(visitor, workbook(COMPANY))
    assert sent.status_code == 303
    assert "核對中 0%" in text_of(visitor.get(sent.location))
    assert "HX-Refresh" not in visitor.get(f"{sent.location}/progress").headers
    plan(runtime)
    assert visitor.get(f"{sent.location}/progress").headers["HX-Refresh"] == "true"
    page = visitor.get(sent.location)
    assert "確認匯入" in text_of(page)
    assert "A-101 · 管理費 · 1081.25" in text_of(page)
    visitor.post(f"{sent.location}/confirm", {})
    assert "匯入中 0%" in text_of(visitor.get(sent.location))
    assert "HX-Refresh" not in visitor.get(f"{sent.location}/progress").headers
    (run,) = rows(runtime, tables.import_run)
    storing.carry_out(runtime, run.id)
    assert visitor.get(f"{sent.location}/progress").headers["HX-Refresh"] == "true"
    assert "已匯入" in text_of(visitor.get(sent.location))
    manager = visit(make_user(runtime, "manager"))
    sheet = f"{sent.location}/reconciliation"
    assert "全部相符" in text_of(manager.get(sheet))
    assert manager.post(sheet, {"role": "manager"}).status_code == 303
    assert "物業服務中心經理" in text_of(manager.get(sheet))
    assert manager.get(f"{sheet}.xlsx").data.startswith(b"PK")


def test_errors_stand_beside_their_rows_and_nothing_can_be_confirmed(runtime: Runtime, visit: Visit) -> None:
    """In the reader's language, with sheet, line and column."""
    visitor = visit(make_user(runtime, "administrator", locale="en"))
    sent = upload(visitor, workbook(changed(COMPANY, "單元", 1, 4, "about 80")))
    plan(runtime)
    text = text_of(visitor.get(sent.location))
    assert "“Area (m²)” must be a number, not “about 80”." in text
    assert "Import 0" not in text
    assert visitor.post(f"{sent.location}/confirm", {}).status_code == 303
    assert {run.state for run in rows(runtime, tables.import_run)} == {"planned"}
    visitor.post(f"{sent.location}/discard", {})
    assert {run.state for run in rows(runtime, tables.import_run)} == {"discarded"}


def test_a_file_that_is_none_comes_back_with_the_reason(runtime: Runtime, visit: Visit) -> None:
    """Beside the field, with the status of a refused form."""
    visitor = visit(make_user(runtime, "administrator"))
    sent = upload(visitor, "編號,名稱\n".encode(), "units.csv")
    assert sent.status_code == 422
    assert "另存為" in text_of(sent)
    assert rows(runtime, tables.import_run) == []


def test_template_and_present_content_are_downloads(runtime: Runtime, visit: Visit) -> None:
    """Both are workbooks that we read."""
    visitor = visit(make_user(runtime, "administrator"))
    titles = [sheet.title for sheet in read_workbook(visitor.get("/imports/template.xlsx").data).sheets]
    assert "期初餘額" in titles
    present = read_workbook(visitor.get("/imports/present.xlsx").data)
    assert "人員" in [sheet.title for sheet in present.sheets if len(sheet.rows) > 1]


def test_papers_are_printed_empty(runtime: Runtime, visit: Visit) -> None:
    """Listed by procedure under their headings; each is a page of its own."""
    with UnitOfWork(runtime.database) as uow:
        definitions.deploy(runtime, uow, SYSTEM, read_procedures([runtime.settings.bpmn / "site_pass"])[0].files)
        uow.commit()
    visitor = visit(make_user(runtime, "customer_service"))
    listed = visitor.get("/blank-forms")
    assert "/blank-forms/site_pass/pass_return_slip" in listed.get_data(as_text=True)
    paper = visitor.get("/blank-forms/site_pass/pass_return_slip").get_data(as_text=True)
    assert "record-page" in paper
    assert "data:image" not in paper
