"""SpiffWorkflow finds a data object in its own scope only; a task deeper inside makes its parser hang."""

from __future__ import annotations

from collections.abc import Iterator

from engine.diagram import local_name
from engine.spiff.lint.rule import Found, Rule, Source, label, owner_id, tag


def check(source: Source) -> Iterator[Found]:
    """Data associations from inside a sub-process to a data object outside of it."""
    for node in source.all_nodes("dataInputAssociation", "dataOutputAssociation"):
        activity = node.getparent()
        for reference in node.iterfind(tag("sourceRef" if local_name(node) == "dataInputAssociation" else "targetRef")):
            target = source.nodes.get((reference.text or "").strip())
            if activity is None or target is None or local_name(target) != "dataObjectReference":
                continue
            data_object = source.nodes.get(target.get("dataObjectRef", ""))
            if data_object is None or data_object.getparent() is not activity.getparent():
                yield owner_id(activity), {"name": label(activity)}


RULE = Rule("nested-data-object", "「{name}」引用的資料物件不在同一層，引擎無法處理。", check)
