"""Changes entries (`[[clause]]`, `[[limit]]`, `[[column]]`) of a TOML file as text: what isn't changed keeps its bytes, comments included.

The text is cut at the entries' headings; only a piece that changes is written anew, and of that only the keys that differ.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from engine.errors import InvalidError

_COMMENT = re.compile(r"^[ \t]*#")


class TomlUnsplittableError(InvalidError):
    """Expected each entry under a heading of its own."""

    code = "toml_unsplittable"
    sentence = "{path} 不能用表單修改，請先更正檔案的寫法：{reason}"


class Entries:
    """A file's entries of one kind, each as its own text."""

    def __init__(self, raw: bytes, table: str, path: str) -> None:
        """TomlUnsplittableError for a file that is no TOML, or whose entries aren't written as `[[table]]`."""
        self._table = table
        try:
            text = raw.decode("utf-8")
            found = tomllib.loads(text).get(table, [])
        except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise TomlUnsplittableError(path=path, reason=str(error)) from error
        self._newline = "\r\n" if "\r\n" in text else "\n"
        self._head, self._pieces = _cut(text, table)
        try:
            self.values: list[dict[str, Any]] = [tomllib.loads(piece)[table][0] for piece in self._pieces]
        except (tomllib.TOMLDecodeError, KeyError, IndexError) as error:
            raise TomlUnsplittableError(path=path, reason=f"[[{table}]]") from error
        if self.values != found:
            raise TomlUnsplittableError(path=path, reason=f"[[{table}]]")

    def change(self, position: int, values: Mapping[str, Any]) -> None:
        """Set keys of one entry, None removes one; keys that are not named, and those that hold the value already, stay as written."""
        self._pieces[position] = self._changed(self._pieces[position], self.values[position], values)
        self.values[position] = tomllib.loads(self._pieces[position])[self._table][0]

    def add(self, values: Mapping[str, Any], after: int | None = None) -> None:
        """A new entry, behind the one at that position or at the end."""
        self._place(self._changed(f"[[{self._table}]]{self._newline}", {}, values), after)

    def copy(self, position: int, values: Mapping[str, Any]) -> None:
        """An entry again with other values, behind it and without the comments above it."""
        lines = self._pieces[position].splitlines(keepends=True)
        while lines and _COMMENT.match(lines[0]):
            del lines[0]
        self._place(self._changed("".join(lines), self.values[position], values), position)

    def remove(self, position: int) -> None:
        """Take one out, with the comments right above it."""
        del self._pieces[position], self.values[position]
        if position == len(self._pieces):
            self._end_plainly()

    def arrange(self, order: Sequence[int]) -> None:
        """Put them into another order; what isn't named goes out."""
        if list(order) == list(range(len(self._pieces))):
            return
        self._pieces = [self._apart(self._pieces[at]) for at in order]
        self.values = [self.values[at] for at in order]
        self._end_plainly()

    def change_head(self, values: Mapping[str, Any]) -> None:
        """Set keys above the entries, None removes one."""
        self._head = self._changed(self._head, tomllib.loads(self._head), values, is_head=True)

    def written(self) -> bytes:
        """The whole file."""
        return (self._head + "".join(self._pieces)).encode()

    def _place(self, piece: str, after: int | None) -> None:
        at = len(self._pieces) if after is None else after + 1
        if at:
            self._pieces[at - 1] = self._apart(self._pieces[at - 1])
        elif self._head.strip():
            self._head = self._apart(self._head)
        self._pieces.insert(at, self._apart(piece))
        self.values.insert(at, tomllib.loads(piece)[self._table][0])
        if at == len(self._pieces) - 1:
            self._end_plainly()

    def _apart(self, piece: str) -> str:
        return piece.rstrip("\r\n") + self._newline * 2

    def _end_plainly(self) -> None:
        if self._pieces:
            self._pieces[-1] = self._pieces[-1].rstrip("\r\n") + self._newline

    def _changed(self, piece: str, before: Mapping[str, Any], values: Mapping[str, Any], *, is_head: bool = False) -> str:
        document = tomlkit.parse(piece)
        table: Any = document if is_head else document[self._table][0]
        differing = {key: value for key, value in values.items() if before.get(key) != value}
        for key, value in differing.items():
            if value is None:
                table.remove(key)
            else:
                table[key] = _item(value)
        text = tomlkit.dumps(document) if differing else piece
        return re.sub(r"(?<!\r)\n", "\r\n", text) if self._newline == "\r\n" else text


def _item(value: Any) -> Any:
    if isinstance(value, Mapping):
        table = tomlkit.inline_table()
        table.update(value)
        return table
    if not isinstance(value, str):
        return tomlkit.item(value)
    try:
        # an expression is full of quotes: in plain quotes nobody could read it
        return tomlkit.string(value, literal='"' in value or "\\" in value)
    except TOMLKitError:
        return tomlkit.string(value)


def _cut(text: str, table: str) -> tuple[str, list[str]]:
    """The text above the first entry, and each entry from the comments right above its heading on."""
    heading = re.compile(rf"^[ \t]*\[\[[ \t]*{re.escape(table)}[ \t]*\]\]")
    lines = text.splitlines(keepends=True)
    starts = []
    for at, line in enumerate(lines):
        if heading.match(line):
            start = at
            while start and _COMMENT.match(lines[start - 1]):
                start -= 1
            starts.append(start)
    bounds = [*starts, len(lines)]
    return "".join(lines[: bounds[0]]), ["".join(lines[start:end]) for start, end in pairwise(bounds)]
