"""`ui:show_if`: when a field is asked for. The same condition is tested on the server and, as JSON, in the browser."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

#: value of a field or of a path, by name
Lookup = Callable[[str], Any]
MAX_DEPTH = 10


class ConditionError(ValueError):
    """A condition that is not written as it should be; its text is the reason, in the source language."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One test, or a combination of tests."""

    #: `all`, `any`, `not`, or `equals`, `in`, `not_empty`
    test: str
    #: of a combination
    parts: tuple[Condition, ...] = ()
    #: name of a field; empty where `path` is meant
    field: str = ""
    #: path into the instance's data
    path: str = ""
    #: what `equals` and `in` compare with
    values: tuple[Any, ...] = ()

    def holds(self, of_field: Lookup, of_path: Lookup) -> bool:
        """Whether it is met by these values."""
        if self.test == "all":
            return all(part.holds(of_field, of_path) for part in self.parts)
        if self.test == "any":
            return any(part.holds(of_field, of_path) for part in self.parts)
        if self.test == "not":
            return not self.parts[0].holds(of_field, of_path)
        value = of_field(self.field) if self.field else of_path(self.path)
        if self.test == "not_empty":
            return not (value is None or value is False or value in ("", []))
        candidates = value if isinstance(value, list) else [value]
        return any(_same(candidate, wanted) for candidate in candidates for wanted in self.values)

    def fields(self) -> frozenset[str]:
        """Names of all fields it looks at."""
        names = {self.field} if self.field else set()
        for part in self.parts:
            names |= part.fields()
        return frozenset(names)

    def for_browser(self, of_path: Lookup) -> Any:
        """As JSON for the page, with what it asks of the instance's data answered."""
        if self.parts:
            return {self.test: [part.for_browser(of_path) for part in self.parts]}
        if self.path:
            return {"is": self.holds(lambda _name: None, of_path)}
        return {"field": self.field, self.test: list(self.values)}


def read_condition(raw: Any, depth: int = 0) -> Condition:
    """From the JSON of a form; ConditionError when it is written wrongly."""
    if not isinstance(raw, Mapping) or depth > MAX_DEPTH:
        raise ConditionError("條件必須是物件，且不能嵌套過深。")
    keys = set(raw)
    for combination in ("all", "any"):
        if keys == {combination} and isinstance(raw[combination], list) and raw[combination]:
            return Condition(combination, tuple(read_condition(part, depth + 1) for part in raw[combination]))
    if keys == {"not"}:
        return Condition("not", (read_condition(raw["not"], depth + 1),))
    subject = keys & {"field", "data"}
    test = keys & {"equals", "in", "not_empty"}
    if len(subject) != 1 or len(test) != 1 or len(keys) != 2:
        raise ConditionError("條件須為 field 或 data 加上 equals、in 或 not_empty，或 all、any、not。")
    name, verb = raw[subject.pop()], test.pop()
    values = raw[verb] if verb == "in" else [raw[verb]]
    if not isinstance(name, str) or not name or not isinstance(values, list) or not all(_is_plain(value) for value in values):
        raise ConditionError("條件的欄位須為名稱，比較的值須為文字、數字或是否。")
    if verb == "not_empty" and raw[verb] is not True:
        raise ConditionError("not_empty 只能為 true，相反的條件請用 not。")
    compared = () if verb == "not_empty" else tuple(values)
    return Condition(verb, field=name, values=compared) if "field" in keys else Condition(verb, path=name, values=compared)


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float)


def _same(value: Any, wanted: Any) -> bool:
    # in Python True == 1, in a form they are different answers
    return isinstance(value, bool) == isinstance(wanted, bool) and bool(value == wanted)
