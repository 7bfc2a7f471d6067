"""Money that comes in some other way ends the waiting of the case that asked for it, and of no other."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from engine import definitions, instances
from engine.company import bank_files, ledger
from engine.company.accounts import account
from engine.company.ledger import Source
from engine.jobs import handlers
from engine.model import SYSTEM, Actor
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.ledger import AccountKey
from engine.runtime import NoOutbox, Runtime
from tests.builders import make_site, make_tenant, make_unit, make_user
from tests.engine.spiff.xml import bpmn, chain, message, node, operator, properties

_PERIODS = ("2026-01", "2026-02")


class Collection:
    """A unit that owes two months, each asked for by a case of its own; a cashier."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.site_id = make_site(runtime)
        unit_id = make_unit(runtime, site_id=self.site_id, code="A-1201")
        self.key = AccountKey(unit_id, make_tenant(runtime, unit_id=unit_id))
        self.cashier: Actor = make_user(runtime, "cashier", site_id=self.site_id).actor
        correlation = properties(correlation='{"unit": unit["label"], "period": period}')
        xml = bpmn(
            node("s", "start")
            + node("c", "service", operator("ledger.post", kind='"charge"', account="unit", item='"management_fee"', amount='"100.00"',
                                            due='period + "-15"'))
            + chain("s c a:user paid:end")
            + node("bank", "boundary", correlation + message("by_bank"), attachedToRef="a") + chain("bank collected:end")
            + node("desk", "boundary", correlation + message("otherwise"), attachedToRef="a") + chain("desk settled:end"),
            before='<message id="by_bank" name="bank_collection_paid"/><message id="otherwise" name="dues_settled"/>',
        )
        self.cases: dict[str, int] = {}
        with UnitOfWork(runtime.database) as uow:
            definitions.deploy(runtime, uow, SYSTEM, {"p.bpmn": xml})
            for period in _PERIODS:
                variables = {"unit": {"id": unit_id, "label": "A-1201"}, "period": period}
                self.cases[period] = instances.start(runtime, uow, SYSTEM, "p", variables).id
            uow.commit()

    def pay(self, amount: str, method: str = "cash", case: int | None = None) -> None:
        """At the counter."""
        with UnitOfWork(self.runtime.database) as uow:
            ledger.pay(
                self.runtime, uow, self.cashier, account(uow, self.key), Decimal(amount), method=method, source=Source(instance_id=case))
            uow.commit()
        self.deliver()

    def collect(self, result: str) -> None:
        """By a file for the bank, and its answer."""
        with UnitOfWork(self.runtime.database) as uow:
            sent = bank_files.export(self.runtime, uow, self.cashier, self.site_id, self.runtime.clock.now().date())
            uow.commit()
        with UnitOfWork(self.runtime.database) as uow:
            _, content = bank_files.written(uow, self.cashier, sent)
            number, line, *_, amount, _ = content.decode("utf-8-sig").splitlines()[1].split(",")
            answer = f"batch,line,amount,result,reason\r\n{number},{line},{amount},{result},"
            bank_files.read_answer(self.runtime, uow, self.cashier, answer.encode())
            uow.commit()
        self.deliver()

    def deliver(self) -> None:
        """What the job engine would see to; twice, as it may."""
        assert isinstance(self.runtime.outbox, NoOutbox)
        for name, key, payload in self.runtime.outbox.sent * 2:
            if name == "deliver_event":
                handlers.deliver_event(self.runtime, key, payload)

    def ends(self) -> dict[str, str]:
        """How each month's case stands: its end event, or `waits`."""
        told: dict[str, str] = {}
        with UnitOfWork(self.runtime.database) as uow:
            for period, case in self.cases.items():
                live = uow.reading.execute(select(tables.work_item.c.id).where(
                    tables.work_item.c.instance_id == case, tables.work_item.c.is_live)).first()
                ended = instances.inspect(self.runtime, uow, case).end_events
                told[period] = "waits" if live is not None else ended[0]
        return told


@pytest.fixture
def collection(runtime: Runtime) -> Collection:
    """Two months owed."""
    runtime.outbox = NoOutbox()
    return Collection(runtime)


def test_the_banks_answer_ends_the_cases_whose_dues_it_brought(collection: Collection) -> None:
    """Both months in one line of the file: both cases, by the bank's event."""
    collection.collect("paid")
    assert collection.ends() == dict.fromkeys(_PERIODS, "collected")


def test_what_the_bank_could_not_collect_ends_nothing(collection: Collection) -> None:
    """A failed line posts nothing and tells nobody."""
    collection.collect("failed")
    assert collection.ends() == dict.fromkeys(_PERIODS, "waits")


def test_payment_at_the_counter_ends_the_oldest_month_that_it_covers(collection: Collection) -> None:
    """To the last cent, and only then."""
    collection.pay("99.99")
    assert collection.ends() == dict.fromkeys(_PERIODS, "waits")
    collection.pay("0.01")
    assert collection.ends() == {_PERIODS[0]: "settled", _PERIODS[1]: "waits"}
    collection.pay("250.00", method="transfer")
    assert collection.ends() == dict.fromkeys(_PERIODS, "settled")


def test_a_case_that_takes_the_money_itself_is_not_interrupted(collection: Collection) -> None:
    """It goes on by its own diagram; what the payment covers beyond it is told."""
    collection.pay("200.00", case=collection.cases[_PERIODS[0]])
    assert collection.ends() == {_PERIODS[0]: "waits", _PERIODS[1]: "settled"}


def test_another_tenants_money_ends_nothing(collection: Collection, runtime: Runtime) -> None:
    """The account is the unit with its tenant."""
    mine: Any = collection.key
    collection.key = AccountKey(mine.unit_id, make_tenant(runtime))
    collection.pay("500.00")
    assert collection.ends() == dict.fromkeys(_PERIODS, "waits")
