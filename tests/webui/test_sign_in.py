"""Signing in: what a right, a wrong and a throttled attempt get, how sessions end, and where one lands."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from engine.company import users
from engine.model import SYSTEM
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from tests.builders import PASSWORD, Person, make_user
from tests.webui.visitor import Visitor, text_of

Visit = Callable[..., Visitor]
pytestmark = pytest.mark.databases("sqlite")


def sign_in(visitor: Visitor, person: Person, password: str = PASSWORD, **data: str):  # type: ignore[no-untyped-def]
    return visitor.post("/sign-in", {"username": person.username, "password": password, **data})


def test_a_stranger_is_sent_to_the_sign_in_page_and_back_to_where_they_wanted(visit: Visit, clerk: Person) -> None:
    visitor = visit()
    refused = visitor.get("/cases?state=active")
    assert refused.status_code == 302
    assert refused.location.startswith("/sign-in?next=/cases")
    assert sign_in(visitor, clerk, next="/cases?state=active").location == "/cases?state=active"
    assert visitor.get("/cases").status_code == 200


@pytest.mark.parametrize(
    "wanted",
    ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "javascript:alert(1)", "\t//x"],
)
def test_signing_in_never_leads_to_another_site(visit: Visit, clerk: Person, wanted: str) -> None:
    assert sign_in(visit(), clerk, next=wanted).location == "/"


def test_the_session_gets_a_new_id_at_sign_in_and_forgets_what_was_in_it(visit: Visit, clerk: Person) -> None:
    visitor = visit()
    visitor.get("/sign-in")
    with visitor.client.session_transaction() as session:
        session["id"], session["planted"] = "known to an attacker", True
    sign_in(visitor, clerk)
    with visitor.client.session_transaction() as session:
        assert session["id"] != "known to an attacker"
        assert "planted" not in session


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(visit: Visit, clerk: Person) -> None:
    cookie = sign_in(visit(), clerk).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_a_wrong_password_and_an_unknown_name_read_the_same(visit: Visit, clerk: Person) -> None:
    wrong = sign_in(visit(), clerk, "not it")
    unknown = visit().post("/sign-in", {"username": "nobody", "password": "not it"})
    assert wrong.status_code == unknown.status_code == 422
    assert "登入名或密碼不正確。" in text_of(wrong)
    assert "登入名或密碼不正確。" in text_of(unknown)


def test_too_many_attempts_are_refused_even_with_the_right_password(runtime: Runtime, visit: Visit, clerk: Person) -> None:
    visitor = visit()
    for _ in range(runtime.settings.sign_in_attempts):
        sign_in(visitor, clerk, "not it")
    refused = sign_in(visitor, clerk)
    assert refused.status_code == 429
    assert "分鐘後再試" in text_of(refused)


def test_a_deactivated_person_is_signed_out_at_once(runtime: Runtime, visit: Visit, clerk: Person) -> None:
    visitor = visit(clerk)
    assert visitor.get("/").status_code == 200
    with UnitOfWork(runtime.database) as uow:
        make_user(runtime, "administrator")
        users.deactivate(runtime, uow, SYSTEM, clerk.id)
        uow.commit()
    assert visitor.get("/").status_code == 302


def test_an_idle_session_ends_and_says_so(runtime: Runtime, visit: Visit, clerk: Person) -> None:
    visitor = visit(clerk)
    with visitor.client.session_transaction() as session:
        session["seen"] = int(time.time()) - runtime.settings.session_hours * 3600 - 1
    assert visitor.get("/").status_code == 302
    assert "沒有操作" in text_of(visitor.get("/sign-in"))


def test_a_list_that_refreshes_itself_does_not_keep_a_session_alive(visit: Visit, clerk: Person) -> None:
    visitor = visit(clerk)
    before = int(time.time()) - 600
    with visitor.client.session_transaction() as session:
        session["seen"] = before
    visitor.get("/", X_Background="1", HX_Request="true")
    with visitor.client.session_transaction() as session:
        assert session["seen"] == before
    visitor.get("/")
    with visitor.client.session_transaction() as session:
        assert session["seen"] > before


def test_a_part_of_a_page_asked_for_after_the_session_ended_reloads_the_page(visit: Visit) -> None:
    answer = visit().get("/", HX_Request="true")
    assert answer.status_code == 401
    assert answer.headers["HX-Refresh"] == "true"


def test_signing_out_ends_the_session(visit: Visit, clerk: Person) -> None:
    visitor = visit(clerk)
    assert visitor.post("/sign-out").location == "/sign-in"
    assert visitor.get("/").status_code == 302


def test_changing_the_password_ends_the_other_sessions_but_not_this_one(visit: Visit, clerk: Person) -> None:
    here, elsewhere = visit(clerk), visit(clerk)
    changed = here.post(
        "/account/password", {"current": PASSWORD, "new": "a very new password 1", "again": "a very new password 1"}
    )
    assert changed.status_code == 303
    assert here.get("/").status_code == 200
    assert elsewhere.get("/").status_code == 302
    assert sign_in(visit(), clerk, "a very new password 1").status_code == 303


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"current": "wrong", "new": "a very new password 1", "again": "a very new password 1"}, "目前的密碼不正確"),
        ({"current": PASSWORD, "new": "a very new password 1", "again": "another"}, "兩次輸入的新密碼不一致"),
    ],
)
def test_a_password_that_cannot_be_changed_says_why(
    visit: Visit, clerk: Person, data: dict[str, str], said: str
) -> None:
    refused = visit(clerk).post("/account/password", data)
    assert refused.status_code == 422
    assert said in text_of(refused)


def test_signing_out_everywhere_leaves_this_session(visit: Visit, clerk: Person) -> None:
    here, elsewhere = visit(clerk), visit(clerk)
    here.post("/account/sign-out-everywhere")
    assert here.get("/").status_code == 200
    assert elsewhere.get("/").status_code == 302


def test_the_language_is_negotiated_chosen_and_kept_on_the_account(visit: Visit, clerk: Person) -> None:
    assert "Sign in" in text_of(visit(locale="en").get("/sign-in"))
    assert "密码" in text_of(visit(locale="zh-Hans").get("/sign-in"))
    visitor = visit()
    visitor.post("/language", {"locale": "en"})
    assert "Sign in" in text_of(visitor.get("/sign-in"))
    sign_in(visitor, clerk)
    assert "Inbox" in text_of(visitor.get("/"))
    assert "Inbox" in text_of(visit(clerk).get("/"))


def test_a_language_that_is_not_offered_is_refused(visit: Visit, clerk: Person) -> None:
    assert visit(clerk).post("/language", {"locale": "tlh"}).status_code == 400
