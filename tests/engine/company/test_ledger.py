"""The ledger: sums are balances, entries stand, numbers have no gaps, amounts are exact, nothing is given back twice."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import DBAPIError

from engine.clock import MovableClock
from engine.company import bank_files, cash_days, ledger
from engine.company.accounts import Account, account, account_of
from engine.company.amounts import AmountInvalidError, read
from engine.company.bank_files import AnswerInvalidError, NothingDueError
from engine.company.cash_days import DayClosedError, DifferenceUnexplainedError
from engine.company.ledger import AlreadyReversedError, CaseElsewhereError, NotCorrectableError, NotEnoughHeldError, Posted, Source
from engine.errors import ForbiddenError, GuichengError
from engine.model import Actor
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import ledger as queries
from engine.queries.ledger import AccountKey
from engine.runtime import Runtime
from tests.builders import make_instance, make_site, make_tenant, make_unit, make_user

D = Decimal


class Desk:
    """A site with a unit, its tenant and a cashier; every verb in a transaction of its own."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.site_id = make_site(runtime)
        self.unit_id = make_unit(runtime, site_id=self.site_id)
        self.tenant_id = make_tenant(runtime, unit_id=self.unit_id)
        self.cashier = make_user(runtime, "cashier", site_id=self.site_id).actor
        self.key = AccountKey(self.unit_id, self.tenant_id)

    def do(self, verb: Callable[..., Any], *arguments: Any, actor: Actor | None = None, **options: Any) -> Any:
        """Carry a verb out for the account and commit."""
        with UnitOfWork(self.runtime.database) as uow:
            done = verb(self.runtime, uow, actor or self.cashier, account(uow, self.key), *arguments, **{"source": Source(), **options})
            uow.commit()
        return done

    def plain(self, verb: Callable[..., Any], *arguments: Any, actor: Actor | None = None, **options: Any) -> Any:
        """Carry a verb out that isn't about an account."""
        with UnitOfWork(self.runtime.database) as uow:
            done = verb(self.runtime, uow, actor or self.cashier, *arguments, **options)
            uow.commit()
        return done

    def charge(self, amount: str, item: str = "management_fee", days: int = 0) -> Posted:
        """Owe something, due some days from today."""
        due_on = (self.runtime.clock.now() + timedelta(days=days)).date()
        posted: Posted = self.do(ledger.charge, item, D(amount), due_on=due_on)
        return posted

    def owed(self, item: str | None = None, side: str = queries.DUES) -> Decimal:
        """The account's balance."""
        with UnitOfWork(self.runtime.database) as uow:
            return queries.balance(uow, unit_id=self.unit_id, tenant_id=self.tenant_id, item=item, side=side)

    def open(self) -> list[tuple[str, Decimal]]:
        """What is open, the oldest due first."""
        with UnitOfWork(self.runtime.database) as uow:
            return [(each.item, each.left) for each in queries.open_charges(uow, self.key)]

    def rows(self) -> list[Any]:
        """Every entry."""
        with UnitOfWork(self.runtime.database) as uow:
            return list(uow.reading.execute(select(tables.ledger_entry).order_by(tables.ledger_entry.c.id)).all())


@pytest.fixture
def desk(runtime: Runtime) -> Desk:
    """A fresh one."""
    return Desk(runtime)


@pytest.mark.parametrize("value", ["", "0", "-1", "1.005", "abc", "NaN", "Infinity", "1e20", True, None, {}, "1,2,3.4.5"])
def test_what_is_no_amount(value: Any) -> None:
    """Nothing is rounded, nothing guessed."""
    with pytest.raises(AmountInvalidError):
        read(value)


def test_payments_go_to_the_oldest_due(desk: Desk) -> None:
    """Part payments too; what is left over is paid ahead and covers what comes."""
    desk.charge("100.00", "management_fee", days=-30)
    desk.charge("50.00", "water", days=-60)
    desk.charge("100.00", "management_fee", days=0)
    desk.do(ledger.pay, D("120.00"))
    assert desk.open() == [("management_fee", D("30.00")), ("management_fee", D("100.00"))]
    desk.do(ledger.pay, D("150.00"))
    assert (desk.open(), desk.owed()) == ([], D("-20.00"))
    desk.charge("15.00", "water")
    assert (desk.open(), desk.owed(ledger.PREPAYMENT)) == ([], D("-5.00"))
    desk.do(ledger.refund, D("5.00"))
    assert desk.owed() == D("0.00")
    with pytest.raises(NotEnoughHeldError):
        desk.do(ledger.refund, D("0.01"))


