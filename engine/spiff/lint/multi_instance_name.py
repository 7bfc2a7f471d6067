"""The list of a multi-instance and its item are names of data, not expressions."""

from __future__ import annotations

from collections.abc import Iterator

from engine.diagram import local_name
from engine.spiff.lint.rule import Found, Rule, Source, label, owner_id


def check(source: Source) -> Iterator[Found]:
    """Lists and items that are no names."""
    for node in source.all_nodes("multiInstanceLoopCharacteristics"):
        activity = node.getparent()
        names = [(child.text or "").strip() for child in node if local_name(child) in ("loopDataInputRef", "loopDataOutputRef")]
        names += [child.get("id", "") for child in node if local_name(child) in ("inputDataItem", "outputDataItem")]
        for text in names:
            if text and not text.isidentifier() and activity is not None:
                yield owner_id(activity), {"name": label(activity), "text": text}


RULE = Rule("multi-instance-name", "多重實例「{name}」的清單或項目「{text}」必須是資料名稱。", check)
