"""A step with a signature: drawn over the API, bound to its content, refused when the file is not the signer's."""

from __future__ import annotations

import orjson
import pytest

from engine import files, signatures, work_items
from engine.errors import FormInvalidError
from engine.files import FileRefusedError
from engine.forms import load_form
from engine.instances import inspect
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.steps import run_step
from tests import builders
from tests.builders import Person, Started
from tests.engine.pictures import png, signature_url
from tests.engine.test_records import process

FORM = {
    "title": "簽認",
    "type": "object",
    "required": ["sign"],
    "properties": {"note": {"type": "string", "title": "備註"}, "sign": {"type": "object", "format": "signature", "title": "簽名"}},
}


@pytest.fixture
def clerk(runtime: Runtime) -> Person:
    return builders.make_user(runtime, "customer_service")


@pytest.fixture
def case(runtime: Runtime, clerk: Person) -> Started:
    builders.deploy(runtime, {"visiting.bpmn": process(), "forms/visit.json": orjson.dumps(FORM)})
    return builders.start(runtime, "visiting", actor=clerk.actor)


def complete(runtime: Runtime, clerk: Person, case: Started, sign: object) -> None:
    run_step(runtime, lambda uow: work_items.complete(runtime, uow, clerk.actor, case.work_item_ids[0], {"note": "好", "sign": sign}))


def test_a_drawn_signature_is_kept_with_the_step_and_binds_its_content(runtime: Runtime, clerk: Person, case: Started) -> None:
    complete(runtime, clerk, case, {"image": signature_url(), "signer": "王小明"})
    (row,) = builders.rows(runtime, tables.signature)
    assert (row.instance_id, row.element_id, row.field, row.attended_by) == (case.id, "visit_tenant", "visit.sign", None)
    with UnitOfWork(runtime.database) as uow:
        data = inspect(runtime, uow, case.id).variables["visit"]
        assert files.get(uow, clerk.actor, data["sign"]["file"]).instance_id == case.id
        form = load_form(orjson.dumps(FORM), "visit")
        assert signatures.verify_signature(uow, row.id, form, data)
        assert not signatures.verify_signature(uow, row.id, form, {**data, "note": "改了"})


def test_a_signature_that_somebody_else_uploaded_is_refused(runtime: Runtime, clerk: Person, case: Started) -> None:
    other = builders.make_user(runtime, "customer_service")
    stored = run_step(runtime, lambda uow: files.store(runtime, uow, other.actor, png(), "s.png", "signature"))
    with pytest.raises(FormInvalidError):
        complete(runtime, clerk, case, {"file": stored.id, "signer": "王小明"})


def test_a_blank_signature_leaves_the_step_undone(runtime: Runtime, clerk: Person, case: Started) -> None:
    with pytest.raises(FileRefusedError):
        complete(runtime, clerk, case, {"image": signature_url(strokes=0), "signer": "王小明"})
    assert builders.rows(runtime, tables.file) == []
    assert builders.rows(runtime, tables.work_item)[0].completed_at is None
