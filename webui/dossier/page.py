"""Gathers what a dossier shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from engine import definitions
from engine.forms import Field, FieldView, FormTexts, readonly_view
from engine.forms.model import DOSSIER_TOPICS, Form, Group
from engine.model import Actor
from engine.permissions import may
from engine.queries import dossier, ledger, place_cases
from engine.queries.dossier import Entry, Paper, Signed, TenancyRow
from engine.queries.paging import Page
from engine.queries.place_cases import CaseLine
from webui.language import gettext
from webui.unit_of_work import current, runtime_of
from webui.wording import content, texts

#: headings of what forms say
TOPICS = {"contacts": "緊急聯絡人", "meter": "抄表", "keys": "鑰匙", "passes": "出入證", "documents": "證件與資料"}


@dataclass(frozen=True, slots=True)
class Said:
    """What one form of one case says under a heading."""

    entry: Entry
    view: FieldView


@dataclass(frozen=True, slots=True)
class Topic:
    """A heading with what the forms say, latest first."""

    #: in the reader's language
    name: str
    said: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Owed:
    """An account of the place."""

    unit_id: int
    unit: str
    tenant_id: int
    tenant: str
    dues: Decimal
    deposits: Decimal


@dataclass(frozen=True, slots=True)
class Dossier:
    """Everything on the page below its head."""

    kind: str
    id: int
    living: tuple[TenancyRow, ...]
    gone: tuple[TenancyRow, ...]
    open_cases: Page[CaseLine]
    ended_cases: Page[CaseLine]
    topics: tuple[Topic, ...]
    papers: tuple[Paper, ...]
    files: Page[Paper]
    signatures: tuple[Signed, ...]
    #: None where the person doesn't see the books
    owed: tuple[Owed, ...] | None
    #: whether papers of identity may be opened
    may_look: bool


def gather(actor: Actor, kind: str, target_id: int, site_id: int | None) -> Dossier:
    """The dossier of a unit or tenant that the person may see."""
    uow = current()
    people = dossier.tenancies(uow, actor, kind, target_id)
    living = tuple(row for row in people if row.ended_at is None)
    return Dossier(
        kind=kind, id=target_id, living=living, gone=tuple(row for row in people if row.ended_at is not None),
        open_cases=place_cases.of_place(uow, actor, kind, target_id, is_open=True, limit=20),
        ended_cases=place_cases.of_place(uow, actor, kind, target_id, is_open=False, limit=10),
        topics=topics(dossier.entries(uow, actor, kind, target_id)), papers=dossier.papers(uow, actor, kind, target_id),
        files=dossier.files(uow, actor, kind, target_id, limit=10), signatures=dossier.signatures(uow, actor, kind, target_id, limit=10),
        owed=_owed(kind, target_id, people) if may(actor, "ledger:read", site_id) else None, may_look=may(actor, "identity:read", site_id),
    )


def topics(entries: tuple[Entry, ...]) -> tuple[Topic, ...]:
    """What the forms say, under their headings. Forms that no procedure has any more say nothing."""
    known = _fields()
    found: dict[str, list[Said]] = {topic: [] for topic in DOSSIER_TOPICS}
    for entry in entries:
        home = known.get((entry.form, entry.field))
        if home is not None:
            found.setdefault(entry.topic, []).append(Said(entry, _view(*home, entry)))
    return tuple(Topic(gettext(TOPICS[topic]), tuple(said)) for topic, said in found.items() if said)


def _view(field: Field, wording: FormTexts, entry: Entry) -> FieldView:
    """The value as a page reads it; papers of identity stay covered."""
    form = Form(entry.form, "", {}, (field,), (Group("", (field.name,)),))
    groups = readonly_view(form, {field.name: entry.value}, wording).groups
    return groups[0].fields[0]


def _fields() -> Mapping[tuple[str, str], tuple[Field, FormTexts]]:
    """Every field with a heading of the dossier, by form and name, of the procedures as they are now."""
    found = {}
    for info in definitions.list_latest(runtime_of(), current()):
        for form in content(info.id).forms.values():
            for field in form.fields:
                if field.dossier:
                    found[form.key, field.name] = (field, texts(info.id))
    return found


def _owed(kind: str, target_id: int, people: tuple[TenancyRow, ...]) -> tuple[Owed, ...]:
    accounts = {(row.unit_id, row.tenant_id): row for row in people}
    found = []
    for (unit_id, tenant_id), row in accounts.items():
        dues = ledger.balance(current(), unit_id=unit_id, tenant_id=tenant_id)
        held = ledger.balance(current(), unit_id=unit_id, tenant_id=tenant_id, side=ledger.DEPOSIT)
        if row.ended_at is None or dues or held:
            found.append(Owed(unit_id, row.unit, tenant_id, row.tenant, dues, held))
    return tuple(found[:20])
