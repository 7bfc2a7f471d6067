"""Signature chains on pages: who signs is seen by all, and each button does what it says."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.persistence import tables
from engine.runtime import Runtime
from tests import builders
from tests.builders import Person
from tests.engine import chain_diagrams as chain
from tests.webui.visitor import Visitor, text_of

pytestmark = pytest.mark.databases("sqlite")

S, E, F, M = "security_supervisor", "engineering_supervisor", "fire_officer", "manager"


@pytest.fixture
def staff(runtime: Runtime) -> dict[str, Person]:
    return chain.people(runtime)


def test_signing_sending_back_and_signing_again(runtime: Runtime, staff: dict[str, Person], visit: Callable[..., Visitor]) -> None:
    chain.deploy(runtime)
    case = chain.applied(runtime, staff["customer_service"])
    mine, theirs = chain.item_of(runtime, case.id, S), chain.item_of(runtime, case.id, E)
    safety, works = visit(staff[S]), visit(staff[E])
    safety.post(f"/items/{mine}/claim")
    page = safety.get(f"/items/{mine}")
    assert "退回修改" in text_of(page)
    assert "全部同意才通過" in text_of(page)
    refused = safety.post(f"/items/{mine}/complete", {"decision": "refuse"})
    assert refused.status_code == 422
    assert "請說明不同意或退回的原因" in text_of(refused)
    assert safety.post(f"/items/{mine}/complete", {"decision": "approve", "opinion": "注意通道"}).status_code == 303
    seen = text_of(works.get(f"/items/{theirs}"))
    assert "注意通道" in seen
    works.post(f"/items/{theirs}/claim")
    assert works.post(f"/items/{theirs}/return", {"element_id": "apply", "reason": "缺圖紙"}).status_code == 303
    assert chain.live(runtime, case.id) == [("apply", "customer_service")]
    story = text_of(visit(staff["customer_service"]).get(f"/cases/{case.id}"))
    assert "第 1 輪" in story
    assert "注意通道" in story
    assert "缺圖紙" in story


def test_adding_handing_over_taking_off_and_taking_back(
    runtime: Runtime, staff: dict[str, Person], visit: Callable[..., Visitor]
) -> None:
    chain.deploy(runtime)
    case = chain.applied(runtime, staff["customer_service"])
    mine, deputy = chain.item_of(runtime, case.id, S), builders.make_user(runtime, "repair_worker")
    safety = visit(staff[S])
    safety.post(f"/items/{mine}/claim")
    assert safety.get(f"/items/{mine}/signers").status_code == 200
    assert safety.post(f"/items/{mine}/signers", {"signer": "role:manager", "place": "after"}).status_code == 303
    part = next(row.id for row in builders.rows(runtime, tables.approval) if row.role == M)
    assert safety.get(f"/approvals/{part}/remove").status_code == 200
    assert safety.post(f"/approvals/{part}/remove", {"reason": "不用"}).status_code == 303
    assert safety.post(f"/items/{mine}/hand-over", {"person": str(deputy.id), "reason": "出差"}).status_code == 303
    new = next(row for row in builders.rows(runtime, tables.approval) if row.person_id == deputy.id)
    visit(deputy).post(f"/items/{new.work_item_id}/complete", {"decision": "approve"})
    assert "撤回" in text_of(visit(deputy).get(f"/cases/{case.id}"))
    assert visit(deputy).post(f"/approvals/{new.id}/withdraw").status_code == 303
    assert next(row.state for row in builders.rows(runtime, tables.approval) if row.id == new.id) == "pending"


def test_copies_lie_in_a_tab_until_they_are_read(runtime: Runtime, staff: dict[str, Person], visit: Callable[..., Visitor]) -> None:
    chain.deploy(runtime)
    case = chain.applied(runtime, staff["customer_service"])
    clerk, reader = visit(staff["customer_service"]), visit(staff[M])
    assert clerk.post(f"/cases/{case.id}/copy", {"person": str(staff[M].id)}).status_code == 303
    assert "未讀" in text_of(reader.get("/copied"))
    assert reader.get(f"/cases/{case.id}").status_code == 200
    assert "未讀" not in text_of(reader.get("/copied"))
    assert "已讀" in text_of(clerk.get(f"/cases/{case.id}"))


def test_who_started_a_case_can_revoke_it(runtime: Runtime, staff: dict[str, Person], visit: Callable[..., Visitor]) -> None:
    chain.deploy(runtime)
    case = chain.applied(runtime, staff["customer_service"])
    clerk = visit(staff["customer_service"])
    assert clerk.get(f"/cases/{case.id}/revoke").status_code == 200
    assert clerk.post(f"/cases/{case.id}/revoke", {"reason": ""}).status_code == 422
    assert clerk.post(f"/cases/{case.id}/revoke", {"reason": "不裝修了"}).status_code == 303
    assert chain.live(runtime, case.id) == []
