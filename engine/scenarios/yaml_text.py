"""YAML read strictly, with the line of everything: no merge keys, no repeated keys, no surprising types, no code.

Only `true` and `false` are booleans and nothing is turned into a date, so that `no` and `2026-03-02` stay what the writer typed.
Knows YAML, not scenarios.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import yaml

from engine.errors import InvalidError

#: deeper or larger files are not scenarios that a person wrote
_MOST_BYTES = 256 * 1024
_MOST_DEPTH = 20
_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?[0-9]+\.[0-9]+")


class ScenarioUnreadableError(InvalidError):
    """A scenario's file is not written as the format says: where, and what would have been right."""

    code = "scenario_unreadable"

    def __init__(self, file: str, line: int, sentence: str, **data: object) -> None:
        self.file, self.line = file, line
        # each complaint has a sentence of its own
        self.sentence = sentence  # type: ignore[misc]
        super().__init__(**data)


class Node:
    """One value of the file, which knows its file and line."""

    __slots__ = ("_node", "_tags", "file")

    def __init__(self, file: str, node: yaml.Node, tags: dict[str, Callable[[Node, str], Any]]) -> None:
        self.file = file
        self._node = node
        self._tags = tags

    @property
    def line(self) -> int:
        """Counted from 1."""
        return int(self._node.start_mark.line) + 1

    def error(self, sentence: str, **data: object) -> ScenarioUnreadableError:
        """To be raised by the caller."""
        return ScenarioUnreadableError(self.file, self.line, sentence, **data)

    def is_mapping(self) -> bool:
        """Keys and values."""
        return isinstance(self._node, yaml.MappingNode)

    def is_list(self) -> bool:
        """A sequence."""
        return isinstance(self._node, yaml.SequenceNode)

    def mapping(self, what: str, allowed: frozenset[str] | None = None) -> dict[str, Node]:
        """Its entries by key; an unknown key is an error that names the known ones."""
        if not isinstance(self._node, yaml.MappingNode):
            raise self.error("{what}應為「鍵: 值」", what=what)
        entries: dict[str, Node] = {}
        for key_node, value_node in self._node.value:
            key = str(key_node.value) if isinstance(key_node, yaml.ScalarNode) else ""
            at = Node(self.file, key_node, self._tags)
            if not key or key == "<<":
                raise at.error("{what}的鍵應為文字", what=what)
            if key in entries:
                raise at.error("{what}的鍵「{key}」重複", what=what, key=key)
            if allowed is not None and key not in allowed:
                raise at.error("{what}沒有「{key}」這個鍵，可用：{keys}", what=what, key=key, keys=", ".join(sorted(allowed)))
            entries[key] = Node(self.file, value_node, self._tags)
        return entries

    def items(self, what: str) -> list[Node]:
        """Its entries, where it is a list."""
        if not isinstance(self._node, yaml.SequenceNode):
            raise self.error("{what}應為清單", what=what)
        return [Node(self.file, entry, self._tags) for entry in self._node.value]

    def text(self, what: str) -> str:
        """A scalar as it was typed; empty is an error."""
        if not isinstance(self._node, yaml.ScalarNode) or not self._node.value.strip():
            raise self.error("{what}應為文字", what=what)
        return str(self._node.value).strip()

    def value(self) -> Any:
        """Plain data: what JSON can hold, and what the reader's tags make."""
        node = self._node
        if node.tag in self._tags:
            return self._tags[node.tag](self, str(node.value))
        if isinstance(node, yaml.MappingNode):
            return {key: entry.value() for key, entry in self.mapping("資料").items()}
        if isinstance(node, yaml.SequenceNode):
            return [entry.value() for entry in self.items("資料")]
        return _scalar(str(node.value), is_plain=isinstance(node, yaml.ScalarNode) and node.style is None)


def _scalar(text: str, *, is_plain: bool) -> Any:
    if not is_plain:
        return text
    if text in ("", "~", "null"):
        return None
    if text in ("true", "false"):
        return text == "true"
    if _INT.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def read_yaml(raw: bytes, file: str, tags: dict[str, Callable[[Node, str], Any]]) -> Node:
    """The file's one document. ScenarioUnreadableError with the line otherwise."""
    if len(raw) > _MOST_BYTES:
        raise ScenarioUnreadableError(file, 1, "檔案超過 {limit} KB", limit=_MOST_BYTES // 1024)
    try:
        root = yaml.compose(raw.decode("utf-8"), Loader=_Loader)
    except UnicodeDecodeError as error:
        raise ScenarioUnreadableError(file, raw.count(b"\n", 0, error.start) + 1, "不是 UTF-8 文字") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise ScenarioUnreadableError(file, line, "不是正確的 YAML（{problem}）", problem=error.problem) from error
    except yaml.YAMLError as error:
        raise ScenarioUnreadableError(file, 1, "不是正確的 YAML（{problem}）", problem=str(error)) from error
    if root is None:
        raise ScenarioUnreadableError(file, 1, "檔案是空的。")
    _check_depth(root, file, tags)
    return Node(file, root, tags)


class _Loader(yaml.SafeLoader):
    """Composes only; aliases are refused, because a few of them can unfold into gigabytes."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, "aliases are not allowed", event.start_mark)
        return super().compose_node(parent, index)


def _check_depth(root: yaml.Node, file: str, tags: dict[str, Any]) -> None:
    level = [root]
    for _ in range(_MOST_DEPTH):
        level = [child for node in level for child in _children(node)]
        if not level:
            return
    raise Node(file, level[0], tags).error("巢狀超過 {limit} 層", limit=_MOST_DEPTH)


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []
