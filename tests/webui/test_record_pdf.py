"""A record as a PDF: a real one, and a plain message where the libraries are missing."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any

import pytest

from engine import record_pdf, records
from engine.instances import run_step
from engine.runtime import Runtime
from tests.builders import Person, deploy_folder, make_unit, start
from tests.webui.visitor import Visitor, text_of

pytestmark = pytest.mark.databases("sqlite")


@pytest.fixture
def record(runtime: Runtime, clerk: Person) -> records.Record:
    """A repair slip."""
    deploy_folder(runtime, "follow_up")
    deploy_folder(runtime, "repair")
    make_unit(runtime, code="A-1")
    values = {
        "channel": "phone", "called_at": runtime.clock.now().isoformat(), "unit": "A-1", "caller": "王小明", "phone": "0571-88001234",
        "category": "water", "urgency": "small", "items": "水管滲漏", "charged": "unknown",
    }  # fmt: skip
    case = start(runtime, "repair", values, actor=clerk.actor)
    return run_step(runtime, lambda uow: records.issue(runtime, uow, clerk.actor, case.id, "repair_slip"))


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_a_record_is_downloaded_as_pdf(visit: Callable[..., Visitor], clerk: Person, record: records.Record) -> None:
    answer = visit(clerk).get(f"/records/{record.id}/file.pdf")
    assert answer.status_code == 200
    assert answer.mimetype == "application/pdf"
    assert answer.get_data().startswith(b"%PDF-")
    assert f"{record.number}.pdf" in answer.headers["Content-Disposition"]


def test_without_the_libraries_the_page_says_what_to_do_instead(
    visit: Callable[..., Visitor], clerk: Person, record: records.Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.startswith("weasyprint"):
            raise OSError("cannot load library libpango")
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    answer = visit(clerk).get(f"/records/{record.id}/file.pdf")
    assert answer.status_code == 409
    assert "請改用瀏覽器列印" in text_of(answer)


def test_a_record_fetches_nothing_but_its_own_pictures() -> None:
    asked: list[int] = []

    def picture(file_id: int) -> tuple[bytes, str]:
        asked.append(file_id)
        return b"<svg xmlns='http://www.w3.org/2000/svg' width='1' height='1'/>", "image/svg+xml"

    page = "<img src='record-file:7'><img src='http://127.0.0.1:1/x.png'><img src='file:///etc/hostname'>"
    assert record_pdf.write_pdf(page, picture).startswith(b"%PDF-")
    assert asked == [7]
