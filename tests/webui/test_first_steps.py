"""A company that is not set up yet: who sets it up is told what comes first, everybody else whom to ask."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.runtime import Runtime
from tests.builders import deploy_simple, make_user
from tests.webui.visitor import Visitor, select, text_of

pytestmark = pytest.mark.databases("sqlite")


def test_an_empty_company_says_what_comes_first_until_a_procedure_is_in_use(runtime: Runtime, visit: Callable[..., Visitor]) -> None:
    administrator, clerk = visit(make_user(runtime, "administrator")), visit(make_user(runtime, "customer_service"))
    for path in ("/", "/start"):
        page = administrator.get(path)
        assert "先把公司設好" in text_of(page)
        assert {"/directory", "/directory/person", "/imports"} <= set(select(page, "//main//a/@href"))
    assert "系統管理員啟用流程後" in text_of(clerk.get("/start"))
    assert "都辦完了" in text_of(clerk.get("/"))
    deploy_simple(runtime)
    assert "先把公司設好" not in text_of(administrator.get("/"))


def test_the_phone_has_four_lines_and_the_rest_under_more(runtime: Runtime, visit: Callable[..., Visitor]) -> None:
    page = visit(make_user(runtime, "manager")).get("/directory/calendar")
    bar = "//nav[contains(@class, 'tabbar')]"
    assert len(select(page, f"{bar}/a")) == 4
    whole = set(select(page, "//aside//nav//a/@href"))
    assert whole <= set(select(page, f"{bar}//a/@href"))
    current = f"{bar}//a[@aria-current]/@href"
    assert select(page, current) == select(page, "//aside//nav//a[@aria-current]/@href") == ["/directory"]
    assert select(page, f"{bar}//summary/@class") == ["is-current"]
