"""Every refusal is a page in the reader's language that says what to do next; our own bugs are told apart and numbered."""

from __future__ import annotations

import logging
from collections.abc import Callable

import flask
import pytest
from flask import Flask

from engine import errors
from engine.company.users import TooManyAttemptsError
from engine.runtime import Runtime
from tests.builders import Person
from tests.webui.visitor import Visitor, text_of
from webui.app import create_app, serve
from webui.error_pages import PAGES
from webui.language import gettext

Visit = Callable[..., Visitor]
pytestmark = pytest.mark.databases("sqlite")

CASES = [
    (errors.NotFoundError(kind="案件", id=9), 404),
    (errors.ForbiddenError(permission="x"), 403),
    (errors.ConflictError(), 409),
    (errors.InvalidError(reason="不對"), 422),
    (errors.TooLargeError(what="檔案", limit="1 MB"), 413),
    (errors.StoreUnavailableError(), 503),
    (TooManyAttemptsError(minutes=3), 429),
]


@pytest.fixture(scope="module")
def own_app() -> list[Flask]:
    """An application of these tests' own: it has an address that others must not meet."""
    return []


@pytest.fixture
def app(runtime: Runtime, own_app: list[Flask]) -> Flask:
    """Raises at `/nowhere/raise` what `raising` was given."""
    if not own_app:
        own_app.append(create_app(runtime))
        own_app[0].add_url_rule("/nowhere/raise", "raise", _raise)
    serve(own_app[0], runtime)
    return own_app[0]


def _raise() -> str:
    raise flask.current_app.extensions["raised"]


@pytest.fixture
def raising(app: Flask) -> Callable[[Exception], None]:
    """Makes `/nowhere/raise` raise something."""
    return lambda error: app.extensions.update(raised=error)


@pytest.mark.parametrize(("error", "status"), CASES, ids=lambda value: getattr(value, "code", str(value)))
def test_an_error_of_the_engine_has_its_page(
    visit: Visit, clerk: Person, raising: Callable[[Exception], None], error: errors.GuichengError, status: int
) -> None:
    raising(error)
    answer = visit(clerk).get("/nowhere/raise")
    assert answer.status_code == status
    words = text_of(answer)
    assert PAGES[status][0] in words
    assert PAGES[status][1] in words
    assert error.source_text() in words
    assert ("Retry-After" in answer.headers) is (status in (429, 503))


def test_a_bug_of_ours_shows_a_number_and_no_detail(
    visit: Visit, clerk: Person, raising: Callable[[Exception], None], caplog: pytest.LogCaptureFixture
) -> None:
    raising(RuntimeError("secret detail"))
    with caplog.at_level(logging.CRITICAL):
        answer = visit(clerk).get("/nowhere/raise")
    assert answer.status_code == 500
    assert "secret detail" not in answer.get_data(as_text=True)
    assert answer.headers["X-Request-Id"] in text_of(answer)


def test_a_refused_part_of_a_page_comes_as_a_notice(
    visit: Visit, clerk: Person, raising: Callable[[Exception], None]
) -> None:
    raising(errors.WorkItemAlreadyClaimedError(assignee="陳志明"))
    answer = visit(clerk).get("/nowhere/raise", HX_Request="true")
    assert answer.status_code == 409
    assert answer.headers["HX-Retarget"] == "#notices"
    assert "陳志明" in text_of(answer)
    assert "<html" not in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("locale", "words"), [("zh-Hant", "找不到這個頁面"), ("zh-Hans", "找不到这个页面"), ("en", "Page not found")]
)
def test_errors_speak_the_readers_language(visit: Visit, locale: str, words: str) -> None:
    answer = visit(locale=locale).get("/nowhere")
    assert answer.status_code == 404
    assert words in text_of(answer)


def test_an_id_that_no_database_could_hold_is_an_unknown_page(visit: Visit, clerk: Person) -> None:
    for address in ("/items/99999999999999999999999", "/cases/0", "/cases/-1", "/items/1x"):
        assert visit(clerk).get(address).status_code == 404, address


def test_a_way_that_does_not_exist_says_so(visit: Visit, clerk: Person) -> None:
    answer = visit(clerk).post("/cases")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


def test_a_body_beyond_every_limit_is_refused_with_its_page(app: Flask, visit: Visit, clerk: Person) -> None:
    app.config["MAX_CONTENT_LENGTH"] = 2_000
    visitor = visit(clerk)
    token = visitor.token()
    answer = visitor.client.post("/start/errand", data={"csrf_token": token, "x": "y" * 5_000})
    assert answer.status_code == 413


def test_a_sane_request_id_of_the_proxy_is_kept(visit: Visit) -> None:
    assert visit().get("/sign-in", X_Request_Id="abcdef-123456").headers["X-Request-Id"] == "abcdef-123456"
    assert visit().get("/sign-in", X_Request_Id="<script>").headers["X-Request-Id"] != "<script>"


def test_every_error_page_is_worded_in_english(app: Flask) -> None:
    with app.test_request_context(headers={"Accept-Language": "en"}):
        flask.g.locale = "en"
        for heading, advice in PAGES.values():
            assert gettext(heading).isascii() or "’" in gettext(heading)
            assert gettext(advice) != advice
