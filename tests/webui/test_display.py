"""How times and lengths of time read, in three languages."""

from __future__ import annotations

from datetime import timedelta

import flask
import pytest
from flask import Flask

from engine.runtime import Runtime
from webui import display

pytestmark = pytest.mark.databases("sqlite")


@pytest.fixture(params=["zh-Hant", "zh-Hans", "en"])
def locale(request: pytest.FixtureRequest, app: Flask):  # type: ignore[no-untyped-def]
    """Each language in turn, inside a request."""
    with app.test_request_context():
        flask.g.locale = request.param
        yield request.param


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0, {"zh-Hant": "不到 1 分鐘", "zh-Hans": "不到 1 分钟", "en": "less than a minute"}),
        (12, {"zh-Hant": "12 分鐘", "zh-Hans": "12 分钟", "en": "12 min"}),
        (125, {"zh-Hant": "2 小時 5 分", "zh-Hans": "2 小时 5 分", "en": "2 h 5 min"}),
        (7 * 60 + 5, {"zh-Hant": "7 小時", "zh-Hans": "7 小时", "en": "7 h"}),
        (26 * 60, {"zh-Hant": "1 天 2 小時", "zh-Hans": "1 天 2 小时", "en": "1 d 2 h"}),
        (10 * 24 * 60, {"zh-Hant": "10 天", "zh-Hans": "10 天", "en": "10 days"}),
    ],
)
def test_lengths_of_time_have_at_most_two_units(locale: str, minutes: int, words: dict[str, str]) -> None:
    assert display.duration(timedelta(minutes=minutes)) == words[locale]


@pytest.mark.parametrize(("minutes", "level"), [(-1, "late"), (0, "late"), (10, "soon"), (29, "soon"), (31, "fine")])
def test_a_due_time_is_late_soon_or_fine(runtime: Runtime, locale: str, minutes: int, level: str) -> None:
    found = display.due(runtime.clock.now() + timedelta(minutes=minutes))
    assert found is not None
    assert found.level == level


def test_a_warning_time_of_its_own_goes_before_the_half_hour(runtime: Runtime, locale: str) -> None:
    now = runtime.clock.now()
    found = display.due(now + timedelta(hours=3), now - timedelta(minutes=1))
    assert found is not None
    assert found.level == "soon"


def test_moments_are_said_in_the_companys_zone(runtime: Runtime, locale: str) -> None:
    now = runtime.clock.now()
    assert display.moment(now) == "2026-03-02 09:00"
    assert display.short_moment(now) == "09:00"
    assert (
        display.short_moment(now - timedelta(hours=12))
        == {"zh-Hant": "昨天 21:00", "zh-Hans": "昨天 21:00", "en": "yesterday 21:00"}[locale]
    )
    assert (
        display.short_moment(now + timedelta(days=5))
        == {"zh-Hant": "3月7日 09:00", "zh-Hans": "3月7日 09:00", "en": "7 Mar 09:00"}[locale]
    )
    assert display.short_moment(now - timedelta(days=400)) == "2025-01-26"


def test_counts_stop_at_ninety_nine() -> None:
    assert [display.capped(count) for count in (0, 99, 100)] == ["0", "99", "99+"]
