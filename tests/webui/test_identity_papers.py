"""Papers of identity at each way out of the system: who sees them, who doesn't, and that each look is on record."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import update

from engine import files, personal_data, records
from engine.instances import run_step
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from tests.builders import Person, deploy, make_user, rows, simple_process, start
from tests.engine.pictures import png
from tests.webui.visitor import Visitor, text_of

Visit = Callable[..., Visitor]
SECRET, OTHER = "330102198001011234", "440301199002022345"
_START = (
    b'<startEvent id="start"><extensionElements><s:properties xmlns:s="http://spiffworkflow.org/bpmn/schema/1.0/core">'
    b'<s:property name="form" value="papers_in"/></s:properties></extensionElements></startEvent>'
)
_TASK = (
    b'<userTask id="check" name="check"><extensionElements><s:properties xmlns:s="http://spiffworkflow.org/bpmn/schema/1.0/core">'
    b'<s:property name="form" value="check"/></s:properties></extensionElements></userTask>'
)
_PAPERS = """{"title": "收件", "type": "object", "properties": {
  "person": {"type": "string", "title": "負責人"},
  "id_number": {"type": "string", "title": "證件號碼", "index": true, "ui:personal": "identity"},
  "people": {"type": "array", "title": "人員", "index": true, "items": {"type": "object", "properties": {
    "name": {"type": "string", "title": "姓名"},
    "paper_no": {"type": "string", "title": "身份證號", "ui:personal": "identity"}}}},
  "faces": {"type": "array", "format": "photo", "title": "證件相片", "ui:personal": "identity"},
  "door": {"type": "array", "format": "photo", "title": "門口相片"}}}"""
_CHECK = """{"title": "核對", "type": "object", "properties": {
  "crew": {"type": "array", "title": "名單", "ui:prefill": "papers_in.people", "items": {"type": "object", "properties": {
    "name": {"type": "string", "title": "姓名"},
    "paper_no": {"type": "string", "title": "身份證號", "ui:personal": "identity"}}}}}}"""
_REGISTER = """title = "名冊"
period = "case.started_at"
rows = "{rows}"
summary = ["{column}"]

[[column]]
id = "number"
value = "case.number"

