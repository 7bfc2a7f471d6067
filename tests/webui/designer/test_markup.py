"""Names, documentation and labels of a diagram are text wherever they are shown, whoever wrote them."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from lxml import html

from engine.delivery import courier
from engine.designing import drafts
from engine.instances import run_step
from engine.notifications import Kind
from engine.runtime import Runtime
from tests.builders import Person, deploy, make_user, simple_process, start
from tests.engine.delivery.servers import mail_server, make_mail
from tests.engine.delivery.test_courier import tell
from tests.webui.visitor import Visitor

pytestmark = pytest.mark.databases("sqlite")
HOSTILE = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'
ESCAPED = HOSTILE.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def hostile() -> bytes:
    """A procedure whose every name, and whose documentation, is markup."""
    plain = simple_process("errand", ("do_errand", "customer_service"), documentation=ESCAPED)
    return (plain.replace(b'name="do_errand"', f'name="{ESCAPED}"'.encode()).replace(b'name="errand"', f'name="{ESCAPED}"'.encode())
            .replace(b'name="customer_service"', f'name="{ESCAPED}"'.encode()))


@pytest.fixture
def person(runtime: Runtime) -> Person:
    """Somebody who designs, and works on what was designed."""
    return make_user(runtime, "process_designer", "manager", "customer_service", "administrator", email="ming@example.com")


def test_pages_and_pictures_show_markup_as_text(runtime: Runtime, visit: Callable[..., Visitor], person: Person) -> None:
    """The designers' pages, the start page, lists, a step, a case with its picture, the look at a foreign file."""
    body = hostile()
    deploy(runtime, {"errand.bpmn": body})
    run_step(runtime, lambda uow: drafts.create(runtime, uow, person.actor, "errand"))
    begun = start(runtime, "errand", business_key=HOSTILE, actor=person.actor)
    visitor = visit(person)
    pages = ["/designer", "/designer/errand", "/designer/errand/access", "/", "/start", "/cases", f"/cases/{begun.id}",
             *(f"/items/{item}" for item in begun.work_item_ids)]
    shown = {path: visitor.get(path) for path in pages}
    shown["look"] = visitor.client.post(
        "/designer/bring-in", headers=visitor.headers, content_type="multipart/form-data",
        data={"csrf_token": visitor.token(), "files": (io.BytesIO(body), f"{HOSTILE}.bpmn")})
    seen = 0
    for path, response in shown.items():
        assert response.status_code == 200, path
        page = html.fromstring(response.get_data(as_text=True))
        assert not page.xpath("//*[@onerror]"), path
        assert not [each for each in page.iter("script") if "hacked" in (each.text or "")], path
        seen += "window.hacked" in page.text_content()
    assert seen >= 5
    assert shown["look"].status_code == 200


def test_mails_are_plain_text(runtime: Runtime, person: Person) -> None:
    """A name that is markup arrives as what it is, in a mail that no program would render; it adds no header either."""
    with mail_server() as server:
        make_mail(runtime, server)
        tell(runtime, Kind.MENTIONED, people=[person.id], data={"text": f"{HOSTILE}\r\nBcc: all@example.com"})
        courier.send_due(runtime)
    mail, = server.mails
    assert {part.get_content_type() for part in mail.walk()} == {"text/plain"}
    assert mail["Bcc"] is None
