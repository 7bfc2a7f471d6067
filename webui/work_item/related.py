"""Cases that have to do with the one at hand: its parent, those started beside it, and others about the same unit, tenant or value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine import definitions
from engine.forms.model import FieldKind
from engine.model import Actor
from engine.queries import related
from engine.queries.related import RelatedRow
from webui.unit_of_work import current, runtime_of
from webui.wording import content, worded

#: kinds that mean the same thing in every procedure
_SAME_EVERYWHERE = frozenset({FieldKind.UNIT, FieldKind.TENANT})
#: a name, a phone or a plate number means the same in the same field
_SAME_IN_FIELD = frozenset({FieldKind.TEXT})


@dataclass(frozen=True, slots=True)
class Related:
    """One related case with why it is shown."""

    row: RelatedRow
    #: source language: `上級案件`, `附屬案件`; empty where `label` says what both are about
    kind: str
    #: the field that both have, in the reader's language
    label: str = ""


def gather(actor: Actor, instance_id: int, parent_id: int | None, definition_ids: tuple[int, ...]) -> tuple[Related, ...]:
    """Nearest first. `definition_ids`: the versions that the case runs in, its own first."""
    uow = current()
    family = related.family(uow, actor, instance_id, parent_id)
    known = {row.id for row in family}
    shown = [Related(row, "上級案件" if row.id == parent_id else "附屬案件") for row in family]
    wanted, labels = _wanted(definition_ids)
    for row in related.of_same(uow, actor, instance_id, wanted):
        if row.id not in known:
            shown.append(Related(row, "", _label(row, labels)))
    return tuple(shown)


def _wanted(definition_ids: tuple[int, ...]) -> tuple[dict[str, list[str]], Mapping[str, tuple[int, str]]]:
    """Variable of the case → variables that mean the same; and what each is called."""
    own = [entry for each in definition_ids for entry in _indexed(each)]
    latest = [entry for info in definitions.list_latest(runtime_of(), current()) for entry in _indexed(info.id)]
    labels = {name: (home, label) for name, _, home, label in (*latest, *own)}
    wanted: dict[str, list[str]] = {}
    for name, kind, _, _ in own:
        if kind in _SAME_EVERYWHERE:
            wanted[name] = sorted({other for other, other_kind, _, _ in (*latest, *own) if other_kind is kind})
        elif kind in _SAME_IN_FIELD:
            wanted[name] = [name]
    return wanted, labels


def _indexed(definition_id: int) -> list[tuple[str, FieldKind, int, str]]:
    forms = content(definition_id).forms
    return [
        (f"{form.key}.{field.name}", field.kind, definition_id, field.title)
        for form in forms.values() for field in form.fields if field.indexed and field.kind in _SAME_EVERYWHERE | _SAME_IN_FIELD
    ]


def _label(row: RelatedRow, labels: Mapping[str, tuple[int, str]]) -> str:
    home, label = labels.get(row.shared_name or "", (row.definition_id, ""))
    return worded(label, home)