[[column]]
id = "{column}"
value = "{value}"
"""
_RECORD = """<article><h1 class="record-title">收件單</h1>
<p>{{papers_in.person}} {{papers_in.id_number}} {{#papers_in.people}}{{paper_no}} {{/papers_in.people}}</p></article>"""


def _files(*, marked: bool = True) -> dict[str, bytes]:
    papers, check = (text if marked else text.replace(', "ui:personal": "identity"', "") for text in (_PAPERS, _CHECK))
    diagram = simple_process("papers", ("check", "security_officer"))
    return {
        "papers.bpmn": diagram.replace(b'<startEvent id="start"/>', _START).replace(b'<userTask id="check" name="check"/>', _TASK),
        "forms/papers_in.json": papers.encode(), "forms/check.json": check.encode(), "records/receipt.html": _RECORD.encode(),
        "registers/cases.toml": _REGISTER.format(rows="case", column="id_number", value="papers_in.id_number").encode(),
        "registers/people.toml": _REGISTER.format(rows="papers_in.people", column="person_number", value="row.paper_no").encode(),
    }


@dataclass(frozen=True)
class Held:
    """A case with papers of identity in every shape."""

    id: int
    item: int
    face: int
    door: int


@pytest.fixture
def hold(runtime: Runtime) -> Callable[..., Held]:
    """Make one; with `marked=False` as it was made before anybody said which fields are papers of identity."""

    def make(*, marked: bool = True) -> Held:
        deploy(runtime, _files(marked=marked))
        clerk = make_user(runtime, "customer_service").actor

        def keep(name: str) -> int:
            return run_step(runtime, lambda uow: files.store(runtime, uow, clerk, png(), name, "photo")).id

        face, door = keep("face.png"), keep("door.png")
        said = {"person": "王小明", "id_number": SECRET, "people": [{"name": "李四", "paper_no": OTHER}],
                "faces": [{"id": face}], "door": [{"id": door}]}
        made = start(runtime, "papers", said, actor=clerk)
        return Held(made.id, made.work_item_ids[0], face, door)

    return make


def looks(runtime: Runtime) -> list[tuple[int, int | None]]:
    return [(row.user_id, row.file_id) for row in rows(runtime, tables.identity_look)]


def is_told(text: str) -> bool:
    return SECRET in text or OTHER in text


@pytest.mark.parametrize("register", ["cases", "people"])
def test_registers_tell_nobody_what_it_is(
    visit: Visit, runtime: Runtime, manager: Person, hold: Callable[..., Held], register: str
) -> None:
    hold()
    visitor, address = visit(manager), f"/registers/papers/{register}"
    page, column = text_of(visitor.get(address)), {"cases": "id_number", "people": "person_number"}[register]
    assert "（身份資料）" in page
    found = [page, visitor.get(f"{address}/file.csv").get_data().decode("utf-8-sig")]
    with zipfile.ZipFile(io.BytesIO(visitor.get(f"{address}/file.xlsx").get_data())) as book:
        found.append("".join(book.read(name).decode() for name in book.namelist() if name.endswith(".xml")))
    assert not [text for text in found if is_told(text)]
    # neither by guessing: no search, filter, order or summary depends on it
    for query in (f"q={SECRET[:8]}", f"q={OTHER[:8]}", f"f_{column}={SECRET}", f"f_{column}={OTHER}"):
        assert "（身份資料）" not in text_of(visitor.get(f"{address}?{query}"))
    for query in (f"sort={column}", f"sort=-{column}", f"by={column}"):
        text = text_of(visitor.get(f"{address}?{query}"))
        assert "（身份資料）" in text
        assert not is_told(text)
    assert looks(runtime) == []


@pytest.mark.databases("sqlite")
def test_lists_offer_no_such_column(visit: Visit, manager: Person, hold: Callable[..., Held]) -> None:
    hold()
    page = visit(manager).get("/cases?definition=papers").get_data(as_text=True)
    assert "papers_in.id_number" not in page
    assert not is_told(page)


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("address", ["/files/{face}", "/files/{face}/thumbnail"])
def test_a_photo_and_its_small_picture_go_out_by_role_and_on_record(
    visit: Visit, runtime: Runtime, clerk: Person, hold: Callable[..., Held], address: str
) -> None:
    held = hold()
    path = address.format(face=held.face)
    assert visit(make_user(runtime, "repair_worker")).get(path).status_code == 403
    assert looks(runtime) == []
    answer = visit(clerk).get(path)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "private, no-store")
    assert looks(runtime) == [(clerk.id, held.face)]
    # what belongs to nobody's papers is open as before
    assert visit(make_user(runtime, "repair_worker")).get(path.replace(str(held.face), str(held.door))).status_code == 200
    assert len(looks(runtime)) == 1


@pytest.mark.databases("sqlite")
def test_a_printed_record_shows_them_by_role_and_on_record(
    visit: Visit, runtime: Runtime, clerk: Person, hold: Callable[..., Held]
) -> None:
    held = hold()
    issued = run_step(runtime, lambda uow: records.issue(runtime, uow, clerk.actor, held.id, "receipt"))
    worker = visit(make_user(runtime, "repair_worker"))
    text = text_of(worker.get(f"/records/{issued.id}"))
    assert "王小明" in text
    assert not is_told(text)
    assert looks(runtime) == []
    text = text_of(visit(clerk).get(f"/records/{issued.id}"))
    assert (SECRET in text, OTHER in text) == (True, True)
    assert looks(runtime) == [(clerk.id, None)]


@pytest.mark.databases("sqlite")
def test_an_items_form_opens_with_them_for_the_person_alone_who_has_it_in_hand(
    visit: Visit, runtime: Runtime, hold: Callable[..., Held]
) -> None:
    held = hold()
    guard, colleague = make_user(runtime, "security_officer"), make_user(runtime, "security_officer")
    for person in (guard, colleague):
        page = visit(person).get(f"/items/{held.item}").get_data(as_text=True)
        assert not is_told(page)
    assert visit(guard).post(f"/items/{held.item}/claim").status_code in (200, 302, 303)
    assert OTHER in visit(guard).get(f"/items/{held.item}").get_data(as_text=True)
    assert OTHER not in visit(colleague).get(f"/items/{held.item}").get_data(as_text=True)
    for path in (f"/cases/{held.id}", f"/cases/{held.id}/story", f"/items/{held.item}/paper"):
        page = visit(colleague).get(path).get_data(as_text=True)
        assert not is_told(page), path


@pytest.mark.databases("sqlite")
def test_old_cases_are_covered_by_what_todays_forms_say(
    visit: Visit, runtime: Runtime, clerk: Person, hold: Callable[..., Held]
) -> None:
    """Neither the case's version of the form nor its files knew of papers of identity."""
    held = hold(marked=False)
    _as_upgraded(runtime)
    worker = make_user(runtime, "repair_worker")
    assert SECRET in visit(worker).get(f"/cases/{held.id}").get_data(as_text=True)
    deploy(runtime, _files())
    _as_upgraded(runtime)
    assert SECRET not in visit(worker).get(f"/cases/{held.id}").get_data(as_text=True)
    assert visit(worker).get(f"/files/{held.face}").status_code == 403
    assert visit(worker).get(f"/files/{held.face}/thumbnail").status_code == 403
    assert visit(worker).get(f"/files/{held.door}").status_code == 200
    assert visit(clerk).get(f"/files/{held.face}").status_code == 200
    assert looks(runtime) == [(clerk.id, held.face)]


def test_older_files_are_settled_a_case_at_a_time(runtime: Runtime, hold: Callable[..., Held]) -> None:
    held = hold(marked=False)
    deploy(runtime, _files())
    _as_upgraded(runtime)
    with UnitOfWork(runtime.database) as uow:
        assert files.cases_unsettled(uow, after=0, limit=10) == [held.id]
        assert files.cases_unsettled(uow, after=held.id, limit=10) == []
    run_step(runtime, lambda uow: personal_data.settle(runtime, uow, held.id))
    marks: dict[int, Any] = {row.id: row.personal for row in rows(runtime, tables.file)}
    assert marks == {held.face: "identity", held.door: None}


def test_a_file_that_a_later_round_replaced_stays_a_paper_of_identity(runtime: Runtime, hold: Callable[..., Held]) -> None:
    held = hold()
    clerk = make_user(runtime, "customer_service").actor
    gone = run_step(runtime, lambda uow: files.store(runtime, uow, clerk, png(), "before.png", "photo")).id
    run_step(runtime, lambda uow: files.attach(uow, [gone], held.id))
    _as_upgraded(runtime)
    run_step(runtime, lambda uow: personal_data.settle(runtime, uow, held.id))
    assert {row.id: row.personal for row in rows(runtime, tables.file)}[gone] == "identity"


def _as_upgraded(runtime: Runtime) -> None:
    """As the migration leaves the files of a store that was there before."""

    def mark(uow: UnitOfWork) -> None:
        uow.writing.execute(update(tables.file).where(tables.file.c.instance_id.is_not(None)).values(personal=files.UNSETTLED))

    run_step(runtime, mark)