def test_a_payment_for_one_item_pays_that(desk: Desk) -> None:
    """Even where something else is older."""
    desk.charge("50.00", "water", days=-60)
    desk.charge("80.00", "special_service")
    desk.do(ledger.pay, D("80.00"), item="special_service")
    assert desk.open() == [("water", D("50.00"))]


def test_a_payment_at_the_desk_belongs_to_the_case_that_the_cashier_names(desk: Desk) -> None:
    """Receipt and entries say so; only a case that something of this account belongs to."""
    mine, other = (make_instance(desk.runtime, "special_service", site_id=desk.site_id, business_key=name) for name in ("F-1", "F-2"))
    desk.do(ledger.charge, "special_service", D("80.00"), due_on=desk.runtime.clock.now().date(), source=Source(mine))
    desk.charge("50.00")
    paid = desk.do(ledger.pay, D("80.00"), item="special_service", for_case=mine)
    with UnitOfWork(desk.runtime.database) as uow:
        (told,) = queries.cases_of(uow, desk.key)
    assert (told.instance_id, told.business_key, told.left) == (mine, "F-1", D("0.00"))
    assert [row.instance_id for row in desk.rows() if row.id in paid.entry_ids] == [mine]
    with pytest.raises(CaseElsewhereError):
        desk.do(ledger.pay, D("5.00"), for_case=other)


def test_a_void_opens_what_was_paid(desk: Desk) -> None:
    """By counter-entries; the receipt's number stays used, and it is void once."""
    desk.charge("100.00")
    paid = desk.do(ledger.pay, D("60.00"))
    again = desk.do(ledger.pay, D("60.00"))
    desk.plain(ledger.void_receipt, paid.receipt_id, "金額有誤", replaced_by_id=again.receipt_id)
    assert desk.owed() == D("40.00")
    with pytest.raises(AlreadyReversedError):
        desk.plain(ledger.void_receipt, paid.receipt_id, "again")
    with UnitOfWork(desk.runtime.database) as uow:
        paper = queries.receipt_of(uow, desk.cashier, paid.receipt_id)
    assert (paper.void_reason, paper.replaced_by, paper.in_words) == ("金額有誤", again.receipt_number, "陸拾元整")


def test_corrections_are_counter_entries(desk: Desk) -> None:
    """A charge is taken back in full; what had been paid for it goes to what is open."""
    wrong = desk.charge("100.00")
    desk.do(ledger.pay, D("100.00"))
    desk.charge("30.00", "water")
    desk.plain(ledger.correct, wrong.entry_ids[0], "面積有誤")
    assert (desk.owed(), desk.open()) == (D("-70.00"), [])
    with pytest.raises(AlreadyReversedError):
        desk.plain(ledger.correct, wrong.entry_ids[0], "again")
    payment = next(row for row in desk.rows() if row.kind == "payment")
    with pytest.raises(NotCorrectableError):
        desk.plain(ledger.correct, payment.id, "x")


def test_a_deposit_is_given_back_once(desk: Desk) -> None:
    """Less what was agreed; its receipt cannot be void any more."""
    taken = desk.do(ledger.take_deposit, "renovation_deposit", D("5000.00"))
    desk.do(ledger.deduct, "renovation_deposit", D("800.00"))
    desk.do(ledger.refund_deposit, "renovation_deposit", D("4200.00"))
    assert (desk.owed(side=queries.DEPOSIT), desk.owed()) == (D("0.00"), D("0.00"))
    for verb, arguments in ((ledger.refund_deposit, ("renovation_deposit", D("0.01"))), (ledger.deduct, ("renovation_deposit", D("0.01")))):
        with pytest.raises(NotEnoughHeldError):
            desk.do(verb, *arguments)
    with pytest.raises(NotEnoughHeldError):
        desk.plain(ledger.void_receipt, taken.receipt_id, "x")


def test_no_entry_ever_changes(desk: Desk) -> None:
    """Not even by a statement past the services."""
    desk.charge("1.00")
    for statement in (update(tables.ledger_entry).values(amount=D("2.00")), delete(tables.ledger_entry)):
        with pytest.raises(DBAPIError), desk.runtime.database.writing() as connection:
            connection.execute(statement)
    assert [row.amount for row in desk.rows()] == [D("1.00")]


def test_only_who_may_posts(desk: Desk) -> None:
    """The roles of `ledger:write`, at their sites; a case's step carries its own right."""
    for person in (make_user(desk.runtime, "manager"), make_user(desk.runtime, "cashier", site_id=make_site(desk.runtime))):
        with pytest.raises(ForbiddenError):
            desk.do(ledger.pay, D("1.00"), actor=person.actor)
        with pytest.raises(ForbiddenError):
            desk.plain(cash_days.close_day, desk.site_id, D("0.00"), actor=person.actor)


