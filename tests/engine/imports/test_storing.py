"""A workbook is planned, shown, confirmed and carried out; what was shown is what happens, once."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import orjson
import pytest
from sqlalchemy import func, select, update

from engine.company import ledger
from engine.company.accounts import account_of
from engine.errors import ForbiddenError
from engine.imports import storing
from engine.imports.storing import GroundMovedError, ImportedBeforeError, ImportHasErrorsError, ImportNotOpenError, NothingToImportError
from engine.numbering import draw
from engine.persistence.tables import import_row, import_run, ledger_entry, role_grant, site, tenant, unit, user
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.ledger import DEPOSIT, item_balances, open_charges
from engine.runtime import Runtime
from tests.builders import Person, make_user
from tests.workbooks import COMPANY, changed, workbook


@pytest.fixture
def administrator(runtime: Runtime) -> Person:
    """Who imports."""
    return make_user(runtime, "administrator")


def read(runtime: Runtime, person: Person, sheets: Any, name: str = "going-live.xlsx") -> int:
    """Plan a workbook, committed."""
    with UnitOfWork(runtime.database) as uow:
        import_id = storing.read(runtime, uow, person.actor, name, workbook(sheets))
        uow.commit()
    return import_id


def apply(runtime: Runtime, person: Person, import_id: int) -> None:
    """Confirm a plan and carry it out."""
    with UnitOfWork(runtime.database) as uow:
        storing.confirm(runtime, uow, person.actor, import_id)
        uow.commit()
    storing.carry_out(runtime, import_id)


def counts(runtime: Runtime, import_id: int) -> dict[str, int]:
    """Rows of an import by action, with state and outcome."""
    with UnitOfWork(runtime.database) as uow:
        row = uow.reading.execute(select(import_run).where(import_run.c.id == import_id)).one()
    return {name: getattr(row, f"{name}_count") for name in ("new", "changed", "unchanged", "refused", "applied", "failed")}


def problems(runtime: Runtime, import_id: int) -> dict[tuple[str, int], list[str]]:
    """What is wrong, by sheet and line."""
    with UnitOfWork(runtime.database) as uow:
        rows = uow.reading.execute(select(import_row).where(import_row.c.import_id == import_id).order_by(import_row.c.position)).all()
    return {
        (row.sheet, row.line): [each["sentence"].format_map(each["data"]) for each in found] for row in rows
        if (found := orjson.loads(row.problems))
    }


def test_a_company_is_brought_in(runtime: Runtime, administrator: Person) -> None:
    """Every kind of master data and the books; money lies on accounts with its due date, numbers go on behind the paper's."""
    import_id = read(runtime, administrator, COMPANY)
    planned = counts(runtime, import_id)
    assert planned["refused"] == 0, problems(runtime, import_id)
    assert planned["new"] == sum(len(rows) - 1 for rows in COMPANY.values())
    with UnitOfWork(runtime.database) as uow:
        assert uow.reading.execute(select(func.count()).select_from(unit)).scalar() == 0
    apply(runtime, administrator, import_id)
    assert counts(runtime, import_id) == {**planned, "applied": planned["new"]}
    with UnitOfWork(runtime.database) as uow:
        of = account_of(runtime, uow, "A-101")
        assert of.payer == "明睿"
        (charge,) = open_charges(uow, of.key)
        assert (charge.item, charge.left, charge.due_on.isoformat()) == ("management_fee", Decimal("1081.25"), "2026-01-15")
        assert item_balances(uow, of.key, DEPOSIT) == {"renovation_deposit": Decimal("5000.00")}
        assert item_balances(uow, account_of(runtime, uow, "A-102").key) == {"prepayment": Decimal("-300.00")}
        assert uow.reading.execute(select(func.sum(ledger_entry.c.amount))).scalar() == 0
        assert draw(uow, runtime.organisation, "receipt", runtime.clock.now()) == "SJ2026-000413"
        person = uow.reading.execute(select(user).where(user.c.username == "linml")).one()
        assert person.password_hash is None
        assert uow.reading.execute(select(role_grant.c.role).where(role_grant.c.user_id == person.id)).scalars().all() == ["cashier"]
        assert uow.reading.execute(select(tenant.c.phone).where(tenant.c.code == "T2")).scalar() == "13600001074"


