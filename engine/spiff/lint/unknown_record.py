"""A printed record names a template of the same deployment."""

from __future__ import annotations

from collections.abc import Iterator

from engine.spiff.lint.rule import Found, Rule, Source, named


def check(source: Source) -> Iterator[Found]:
    """Elements whose record is not there."""
    for _, element in source.elements():
        if element.record is not None and element.record not in source.package.records:
            yield element.id, {**named(element), "record": element.record}


RULE = Rule("unknown-record", "「{name}」使用的記錄單「{record}」不在部署中。", check)
