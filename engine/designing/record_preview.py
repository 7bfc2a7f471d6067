"""A record's template printed while it is edited: with the last finished case's data, else with what a scenario fills in, else empty."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup
from sqlalchemy import select

from engine import instances, permissions
from engine.designing import contents, drafts
from engine.forms import Form, FormTexts
from engine.forms.model import REFERENCES
from engine.i18n import CATALOGUE_FILE, read_catalogue
from engine.model import Actor, JsonObject
from engine.persistence.tables import definition, instance
from engine.persistence.unit_of_work import UnitOfWork
from engine.record_printing import ImageAddress, RecordFacts, render
from engine.record_templates import load_template
from engine.runtime import Runtime
from engine.scenarios.consistency import Contents
from engine.scenarios.reader import read_scenarios

#: finished cases that are looked at for one that this person may read
_CASES = 20
_NUMBER = "PREVIEW-0001"


@dataclass(frozen=True, slots=True)
class Shown:
    """A record as it prints."""

    article: Markup
    #: `case`, `scenario` or `nothing`
    source: str
    #: number of the case or name of the scenario
    case: str = ""


def render_draft(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, draft_id: int, key: str, text: str, *, locale: str, image: ImageAddress
) -> Shown:
    """The filled paper. RecordTemplateError names the line that is wrong. Papers of identity stay covered, whoever looks."""
    drafts.get(uow, actor, draft_id)
    files = {**drafts.files(uow, draft_id), f"records/{key}.html": text.encode()}
    contents.require_room(runtime, files)
    template = load_template(text.encode(), key)
    held = Contents.read(files)
    source, name, title, data = _data(runtime, uow, actor, held)
    facts = RecordFacts(
        data=data, forms=held.forms, number=_NUMBER, issued_at=runtime.clock.now(), business_key=name if source == "case" else "",
        title=title, is_blank=source == "nothing")
    texts = FormTexts(locale, read_catalogue(files.get(CATALOGUE_FILE, b"")), ZoneInfo(runtime.organisation.calendar.zone))
    # the printer escapes every value
    return Shown(Markup(render(template, facts, texts, image)), source, name)  # noqa: S704


def _data(runtime: Runtime, uow: UnitOfWork, actor: Actor, held: Contents) -> tuple[str, str, str, JsonObject]:
    query = (
        select(instance.c.id, instance.c.site_id, instance.c.business_key, instance.c.title)
        .join(definition, definition.c.id == instance.c.definition_id)
        .where(definition.c.key.in_(list(held.diagrams)), instance.c.state == "completed")
        .order_by(instance.c.ended_at.desc(), instance.c.id.desc()).limit(_CASES)
    )
    for row in uow.reading.execute(query):
        if permissions.may(actor, "process-instance:read", row.site_id):
            return "case", row.business_key or f"#{row.id}", row.title or "", instances.inspect(runtime, uow, row.id).variables
    for scenario in sorted(read_scenarios(held.files)[0], key=lambda each: -len(each.steps)):
        if data := _of_scenario(runtime, held, scenario.steps):
            return "scenario", scenario.name, scenario.name, data
    return "nothing", "", "", {}


def _of_scenario(runtime: Runtime, held: Contents, steps: Any) -> JsonObject:
    elements = {element.id: element for diagram in held.diagrams.values() for element in diagram.elements.values()}
    starts = {key: element for key, diagram in held.diagrams.items() for element in diagram.elements.values()
              if element.kind == "startEvent" and element.form}
    data: JsonObject = {}
    for step in steps:
        element = elements.get(step.subject) or starts.get(step.subject)
        form = held.forms.get(element.form or "") if element is not None else None
        if form is not None and step.refused is None:
            data.setdefault(form.key, {}).update(_filled(form, step.data, runtime.clock.now().isoformat()))
    return data


def _filled(form: Form, sent: Mapping[str, Any], now: str) -> JsonObject:
    found: JsonObject = {}
    for name, value in sent.items():
        field = form.field(name)
        if field is not None and field.kind in REFERENCES and isinstance(value, str):
            found[name] = {"id": 0, "label": value}
        elif isinstance(value, str | int | float | bool | list | dict) or value is None:
            found[name] = value
        else:
            # a time that the scenario counts from its own clock
            found[name] = now
    return found
