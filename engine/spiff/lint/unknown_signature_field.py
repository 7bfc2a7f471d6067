"""A signature is a field of the form of the same element."""

from __future__ import annotations

from collections.abc import Iterator

from engine.spiff.lint.rule import Found, Rule, Source, named


def check(source: Source) -> Iterator[Found]:
    """Signature fields that the form does not have."""
    for _, element in source.elements():
        fields = source.package.forms.get(element.form or "")
        for name in element.signature:
            if element.form is None or (fields is not None and name not in fields):
                yield element.id, {**named(element), "field": name}


RULE = Rule("unknown-signature-field", "「{name}」要求簽名的欄位「{field}」不在其表單中。", check)
