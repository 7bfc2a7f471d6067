"""Cases beside a case: offered on its page, started with its data, listed there; what is hidden isn't on the start page."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from engine import instances
from engine.model import SYSTEM
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from tests.builders import Person, deploy, deploy_simple, make_site, make_user, rows, start
from tests.engine.spiff.xml import bpmn, chain, node, properties
from tests.webui.visitor import Visitor, select, text_of

Visit = Callable[..., Visitor]
pytestmark = pytest.mark.databases("sqlite")

_FORM = json.dumps({
    "title": "違章登記", "type": "object", "required": ["facts"],
    "properties": {
        "contractor": {"type": "string", "title": "施工單位", "ui:prefill": "application.company", "readOnly": True},
        "facts": {"type": "string", "title": "事實"},
    },
}).encode()


@pytest.fixture
def parent(runtime: Runtime) -> int:
    """A case `errand` at a site, and a hidden procedure that is linked to it."""
    deploy_simple(runtime, "errand", ("do_errand", "customer_service"))
    xml = bpmn(
        properties(linked_to="errand, something_else", hidden_start="true", start_roles="customer_service")
        + node("s", "start", properties(form="violation_notice")) + chain("s a:user e:end")
    ).replace(b'<process id="p"', '<process id="p" name="違章整改"'.encode())
    deploy(runtime, {"p.bpmn": xml, "forms/violation_notice.json": _FORM})
    return start(runtime, "errand", {"application": {"company": "宏達裝飾"}}, site_id=make_site(runtime)).id


def test_a_linked_case_starts_with_its_parents_data(runtime: Runtime, visit: Visit, clerk: Person, parent: int) -> None:
    """Offered, prefilled (also what nobody may change), tied to it, listed with its state."""
    visitor = visit(clerk)
    page = visitor.get(f"/cases/{parent}")
    (address,) = select(page, "//a[contains(@href, '/start/p')]/@href")
    form = visitor.get(address)
    assert "宏達裝飾" in form.get_data(as_text=True)
    (action,) = select(form, "//form[contains(@class, 'panel')]/@action")
    assert visitor.post(action, {"facts": "未佩戴出入證"}).status_code == 303
    (child,) = rows(runtime, tables.instance, tables.instance.c.definition_key == "p")
    assert child.parent_id == parent
    with UnitOfWork(runtime.database) as uow:
        filled = instances.inspect(runtime, uow, child.id).variables["violation_notice"]
    assert filled == {"contractor": "宏達裝飾", "facts": "未佩戴出入證"}
    words = text_of(visitor.get(f"/cases/{parent}"))
    assert "違章整改" in words
    assert visitor.get(f"/cases/{child.id}").get_data(as_text=True).count(f"/cases/{parent}") >= 1


def test_the_start_page_leaves_it_out(visit: Visit, clerk: Person, parent: int) -> None:
    """And its form has no address of its own."""
    assert "/start/p" not in visit(clerk).get("/start").get_data(as_text=True)
    assert visit(clerk).get("/start/p").status_code == 404


def test_only_who_may_starts_it(runtime: Runtime, visit: Visit, clerk: Person, parent: int) -> None:
    """Not other roles, not people of other sites, not beside a case that has ended or is of another kind."""
    worker = make_user(runtime, "repair_worker")
    assert "/start/p" not in visit(worker).get(f"/cases/{parent}").get_data(as_text=True)
    assert visit(worker).post(f"/start/p?parent={parent}", {"facts": "x"}).status_code == 403
    elsewhere = make_user(runtime, "customer_service", site_id=make_site(runtime))
    assert visit(elsewhere).get(f"/start/p?parent={parent}").status_code == 404
    assert visit(elsewhere).post(f"/start/p?parent={parent}", {"facts": "x"}).status_code == 404
    deploy_simple(runtime, "other", ("do_other", "customer_service"))
    other = start(runtime, "other").id
    assert visit(clerk).post(f"/start/p?parent={other}", {"facts": "x"}).status_code == 422
    with UnitOfWork(runtime.database) as uow:
        instances.cancel(runtime, uow, SYSTEM, parent, "測試")
        uow.commit()
    assert "/start/p" not in visit(clerk).get(f"/cases/{parent}").get_data(as_text=True)
    assert visit(clerk).post(f"/start/p?parent={parent}", {"facts": "x"}).status_code == 409
    assert rows(runtime, tables.instance, tables.instance.c.definition_key == "p") == []
