"""Registers and records while they are edited: the file keeps what isn't changed, the preview shows what there is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.designing import drafts, record_preview, register_editing
from engine.designing.register_editing import RegisterText
from engine.errors import FormInvalidError
from engine.instances import run_step
from engine.persistence.unit_of_work import UnitOfWork
from engine.procedures import read_folder
from engine.record_templates import RecordTemplateError
from engine.runtime import Runtime
from tests.builders import Person, make_user

pytestmark = pytest.mark.databases("sqlite")
FILES = read_folder(Path(__file__).parent.parent.parent.parent / "bpmn" / "hot_work")
TEXT = FILES["registers/hot_work_permits.toml"].decode()
PAPER = FILES["records/hot_work_permit.html"].decode()


class Draft:
    """The hot-work procedure's draft in the hands of somebody who draws."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.person: Person = make_user(runtime, "process_designer")
        self.id: int = run_step(runtime, lambda uow: drafts.create(runtime, uow, self.person.actor, "hot_work", "folder")).id

    def ask(self, act: Any, *arguments: Any, **options: Any) -> Any:
        with UnitOfWork(self.runtime.database) as uow:
            return act(self.runtime, uow, self.person.actor, self.id, *arguments, **options)

    def write(self, head: dict[str, Any] | None, columns: list[tuple[int | None, dict[str, Any]]] | None) -> RegisterText:
        written: RegisterText = self.ask(register_editing.write, "hot_work_permits", TEXT, head, columns)
        return written


@pytest.fixture
def draft(runtime: Runtime) -> Draft:
    return Draft(runtime)


def test_a_registers_columns_are_changed_moved_and_added(draft: Draft) -> None:
    """Nothing changed gives the same bytes; what it names wrongly is told."""
    seen = draft.write(None, None)
    assert (seen.text, seen.findings) == (TEXT, ())
    columns: list[tuple[int | None, dict[str, Any]]] = [(at, dict(each)) for at, each in enumerate(seen.columns)]
    assert draft.write(dict(seen.head), columns).text == TEXT
    columns[1][1]["title"] = "許可證"
    assert draft.write(dict(seen.head), columns).text == TEXT.replace("動火證編號", "許可證")
    new = (None, {"id": "x", "value": "hot_work_application.nothing"})
    more = draft.write({**seen.head, "note": "每月核對", "summary": ["month"]}, [columns[1], columns[0], new])
    assert [column["id"] for column in more.columns] == ["permit", "number", "x"]
    assert more.head["note"] == "每月核對"
    assert [finding.data["path"] for finding in more.findings if "path" in finding.data] == ["hot_work_application.nothing"]


def test_a_registers_preview_has_its_headings(draft: Draft) -> None:
    """In the reader's language, with the rows that there are."""
    shown = draft.ask(register_editing.preview, "hot_work_permits", TEXT, locale="en")
    assert shown.headings[2:4] == ("Unit", "Contractor")
    assert (shown.rows, shown.problems) == ((), ())


def test_a_paper_is_filled_from_a_scenario_until_a_case_is_finished(draft: Draft) -> None:
    """Escaped; a slip is told with its line."""
    shown = draft.ask(record_preview.render_draft, "hot_work_permit", PAPER, locale="zh-Hant", image=str)
    assert shown.source == "scenario"
    assert "鴻業裝飾工程" in shown.article
    wrong = PAPER.replace("<p class=\"record-meta\">", "<p onclick=\"x\">")
    with pytest.raises(RecordTemplateError) as refused:
        draft.ask(record_preview.render_draft, "hot_work_permit", wrong, locale="zh-Hant", image=str)
    assert refused.value.data["line"] == 5


def test_new_files_begin_with_what_they_cannot_be_without(draft: Draft) -> None:
    """And only under a name that is free."""
    begin, actor, runtime = register_editing.begin, draft.person.actor, draft.runtime
    for kind, path in (("form", "forms/visit.json"), ("record", "records/visit.html"), ("register", "registers/visit.toml")):
        run_step(runtime, lambda uow, kind=kind: begin(runtime, uow, actor, draft.id, kind, "visit", "訪客 <登記>"))
        with UnitOfWork(runtime.database) as uow:
            assert path in drafts.files(uow, draft.id)
        with pytest.raises(FormInvalidError):
            run_step(runtime, lambda uow, kind=kind: begin(runtime, uow, actor, draft.id, kind, "visit", "x"))
    with UnitOfWork(runtime.database) as uow:
        files = drafts.files(uow, draft.id)
    assert draft.ask(record_preview.render_draft, "visit", files["records/visit.html"].decode(), locale="zh-Hant", image=str)
    assert draft.ask(register_editing.preview, "visit", files["registers/visit.toml"].decode(), locale="zh-Hant").title == "訪客 <登記>"
