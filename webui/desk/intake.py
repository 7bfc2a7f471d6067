"""What the screen for calls offers: procedures that say they are taken at the desk, and their start forms in the order of a conversation.

It knows no procedure. Which ones are offered says the diagram (`desk`), which field is what says the form (`ui:desk`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from engine import definitions, files
from engine.content import DefinitionContent
from engine.errors import FieldError
from engine.forms import FieldKind, FieldView, Form, FormView, edit_view, initial
from engine.forms.cleaning import local_moment
from engine.model import Actor, JsonObject
from engine.queries import finding
from engine.queries.finding import Place
from engine.runtime import Reference
from webui import posted_form, session
from webui.display import zone
from webui.form_options import options
from webui.start.offers import may_start
from webui.unit_of_work import current, runtime_of
from webui.wording import content, texts, worded

#: a call that was entered within this time was entered as it came
_PROMPT = timedelta(minutes=5)
#: keys of a list of choices, in the order in which a hand finds them
KEYS = "1234567890abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class DeskOffer:
    """A procedure that is taken at the desk."""

    key: str
    #: what its start form is called: a caller reports something, and starts no procedure
    name: str
    #: the key that chooses it
    press: str


@dataclass(frozen=True, slots=True)
class Arranged:
    """A start form as a conversation goes: choose, write down, then the rest."""

    view: FormView
    #: drawn as lists to choose from by a key
    keyed: tuple[FieldView, ...]
    words: tuple[FieldView, ...]
    #: where and who
    who: tuple[FieldView, ...]
    #: what must be filled in besides
    asked: tuple[FieldView, ...]
    #: what may be
    more: tuple[FieldView, ...]


def offers(actor: Actor) -> tuple[DeskOffer, ...]:
    """What this person may start at the desk, by key."""
    found = []
    for info in definitions.list_latest(runtime_of(), current()):
        held = content(info.id)
        own = start_form(held)
        if held.diagram.desk_key and own is not None and may_start(actor, held):
            found.append(DeskOffer(info.key, worded(own.title, info.id), held.diagram.desk_key))
    return tuple(sorted(found, key=lambda offer: (offer.press, offer.name)))


def start_form(held: DefinitionContent) -> Form | None:
    """The form that starts it by hand."""
    element = held.diagram.start_by_hand
    return held.forms.get(element.form) if element is not None and element.form else None


def place_from(args: Any) -> Place | None:
    """The place that the address names by `unit` and `tenant`; None for none, or one that isn't the person's to see."""
    unit_id, tenant_id = _number(args.get("unit", "")), _number(args.get("tenant", ""))
    if unit_id is None and tenant_id is None:
        return None
    return finding.place_of(current(), session.actor(), unit_id=unit_id, tenant_id=tenant_id)


def arranged(
    actor: Actor, held: DefinitionContent, form: Form, place: Place | None, submitted: JsonObject | None = None,
    errors: Sequence[FieldError] = (),
) -> Arranged:
    """The form to be filled in, with what the place tells; or, refused, with what was typed."""
    me = Reference(actor.user_id, actor.name) if actor.user_id is not None else None
    opened = initial(form, {}, now=runtime_of().clock.now(), zone=zone(), me=me)
    values = {**opened, **_of_place(form, place)} if submitted is None else posted_form.with_read_only(form, opened, submitted)
    view = edit_view(
        form, values, texts(held.id), context={}, forms=held.forms, errors=errors, options=options(None),
        file_info=files.usable_in(current(), actor, None),
    )
    fields = [field for group in view.groups for field in group.fields]
    by_part = {field.desk: field for field in fields if field.desk}
    keyed = tuple(by_part[part] for part in ("class", "category") if part in by_part)
    words = tuple(by_part[part] for part in ("words",) if part in by_part)
    people = (by_part[part] for part in ("caller", "phone", "time") if part in by_part)
    who = (*(field for field in fields if field.kind in ("unit", "tenant")), *people)
    taken = {field.name for field in (*keyed, *words, *who)}
    left = [field for field in fields if field.name not in taken]
    asked = tuple(field for field in left if field.errors or (field.required and not field.read_only and not field.value))
    return Arranged(view, keyed, words, who, asked, tuple(field for field in left if field not in asked))


def call_in(form: Form, values: JsonObject) -> dict[str, Any]:
    """What a filled-in start form says of the call itself: `caller`, `phone`, `words`, `time`, and the ids of `unit` and `tenant`."""
    parts = {part: form.desk_field(part) for part in ("caller", "phone", "words", "time")}
    found: dict[str, Any] = {part: values.get(each.name) for part, each in parts.items() if each is not None}
    for kind in (FieldKind.UNIT, FieldKind.TENANT):
        field = next(form.of_kind(kind), None)
        value = values.get(field.name) if field is not None else None
        found[kind.value] = _number(str(value.get("id", ""))) if isinstance(value, dict) else None
    return found


def at_time_of_call(actor: Actor, call: dict[str, Any]) -> Actor:
    """The actor at the claimed time: what the page says outright, else the call's own time where that is some minutes ago."""
    said = posted_form.at_claimed_time(actor)
    try:
        moment = local_moment(str(call.get("time") or ""), zone())
    except (ValueError, OverflowError):
        # the form says what is wrong with it
        return said
    now = runtime_of().clock.now()
    return said if said.claimed_at is not None or not moment < now - _PROMPT else replace(said, claimed_at=moment)


def _of_place(form: Form, place: Place | None) -> JsonObject:
    if place is None:
        return {}
    found: JsonObject = {}
    for kind, identity, label in ((FieldKind.UNIT, place.unit_id, place.unit), (FieldKind.TENANT, place.tenant_id, place.tenant)):
        field = next(form.of_kind(kind), None)
        if field is not None and identity is not None:
            found[field.name] = {"id": identity, "label": label}
    for part, value in (("caller", place.contact), ("phone", place.phone)):
        field = form.desk_field(part)
        if field is not None and value:
            found[field.name] = value
    return found


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None
