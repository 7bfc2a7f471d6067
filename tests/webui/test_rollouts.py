"""Pages of versions: what is different and whom it concerns before anything is deployed; a second person; going back; one case moved."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest

from engine import four_eyes, migration_runs, standings
from engine.designing import drafts
from engine.instances import run_step
from engine.persistence.tables import definition, instance, migration_run, proposal
from engine.runtime import Runtime
from tests.builders import deploy, make_site, make_user, rows, simple_process, start
from tests.webui.visitor import Visitor, select, text_of

Visit = Callable[..., Visitor]
pytestmark = pytest.mark.databases("sqlite")
_LIMIT = '[[limit]]\nid = "done"\nname = "done"\nclause = "e 1"\nfrom = "instance:started"\nto = "instance:ended"\ntarget = "{}"\n'
_FIRST, _LAST = ("fill_in", "customer_service"), ("file_away", "manager")


def package(*steps: tuple[str, str], target: str = "P1D") -> dict[str, bytes]:
    """Steps in a row between the first and the last, and a limit."""
    return {"errand.bpmn": simple_process("errand", _FIRST, *steps, _LAST), "limits.toml": _LIMIT.format(target).encode()}


def packed(files: dict[str, bytes]) -> tuple[io.BytesIO, str]:
    """The folder as one file."""
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        for name, body in files.items():
            archive.writestr(f"errand/{name}", body)
    raw.seek(0)
    return raw, "errand.zip"


def test_a_package_is_looked_at_asked_for_and_approved_by_another(runtime: Runtime, visit: Visit) -> None:
    """In English: the figures, the changed limit, the reasons; who asked cannot approve; the cases move with the approval, and back."""
    make_site(runtime)
    deploy(runtime, package(("check", "manager")))
    case = start(runtime, "errand", business_key="E-1").id
    designer, other = (make_user(runtime, "process_designer", "manager", locale="en") for _ in range(2))
    administrator = make_user(runtime, "administrator")
    run_step(runtime, lambda uow: four_eyes.set_required(runtime, uow, administrator.actor, "errand", is_required=True))
    mine, theirs = visit(designer), visit(other)
    assert mine.post("/rollouts", {"files": (io.BytesIO(b"no"), "x.zip")}).status_code == 422
    answer = mine.post("/rollouts", {"files": packed(package(("weigh", "manager"), target="P2D")), "note": "weigh it"})
    assert answer.status_code == 303
    address = answer.headers["Location"]
    seen = text_of(mine.get(address))
    for words in ("A second person has to approve", "can move", "fill_in", "P1D", "P2D", "weigh"):
        assert words in seen, words
    beside = mine.get(f"{address}/differences")
    assert 'is-added" data-element-id="weigh"' in beside.text
    assert 'is-removed" data-element-id="check"' in beside.text
    assert "Clauses of the manual" not in text_of(beside)
    group = mine.get(address).text.split('name="group.')[1][:12]
    assert "needs a colleague" in text_of(mine.post(f"{address}/deploy", {f"group.{group}": "move", "reason": "x"}))
    assert mine.post(f"{address}/ask", {f"group.{group}": "move", "reason": " "}).status_code == 422
    assert mine.post(f"{address}/ask", {f"group.{group}": "move", "reason": "safer"}).status_code == 303
    assert mine.post(f"{address}/approve").status_code == 403
    assert "asks for approval" in text_of(theirs.get(address))
    assert theirs.post(f"{address}/approve", {"note": "fine"}).status_code == 303
    run, = rows(runtime, migration_run)
    assert "0 of 1 done" in text_of(mine.get(f"/rollouts/runs/{run.id}"))
    migration_runs.carry_out(runtime, run.id)
    assert "HX-Refresh" in mine.get(f"/rollouts/runs/{run.id}/progress").headers
    told = text_of(mine.get(f"/cases/{case}"))
    assert "Moved to version 2 of the procedure" in told
    assert "safer" in told
    assert mine.post(f"/rollouts/runs/{run.id}/undo").status_code == 303
    migration_runs.carry_back(runtime, run.id, designer.id)
    first, _ = rows(runtime, definition)
    assert {row.definition_id for row in rows(runtime, instance)} == {first.id}
    assert "Undone" in text_of(mine.get(f"/rollouts/runs/{run.id}"))


def test_a_version_is_gone_back_to_and_one_case_follows(runtime: Runtime, visit: Visit) -> None:
    """The earlier version is proposed by one button; a case whose step is gone is refused until its step is named."""
    make_site(runtime)
    deploy(runtime, package(("check", "manager")))
    first, = rows(runtime, definition)
    deploy(runtime, {"errand.bpmn": package(("check", "manager"))["errand.bpmn"].replace(b"fill_in", b"write_up")})
    case = start(runtime, "errand").id
    visitor = visit(make_user(runtime, "process_designer", "manager"))
    listed = text_of(visitor.get("/rollouts/procedures/errand"))
    assert "進行中 1 件" in listed
    assert "write_up" in text_of(visitor.get(f"/rollouts/versions/{first.id}"))
    assert visitor.get(f"/rollouts/versions/{first.id}/to/{first.id + 1}").status_code == 200
    other = start(runtime, "errand").id
    chosen = text_of(visitor.post("/rollouts/selection", {"item": str(case)}))
    assert "沒有正在進行的案件" in chosen
    picked = visitor.post(f"/rollouts/versions/{first.id}", {"item": str(case)})
    assert f'name="item" value="{case}"' in picked.text
    assert f"/cases/{other}" not in picked.text
    assert visitor.post(f"/rollouts/versions/{first.id}", {"sure": "1", "reason": "x"}).status_code == 422
    answer = visitor.post(f"/rollouts/procedures/errand/versions/{first.id}/restore")
    found, = rows(runtime, proposal)
    assert found.restores_id == first.deployment_id
    assert visitor.post(f"{answer.headers['Location']}/deploy").status_code == 303
    latest = rows(runtime, definition)[-1]
    assert (latest.version, latest.is_latest) == (3, True)
    page = f"/cases/{case}/migrate"
    assert "新版本沒有這一步" in text_of(visitor.post(page, {"version": str(latest.id)}))
    asked = {"version": str(latest.id), "map.write_up": "fill_in"}
    assert "改用之後" in text_of(visitor.post(page, asked))
    assert visitor.post(page, {**asked, "sure": "1"}).status_code == 422
    assert visitor.post(page, {**asked, "sure": "1", "reason": "back"}).status_code == 303
    assert next(row.definition_id for row in rows(runtime, instance)) == latest.id
    run, = rows(runtime, migration_run)
    assert "撤銷改版" in text_of(visitor.get(f"/cases/{case}"))
    assert visitor.post(f"{page}/undo", {"run": str(run.id)}).status_code == 303
    assert latest.id not in {row.definition_id for row in rows(runtime, instance)}
    assert visitor.post("/rollouts/procedures/errand/rule", {"required": "yes"}).status_code == 403


def test_a_page_reads_many_cases_first(runtime: Runtime, visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    """In English: the difference is shown at once, cases once they were read; nothing can be deployed before. Callers are named."""
    make_site(runtime)
    deploy(runtime, package(("check", "manager")))
    start(runtime, "errand")
    visitor = visit(make_user(runtime, "process_designer", "manager", locale="en"))
    address = visitor.post("/rollouts", {"files": packed(package(("weigh", "manager")))}).headers["Location"]
    monkeypatch.setattr(standings, "AT_ONCE", 0)
    seen = visitor.get(address)
    assert "0 of 1" in text_of(seen)
    assert "weigh" in text_of(seen)
    assert "Deploy" not in text_of(seen).split("Running cases")[-1].split("What is different")[0]
    version = rows(runtime, definition)[0].id
    assert visitor.post("/rollouts/count", {"key": "errand", "back": address}).headers["Location"] == address
    assert "HX-Refresh" not in visitor.get("/rollouts/count?key=errand").headers
    standings.carry_out(runtime, "errand")
    assert "HX-Refresh" in visitor.get("/rollouts/count?key=errand").headers
    assert "1 can move" in text_of(visitor.get(address)).replace("\n", " ")
    deploy(runtime, package())
    monkeypatch.setattr(standings, "AT_ONCE", -1)
    assert visitor.post(f"/rollouts/versions/{version + 1}", {"sure": "1", "reason": "x"}).status_code == 409


def test_a_draft_that_cannot_be_deployed_leads_back_to_its_picture(runtime: Runtime, visit: Visit) -> None:
    """The reason, and the way to where it is mended."""
    designer = make_user(runtime, "process_designer")
    broken = {"errand.bpmn": simple_process("errand", _FIRST).replace(b'targetRef="fill_in"', b'targetRef="nowhere"')}
    draft = run_step(runtime, lambda uow: drafts.create(runtime, uow, designer.actor, "errand", "files", files=broken))
    answer = visit(designer).post(f"/rollouts/drafts/{draft.id}")
    assert answer.status_code == 422
    assert select(answer, "//div[@role='alert' or contains(@class, 'note-bad')]//a/@href") == ["/designer/errand"]
