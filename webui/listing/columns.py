"""Columns of a list: its own, and of a chosen procedure the indexed fields of its forms."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from engine import list_columns
from engine.forms import FieldKind
from engine.forms.display import text_of
from engine.list_columns import VariableColumn
from engine.queries import list_values
from webui.display import moment
from webui.language import gettext
from webui.unit_of_work import current, runtime_of
from webui.wording import texts

#: by list: its own columns with their wording, in order; all of them unless chosen otherwise
OWN = {
    "todo": {"case": "所屬案件", "role": "角色", "who": "承辦", "due": "期限", "when": "到達"},
    "done": {"case": "所屬案件", "role": "角色", "who": "是否按時", "due": "辦結"},
    "started": {"case": "編號", "role": "流程名稱", "who": "發起人", "due": "狀態", "when": "最近變動"},
    "cases": {
        "case": "編號", "role": "流程名稱", "step": "現在步驟", "who": "發起人", "due": "狀態", "when": "最近變動",
        "site": "管理項目", "started": "發起時間", "version": "版本",
    },
    "copied": {"case": "編號", "who": "抄送人", "due": "狀態", "when": "抄送時間"},
}
#: own columns that are shown only where they are chosen
_ASKED_FOR = frozenset({"site", "started", "version"})


@dataclass(slots=True)
class Columns:
    """What a list shows of each row."""

    list_name: str
    #: own columns that are shown
    own: frozenset[str]
    #: fields that are shown
    shown: list[VariableColumn]
    #: every field that can be
    offered: dict[str, VariableColumn]
    is_chosen: bool
    _values: dict[tuple[int, str], Any] = field(default_factory=dict)

    def titles(self) -> list[tuple[str, str, bool]]:
        """(name, wording, whether shown) of everything that can be chosen."""
        own = [(name, gettext(words), name in self.own) for name, words in OWN[self.list_name].items()]
        shown = {column.name for column in self.shown}
        return own + [(name, self.title(column), name in shown) for name, column in self.offered.items()]

    def title(self, column: VariableColumn) -> str:
        """A field's heading."""
        return texts(column.definition_id).of(column.field.title)

    def load(self, instance_ids: Iterable[int]) -> Columns:
        """Read what the fields hold in these cases, at once."""
        self._values = list_values.variables(current(), list(instance_ids), [column.name for column in self.shown])
        return self

    def value(self, instance_id: int, column: VariableColumn) -> Any:
        """A number, a moment or words; None for nothing."""
        found = self._values.get((instance_id, column.name))
        if found is None or isinstance(found, datetime | Decimal):
            return found
        value: Any = found
        if column.field.kind is FieldKind.YES_NO:
            value = found == "true"
        elif column.field.kind is FieldKind.CHOICES:
            value = found.split(" ")
        return text_of(column.field, value, texts(column.definition_id))

    def words(self, instance_id: int, column: VariableColumn) -> str:
        """The value as people read it."""
        value = self.value(instance_id, column)
        if isinstance(value, datetime):
            return moment(value)
        if isinstance(value, Decimal):
            return text_of(column.field, format(value.normalize(), "f"), texts(column.definition_id))
        return value or ""


def read(list_name: str, key: str | None, chosen: tuple[str, ...]) -> Columns:
    """As the address says. Fields can be chosen where one procedure is."""
    offered = list_columns.of_procedure(runtime_of(), current(), key) if key else {}
    own = frozenset(OWN[list_name]) & frozenset(chosen)
    shown = [offered[name] for name in chosen if name in offered]
    if not own and not shown:
        return Columns(list_name, frozenset(OWN[list_name]) - _ASKED_FOR, [], offered, False)
    return Columns(list_name, own, shown, offered, True)
