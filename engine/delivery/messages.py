"""What is sent, in words: the lines of some notifications in a language, and where each leads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine import definitions
from engine.delivery import templates
from engine.delivery.templates import Texts
from engine.i18n import Catalogue, fill, read_catalogue, translate
from engine.model import JsonObject
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.notifications import NotificationRow
from engine.runtime import Runtime

_CATALOGUE = "locale/en.po"
#: data of a row that are wording of a diagram
_WORDING = ("limit",)


@dataclass(frozen=True, slots=True)
class Message:
    """Something to be sent."""

    key: str
    subject: str
    text: str
    #: for whoever reads it by machine
    items: tuple[JsonObject, ...] = ()
    #: telephone numbers that a robot calls by name
    mention: tuple[str, ...] = ()


def of_rows(
    runtime: Runtime, uow: UnitOfWork, key: str, rows: Sequence[NotificationRow], more: int, locale: str, texts: Texts | None = None,
) -> Message:
    """The message about some happenings and `more` that are not named, in `texts` or in those that hold."""
    texts = texts or templates.in_force(uow)
    words = _Words(runtime, uow, locale, texts)
    lines = [words.line(row) for row in rows]
    count = len(rows) + more
    subject = lines[0] if count == 1 else fill(texts.text(locale, "several"), {"count": count})
    base = runtime.settings.public_address.rstrip("/")
    told = [f"{line}\n{base}/notifications/{row.id}" if base else line for line, row in zip(lines, rows, strict=True)]
    if more:
        told.append(fill(texts.text(locale, "more"), {"count": more}))
    if base:
        told.append(fill(texts.text(locale, "footer"), {"address": f"{base}/notifications"}))
    items = tuple({
        "id": row.id, "kind": row.kind.value, "at": row.made_at.isoformat(), "text": line, "case": row.case, "step": row.step,
        "process_instance_id": row.instance_id, "work_item_id": row.work_item_id, "role": row.role, "site_id": row.site_id,
    } for line, row in zip(lines, rows, strict=True))
    return Message(key, subject, "\n\n".join(told), items)


class _Words:
    """Sentences in one language, those of diagrams by their own catalogues."""

    def __init__(self, runtime: Runtime, uow: UnitOfWork, locale: str, texts: Texts) -> None:
        self._runtime, self._uow, self._locale, self._texts = runtime, uow, locale, texts
        self._catalogues: dict[int, Catalogue] = {}

    def line(self, row: NotificationRow) -> str:
        data: dict[str, Any] = {name: self._own(str(value), row) if name in _WORDING else value for name, value in row.data.items()}
        by = row.by or translate(self._locale, "系統")
        fields = {**data, "step": self._own(row.step, row), "case": row.case, "by": by, "role": self._role(row.role)}
        # what is about no case has nothing before its colon
        return fill(self._texts.text(self._locale, row.kind.value), fields).lstrip("：: ")

    def _own(self, text: str, row: NotificationRow) -> str:
        return translate(self._locale, text, self._catalogue(row.definition_id))

    def _catalogue(self, definition_id: int | None) -> Mapping[str, str] | None:
        if definition_id is None or self._locale != "en":
            return None
        if definition_id not in self._catalogues:
            raw = definitions.content(self._runtime, self._uow, definition_id).files.get(_CATALOGUE)
            self._catalogues[definition_id] = read_catalogue(raw) if raw else {}
        return self._catalogues[definition_id]

    def _role(self, key: str | None) -> str:
        role = self._runtime.organisation.roles.get(key or "")
        if role is None:
            return key or "—"
        return role.name_en if self._locale == "en" and role.name_en else translate(self._locale, role.name)