_STEPS = st.lists(
    st.tuples(
        st.sampled_from(("charge", "pay", "pay_item", "deposit", "refund_deposit", "deduct", "refund", "void", "correct", "roll_back")),
        st.integers(1, 300_000), st.sampled_from(("management_fee", "water")), st.integers(-90, 30), st.integers(0, 9),
    ),
    max_size=14,
)


@pytest.mark.databases("sqlite")
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=_STEPS)
def test_whatever_is_posted_adds_up(runtime: Runtime, steps: list[tuple[str, int, str, int, int]]) -> None:
    """Balance = sum of the entries = what is open less what is paid ahead; earlier entries stand; numbers follow each other."""
    desk = Desk(runtime)
    first = len(desk.rows())
    before: list[Any] = []
    for name, cents, item, days, pick in steps:
        amount = D(cents).scaleb(-2)
        try:
            _step(desk, name, amount, item, days, pick)
        except GuichengError:
            continue
        rows = desk.rows()[first:]
        assert rows[: len(before)] == before, "an entry changed"
        before = rows
        mine = [row for row in rows if row.side == queries.DUES]
        assert desk.owed() == sum((row.amount for row in mine), D(0))
        left = sum((left for _, left in desk.open()), D(0))
        ahead = min(desk.owed(ledger.PREPAYMENT), D(0))
        assert desk.owed() == left + ahead
        assert desk.owed(side=queries.DEPOSIT) >= 0
    numbers = [int(row.number.rpartition("-")[2]) for row in desk.rows()]
    assert numbers == list(range(1, len(numbers) + 1))


def _step(desk: Desk, name: str, amount: Decimal, item: str, days: int, pick: int) -> None:
    if name == "charge":
        desk.charge(str(amount), item, days)
    elif name in ("pay", "pay_item"):
        desk.do(ledger.pay, amount, item=item if name == "pay_item" else None)
    elif name == "deposit":
        desk.do(ledger.take_deposit, "pass_deposit", amount)
    elif name == "refund_deposit":
        desk.do(ledger.refund_deposit, "pass_deposit", amount)
    elif name == "deduct":
        desk.do(ledger.deduct, "pass_deposit", amount)
    elif name == "refund":
        desk.do(ledger.refund, amount)
    elif name == "roll_back":
        with UnitOfWork(desk.runtime.database) as uow:
            ledger.charge(desk.runtime, uow, desk.cashier, account(uow, desk.key), item, amount, source=Source())
    elif name == "void":
        with UnitOfWork(desk.runtime.database) as uow:
            found = list(uow.reading.execute(select(tables.receipt.c.id).where(tables.receipt.c.unit_id == desk.unit_id)).scalars())
        if found:
            desk.plain(ledger.void_receipt, found[pick % len(found)], "測試")
    else:
        mine = [row for row in desk.rows() if row.unit_id == desk.unit_id and row.kind == "charge"]
        if mine:
            desk.plain(ledger.correct, mine[pick % len(mine)].id, "測試")


