"""Forms with scripts: what appears, what is calculated, rows, a drawn signature, a draft that survives."""

from __future__ import annotations

import re
from typing import Any

import orjson
import pytest
from playwright.sync_api import Page, expect

from engine.persistence import tables
from engine.runtime import Runtime
from tests import builders
from tests.engine.test_records import SPIFF

pytestmark = pytest.mark.browser

MONEY = {"type": "string", "format": "money"}
FORM: dict[str, Any] = {
    "title": "登記",
    "type": "object",
    "required": ["note", "fee"],
    "properties": {
        "note": {"type": "string", "title": "說明"},
        "charged": {"type": "boolean", "title": "收費"},
        "fee": {**MONEY, "title": "人工費", "ui:show_if": {"field": "charged", "equals": True}},
        "lines": {
            "type": "array",
            "title": "材料",
            "items": {
                "type": "object",
                "properties": {
                    "name": {"type": "string", "title": "名稱"},
                    "quantity": {"type": "number", "title": "數量"},
                    "price": {**MONEY, "title": "單價"},
                    "amount": {**MONEY, "title": "金額", "ui:compute": "quantity * price"},
                },
            },
        },
        "total": {**MONEY, "title": "合計", "ui:compute": "fee + sum(lines.amount)"},
        "photos": {"type": "array", "format": "photo", "title": "照片"},
        "sign": {"type": "object", "format": "signature", "title": "簽名"},
    },
}


@pytest.fixture
def start_page(runtime: Runtime, live_server: str, page: Page) -> Page:
    """Somebody at the desk, before the form that starts a case."""
    clerk = builders.make_user(runtime, "customer_service")
    builders.make_site(runtime)
    text = builders.simple_process("visiting", ("visit_tenant", "customer_service")).decode()
    text = text.replace('<definitions xmlns="', f'<definitions xmlns:spiffworkflow="{SPIFF}" xmlns="', 1)
    form = '<spiffworkflow:properties><spiffworkflow:property name="form" value="registration"/></spiffworkflow:properties>'
    text = text.replace('<startEvent id="start"/>', f'<startEvent id="start"><extensionElements>{form}</extensionElements></startEvent>')
    builders.deploy(runtime, {"visiting.bpmn": text.encode(), "forms/registration.json": orjson.dumps(FORM)})
    page.goto(f"{live_server}/sign-in")
    page.locator("[name=username]").fill(clerk.username)
    page.locator("[name=password]").fill(clerk.password)
    page.locator("form button.btn-primary").click()
    page.locator("aside.side").wait_for()
    page.goto(f"{live_server}/start/visiting")
    return page


def test_a_form_is_filled_calculated_signed_and_sent(runtime: Runtime, start_page: Page) -> None:
    page = start_page
    fee = page.locator("[name=fee]")
    expect(fee).to_be_hidden()
    page.locator("[name=note]").fill("漏水")
    page.locator("[name=charged]").check()
    fee.fill("100")
    page.locator("[name=lines-0-quantity]").fill("2.5")
    page.locator("[name=lines-0-price]").fill("3.33")
    total = page.locator("[data-field=total] [data-output]")
    expect(page.locator("[data-field='lines-0-amount'] [data-output]")).to_have_text("8.33")
    expect(total).to_have_text("108.33")
    page.locator("[data-add-row]").click()
    page.locator("[name=lines-1-quantity]").fill("1000")
    page.locator("[name=lines-1-price]").fill("1.5")
    expect(total).to_have_text("1,608.33")
    page.locator("[data-row]").nth(0).locator("[data-remove-row]").click()
    expect(total).to_have_text("1,600.00")
    _draw(page)
    page.locator("[name=sign-signer]").fill("王小明")
    page.locator("form[data-draft] .submit-bar .btn-primary").click()
    page.wait_for_url("**/cases/**")
    data = _data(runtime)
    assert (data["fee"], data["total"], [row["amount"] for row in data["lines"]]) == ("100.00", "1600.00", ["1500.00"])
    (signature,) = builders.rows(runtime, tables.signature)
    assert (signature.signer, signature.file_id) == ("王小明", data["sign"]["file"])


def test_a_refused_form_keeps_the_signature_and_says_what_is_wrong(runtime: Runtime, start_page: Page) -> None:
    page = start_page
    _draw(page)
    page.locator("[name=sign-signer]").fill("王小明")
    page.locator("form[data-draft] .submit-bar .btn-primary").click()
    expect(page.locator("[data-form-errors]")).to_be_visible()
    expect(page.locator("[name=note]")).to_have_attribute("aria-invalid", "true")
    page.locator("[name=note]").fill("漏水")
    page.locator("form[data-draft] .submit-bar .btn-primary").click()
    page.wait_for_url("**/cases/**")
    assert _data(runtime)["sign"]["signer"] == "王小明"


def test_a_draft_comes_back_with_its_rows(start_page: Page) -> None:
    page = start_page
    page.locator("[name=note]").fill("漏水")
    page.locator("[data-add-row]").click()
    page.locator("[name=lines-1-name]").fill("水管")
    expect(page.locator("[data-draft-saved]")).to_be_visible()
    page.reload()
    page.locator("[data-draft-take]").click()
    expect(page.locator("[name=note]")).to_have_value("漏水")
    expect(page.locator("[name=lines-1-name]")).to_have_value("水管")


def test_photos_are_shown_before_they_are_sent(start_page: Page, tmp_path: Any) -> None:
    from tests.engine.pictures import png

    picture = tmp_path / "x.png"
    picture.write_bytes(png())
    start_page.locator("input[type=file][name=photos]").set_input_files(picture)
    # the smaller of the picture and its copy as JPEG is what will be sent
    expect(start_page.locator("[data-previews] img")).to_have_attribute("alt", re.compile(r"^x\.(png|jpg)$"))


def _draw(page: Page) -> None:
    canvas = page.locator("[data-signature] canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 40, box["y"] + 40)
    page.mouse.down()
    for step in range(12):
        page.mouse.move(box["x"] + 40 + step * 10, box["y"] + 40 + (step % 4) * 20)
    page.mouse.up()


def _data(runtime: Runtime) -> dict[str, Any]:
    from engine import instances
    from engine.persistence.unit_of_work import UnitOfWork

    (row,) = builders.rows(runtime, tables.instance)
    with UnitOfWork(runtime.database) as uow:
        data: dict[str, Any] = instances.inspect(runtime, uow, row.id).variables["registration"]
        return data
