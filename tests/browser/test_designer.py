"""Two people at one draft, one of them without a network: nothing is lost."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from engine import instances
from engine.designing import drafts, saving
from engine.designing.saving import Edit
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from tests.browser.desk import Desk
from tests.browser.pencil import Pencil
from tests.builders import Person, deploy_folder, make_user

pytestmark = [pytest.mark.browser, pytest.mark.databases("sqlite")]


# a refused save and a lost network are what it is about
@pytest.mark.console_errors
def test_two_people_at_one_draft_lose_nothing(runtime: Runtime, live_server: str, new_page: Callable[..., Page]) -> None:
    """The second is told who was first, chooses where both changed the same step, and gets everything else put together; a text that did
    not reach the server is there again when the page is opened anew."""
    deploy_folder(runtime, "pass_reconciliation")
    designer, other = make_user(runtime, "process_designer"), make_user(runtime, "process_designer")
    draft = instances.run_step(runtime, lambda uow: drafts.create(runtime, uow, designer.actor, "pass_reconciliation"))
    path = "pass_reconciliation.bpmn"
    original = _text(runtime, draft.id, path)
    desk = Desk(new_page(), live_server, designer)
    page, pencil = desk.page, Pencil(desk.page)
    desk.go("/designer/pass_reconciliation")
    pencil.ready()
    mine, both = re.findall(r'<userTask id="(\w+)"', original)[:2]
    rename = """([id, name]) => {
      const canvas = designer.session.canvas;
      canvas.get("modeling").updateProperties(canvas.element(id), { name });
    }"""

    _save(runtime, other, draft.id, path, _renamed(original, both, "他人的名字"))
    page.evaluate(rename, [mine, "我的名字"])
    page.evaluate(rename, [both, "我也改了"])
    expect(page.locator("dialog").get_by_role("heading")).to_contain_text(other.name)
    page.locator("dialog").get_by_label(other.name).check()
    page.get_by_role("button", name="合併兩邊").click()
    pencil.saved()
    assert _text(runtime, draft.id, path) == _renamed(_renamed(original, both, "他人的名字"), mine, "我的名字")

    page.context.set_offline(True)
    page.evaluate(rename, [mine, "沒有網路時改的"])
    expect(page.locator("[data-save-state]")).to_have_attribute("data-state", "offline")
    assert "沒有網路時改的" not in _text(runtime, draft.id, path)
    # the page goes down without a word, while there is no network (the emulation may end a moment before the page does)
    context = page.context
    page.close(run_before_unload=False)
    context.set_offline(False)
    again = context.new_page()
    again.goto(f"{live_server}/designer/pass_reconciliation")
    Pencil(again).ready()
    Pencil(again).saved()
    assert "沒有網路時改的" in _text(runtime, draft.id, path)


def _text(runtime: Runtime, draft_id: int, path: str) -> str:
    with UnitOfWork(runtime.database) as uow:
        return drafts.files(uow, draft_id)[path].decode()


def _save(runtime: Runtime, person: Person, draft_id: int, path: str, text: str) -> None:
    instances.run_step(runtime, lambda uow: saving.save(runtime, uow, person.actor, draft_id, [Edit(path, text.encode(), 1)]))


def _renamed(text: str, identity: str, name: str) -> str:
    head, mark, rest = text.partition(f'id="{identity}" name="')
    return head + mark + name + rest[rest.index('"'):]