def test_the_same_workbook_again_changes_nothing(runtime: Runtime, administrator: Person) -> None:
    """Neither master data nor money comes in twice, and there is nothing to confirm."""
    apply(runtime, administrator, read(runtime, administrator, COMPANY))
    again = read(runtime, administrator, COMPANY)
    assert {name: count for name, count in counts(runtime, again).items() if count} == {
        "unchanged": sum(len(rows) - 1 for rows in COMPANY.values())}
    with UnitOfWork(runtime.database) as uow, pytest.raises(NothingToImportError):
        storing.confirm(runtime, uow, administrator.actor, again)


def test_two_people_cannot_confirm_the_same_content(runtime: Runtime, administrator: Person) -> None:
    """The second plan was made before the first was carried out; a plan is confirmed once."""
    first, second = (read(runtime, administrator, COMPANY, name) for name in ("a.xlsx", "copy.xlsx"))
    apply(runtime, administrator, first)
    with UnitOfWork(runtime.database) as uow, pytest.raises(ImportedBeforeError):
        storing.confirm(runtime, uow, administrator.actor, second)
    with UnitOfWork(runtime.database) as uow, pytest.raises(ImportNotOpenError):
        storing.confirm(runtime, uow, administrator.actor, first)


def test_a_change_is_shown_with_before_and_after(runtime: Runtime, administrator: Person) -> None:
    """Only what differs, and only that is written; a column that the sheet does not have stays as it is."""
    apply(runtime, administrator, read(runtime, administrator, COMPANY))
    sheets = {"業戶": [["編號", "名稱", "電話", "在用"], ["T1", "明睿信息", "13900001037", None]], "單元": COMPANY["單元"]}
    import_id = read(runtime, administrator, sheets)
    with UnitOfWork(runtime.database) as uow:
        row = uow.reading.execute(select(import_row).where(import_row.c.import_id == import_id, import_row.c.action == "changed")).one()
    assert orjson.loads(row.changes) == {"name": ["明睿", "明睿信息"]}
    apply(runtime, administrator, import_id)
    with UnitOfWork(runtime.database) as uow:
        found = uow.reading.execute(select(tenant.c.name, tenant.c.contact).where(tenant.c.code == "T1")).one()
    assert found == ("明睿信息", "曹")


def test_errors_name_sheet_line_and_column_and_nothing_is_imported(runtime: Runtime, administrator: Person) -> None:
    """All of them at once; until they are mended nothing can be confirmed."""
    sheets = changed(COMPANY, "單元", 1, 4, "約八十")
    sheets = changed(sheets, "租期", 2, 0, "A-999")
    sheets = changed(sheets, "期初餘額", 1, 5, None)
    sheets = changed(sheets, "編號", 1, 1, "412")
    sheets["單元"].append(list(sheets["單元"][2]))
    sheets["倉庫"] = [["編號"], ["1"]]
    import_id = read(runtime, administrator, sheets)
    found = problems(runtime, import_id)
    assert found[("單元", 2)] == ["「面積（平方米）」應為數字，不是「約八十」。"]
    assert found[("單元", 4)] == ["與第 3 列重複。"]
    assert found[("租期", 3)] == ["沒有單元「A-999」。請先在「單元」工作表填寫。"]
    assert found[("期初餘額", 2)] == ["欠費須填寫「應繳日期」。"]
    assert found[("編號", 2)] == ["「412」不符合格式 SJ{yyyy}-{seq:06}。"]
    assert ("倉庫", 0) in found
    assert len(found) == counts(runtime, import_id)["refused"] == 6
    with UnitOfWork(runtime.database) as uow, pytest.raises(ImportHasErrorsError):
        storing.confirm(runtime, uow, administrator.actor, import_id)


