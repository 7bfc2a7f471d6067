"""Signers of a chain without an account: each signs by a link that is bound to the signer's own item and ends with its round."""

from __future__ import annotations

import pytest

from engine import approvals, signer_form
from engine.company import outside_links
from engine.company.outside_links import LinkClosedError, LinkState, NewLink
from engine.errors import GuichengError, InvalidError
from engine.instances import run_step
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import history
from engine.runtime import Runtime
from tests.builders import Person, rows
from tests.engine import chain_diagrams as chain

#: the contractor's manager and the tenant sign beside the engineer
OUTSIDERS = '[{"role": "engineering_supervisor"}, {"role": "contractor"}, {"role": "tenant"}]'


@pytest.fixture
def staff(runtime: Runtime) -> dict[str, Person]:
    """One person a role; the element's lane is the manager's, who attends the outside signers."""
    chain.deploy(runtime, OUTSIDERS)
    return chain.people(runtime)


@pytest.fixture
def case(runtime: Runtime, staff: dict[str, Person]) -> int:
    """An application whose chain is open."""
    return chain.applied(runtime, staff["customer_service"]).id


def item_for(runtime: Runtime, case: int, outside: str) -> int:
    """The live item of an outside signer."""
    items = rows(runtime, tables.work_item, tables.work_item.c.instance_id == case, tables.work_item.c.is_live)
    return int(next(item.id for item in items if item.outside == outside))


def link_for(runtime: Runtime, staff: dict[str, Person], case: int, outside: str) -> NewLink:
    """A link for one signer, made by whoever attends."""
    item_id = item_for(runtime, case, outside)
    return run_step(runtime, lambda uow: outside_links.create(runtime, uow, staff["manager"].actor, item_id))


def sign(runtime: Runtime, link: NewLink, decision: str = "approve", name: str = "施工隊經理") -> None:
    """Use a link."""
    answer = {"decision": decision, "opinion": "" if decision == "approve" else "條款不能接受"}
    run_step(runtime, lambda uow: outside_links.complete(runtime, uow, link.token, answer, name=name))


def state(runtime: Runtime, link: NewLink) -> LinkState:
    """What the link is good for."""
    with UnitOfWork(runtime.database) as uow:
        return outside_links.find(runtime, uow, link.token).state


def test_each_signs_for_nobody_else(runtime: Runtime, staff: dict[str, Person], case: int) -> None:
    """The token moves when the last one has signed, and history names who came by which way."""
    contractor, tenant = (link_for(runtime, staff, case, outside) for outside in ("contractor", "tenant"))
    sign(runtime, contractor)
    assert {role: told for _, role, told in chain.states(runtime, case)} == {
        "engineering_supervisor": "pending", "contractor": "approved", "tenant": "pending"}
    assert (state(runtime, contractor), state(runtime, tenant)) == (LinkState.USED, LinkState.OPEN)
    with pytest.raises(LinkClosedError):
        sign(runtime, contractor)
    sign(runtime, tenant, name="王小明")
    chain.decide(runtime, staff["engineering_supervisor"], case)
    assert chain.live(runtime, case) == [("file_it", "customer_service")]
    with UnitOfWork(runtime.database) as uow:
        decided = [row for row in history.page(uow, case).rows if row.type == "approval.decided"]
    assert {(row.actor_name, row.channel) for row in decided if row.actor_id is None} == {("施工隊經理", "link"), ("王小明", "link")}


def test_a_refusal_by_link_ends_the_chain_and_the_other_links(runtime: Runtime, staff: dict[str, Person], case: int) -> None:
    """Nothing is left to sign for those who had not yet."""
    contractor, tenant = (link_for(runtime, staff, case, outside) for outside in ("contractor", "tenant"))
    sign(runtime, contractor, "refuse")
    assert state(runtime, tenant) is LinkState.WITHDRAWN
    with pytest.raises(GuichengError):
        sign(runtime, tenant)
    assert (1, "tenant", "approved") not in chain.states(runtime, case)


def test_a_link_ends_with_its_round(runtime: Runtime, staff: dict[str, Person], case: int) -> None:
    """Sent back while the link lies unused: in the new round the signer needs a new one, and the old one signs nothing."""
    old = link_for(runtime, staff, case, "contractor")
    engineer = staff["engineering_supervisor"]
    item_id = chain.item_of(runtime, case, "engineering_supervisor")
    run_step(runtime, lambda uow: approvals.send_back(runtime, uow, engineer.actor, item_id, "applicant", "圖紙不齊"))
    assert state(runtime, old) is LinkState.WITHDRAWN
    chain.complete(runtime, staff["customer_service"], chain.item_of(runtime, case, "customer_service"), {"area": 90})
    assert state(runtime, old) is LinkState.WITHDRAWN
    new = link_for(runtime, staff, case, "contractor")
    sign(runtime, new)
    assert [(number, told) for number, role, told in chain.states(runtime, case) if role == "contractor"][-1] == (2, "approved")


def test_nobody_sends_a_case_back_by_link(runtime: Runtime, staff: dict[str, Person], case: int) -> None:
    """Neither by the decision nor by the verb; the link stays good for signing."""
    link = link_for(runtime, staff, case, "contractor")
    with pytest.raises(InvalidError):
        sign(runtime, link, "send_back")
    with UnitOfWork(runtime.database) as uow:
        actor = outside_links.find(runtime, uow, link.token).actor("施工隊經理")
        item_id = item_for(runtime, case, "contractor")
        with pytest.raises(InvalidError):
            approvals.send_back(runtime, uow, actor, item_id, "applicant", "退回")
    sign(runtime, link)
    assert state(runtime, link) is LinkState.USED


def test_the_page_of_a_link_offers_no_sending_back() -> None:
    """What could not be sent isn't asked; staff see the whole form."""
    whole = signer_form.built_in()
    form = signer_form.without_sending_back(whole)
    decision = form.field("decision")
    assert decision is not None
    assert [choice.value for choice in decision.choices] == ["approve", "refuse"]
    assert form.field("send_back_to") is None
    assert whole.field("send_back_to") is not None


def test_signed_at_the_desk_meanwhile_the_link_is_done(runtime: Runtime, staff: dict[str, Person], case: int) -> None:
    """One signature a signer, whichever way was first."""
    link = link_for(runtime, staff, case, "tenant")
    chain.complete(runtime, staff["manager"], item_for(runtime, case, "tenant"), {"decision": "approve"})
    assert state(runtime, link) is LinkState.DONE
