"""Cases that stand open on paper come in at their present step, with the rows of their tables, and the registers see them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select

from engine import definitions
from engine.imports import reconciling, storing
from engine.imports.workbook import read_workbook
from engine.imports.writing import present, template
from engine.model import SYSTEM
from engine.persistence.tables import instance, limit_clock, register_line, tenant, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.procedures import read_procedures
from engine.runtime import Runtime
from tests.builders import Person, make_user
from tests.engine.imports.test_storing import apply, counts, problems, read
from tests.workbooks import COMPANY, workbook

BEGAN = datetime(2026, 2, 20, 9, 0)  # noqa: DTZ001 - as in a cell
PASSES: dict[str, list[list[Any]]] = {
    "案件 臨時出入證": [
        ["案件編號", "目前步驟", "開始時間", "進入目前步驟時間", "pass_request.unit", "pass_request.company", "pass_issue.issued"],
        ["ZB2026-0003", "STEP", BEGAN, "2026-02-21 10:00", "A-101", "誠工裝修", 2],
    ],
    "明細 臨時出入證 出入證": [
        ["案件編號", "證號", "姓名", "身份證號", "有效期至"],
        ["ZB2026-0003", "ZC2026-00011", "王一", "X1", "2026-04-30"],
        ["ZB2026-0003", "ZC2026-00012", "李二", "X2", "2026-04-30"],
    ],
}


@pytest.fixture
def administrator(runtime: Runtime) -> Person:
    """Who imports, with the procedures deployed that the cases are of."""
    for procedure in read_procedures([runtime.settings.bpmn / name for name in ("site_pass", "renovation")]):
        with UnitOfWork(runtime.database) as uow:
            definitions.deploy(runtime, uow, SYSTEM, procedure.files)
            uow.commit()
    return make_user(runtime, "administrator")


def passes(**sheets: Any) -> dict[str, Any]:
    """A company with passes that were issued before, at the step where they are given back."""
    found = {title: [list(row) for row in rows] for title, rows in PASSES.items()}
    found["案件 臨時出入證"][1][1] = "check_returned"
    return {**COMPANY, **found, **sheets}


def test_passes_in_circulation_come_in_with_their_case(runtime: Runtime, administrator: Person) -> None:
    """Units, tenants and cases in one workbook; the register of passes has a line for each, as of when they were issued."""
    import_id = read(runtime, administrator, passes())
    assert problems(runtime, import_id) == {}
    apply(runtime, administrator, import_id)
    assert counts(runtime, import_id)["failed"] == 0
    with UnitOfWork(runtime.database) as uow:
        case = uow.reading.execute(select(instance).where(instance.c.business_key == "ZB2026-0003")).one()
        assert case.started_at.isoformat() == "2026-02-20T01:00:00+00:00"
        item = uow.reading.execute(select(work_item).where(work_item.c.instance_id == case.id)).one()
        assert (item.element_id, item.is_live) == ("check_returned", True)
        query = select(register_line.c.text).where(register_line.c.instance_id == case.id, register_line.c.field == "pass_no")
        assert set(uow.reading.execute(query).scalars()) == {"ZC2026-00011", "ZC2026-00012"}


def test_what_the_workbook_said_is_what_stands(runtime: Runtime, administrator: Person) -> None:
    """Counts and sums agree by kind; the same workbook again agrees too, and a case cancelled since then is a difference."""
    import_id = read(runtime, administrator, passes())
    apply(runtime, administrator, import_id)
    again = read(runtime, administrator, passes())
    with UnitOfWork(runtime.database) as uow:
        sheet = reconciling.figures(runtime, uow, administrator.actor, import_id)
        assert [figure for figure in sheet if not figure.agrees] == []
        sums = {figure.group: (figure.said_count, str(figure.stands_sum)) for figure in sheet if figure.kind == "opening"}
        assert sums == {"欠費": (1, "1081.25"), "押金": (1, "5000.00"), "預收": (1, "300.00")}
        assert [(each.group, each.said_count) for each in sheet if each.kind.startswith("case.")] == [("出入證", 2), ("", 1)]
        assert all(figure.agrees for figure in reconciling.figures(runtime, uow, administrator.actor, again))
    with runtime.database.writing() as connection:
        connection.execute(instance.update().values(state="cancelled"))
    with UnitOfWork(runtime.database) as uow:
        sheet = reconciling.figures(runtime, uow, administrator.actor, import_id)
        assert {figure.kind for figure in sheet if not figure.agrees} == {"case.site_pass", "case.site_pass.pass_issue.passes"}


def test_cashier_and_manager_sign_and_it_is_kept(runtime: Runtime, administrator: Person) -> None:
    """As it was then; with a difference only with a note."""
    import_id = read(runtime, administrator, COMPANY)
    cashier, manager = make_user(runtime, "cashier"), make_user(runtime, "manager")
    with UnitOfWork(runtime.database) as uow, pytest.raises(reconciling.NotAppliedError):
        reconciling.sign(runtime, uow, cashier.actor, import_id, "cashier")
    apply(runtime, administrator, import_id)
    with UnitOfWork(runtime.database) as uow:
        reconciling.sign(runtime, uow, cashier.actor, import_id, "cashier")
        uow.commit()
    with runtime.database.writing() as connection:
        connection.execute(tenant.update().where(tenant.c.code == "T1").values(name="改名"))
    with UnitOfWork(runtime.database) as uow:
        with pytest.raises(reconciling.DifferenceUnexplainedError):
            reconciling.sign(runtime, uow, manager.actor, import_id, "manager")
        reconciling.sign(runtime, uow, manager.actor, import_id, "manager", "業戶更名")
        later, first = reconciling.signed_sheets(uow, import_id)
        assert (first.role, first.signed_by, all(figure.agrees for figure in first.figures)) == ("cashier", cashier.name, True)
        assert (later.role, later.note, all(figure.agrees for figure in later.figures)) == ("manager", "業戶更名", False)
        assert reconciling.workbook(later.figures, (later, first), "en").startswith(b"PK")


def test_a_case_that_cannot_stand_is_refused_in_the_preview(runtime: Runtime, administrator: Person) -> None:
    """A step that is none, one in a parallel branch, rows without their case, a value that does not fit."""
    sheets = passes()
    head = sheets["案件 臨時出入證"]
    head += [["ZB2026-0004", "nowhere", BEGAN, None, None, None, None], ["ZB2026-0005", "check_returned", BEGAN, None, "B-7", None, None]]
    sheets["明細 臨時出入證 出入證"].append(["ZB2026-0099", "ZC2026-00013", "周三", "X3", None])
    sheets["案件 二次裝修"] = [["案件編號", "目前步驟", "開始時間"], ["Z2026-0001", "review_application", BEGAN]]
    found = problems(runtime, read(runtime, administrator, sheets))
    assert set(found) == {("案件 臨時出入證", 3), ("案件 臨時出入證", 4), ("明細 臨時出入證 出入證", 4), ("案件 二次裝修", 2)}
    assert "可用的步驟" in found["案件 臨時出入證", 3][0]
    assert "B-7" in found["案件 臨時出入證", 4][0]
    assert found["明細 臨時出入證 出入證", 4] == ["案件工作表中沒有編號「ZB2026-0099」。"]
    assert "裝修申請" in found["案件 二次裝修", 2][0]


def test_a_chain_of_signatures_stands_with_its_signers(runtime: Runtime, administrator: Person) -> None:
    """Who signs is decided anew from the application; the limit runs from when the application was taken in."""
    sheets = {**COMPANY, "案件 二次裝修": [
        ["案件編號", "目前步驟", "開始時間", "進入目前步驟時間", "renovation_application.unit", "renovation_application.structure",
         "renovation_application.facade", "renovation_application.fire_system", "renovation_application.load",
         "renovation_application.area"],
        ["Z2026-0001", "會簽審批", BEGAN, None, "A-101", "是", "否", "是", 60, 86],
    ]}
    import_id = read(runtime, administrator, sheets)
    assert problems(runtime, import_id) == {}
    apply(runtime, administrator, import_id)
    with UnitOfWork(runtime.database) as uow:
        items = uow.reading.execute(select(work_item.c.role).where(work_item.c.is_live)).scalars().all()
        clocks = uow.reading.execute(select(limit_clock.c.started_at)).scalars().all()
    assert len(items) > 1
    assert {moment.isoformat() for moment in clocks} <= {"2026-02-20T01:00:00+00:00"}


@pytest.mark.parametrize("locale", ["zh-Hant", "zh-Hans", "en"])
def test_what_is_exported_is_read_again_without_a_change(runtime: Runtime, administrator: Person, locale: str) -> None:
    """In every language; edited, only the edit is a change."""
    apply(runtime, administrator, read(runtime, administrator, COMPANY))
    with UnitOfWork(runtime.database) as uow:
        exported, _ = present(runtime, uow, administrator.actor, locale)
    with UnitOfWork(runtime.database) as uow:
        import_id = storing.read(runtime, uow, administrator.actor, "present.xlsx", exported)
        uow.commit()
    assert problems(runtime, import_id) == {}
    found = counts(runtime, import_id)
    assert (found["new"], found["changed"], found["refused"]) == (0, 0, 0)
    assert found["unchanged"] > sum(len(COMPANY[title]) - 1 for title in ("園區", "樓宇", "單元", "業戶", "租期", "價目表"))


@pytest.mark.parametrize("locale", ["zh-Hant", "en"])
def test_an_empty_template_is_a_workbook_that_we_read(runtime: Runtime, administrator: Person, locale: str) -> None:
    """Its sheets and headings are known, those of the chosen procedures' cases too; it has nothing to import."""
    with UnitOfWork(runtime.database) as uow:
        raw = template(runtime, uow, administrator.actor, locale, ["site_pass"])
    assert len(read_workbook(raw).sheets) > len(COMPANY)
    with UnitOfWork(runtime.database) as uow, pytest.raises(storing.NothingToImportError):
        storing.read(runtime, uow, administrator.actor, "template.xlsx", raw)
    assert workbook({"s": []}).startswith(b"PK")
