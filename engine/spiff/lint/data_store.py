"""Data stores are refused by SpiffWorkflow; ours are forms, records and operators."""

from __future__ import annotations

from collections.abc import Iterator

from engine.spiff.lint.rule import Found, Rule, Source, label, owner_id


def check(source: Source) -> Iterator[Found]:
    """Data stores and references to them."""
    for node in source.all_nodes("dataStore", "dataStoreReference"):
        yield owner_id(node), {"name": label(node)}


RULE = Rule("data-store", "「{name}」是資料儲存，引擎不支援。請改用表單或服務任務。", check)
