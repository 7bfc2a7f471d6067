"""A form key names a form of the same deployment."""

from __future__ import annotations

from collections.abc import Iterator

from engine.spiff.lint.rule import Found, Rule, Source, named


def check(source: Source) -> Iterator[Found]:
    """Elements whose form is not there."""
    for _, element in source.elements():
        if element.form is not None and element.form not in source.package.forms:
            yield element.id, {**named(element), "form": element.form}


RULE = Rule("unknown-form", "「{name}」使用的表單「{form}」不在部署中。", check)
