"""A form key names a form of the same deployment."""

from __future__ import annotations

from collections.abc import Iterator

from engine.spiff.lint.rule import Found, Rule, Source, named


def check(source: Source) -> Iterator[Found]:
    """Elements whose form is not there."""
    for _, element in source.elements():
        for form in (element.form, element.signer_form):
            if form is not None and form not in source.package.forms:
                yield element.id, {**named(element), "form": form}


RULE = Rule("unknown-form", "「{name}」使用的表單「{form}」不在部署中。", check)
