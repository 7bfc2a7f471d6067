"""The ledger over the interface: read what is owed, post a payment once."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.company import ledger
from engine.company.accounts import account
from engine.company.ledger import Source
from engine.model import SYSTEM
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.ledger import AccountKey
from engine.runtime import Runtime
from tests.builders import make_site, make_tenant, make_unit, rows
from tests.webui.api.caller import CallAs

pytestmark = pytest.mark.databases("sqlite")


@pytest.fixture
def unit_id(runtime: Runtime) -> int:
    """A unit whose tenant owes something."""
    unit_id = make_unit(runtime, site_id=make_site(runtime), code="A-0801")
    tenant_id = make_tenant(runtime, unit_id=unit_id)
    with UnitOfWork(runtime.database) as uow:
        of = account(uow, AccountKey(unit_id, tenant_id))
        ledger.charge(runtime, uow, SYSTEM, of, "management_fee", Decimal("1081.25"), source=Source())
        ledger.take_deposit(runtime, uow, SYSTEM, of, "pass_deposit", Decimal("50.00"), source=Source())
        uow.commit()
    return unit_id


def test_accounts_are_read(call_as: CallAs, unit_id: int) -> None:
    """In a list and by themselves."""
    caller = call_as("cashier")
    (listed,) = caller.get("/ledger/accounts?open=true").get_json()["items"]
    assert (listed["unit"], listed["dues"], listed["deposits"]) == ("A-0801", "1081.25", "50.00")
    found = caller.get(f"/ledger/accounts/{unit_id}").get_json()
    assert [(each["item"], each["left"]) for each in found["open"]] == [("management_fee", "1081.25")]
    assert found["deposits"] == {"pass_deposit": "50.00"}


def test_a_payment_is_posted_once_a_key(runtime: Runtime, call_as: CallAs, unit_id: int) -> None:
    """With its receipt; a wrong amount posts nothing."""
    caller = call_as("cashier")
    for _ in range(2):
        answer = caller.post("/ledger/payments", {"unit_id": unit_id, "amount": "1000.00"}, key="a")
        assert (answer.status_code, answer.get_json()["in_words"]) == (201, "壹仟元整")
    assert len(rows(runtime, tables.receipt)) == 2
    assert caller.post("/ledger/payments", {"unit_id": unit_id, "amount": "1.005"}).status_code == 422
    assert caller.get(f"/ledger/accounts/{unit_id}").get_json()["dues"] == "81.25"


def test_another_sites_account_is_not_found(runtime: Runtime, call_as: CallAs, unit_id: int) -> None:
    """Neither read nor paid."""
    caller = call_as("cashier", site_id=make_site(runtime))
    assert caller.get("/ledger/accounts").get_json()["items"] == []
    assert caller.get(f"/ledger/accounts/{unit_id}").status_code == 404
    assert caller.post("/ledger/payments", {"unit_id": unit_id, "amount": "1.00"}).status_code == 404
