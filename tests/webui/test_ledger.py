"""The cashier's pages: what is owed, a payment with its receipt, a void, the day's close, the bank's files."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest

from engine.company import ledger
from engine.company.accounts import account
from engine.company.ledger import Source
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.ledger import AccountKey, balance
from engine.runtime import Runtime
from tests.builders import Person, make_site, make_tenant, make_unit, make_user, rows
from tests.webui.visitor import Visitor, select, text_of

Visit = Callable[..., Visitor]
Counting = Callable[[], object]
pytestmark = pytest.mark.databases("sqlite")


@pytest.fixture
def cashier(runtime: Runtime) -> Person:
    """Somebody at the till of one site."""
    return make_user(runtime, "cashier", site_id=make_site(runtime))


@pytest.fixture
def books(runtime: Runtime, cashier: Person) -> str:
    """Address of an account that owes two months."""
    (grant,) = cashier.actor.grants
    unit_id = make_unit(runtime, site_id=grant.site_id, code="A-0801")
    tenant_id = make_tenant(runtime, unit_id=unit_id, name="華信人力資源有限公司")
    with UnitOfWork(runtime.database) as uow:
        of = account(uow, AccountKey(unit_id, tenant_id))
        for days in (40, 10):
            due_on = (runtime.clock.now() - timedelta(days=days)).date()
            ledger.charge(runtime, uow, cashier.actor, of, "management_fee", Decimal("1081.25"), due_on=due_on, source=Source())
        uow.commit()
    return f"/ledger/accounts/{unit_id}/{tenant_id}"


def pay(visitor: Visitor, books: str, amount: str, **values: str) -> object:
    """Fill the form in and send it."""
    (seen,) = select(visitor.get(books), "//input[@name='seen']/@value")
    return visitor.post(f"{books}/payments", {"amount": amount, "method": "cash", "seen": seen, **values})


def owed(runtime: Runtime) -> Decimal:
    """What is owed altogether."""
    with UnitOfWork(runtime.database) as uow:
        return balance(uow)


def test_arrears_are_listed_with_their_age(visit: Visit, cashier: Person, books: str) -> None:
    words = text_of(visit(cashier).get("/ledger?open=1"))
    for expected in ("A-0801", "華信人力資源有限公司", "2,162.50", "逾期 40 天"):
        assert expected in words
    assert "沒有符合的賬戶" in text_of(visit(cashier).get("/ledger?q=nowhere"))


def test_a_payment_gives_a_receipt(runtime: Runtime, visit: Visit, cashier: Person, books: str) -> None:
    visitor = visit(cashier)
    answer = pay(visitor, books, "1,500.00", note="十一月")
    assert answer.status_code == 303  # type: ignore[attr-defined]
    paper = text_of(visitor.get(answer.headers["Location"]))  # type: ignore[attr-defined]
    for expected in ("壹仟伍佰元整", "1,500.00", "管理費", "現金", cashier.name, "No. SJ2026-000001"):
        assert expected in paper
    assert owed(runtime) == Decimal("662.50")


def test_a_form_sent_twice_is_paid_once(runtime: Runtime, visit: Visit, cashier: Person, books: str) -> None:
    visitor = visit(cashier)
    (seen,) = select(visitor.get(books), "//input[@name='seen']/@value")
    values = {"amount": "100", "method": "cash", "seen": seen}
    assert [visitor.post(f"{books}/payments", values).status_code for _ in range(2)] == [303, 409]
    assert owed(runtime) == Decimal("2062.50")


@pytest.mark.parametrize("values", [{"amount": "0"}, {"amount": "1.005"}, {"amount": "-5"}, {"amount": "x"}, {"method": "gold"}])
def test_what_is_typed_wrongly_comes_back(runtime: Runtime, visit: Visit, cashier: Person, books: str, values: dict[str, str]) -> None:
    visitor = visit(cashier)
    answer = visitor.post(f"{books}/payments", {"amount": "5", "method": "cash", "seen": "2", "note": "備註在此", **values})
    assert answer.status_code == 422
    assert "備註在此" in answer.get_data(as_text=True)
    assert owed(runtime) == Decimal("2162.50")


def test_a_receipt_is_made_void_with_a_reason(runtime: Runtime, visit: Visit, cashier: Person, books: str) -> None:
    visitor = visit(cashier)
    address = pay(visitor, books, "500").headers["Location"]  # type: ignore[attr-defined]
    assert visitor.post(f"{address}/void", {"reason": " "}).status_code == 422
    assert visitor.post(f"{address}/void", {"reason": "金額有誤"}).status_code == 303
    assert "已作廢：金額有誤" in text_of(visitor.get(address))
    assert owed(runtime) == Decimal("2162.50")
    assert visitor.post(f"{address}/void", {"reason": "again"}).status_code == 409


def test_a_charge_is_taken_back(runtime: Runtime, visit: Visit, cashier: Person, books: str) -> None:
    visitor = visit(cashier)
    (address, *_) = select(visitor.get(books), "//a[contains(@href, '/correct')]/@href")
    assert visitor.post(address, {"reason": "重複計收"}).status_code == 303
    assert owed(runtime) == Decimal("1081.25")


def test_the_day_is_closed_once(visit: Visit, cashier: Person, books: str) -> None:
    visitor = visit(cashier)
    pay(visitor, books, "300")
    assert "300.00" in text_of(visitor.get("/ledger/close"))
    assert visitor.post("/ledger/close", {"counted": "290"}).status_code == 422
    assert visitor.post("/ledger/close", {"counted": "300"}).status_code == 303
    assert visitor.post("/ledger/close", {"counted": "0"}).status_code == 409


def test_the_bank_gets_a_file_and_answers(runtime: Runtime, visit: Visit, cashier: Person, books: str) -> None:
    visitor = visit(cashier)
    until = runtime.clock.now().date().isoformat()
    assert visitor.post("/ledger/bank/export", {"until": until}).status_code == 303
    (address,) = select(visitor.get("/ledger/bank"), "//a[contains(@href, '/file')]/@href")
    file = visitor.get(address)
    assert file.headers["Content-Disposition"].endswith('.csv"')
    batch, line, *_, amount, _ = file.get_data(as_text=True).splitlines()[1].split(",")
    answer = f"batch,line,amount,result\n{batch},{line},{amount},paid\n".encode()
    assert visitor.post("/ledger/bank/answer", {"answer": (io.BytesIO(b"nonsense"), "x.csv")}).status_code == 422
    assert visitor.post("/ledger/bank/answer", {"answer": (io.BytesIO(answer), "x.csv")}).status_code == 303
    assert owed(runtime) == Decimal("0.00")
    assert [row.method for row in rows(runtime, tables.receipt)] == ["bank"]
    assert visitor.post("/ledger/bank/answer", {"answer": (io.BytesIO(answer), "x.csv")}).status_code == 409


@pytest.mark.parametrize("address", ["/ledger", "/ledger?open=1", "/ledger/close", "/ledger/bank"])
def test_pages_ask_the_store_a_few_times_only(
    runtime: Runtime, visit: Visit, cashier: Person, books: str, count_statements: Counting, address: str
) -> None:
    """However many accounts there are."""
    visitor = visit(cashier)
    counts = []
    for _ in range(2):
        visitor.get(address)
        with count_statements() as statements:  # type: ignore[attr-defined]
            assert visitor.get(address).status_code == 200
        counts.append(len(statements))
        (grant,) = cashier.actor.grants
        for number in range(12):
            unit_id = make_unit(runtime, site_id=grant.site_id)
            with UnitOfWork(runtime.database) as uow:
                of = account(uow, AccountKey(unit_id, make_tenant(runtime, unit_id=unit_id)))
                ledger.charge(runtime, uow, cashier.actor, of, "management_fee", Decimal(number + 1), source=Source())
                uow.commit()
    assert counts[0] == counts[1] <= 12


def test_it_is_there_in_english(runtime: Runtime, visit: Visit, cashier: Person, books: str) -> None:
    (grant,) = cashier.actor.grants
    visitor = visit(make_user(runtime, "cashier", site_id=grant.site_id, locale="en"), locale="en")
    expected = {"/ledger": "40 days overdue", books: "Take payment", "/ledger/close": "Cash counted", "/ledger/bank": "Make a file"}
    for address, words in expected.items():
        assert words in text_of(visitor.get(address))
