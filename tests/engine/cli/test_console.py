"""What the command line says while it works: a line that is rewritten on a terminal, plain lines elsewhere."""

from __future__ import annotations

import io

import pytest

from engine.cli.console import counter, language, progress, spinning


class Terminal(io.StringIO):
    """Pretends to be one."""

    def isatty(self) -> bool:
        """It is."""
        return True


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")


@pytest.mark.parametrize(("environment", "expected"), [
    ({}, "en"), ({"LANG": "zh_TW.UTF-8"}, "zh-Hant"), ({"LANG": "zh_HK"}, "zh-Hant"), ({"LANG": "zh_CN.UTF-8"}, "zh-Hans"),
    ({"LANG": "zh"}, "zh-Hans"), ({"LANG": "fr_FR.UTF-8"}, "en"), ({"LC_ALL": "zh_TW", "LANG": "en_US"}, "zh-Hant"),
    ({"LC_ALL": "", "LANG": "zh_TW"}, "zh-Hant"), ({"LANG": "C.UTF-8"}, "en"),
])
def test_the_language_is_the_terminals(environment: dict[str, str], expected: str) -> None:
    """English where it is none of ours."""
    assert language(environment) == expected


def test_plain_lines_elsewhere() -> None:
    """One an item, without control characters."""
    stream = io.StringIO()
    assert list(progress(["a", "b"], "部署", str, stream)) == ["a", "b"]
    assert stream.getvalue() == "Deploying 1/2 a\nDeploying 2/2 b\n"


def test_one_line_on_a_terminal() -> None:
    """It is gone at the end."""
    stream = Terminal()
    list(progress(["a", "b"], "部署", str, stream))
    assert stream.getvalue() == "\r\x1b[2KDeploying 1/2 a\r\x1b[2KDeploying 2/2 b\r\x1b[2K"


def test_counting_says_each_tenth_elsewhere() -> None:
    """A log of a thousand lines helps nobody."""
    stream = io.StringIO()
    with counter("部署", stream) as tell:
        for number in range(1, 101):
            tell(number, 100)
    assert stream.getvalue().count("\n") == 11


def test_counting_is_one_line_on_a_terminal() -> None:
    """The same number is said once."""
    stream = Terminal()
    with counter("部署", stream) as tell:
        tell(1, 2)
        tell(1, 2)
    assert stream.getvalue() == "\r\x1b[2KDeploying 1/2\r\x1b[2K"


def test_what_has_no_end_in_sight_is_silent_elsewhere() -> None:
    """And counts up on a terminal."""
    plain, terminal = io.StringIO(), Terminal()
    for stream in (plain, terminal):
        with spinning("部署", stream) as tell:
            tell("a")
    assert (plain.getvalue(), terminal.getvalue()) == ("", "\r\x1b[2KDeploying 1 a\r\x1b[2K")
