"""A signature is a field of the form of the same element."""

from __future__ import annotations

from collections.abc import Iterator

from engine.spiff.lint.rule import Found, Rule, Source, named


def check(source: Source) -> Iterator[Found]:
    """Signature fields that the form does not have."""
    for _, element in source.elements():
        # of a signature chain people sign the signers' form, which is built in where the element names none
        form = element.signer_form if element.signers else element.form
        if element.signers and form is None:
            continue
        fields = source.package.forms.get(form or "")
        for name in element.signature:
            if form is None or (fields is not None and name not in fields):
                yield element.id, {**named(element), "field": name}


RULE = Rule("unknown-signature-field", "「{name}」要求簽名的欄位「{field}」不在其表單中。", check)
