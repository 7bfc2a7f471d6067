"""A signature chain says who signs and when it is done."""

from __future__ import annotations

from collections.abc import Iterator

from engine.spiff.lint.rule import Found, Rule, Source, named


def check(source: Source) -> Iterator[Found]:
    """Rules that are no rule, and chain properties where there is no chain, or nobody's work."""
    for _, element in source.elements():
        rule = element.properties.get("signature_rule", "").strip()
        if rule and rule not in ("all", "first") and not (rule.isascii() and rule.isdigit() and 0 < int(rule[:4]) < 100):
            yield element.id, {**named(element), "reason": "signature_rule 只能是 all、first 或人數"}
        elif (rule or element.signer_form) and not element.signers:
            yield element.id, {**named(element), "reason": "缺少 signers"}
        elif element.signers and element.kind != "userTask":
            yield element.id, {**named(element), "reason": "只有使用者工作可以會簽"}


RULE = Rule("bad-signature-rule", "「{name}」的會簽設定有誤：{reason}。", check)
