"""Keeps what a form says for the dossier of whom its case concerns: fields with `ui:dossier`, as they lie in the data."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import orjson
from sqlalchemy import delete, insert

from engine import forms
from engine.forms.model import is_empty
from engine.model import Actor, JsonObject
from engine.persistence.tables import dossier_entry
from engine.persistence.unit_of_work import UnitOfWork


def acts(actor: Actor, form: forms.Form, cleaned: JsonObject, at: datetime | None) -> list[Callable[[UnitOfWork, int], None]]:
    """What is to be written in the step's transaction; nothing for a form that no dossier reads."""
    topics = {field.name: field.dossier for field in form.fields if field.dossier}
    if not topics:
        return []

    def write(uow: UnitOfWork, instance_id: int) -> None:
        of_form = (dossier_entry.c.instance_id == instance_id, dossier_entry.c.form == form.key)
        uow.writing.execute(delete(dossier_entry).where(*of_form))
        values = [
            {"instance_id": instance_id, "form": form.key, "field": name, "topic": topic, "value": orjson.dumps(cleaned[name]).decode(),
             "at": actor.claimed_at or at}
            for name, topic in topics.items() if not is_empty(cleaned.get(name))
        ]
        if values:
            uow.writing.execute(insert(dossier_entry), values)

    return [write]
