"""Turns the short way in which a scenario writes a form's fields into what a page or the API would send. Checks nothing: forms do."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from engine import files
from engine.forms.model import FILE_LISTS, Field, FieldKind, Form
from engine.forms.prefill import initial
from engine.model import Actor, JsonObject
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Reference, Runtime
from engine.scenarios.company import Company, drawing
from engine.scenarios.story import RelativeTime


class Writer:
    """Writes one person's submissions in one scene."""

    def __init__(self, runtime: Runtime, company: Company, actor: Actor) -> None:
        self._runtime = runtime
        self._company = company
        self._actor = actor
        self._zone = ZoneInfo(runtime.organisation.calendar.zone)

    def write(self, form: Form | None, context: JsonObject, data: JsonObject) -> JsonObject:
        """The submission: what the form opens with, and the data over it. `context`: the data that the form sees.

        Fields that the form does not have stay as they are written, for the form to refuse.
        """
        now = self._runtime.clock.now()
        plain: JsonObject = timed(data, now, self._zone)
        if form is None:
            return plain
        me = None if self._actor.user_id is None else Reference(self._actor.user_id, self._actor.name)
        opened = initial(form, context, now=now, zone=self._zone, me=me)
        # nobody has signed a form that was only opened
        signatures = {field.name for field in form.of_kind(FieldKind.SIGNATURE)}
        kept = {name: value for name, value in opened.items() if name not in signatures and value not in (None, "", [])}
        return {**kept, **self._fields(form.fields, plain)}

    def _fields(self, fields: Iterable[Field], data: JsonObject) -> JsonObject:
        by_name = {field.name: field for field in fields}
        return {name: self._value(by_name[name], value) if name in by_name else value for name, value in data.items()}

    def _value(self, field: Field, value: Any) -> Any:
        if value in (None, "", []):
            return value
        if field.kind is FieldKind.PERSON and isinstance(value, str):
            person = self._company.find(value)
            return value if person is None else person.user_id
        if field.kind in FILE_LISTS and isinstance(value, str | list):
            names = [value] if isinstance(value, str) else value
            kind = "photo" if field.kind is FieldKind.PHOTOS else "attachment"
            return [self._store(name, kind) if isinstance(name, str) else name for name in names]
        if field.kind is FieldKind.SIGNATURE and isinstance(value, str):
            person = self._company.find(value)
            return {"file": self._store("signature.png", "signature")["id"], "signer": person.name if person else value}
        if field.kind is FieldKind.ROWS and isinstance(value, list):
            return [self._fields(field.columns, row) if isinstance(row, dict) else row for row in value]
        return value

    def _store(self, name: str, kind: str) -> JsonObject:
        with UnitOfWork(self._runtime.database) as uow:
            stored = files.store(self._runtime, uow, self._actor, drawing(), name, kind)
            uow.commit()
        return {"id": stored.id, "name": stored.name}


def timed(value: Any, now: datetime, zone: ZoneInfo) -> Any:
    """The value with its relative times filled in."""
    if isinstance(value, RelativeTime):
        moment = (now + value.offset).astimezone(zone)
        return moment.date().isoformat() if value.is_date else moment.isoformat(timespec="seconds")
    if isinstance(value, dict):
        return {key: timed(entry, now, zone) for key, entry in value.items()}
    return [timed(entry, now, zone) for entry in value] if isinstance(value, list) else value
