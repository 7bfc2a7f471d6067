"""Sums over all cases: fields of forms by month, and what is held in deposits."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import insert, update

from engine.company import ledger
from engine.company.accounts import account_of
from engine.company.ledger import Source
from engine.model import SYSTEM, InstanceState
from engine.operators.operation import LookUpFailedError
from engine.operators.readers import READERS
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from tests.builders import make_instance, make_site, make_tenant, make_unit, rows

PASSES = {"issued": {"field": "pass_issue.issued", "at": "pass_issue.issued_at"}}


def look(runtime: Runtime, reader: str, /, **parameters: Any) -> Any:
    """Ask one reader."""
    with UnitOfWork(runtime.database) as uow:
        return READERS[reader](runtime, uow, parameters)


def submit(runtime: Runtime, number: str, days_ago: int) -> int:
    """A case that issued that many passes so many days ago."""
    instance_id: int = make_instance(runtime)
    at = runtime.clock.now() - timedelta(days=days_ago)
    values = {"instance_id": instance_id, "text": None}
    with runtime.database.writing() as connection:
        connection.execute(insert(tables.instance_variable).values(**values, name="pass_issue.issued", number=Decimal(number), at=None))
        connection.execute(insert(tables.instance_variable).values(**values, name="pass_issue.issued_at", number=None, at=at))
    return instance_id


def test_fields_add_up_before_and_within_a_month(runtime: Runtime) -> None:
    """What came later than the month counts in neither; a cancelled case counts nowhere."""
    now = runtime.clock.now()
    first = now.replace(day=1)
    for number, days in (("2", 0), ("3", 40), ("4", 400)):
        submit(runtime, number, days)
    gone = submit(runtime, "9", 0)
    with runtime.database.writing() as connection:
        connection.execute(update(tables.instance).where(tables.instance.c.id == gone).values(state=InstanceState.CANCELLED))

    answer = look(runtime, "fields.sum", fields=PASSES, month=f"{first:%Y-%m}")

    assert answer == {"month": f"{first:%Y-%m}", "before": {"issued": 7}, "within": {"issued": 2}}


def test_the_month_before_this_one(runtime: Runtime) -> None:
    """`previous` needs no arithmetic in the diagram."""
    submit(runtime, "5", 0)
    answer = look(runtime, "fields.sum", fields=PASSES, month="previous")
    assert answer["within"] == {"issued": 0}
    assert answer["month"] < f"{runtime.clock.now():%Y-%m}"


@pytest.mark.parametrize(("fields", "month"), [(PASSES, "2026-13"), ({"issued": "pass_issue.issued"}, "2026-01")])
def test_a_sum_asked_wrongly_is_an_error_of_the_diagram(runtime: Runtime, fields: Any, month: str) -> None:
    """The case gets an incident, not a wrong figure."""
    with pytest.raises(LookUpFailedError):
        look(runtime, "fields.sum", fields=fields, month=month)


def test_means_of_linked_cases(runtime: Runtime) -> None:
    """Of the process's cases that are linked to the one: not of others', not of cancelled ones; of what nobody answered there is none."""
    parent, other = make_instance(runtime), make_instance(runtime)
    linked = [(parent, "4", None), (parent, "4.5", None), (parent, None, None), (other, "1", None), (parent, "1", InstanceState.CANCELLED)]
    for of, score, state in linked:
        child = make_instance(runtime)
        with runtime.database.writing() as connection:
            values = {"parent_id": of, **({} if state is None else {"state": state})}
            connection.execute(update(tables.instance).where(tables.instance.c.id == child).values(**values))
            if score is not None:
                said = {"instance_id": child, "text": None, "at": None, "number": Decimal(score)}
                connection.execute(insert(tables.instance_variable).values(**said, name="interview.average"))
    (process,) = {row.definition_key for row in rows(runtime, tables.instance)}
    fields = {"all": "interview.average", "fees": "interview.fees"}
    answer = look(runtime, "fields.average", fields=fields, process=process, parent=parent)
    assert answer == {"all": {"mean": 4.25, "count": 2}, "fees": {"mean": None, "count": 0}}
    assert look(runtime, "fields.average", fields=fields, process="another", parent=parent)["all"]["count"] == 0


def test_deposits_held_over_all_accounts(runtime: Runtime) -> None:
    """Refunds and deductions are gone from it; other items don't count."""
    site_id = make_site(runtime)
    for code in ("A-1201", "A-1202"):
        unit_id = make_unit(runtime, site_id=site_id, code=code)
        make_tenant(runtime, unit_id=unit_id, name=f"業戶{code}")
        with UnitOfWork(runtime.database) as uow:
            of = account_of(runtime, uow, unit_id)
            ledger.take_deposit(runtime, uow, SYSTEM, of, "pass_deposit", Decimal("100.00"), source=Source())
            ledger.take_deposit(runtime, uow, SYSTEM, of, "renovation_deposit", Decimal("5000.00"), source=Source())
            ledger.refund_deposit(runtime, uow, SYSTEM, of, "pass_deposit", Decimal("50.00"), source=Source())
            uow.commit()

    assert look(runtime, "ledger.held", item="pass_deposit") == "100.00"
