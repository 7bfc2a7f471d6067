"""limits.toml: what is read, what is refused, what holds when."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from engine.calendars import END_OF_DAY, Duration
from engine.company.collections import COLLECTIONS
from engine.limit_reading import read_limits
from engine.limit_rules import FILE, Happening, LimitsInvalidError, Moment, check_references, in_force
from engine.model import COLLECTION_NAMES
from tests.builders import ROOT

MINIMAL = """
[[limit]]
id = "on_site"
name = "到場"
clause = "repair 5.1"
from = "register:completed"
to = "check_in:completed"
target = "PT20M"
"""


def problems(text: str) -> list[str]:
    """What is said of a file."""
    with pytest.raises(LimitsInvalidError) as caught:
        read_limits(text.encode(), "repair")
    assert all(finding.file == FILE and finding.severity == "error" for finding in caught.value.findings)
    return [finding.source_text() for finding in caught.value.findings]


def with_line(line: str) -> str:
    """The smallest limit with one more line, which replaces the same key."""
    key = line.split("=", maxsplit=1)[0].strip()
    kept = [each for each in MINIMAL.splitlines() if each.split("=")[0].strip() != key]
    return "\n".join([*kept, line])


def test_the_smallest_limit_has_plain_defaults() -> None:
    """Always counting, once a case, for every case, without escalation."""
    (limit,) = read_limits(MINIMAL.encode(), "repair")
    assert limit.full_id == "repair.on_site"
    assert limit.starts == (Happening("repair", "register", Moment.COMPLETED),)
    assert limit.target == Duration("PT20M", 0, 0, timedelta(minutes=20))
    assert (limit.calendar, limit.scope, limit.when, limit.escalate_to, limit.effective_from) == ("always", "instance", None, None, None)


def test_the_manual_page_shows_limits_that_can_be_read() -> None:
    """The example of the how-to is a real file."""
    page = (ROOT / "diagrams/how-to/limits.md").read_text("utf-8")
    example = page.split("```toml\n")[1].split("```")[0]
    first, second = read_limits(example.encode(), "repair")
    assert second.target == END_OF_DAY
    assert second.stops[1] == Happening("repair", "archive", Moment.CREATED)
    assert second.effective_from == date(2026, 1, 1)
    assert first.warn is not None


def test_happenings_may_lie_in_a_called_process_or_be_the_whole_instance() -> None:
    """`follow_up/visit:completed`, `instance:ended`."""
    (limit,) = read_limits(with_line('to = ["follow_up/visit:completed", "instance:ended"]').encode(), "repair")
    assert limit.stops == (Happening("follow_up", "visit", Moment.COMPLETED), Happening("repair", None, Moment.ENDED))


@pytest.mark.parametrize(("line", "word"), [
    ('id = "On Site"', "小寫"),
    ("id = 5", "應為文字"),
    ('name = ""', "name"),
    ('target = "-PT5M"', "大於零"),
    ('target = "soon"', "ISO 8601"),
    ("target = 20", "應為文字"),
    ('from = "register"', "看不懂"),
    ('from = "register:finished"', "看不懂"),
    ('from = "register:started"', "不成立"),
    ('from = "instance:completed"', "不成立"),
    ('from = "repair/instance:started"', "不成立"),
    ("from = 5", "應為"),
    ("from = []", "缺少"),
    ('from = "check_in:completed"', "相同"),
    ('calendar = "office"', "working"),
    ('scope = "site"', "round"),
    ('pause = "instance:suspended"', "resume"),
    ('warn = "PT0S"', "大於零"),
    ('effective_from = "2026-01-01"', "不加引號"),
    ('colour = "red"', "colour"),
])
def test_a_wrong_line_is_named(line: str, word: str) -> None:
    """One sentence says which limit, which key and what is expected."""
    assert any(word in text for text in problems(with_line(line)))


def test_everything_wrong_is_said_at_once() -> None:
    """Nobody mends one line at a time."""
    assert len(problems('[[limit]]\nid = "a"\n[[limit]]\nid = "b"')) == 10


@pytest.mark.parametrize("text", ["limit = 5", "[limit]\nid = 'a'", "[[limits]]", "[[limit]", "\ufeff[[limit]]"])
def test_what_is_no_file_of_limits_is_refused(text: str) -> None:
    """Other TOML, broken TOML."""
    assert problems(text)


def test_bytes_that_are_no_text_are_refused() -> None:
    """Latin-1 has no Chinese."""
    with pytest.raises(LimitsInvalidError):
        read_limits(b"name = '\xe9'", "repair")


def test_the_latest_target_that_has_begun_holds() -> None:
    """Closed months keep theirs; the same date twice is refused."""
    text = MINIMAL + MINIMAL.replace("PT20M", "PT15M") + "effective_from = 2026-07-01\n"
    limits = read_limits(text.encode(), "repair")
    midnight = datetime(2026, 6, 30, 16, 0, tzinfo=UTC)
    targets = [in_force(limits, at, "Asia/Shanghai")[0].target for at in (midnight - timedelta(seconds=1), midnight)]
    assert [target.text for target in targets if isinstance(target, Duration)] == ["PT20M", "PT15M"]
    assert any("重複" in said for said in problems(MINIMAL + MINIMAL))
    assert in_force(limits[1:], midnight - timedelta(days=1), "Asia/Shanghai") == []


def test_names_of_things_that_do_not_exist_are_found() -> None:
    """Elements, processes, roles and lists of the company."""
    text = with_line('to = ["gone:completed", "elsewhere/visit:completed", "follow_up/visit:completed"]') + '\nescalate_to = "king"'
    text += '\nevery = "month"\neach = "everybody"'
    found = check_references(read_limits(text.encode(), "repair"), {"repair": {"register"}, "follow_up": {"visit"}}, {"manager"})
    assert [(finding.element_id, "king" in finding.source_text()) for finding in found] == [
        ("gone", False), (None, False), (None, True), (None, False),
    ]
    assert "everybody" in found[-1].source_text()
    assert set(COLLECTIONS) == set(COLLECTION_NAMES)
