"""What the command line says and how it ends: the user's language, one line an error, progress, exit codes."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TextIO, TypeVar

import click

from engine.errors import DeploymentRefusedError, Finding, FormInvalidError, GuichengError, UsageError

T = TypeVar("T")

#: exit codes: done; a check failed or the store refused; wrong use
DONE, FAILED, WRONG_USE = 0, 1, 2
#: share of the work after which it can be told how long the rest takes
_TELLING = 0.02


def language(environment: Mapping[str, str] = os.environ) -> str:
    """The language of the terminal: what `LC_ALL`, `LC_MESSAGES` or `LANG` say; English where they say none of ours."""
    named = next((environment[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(name)), "C")
    tag = named.partition(".")[0].replace("_", "-").lower()
    if not tag.startswith("zh"):
        return "en"
    return "zh-Hant" if {"hant", "tw", "hk", "mo"} & set(tag.split("-")) else "zh-Hans"


def worded(text: str, **data: Any) -> str:
    """A source sentence in the terminal's language."""
    from engine.i18n import fill, translate

    return fill(translate(language(), text), data)


def say(text: str, **data: Any) -> None:
    """A line of output."""
    click.echo(worded(text, **data))


def complain(text: str, **data: Any) -> None:
    """A line on standard error."""
    click.echo(worded(text, **data), err=True)


def progress(items: Sequence[T], label: str, name: Callable[[T], str], stream: TextIO | None = None) -> Iterator[T]:
    """The items, one after another, telling which one it is: one line rewritten on a terminal, plain lines elsewhere."""
    stream = stream or sys.stderr
    on_terminal = stream.isatty()
    words = worded(label)
    for number, item in enumerate(items, 1):
        line = f"{words} {number}/{len(items)} {name(item)}"
        stream.write(f"\r\x1b[2K{line}" if on_terminal else f"{line}\n")
        stream.flush()
        yield item
    if on_terminal and items:
        stream.write("\r\x1b[2K")
        stream.flush()


def _wipe(stream: TextIO) -> None:
    """Take back the line that is being rewritten."""
    stream.write("\r\x1b[2K")
    stream.flush()


@contextmanager
def spinning(label: str, stream: TextIO | None = None) -> Iterator[Callable[[str], None]]:
    """Tells what is being done, where nobody knows how much there is: one line rewritten on a terminal, nothing elsewhere."""
    stream = stream or sys.stderr
    on_terminal = stream.isatty()
    words = worded(label)
    number = 0

    def tell(name: str) -> None:
        nonlocal number
        number += 1
        if on_terminal:
            stream.write(f"\r\x1b[2K{words} {number} {name}")
            stream.flush()

    yield tell
    if on_terminal and number:
        _wipe(stream)


@contextmanager
def counter(label: str, stream: TextIO | None = None) -> Iterator[Callable[[int, int], None]]:
    """Tells (done, of how many): one line rewritten on a terminal, a plain line for each tenth elsewhere."""
    stream = stream or sys.stderr
    on_terminal = stream.isatty()
    words = worded(label)
    last = -1

    def tell(done: int, everything: int) -> None:
        nonlocal last
        if done != last and (on_terminal or done * 10 // everything != last * 10 // everything):
            stream.write(f"\r\x1b[2K{words} {done}/{everything}" if on_terminal else f"{words} {done}/{everything}\n")
            stream.flush()
            last = done

    try:
        yield tell
    finally:
        if on_terminal:
            _wipe(stream)


@contextmanager
def calendar(label: str, first: datetime, last: datetime, stream: TextIO | None = None) -> Iterator[Callable[[datetime, int], None]]:
    """Tells (how far between the two moments, how much was made) with the time that is left: one line rewritten on a terminal, a plain
    line for each month elsewhere.
    """
    stream = stream or sys.stderr
    on_terminal = stream.isatty()
    words = worded(label)
    begun, shown = time.monotonic(), ""

    def tell(at: datetime, made: int) -> None:
        nonlocal shown
        step = f"{at:%Y-%m-%d}" if on_terminal else f"{at:%Y-%m}"
        if step == shown:
            return
        shown = step
        share = max(0.0, (at - first) / (last - first))
        left = (time.monotonic() - begun) / share * (1 - share) if share > 0 else 0.0
        rest = worded("約剩 {minutes} 分 {seconds} 秒", minutes=int(left) // 60, seconds=int(left) % 60) if share > _TELLING else ""
        line = f"{words} {step} {share:.0%} {worded('{count} 件', count=made)} {rest}".rstrip()
        stream.write(f"\r\x1b[2K{line}" if on_terminal else f"{line}\n")
        stream.flush()

    try:
        yield tell
    finally:
        if on_terminal:
            _wipe(stream)


def report(error: GuichengError) -> int:
    """Say what went wrong, in one line and one more for each finding; the exit code that goes with it."""
    from engine.i18n import describe, describe_field_error

    locale = language()
    click.echo(f"guicheng: {describe(error, locale)}", err=True)
    if isinstance(error, DeploymentRefusedError):
        show_findings(error.findings)
    if isinstance(error, FormInvalidError):
        for entry in error.errors:
            click.echo(f"{entry.field}: {describe_field_error(entry, locale)}", err=True)
    return WRONG_USE if isinstance(error, UsageError) else FAILED


def report_wrong_use(error: click.ClickException) -> int:
    """As `report`, for what click itself refuses."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "guicheng"
    click.echo(f"guicheng: {_wrong_use(error)} （{path} --help）", err=True)
    return WRONG_USE


def show_findings(findings: Iterable[Finding]) -> None:
    """One line each: file, element, severity, rule, sentence."""
    from engine.i18n import describe_finding

    for finding in findings:
        where = f"{finding.file}:{finding.element_id or '-'}"
        click.echo(f"{where}: {finding.severity} {finding.rule}: {describe_finding(finding, language())}", err=True)


def _wrong_use(error: click.ClickException) -> str:
    if isinstance(error, click.NoSuchOption):
        return worded("沒有選項「{name}」。", name=error.option_name)
    if isinstance(error, click.MissingParameter):
        return worded("缺少{name}。", name=_parameter(error))
    if isinstance(error, click.BadParameter):
        return worded("{name}的值不正確：{reason}", name=_parameter(error), reason=error.message)
    if isinstance(error, click.exceptions.NoSuchCommand):
        return worded("沒有指令「{name}」。", name=error.command_name)
    return error.format_message()


def _parameter(error: click.BadParameter) -> str:
    if error.param is None:
        return str(error.param_hint or "")
    return error.param.get_error_hint(error.ctx) if error.ctx else error.param.human_readable_name
