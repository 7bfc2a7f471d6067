"""A script task without a script, or in a language that the sandbox does not speak."""

from __future__ import annotations

from collections.abc import Iterator

from engine.spiff.lint.rule import Found, Rule, Source, label, tag

_LANGUAGES = frozenset({"", "python", "text/x-python", "application/x-python", "python3"})


def check(source: Source) -> Iterator[Found]:
    """Script tasks that cannot run."""
    for node in source.all_nodes("scriptTask"):
        language = node.get("scriptFormat", "").lower()
        if not (node.findtext(tag("script")) or "").strip() or language not in _LANGUAGES:
            yield node.get("id"), {"name": label(node), "language": language or "—"}


RULE = Rule("script-missing", "腳本任務「{name}」沒有腳本，或使用了不支援的語言「{language}」。", check)
