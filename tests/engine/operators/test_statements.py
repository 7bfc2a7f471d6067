"""`ledger.statement`: cases of a month beside what the ledger says of their item."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import insert, update

from engine.company import ledger
from engine.company.accounts import account_of
from engine.company.ledger import Source
from engine.model import SYSTEM, InstanceState
from engine.operators import statements
from engine.operators.operation import LookUpFailedError
from engine.operators.readers import READERS
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from tests.builders import make_instance, make_site, make_tenant, make_unit, rows

ITEM = "special_service"
TOTAL = {"cases": 0, "stated": "0.00", "charged": "0.00", "received": "0.00", "voided": 0, "open": "0.00", "difference": "0.00"}


@pytest.fixture
def unit_id(runtime: Runtime) -> int:
    """A let unit."""
    found: int = make_unit(runtime, site_id=make_site(runtime), code="A-1201")
    make_tenant(runtime, unit_id=found, name="華強電子")
    return found


def slip(runtime: Runtime, department: str, amount: str, at: datetime, outcome: str = "accepted") -> int:
    """A case that states an amount."""
    instance_id: int = make_instance(runtime)
    said: Mapping[str, dict[str, Any]] = {
        "application.department": {"text": department}, "quote.total": {"number": Decimal(amount)}, "acceptance.at": {"at": at},
        "acceptance.outcome": {"text": outcome},
    }
    with runtime.database.writing() as connection:
        for name, value in said.items():
            row = {"instance_id": instance_id, "name": name, "text": None, "number": None, "at": None, **value}
            connection.execute(insert(tables.instance_variable).values(**row))
    return instance_id


def post(runtime: Runtime, unit_id: int, instance_id: int | None, charged: str, paid: str = "") -> int | None:
    """Charge for a case, and take a payment; its receipt."""
    with UnitOfWork(runtime.database) as uow:
        of, source = account_of(runtime, uow, unit_id), Source(instance_id)
        ledger.charge(runtime, uow, SYSTEM, of, ITEM, Decimal(charged), source=source)
        receipt_id = ledger.pay(runtime, uow, SYSTEM, of, Decimal(paid), item=ITEM, source=source).receipt_id if paid else None
        uow.commit()
    return receipt_id


def statement(runtime: Runtime, **changed: Any) -> Any:
    """Ask for the month that it is now."""
    process = {row.definition_key for row in rows(runtime, tables.instance)} or {"p"}
    asked = {
        "process": process.pop(), "item": ITEM, "by": {"department": "application.department"}, "value": "quote.total",
        "at": "acceptance.at", "month": f"{runtime.clock.now():%Y-%m}", **changed,
    }
    with UnitOfWork(runtime.database) as uow:
        return READERS["ledger.statement"](runtime, uow, asked)


def test_slips_stand_beside_the_ledger(runtime: Runtime, unit_id: int) -> None:
    """By group: what was stated, charged and received, and what is open; another item counts nowhere."""
    now = runtime.clock.now()
    lamps, carpets = slip(runtime, "engineering", "708", now), slip(runtime, "cleaning", "300.5", now)
    post(runtime, unit_id, lamps, "708.00", "600.00")
    post(runtime, unit_id, carpets, "300.50")
    with UnitOfWork(runtime.database) as uow:
        ledger.charge(runtime, uow, SYSTEM, account_of(runtime, uow, unit_id), "management_fee", Decimal("99.00"), source=Source(lamps))
        uow.commit()

    answer = statement(runtime)

    assert answer["lines"] == [
        {"department": "cleaning", "cases": 1, "stated": "300.50", "charged": "300.50", "received": "0.00", "voided": 0, "open": "300.50"},
        {"department": "engineering", "cases": 1, "stated": "708.00", "charged": "708.00", "received": "600.00", "voided": 0,
         "open": "108.00"},
    ]
    assert answer["total"] == {"cases": 2, "stated": "1008.50", "charged": "1008.50", "received": "600.00", "voided": 0, "open": "408.50",
                               "difference": "0.00"}


def test_a_void_receipt_takes_back_what_was_received(runtime: Runtime, unit_id: int) -> None:
    """The receipt is counted once, though it has an entry and its counter-entry."""
    case = slip(runtime, "engineering", "708", runtime.clock.now())
    receipt_id = post(runtime, unit_id, case, "708.00", "708.00")
    assert receipt_id is not None
    with UnitOfWork(runtime.database) as uow:
        ledger.void_receipt(runtime, uow, SYSTEM, receipt_id, "寫錯", source=Source(case))
        uow.commit()

    (line,) = statement(runtime)["lines"]

    assert (line["charged"], line["received"], line["voided"], line["open"]) == ("708.00", "0.00", 1, "708.00")


def test_what_belongs_to_no_case_is_one_line(runtime: Runtime, unit_id: int) -> None:
    """It is named by the diagram, and makes the difference."""
    post(runtime, unit_id, slip(runtime, "engineering", "100", runtime.clock.now()), "100.00")
    slip(runtime, "engineering", "40", runtime.clock.now())
    post(runtime, unit_id, None, "45.00")

    answer = statement(runtime, otherwise={"department": "other"})

    assert [(line["department"], line["cases"], line["charged"]) for line in answer["lines"]] == [
        ("engineering", 2, "100.00"), ("other", 0, "45.00"),
    ]
    assert answer["total"]["difference"] == "-5.00"


def test_only_cases_that_count(runtime: Runtime) -> None:
    """Not a cancelled one, not one with another answer, not one of another month."""
    now = runtime.clock.now()
    slip(runtime, "engineering", "1", now)
    slip(runtime, "engineering", "2", now, outcome="rework")
    slip(runtime, "engineering", "4", now.replace(year=now.year - 1))
    gone = slip(runtime, "engineering", "8", now)
    with runtime.database.writing() as connection:
        connection.execute(update(tables.instance).where(tables.instance.c.id == gone).values(state=InstanceState.CANCELLED))

    total = statement(runtime, only={"acceptance.outcome": ["accepted", "absent"]})["total"]

    assert (total["cases"], total["stated"]) == (1, "1.00")


def test_a_month_may_close_before_its_last_day(runtime: Runtime, unit_id: int) -> None:
    """The period is told; what was booked after it counts only in the next, what was booked before it is still open."""
    now = runtime.clock.now()
    closing = 20
    begin = now.replace(year=now.year + 1, month=1, day=21)
    post(runtime, unit_id, slip(runtime, "engineering", "708", begin), "708.00")

    before = statement(runtime, month=f"{now.year + 1}-01", closing=closing)
    within = statement(runtime, month=f"{now.year + 1}-02", closing=closing)

    assert (before["from"], before["to"], before["total"]["cases"]) == (f"{now.year}-12-21", f"{now.year + 1}-01-20", 0)
    assert (within["from"], within["to"], within["total"]["cases"]) == (f"{now.year + 1}-01-21", f"{now.year + 1}-02-20", 1)
    assert (within["total"]["charged"], within["total"]["open"]) == ("0.00", "708.00")


@pytest.mark.parametrize(("day", "month"), [(20, "01"), (21, "02")])
def test_the_last_month_that_is_over(runtime: Runtime, day: int, month: str) -> None:
    """On the closing day itself the month still runs."""
    now = runtime.clock.now()
    runtime.clock.advance(now.replace(year=now.year + 1, month=2, day=day) - now)  # type: ignore[attr-defined]
    answer = statement(runtime, month="previous", closing=20)
    assert answer["month"] == f"{now.year + 1}-{month}"
    assert answer["lines"] == []
    assert answer["total"] == TOTAL


def test_lines_beyond_the_largest_are_one(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a form holds them all; nothing is lost."""
    monkeypatch.setattr(statements, "MOST_LINES", 1)
    for department, amount in (("a", "1"), ("b", "30"), ("c", "2")):
        slip(runtime, department, amount, runtime.clock.now())
    answer = statement(runtime, otherwise={"department": "other"})
    assert [(line["department"], line["stated"]) for line in answer["lines"]] == [("b", "30.00"), ("other", "3.00")]
    assert answer["total"]["stated"] == "33.00"


@pytest.mark.parametrize(
    "wrong", [{"closing": 31}, {"closing": "20"}, {"month": "2026-13"}, {"by": {"department": 1}}, {"by": {"no name": "a.b"}}],
)
def test_a_statement_asked_wrongly_is_an_error_of_the_diagram(runtime: Runtime, wrong: dict[str, Any]) -> None:
    """The case gets an incident, not a wrong figure."""
    with pytest.raises(LookUpFailedError):
        statement(runtime, **wrong)
