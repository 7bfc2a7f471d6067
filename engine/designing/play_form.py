"""A form as somebody plays it: people and places of the pretend company to choose from, a tick for what a scenario draws by itself
(signatures, photos, files), and what was sent written as a scenario writes it. Checks nothing: forms do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select

from engine.errors import FieldError
from engine.forms import FieldView, Form, FormTexts, FormView, edit_rows, edit_view, parse_html
from engine.forms.model import FILE_LISTS, REFERENCES, Field, FieldKind, is_empty
from engine.model import JsonObject
from engine.persistence.tables import tenant
from engine.persistence.unit_of_work import UnitOfWork
from engine.scenarios.company import Company

#: kinds that a scenario draws by itself, and what a person reads beside the tick
_DRAWN = {"signature": "示範簽名", "photos": "示範照片", "files": "示範檔案"}
#: names that the page posts beside the form's own; no field's name has a hyphen
_OWN = ("item", "seen", "play-who", "play-verb", "play-to", "play-reason")


@dataclass(frozen=True, slots=True)
class PretendPlaces:
    """Whom and what a form of the pretend company can name: id → what a scenario writes."""

    people: Mapping[int, str]
    units: Mapping[int, str]
    tenants: Mapping[int, str]
    #: the same with what a person reads: (kind, role) → options
    by_role: Mapping[str, int]
    role_names: Mapping[str, str]

    @classmethod
    def of(cls, uow: UnitOfWork, company: Company, texts: FormTexts, role_names: Mapping[str, str]) -> PretendPlaces:
        """Of one scene's company."""
        rows = uow.reading.execute(select(tenant.c.id, tenant.c.code).order_by(tenant.c.code))
        by_role = {role: actor.user_id for role, actor in company.by_role.items() if actor.user_id is not None}
        return cls(
            {number: role for role, number in by_role.items()}, {number: code for code, number in company.units.items()},
            {row.id: row.code for row in rows}, by_role, {role: texts.of(name) for role, name in role_names.items()})

    def options(self, field: Field) -> Sequence[Mapping[str, Any]] | None:
        """What the field offers."""
        if field.kind is FieldKind.PERSON:
            chosen = {role: number for role, number in self.by_role.items() if field.role in (None, "", role)}
            return [{"id": number, "label": self.role_names.get(role, role)} for role, number in chosen.items()]
        known = self.units if field.kind is FieldKind.UNIT else self.tenants
        return [{"id": number, "label": code} for number, code in known.items()]

    def written(self, field: Field, value: Any) -> Any:
        """A reference as a scenario writes it."""
        known = {FieldKind.PERSON: self.people, FieldKind.UNIT: self.units}.get(field.kind, self.tenants)
        if not isinstance(value, Mapping):
            return value
        number = value.get("id")
        return known.get(number, value.get("label", "")) if isinstance(number, int) else value.get("label", "")


@dataclass(frozen=True, slots=True)
class Sent:
    """A form that was sent."""

    #: as the page shows it again
    values: JsonObject
    #: as a scenario's `data` has it
    data: JsonObject
    #: a button that adds or removes a row was pressed
    is_edit: bool


class PlayForm:
    """One form at one moment of a play."""

    def __init__(
        self, form: Form, opened: JsonObject, context: JsonObject, texts: FormTexts, places: PretendPlaces, forms: Mapping[str, Form],
        performer: str,
    ) -> None:
        self._form = form
        self._opened = opened
        self._context = context
        self._texts = texts
        self._places = places
        self._forms = forms
        self._performer = performer

    def read(self, posted: Mapping[str, list[str]]) -> Sent:
        """What came from the page."""
        plain = {name: values for name, values in posted.items() if name not in _OWN}
        values = parse_html(self._form, plain)
        edited = edit_rows(self._form, values, plain)
        shown = values if edited is None else edited
        return Sent(shown, self._data(values, plain), edited is not None)

    def view(self, sent: Sent | None, posted: Mapping[str, list[str]], errors: Sequence[FieldError] = ()) -> FormView:
        """As a page draws it, with what was sent put back."""
        values = self._opened if sent is None else {**self._read_only(), **sent.values}
        made = self._drawn(values, errors)
        ticked = None if sent is None else posted
        return replace(made, has_files=False, groups=tuple(
            replace(group, fields=tuple(self._ticks(field, ticked) for field in group.fields)) for group in made.groups))

    def _drawn(self, values: JsonObject, errors: Sequence[FieldError] = ()) -> FormView:
        return edit_view(self._form, values, self._texts, context=self._context, forms=self._forms, errors=errors,
                         options=self._places.options)

    def _read_only(self) -> JsonObject:
        return {field.name: self._opened[field.name] for field in self._form.fields if field.read_only and field.name in self._opened}

    def _ticks(self, view: FieldView, posted: Mapping[str, list[str]] | None) -> FieldView:
        """The field with ticks in the place of what a scenario draws."""
        if view.kind == FieldKind.ROWS:
            return replace(view, rows=tuple(tuple(self._ticks(cell, posted) for cell in row) for row in view.rows),
                           blank_row=tuple(self._ticks(cell, {}) for cell in view.blank_row))
        if view.kind not in _DRAWN or view.read_only or view.computed:
            return view
        # a signature is what the step is for; what nobody has to add is left to the designer
        value = view.kind == FieldKind.SIGNATURE or view.required if posted is None else posted.get(view.name) == ["true"]
        label = f"{view.label} · {self._texts.of(_DRAWN[view.kind])}"
        return replace(view, kind=FieldKind.YES_NO.value, required=False, value=value, label=label)

    def _data(self, values: JsonObject, posted: Mapping[str, list[str]]) -> JsonObject:
        """What differs from what the form opens with: a scenario tells no more than that."""
        before = {field.name: field.value for group in self._drawn(self._opened).groups for field in group.fields}
        after = {field.name: field.value for group in self._drawn(values).groups for field in group.fields}
        data: JsonObject = {}
        for field in self._form.fields:
            if not field.is_submitted:
                continue
            if field.kind is FieldKind.SIGNATURE:
                if posted.get(field.name) == ["true"]:
                    data[field.name] = self._signer(field)
                continue
            value, opened = values.get(field.name), self._opened.get(field.name)
            same = after.get(field.name) == before.get(field.name) or (is_empty(value) and is_empty(opened))
            if field.kind in FILE_LISTS:
                # the page holds a tick, which a form would not show again
                same = is_empty(value) and is_empty(opened)
            if field.kind in REFERENCES and isinstance(value, Mapping) and isinstance(opened, Mapping):
                same = value.get("id") == opened.get("id")
            if not same:
                data[field.name] = self._written(field, value)
        # what the form does not have is for the form to refuse
        known = {field.name for field in self._form.fields}
        return {**data, **{name: value for name, value in values.items() if name not in known}}

    def _written(self, field: Field, value: Any) -> Any:
        if field.kind in FILE_LISTS:
            return [f"{field.name}.png"] if value else []
        if field.kind in REFERENCES:
            return self._places.written(field, value)
        if field.kind is FieldKind.ROWS and isinstance(value, list):
            return [{column.name: self._written(column, row[column.name]) for column in field.columns if column.name in row}
                    for row in value]
        return value

    def _signer(self, field: Field) -> str:
        opened = self._opened.get(field.name)
        name = opened.get("signer") if isinstance(opened, Mapping) else None
        return str(name or self._performer)
