"""A form while it is edited: where its fields are used, what is wrong with its text, its words."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.designing import drafts, form_editing
from engine.designing.form_editing import FormState, with_english
from engine.i18n import CATALOGUE_FILE, read_catalogue
from engine.instances import run_step
from engine.persistence.unit_of_work import UnitOfWork
from engine.procedures import read_folder
from engine.runtime import Runtime
from tests.builders import Person, deploy, make_user

pytestmark = pytest.mark.databases("sqlite")
FILES = read_folder(Path(__file__).parent.parent.parent.parent / "bpmn" / "hot_work")


@pytest.fixture
def designer(runtime: Runtime) -> Person:
    return make_user(runtime, "process_designer")


def begin(runtime: Runtime, designer: Person) -> int:
    return run_step(runtime, lambda uow: drafts.create(runtime, uow, designer.actor, "hot_work", "folder")).id


def look(runtime: Runtime, designer: Person, draft_id: int, key: str, text: str | None = None) -> FormState:
    with UnitOfWork(runtime.database) as uow:
        written = text if text is not None else drafts.files(uow, draft_id)[f"forms/{key}.json"].decode()
        return form_editing.look(runtime, uow, designer.actor, draft_id, key, written)


def test_a_field_is_told_everywhere_it_is_used(runtime: Runtime, designer: Person) -> None:
    """Gateways and gates, limits, titles, records, registers, other forms, scenarios."""
    draft_id = begin(runtime, designer)
    seen = look(runtime, designer, draft_id, "hot_work_approval")
    kinds = {name: {use.kind for use in used} for name, used in seen.usages.items()}
    assert kinds["valid_to"] >= {"limit", "record", "register", "step"}
    assert kinds["outcome"] >= {"step", "scenario"}
    assert {use.element_id for use in seen.usages["outcome"] if use.kind == "step"} >= {"hot_work_approved"}
    assert "signature" in kinds["manager_signature"]
    application = look(runtime, designer, draft_id, "hot_work_application").usages
    assert "form" in {use.kind for use in application["period_from"]}
    assert {use.file for use in application["unit"]} >= {"hot_work.bpmn", "records/hot_work_permit.html", "registers/hot_work_permits.toml"}
    assert all(use.procedure == "" for use in application["unit"])


def test_other_procedures_that_read_it_are_told_too(runtime: Runtime, designer: Person) -> None:
    """By their name."""
    deploy(runtime, FILES)
    draft = run_step(runtime, lambda uow: drafts.create(runtime, uow, designer.actor, "renovation", "folder"))
    used = look(runtime, designer, draft.id, "renovation_application").usages["unit"]
    assert "動火作業" in " ".join(use.procedure for use in used)
    assert "form" in {use.kind for use in used if use.procedure}


def test_what_is_no_form_says_where(runtime: Runtime, designer: Person) -> None:
    """With where its fields are used all the same; a form says its words in the three languages."""
    draft_id = begin(runtime, designer)
    text = '{"title": "x", "type": "object", "properties": {"a": {"type": "what", "title": "x"}}}'
    wrong = look(runtime, designer, draft_id, "end_check", text)
    assert wrong.problem is not None
    assert wrong.problem.data["path"] == "properties.a"
    assert wrong.usages
    words = {word.source: word for word in look(runtime, designer, draft_id, "hot_work_application").words}
    assert (words["動火部位"].english, words["動火部位"].simplified) == ("Place", "动火部位")


def test_english_is_written_entry_by_entry(runtime: Runtime, designer: Person) -> None:
    """The rest of the catalogue keeps its bytes."""
    draft_id = begin(runtime, designer)
    before = FILES[CATALOGUE_FILE].decode()
    run_step(runtime, lambda uow: form_editing.put_english(
        runtime, uow, designer.actor, draft_id, {"動火部位": 'Where "exactly"', "新的": "New\none", "施工單位": "Contractor"}))
    with UnitOfWork(runtime.database) as uow:
        after = drafts.files(uow, draft_id)[CATALOGUE_FILE].decode()
    assert after == before.replace('msgstr "Place"', 'msgstr "Where \\"exactly\\""').rstrip() + '\n\nmsgid "新的"\nmsgstr "New\\none"\n'
    assert read_catalogue(after.encode())["新的"] == "New\none"
    assert with_english(after, "新的", "") == after.replace('\n\nmsgid "新的"\nmsgstr "New\\none"', "")