def test_two_cashiers_at_once(desk: Desk) -> None:
    """Both pay out of one deposit: only what is held goes out; numbers stay gapless."""
    other = make_user(desk.runtime, "cashier", site_id=desk.site_id).actor
    desk.do(ledger.take_deposit, "pass_deposit", D("100.00"))
    refused: list[GuichengError] = []
    ready = threading.Barrier(2)

    def pay_out(actor: Actor) -> None:
        ready.wait(10)
        for _ in range(8):
            try:
                desk.do(ledger.refund_deposit, "pass_deposit", D("15.00"), actor=actor)
            except GuichengError as error:
                refused.append(error)

    threads = [threading.Thread(target=pay_out, args=(actor,)) for actor in (desk.cashier, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert desk.owed(side=queries.DEPOSIT) == D("10.00")
    assert {type(error) for error in refused} == {NotEnoughHeldError}
    assert [int(row.number.rpartition("-")[2]) for row in desk.rows()] == list(range(1, 8))


def test_a_closed_day_stays_closed(desk: Desk, clock: MovableClock) -> None:
    """What follows counts for the next day; cash that differs is explained."""
    desk.charge("300.00")
    cash = desk.do(ledger.pay, D("100.00"))
    desk.do(ledger.pay, D("50.00"), method="transfer")
    desk.do(ledger.take_deposit, "pass_deposit", D("20.00"))
    desk.plain(ledger.void_receipt, cash.receipt_id, "x")
    with pytest.raises(DifferenceUnexplainedError):
        desk.plain(cash_days.close_day, desk.site_id, D("19.00"))
    desk.plain(cash_days.close_day, desk.site_id, D("19.00"), "少收一元")
    with pytest.raises(DayClosedError):
        desk.plain(cash_days.close_day, desk.site_id, D("0.00"))
    later = desk.do(ledger.pay, D("10.00"))
    with UnitOfWork(desk.runtime.database) as uow:
        paper = queries.receipt_of(uow, desk.cashier, later.receipt_id)
        closed = uow.reading.execute(select(tables.cash_day)).one()
    assert (closed.expected, closed.counted, (paper.booked_on - closed.day).days) == (D("20.00"), D("19.00"), 1)
    clock.advance(timedelta(days=1))
    with UnitOfWork(desk.runtime.database) as uow:
        assert cash_days.summary(desk.runtime, uow, desk.cashier, desk.site_id).by_method == {"cash": D("10.00")}


def test_the_bank_collects_once(desk: Desk) -> None:
    """What is due is sent once, its answer is read once, as a whole."""
    desk.charge("88.80", days=-5)
    desk.charge("10.00", days=40)
    today = desk.runtime.clock.now().date()
    sent = desk.plain(bank_files.export, desk.site_id, today)
    with pytest.raises(NothingDueError):
        desk.plain(bank_files.export, desk.site_id, today)
    with UnitOfWork(desk.runtime.database) as uow:
        name, content = bank_files.written(uow, desk.cashier, sent)
    _, line = content.decode("utf-8-sig").splitlines()
    number, position, *_, amount, _ = line.split(",")
    assert (name, amount) == (f"{number}.csv", "88.80")
    header = "batch,line,amount,result,reason\r\n"
    for wrong in (f"{number},{position},88.81,paid,", f"{number},9,88.80,paid,", f"{number},{position},88.80,maybe,", ""):
        with pytest.raises(AnswerInvalidError):
            desk.plain(bank_files.read_answer, (header + wrong).encode())
    answer = (header + f"{number},{position},88.80,paid,").encode()
    assert desk.plain(bank_files.read_answer, answer).total == D("88.80")
    assert desk.owed() == D("10.00")
    with pytest.raises(AlreadyReversedError):
        desk.plain(bank_files.read_answer, answer)


def test_the_account_of_a_unit_follows_its_tenants(desk: Desk) -> None:
    """Who lives there, or lived there last."""
    with UnitOfWork(desk.runtime.database) as uow:
        assert account_of(desk.runtime, uow, {"id": desk.unit_id, "label": "x"}).key == desk.key
        uow.writing.execute(update(tables.tenancy).values(ended_at=desk.runtime.clock.now()))
        assert account_of(desk.runtime, uow, desk.unit_id).key == desk.key
        uow.commit()
    newcomer = make_tenant(desk.runtime, unit_id=desk.unit_id)
    with UnitOfWork(desk.runtime.database) as uow:
        assert account_of(desk.runtime, uow, desk.unit_id).key == AccountKey(desk.unit_id, newcomer)


def test_accounts_are_listed_with_their_age(desk: Desk) -> None:
    """Dues, deposits and the oldest open day; only what is owed on request."""
    desk.charge("70.00", days=-20)
    desk.do(ledger.pay, D("70.00"))
    desk.charge("30.00", days=-3)
    desk.do(ledger.take_deposit, "pass_deposit", D("50.00"))
    even = Desk(desk.runtime)
    even.charge("1.00")
    even.do(ledger.pay, D("1.00"))
    everywhere = make_user(desk.runtime, "cashier").actor
    with UnitOfWork(desk.runtime.database) as uow:
        (owing,) = queries.accounts(uow, everywhere, only_open=True).rows
        page = queries.accounts(uow, everywhere, limit=1)
        rest = queries.accounts(uow, everywhere, limit=1, after=page.after)
        mine = queries.accounts(uow, desk.cashier)
    assert (owing.dues, owing.deposits) == (D("30.00"), D("50.00"))
    assert owing.oldest_due == (desk.runtime.clock.now() - timedelta(days=3)).date()
    assert {page.rows[0].key, rest.rows[0].key} == {desk.key, even.key}
    assert [row.key for row in mine.rows] == [desk.key]


def test_sums_are_exact(desk: Desk) -> None:
    """A thousand cents are ten."""
    with UnitOfWork(desk.runtime.database) as uow:
        of: Account = account(uow, desk.key)
        for _ in range(100):
            ledger.charge(desk.runtime, uow, desk.cashier, of, "water", D("0.10"), source=Source())
        uow.commit()
        assert uow.reading.execute(select(func.sum(tables.ledger_entry.c.amount))).scalar() == D("10.00")