def test_what_moved_since_the_preview_is_not_overwritten(runtime: Runtime, administrator: Person) -> None:
    """The row fails with its reason; the others are carried out."""
    apply(runtime, administrator, read(runtime, administrator, COMPANY))
    sheets = changed(changed(COMPANY, "業戶", 1, 1, "新名"), "業戶", 2, 1, "陳女士")
    import_id = read(runtime, administrator, {"業戶": sheets["業戶"]})
    with runtime.database.writing() as connection:
        connection.execute(update(tenant).where(tenant.c.code == "T1").values(name="別人改的"))
    apply(runtime, administrator, import_id)
    assert problems(runtime, import_id) == {("業戶", 2): [GroundMovedError.sentence]}
    with UnitOfWork(runtime.database) as uow:
        assert uow.reading.execute(select(tenant.c.name).order_by(tenant.c.code)).scalars().all() == ["別人改的", "陳女士"]


def test_it_goes_on_where_it_was_stopped(runtime: Runtime, administrator: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each slice is a transaction of its own, and begun again no row is done twice."""
    monkeypatch.setattr(storing, "SLICE", 3)
    import_id = read(runtime, administrator, COMPANY)
    with UnitOfWork(runtime.database) as uow:
        storing.confirm(runtime, uow, administrator.actor, import_id)
        uow.commit()
    with UnitOfWork(runtime.database) as uow:
        assert not storing.carry_out_slice(runtime, uow, import_id).is_finished
        uow.commit()
    with UnitOfWork(runtime.database) as uow:
        storing.carry_out_slice(runtime, uow, import_id)
        # the machine stops before the commit
    seen: list[int] = []
    storing.carry_out(runtime, import_id, lambda progress: seen.append(progress.done))
    assert seen == sorted(seen)
    assert counts(runtime, import_id)["applied"] == sum(len(rows) - 1 for rows in COMPANY.values())
    with UnitOfWork(runtime.database) as uow:
        assert uow.reading.execute(select(func.count()).select_from(site)).scalar() == 1


def test_only_administrators_import(runtime: Runtime) -> None:
    """A manager reads and signs."""
    manager = make_user(runtime, "manager")
    with pytest.raises(ForbiddenError):
        read(runtime, manager, COMPANY)


def test_an_opening_balance_is_corrected_with_its_opposite(runtime: Runtime, administrator: Person) -> None:
    """The books of the import still add up to nothing; brought in again with another amount it is refused."""
    apply(runtime, administrator, read(runtime, administrator, COMPANY))
    cashier = make_user(runtime, "cashier")
    with UnitOfWork(runtime.database) as uow:
        query = select(ledger_entry.c.id).where(ledger_entry.c.kind == "opening", ledger_entry.c.side == DEPOSIT)
        ledger.correct(runtime, uow, cashier.actor, uow.reading.execute(query).scalar_one(), "重複")
        assert item_balances(uow, account_of(runtime, uow, "A-101").key, DEPOSIT) == {}
        assert uow.reading.execute(select(func.sum(ledger_entry.c.amount))).scalar() == 0
        uow.commit()
    sheets = changed(COMPANY, "期初餘額", 1, 4, 99)
    found = problems(runtime, read(runtime, administrator, {"期初餘額": sheets["期初餘額"]}))
    assert found[("期初餘額", 2)] == ["這筆期初餘額已經以 1081.25 元入賬。要更正，請在該賬戶沖正。"]


def test_switching_off_never_deletes(runtime: Runtime, administrator: Person) -> None:
    """A tenant who has moved out is deactivated; one who lives there still is refused by the directory."""
    apply(runtime, administrator, read(runtime, administrator, COMPANY))
    sheets = {
        "租期": [["單元", "業戶", "入駐日期", "退租日期"], ["A-101", "T1", "2025-03-01", "2026-02-28"]],
        "業戶": [["編號", "名稱", "在用"], ["T1", "明睿", "否"], ["T2", "陳先生", "否"]],
    }
    import_id = read(runtime, administrator, sheets)
    apply(runtime, administrator, import_id)
    assert list(problems(runtime, import_id)) == [("業戶", 3)]
    with UnitOfWork(runtime.database) as uow:
        found = uow.reading.execute(select(tenant.c.code, tenant.c.deactivated_at).order_by(tenant.c.code)).all()
    assert [(row.code, row.deactivated_at is None) for row in found] == [("T1", False), ("T2", True)]
