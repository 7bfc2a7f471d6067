"""A deployment without an executable process can start nothing; SpiffWorkflow takes it without a word."""

from __future__ import annotations

from collections.abc import Iterator

from engine.spiff.lint.rule import Found, Rule, Source


def check(source: Source) -> Iterator[Found]:
    """One finding at the first file."""
    if source is source.package.sources[0] and not source.package.executable():
        yield None, {}


RULE = Rule("no-executable-process", "部署中沒有可執行的流程。請在流程的屬性中勾選「可執行」。", check)
