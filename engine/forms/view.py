"""A form as a page draws it: every text already in the reader's language, every value as its input takes it. Templates only place it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from engine.errors import FieldError
from engine.forms.cleaning import FileInfo, local_moment
from engine.forms.display import FormTexts, field_at, plain_text, text_of
from engine.forms.expressions import number_of
from engine.forms.model import FILE_LISTS, REFERENCES, Field, FieldKind, Form, is_empty
from engine.i18n import describe_field_error
from engine.model import JsonObject
from engine.paths import lookup

#: empty rows that a table opens with and offers beyond those filled, so that it works without JavaScript
SPARE_ROWS = 1
#: stands in the place of what belongs to papers of identity
COVERED = "（身份資料）"
#: people or units to choose from: (field) → [{"id": 4, "label": "陳工"}], or None to let the person type
Options = Callable[[Field], Sequence[Mapping[str, Any]] | None]


@dataclass(frozen=True, slots=True)
class ChoiceView:
    """One option of a choice."""

    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class FieldView:
    """One field, ready to be drawn."""

    #: name of the input: `phone`, `materials-0-quantity`
    name: str
    #: id of the input, unique on the page
    id: str
    kind: str
    label: str
    help: str = ""
    required: bool = False
    read_only: bool = False
    computed: bool = False
    #: as the input takes it (text, number, local date and time); a list of files; `{"file", "signer"}` of a signature
    value: Any = None
    #: as words, for reading
    text: str = ""
    errors: tuple[str, ...] = ()
    choices: tuple[ChoiceView, ...] = ()
    as_radio: bool = False
    #: column headings of a table
    columns: tuple[FieldView, ...] = ()
    rows: tuple[tuple[FieldView, ...], ...] = ()
    #: one row with `__row__` in the place of its number, for the script that adds rows
    blank_row: tuple[FieldView, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    unit: str = ""
    width: str = "full"
    #: JSON of the condition for the browser, empty for always
    show_if: str = ""
    #: JSON of the expression for the browser
    compute: str = ""
    #: people, units … to choose from; None to type
    options: Sequence[Mapping[str, Any]] | None = None
    role: str = ""
    #: what it is to the front desk
    desk: str = ""


@dataclass(frozen=True, slots=True)
class GroupView:
    """A heading and its fields."""

    title: str
    fields: tuple[FieldView, ...]


@dataclass(frozen=True, slots=True)
class ShownValue:
    """A value of the case above the form."""

    label: str
    text: str
    kind: str = "text"
    #: ids and names, where it holds files
    files: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class FormView:
    """A whole form, ready to be drawn."""

    key: str
    title: str
    description: str
    groups: tuple[GroupView, ...]
    #: (id of the input, sentence) of every error, for the summary above
    errors: tuple[tuple[str, str], ...] = ()
    shown: tuple[ShownValue, ...] = ()
    has_files: bool = False


def edit_view(
    form: Form,
    values: JsonObject,
    texts: FormTexts,
    *,
    context: JsonObject,
    forms: Mapping[str, Form] | None = None,
    errors: Sequence[FieldError] = (),
    options: Options | None = None,
    file_info: FileInfo | None = None,
) -> FormView:
    """The form to be filled in. `values` from `initial`, or from `parse_html` after a refusal; `forms` of the case word `ui:show`.

    `file_info` names the files that a refused form holds by their id only.
    """
    drawing = _Drawing(form, texts, context, errors, options or (lambda _field: None), file_info or (lambda _id: None))
    groups = tuple(
        GroupView(
            texts.of(group.title), tuple(drawing.field(entry, values.get(entry.name)) for entry in map(form.field, group.fields) if entry)
        )
        for group in form.layout
    )
    return FormView(
        form.key,
        texts.of(form.title),
        texts.of(form.description),
        groups,
        drawing.summary(),
        shown_above(form, context, forms or {}, texts),
        has_files=any(entry.kind in FILE_LISTS for each in form.fields for entry in (each, *each.columns)),
    )


def readonly_view(form: Form, data: JsonObject, texts: FormTexts, *, reveal: bool = False) -> FormView:
    """What was submitted, to be read: fields that hold something, under the form's headings.

    What belongs to papers of identity is covered, but with `reveal`, which is for those whose look is on record.
    """
    groups = []
    for group in form.layout:
        fields = [entry for entry in map(form.field, group.fields) if entry and not is_empty(data.get(entry.name))]
        if fields:
            groups.append(GroupView(texts.of(group.title), tuple(_read(entry, data[entry.name], texts, reveal) for entry in fields)))
    return FormView(form.key, texts.of(form.title), "", tuple(groups))


def shown_above(form: Form, data: JsonObject, forms: Mapping[str, Form], texts: FormTexts) -> tuple[ShownValue, ...]:
    """The values that `ui:show` names, worded by the forms that hold them; those not known yet are left out."""
    values = []
    for shown in form.shown:
        value = lookup(data, shown.path)
        if is_empty(value):
            continue
        origin, beyond = field_at(shown.path, forms)
        label = texts.of(shown.title or (origin.title if origin else shown.path))
        exact = origin if origin and not beyond else None
        files = tuple(value) if exact and exact.kind in FILE_LISTS and isinstance(value, list) else ()
        kind = exact.kind.value if exact else "text"
        if exact and exact.personal:
            values.append(ShownValue(label, texts.of(COVERED), "covered"))
        else:
            values.append(ShownValue(label, text_of(exact, value, texts) if exact else plain_text(value), kind, files))
    return tuple(values)


def _read(entry: Field, value: Any, texts: FormTexts, reveal: bool) -> FieldView:
    if entry.personal and not reveal and not is_empty(value):
        return FieldView(entry.name, "", "covered", texts.of(entry.title), text=texts.of(COVERED), width=entry.width)
    columns = tuple(FieldView(column.name, "", column.kind.value, texts.of(column.title)) for column in entry.columns)
    rows: tuple[tuple[FieldView, ...], ...] = ()
    if entry.kind is FieldKind.ROWS and isinstance(value, list):
        filled = [row for row in value if isinstance(row, Mapping)]
        rows = tuple(tuple(_read(column, row.get(column.name), texts, reveal) for column in entry.columns) for row in filled)
    return FieldView(
        entry.name,
        "",
        entry.kind.value,
        texts.of(entry.title),
        value=value,
        text=text_of(entry, value, texts),
        columns=columns,
        rows=rows,
        width=entry.width,
    )


class _Drawing:
    """One drawing of a form for editing."""

    def __init__(
        self, form: Form, texts: FormTexts, context: JsonObject, errors: Sequence[FieldError], options: Options, file_info: FileInfo
    ) -> None:
        self._form = form
        self._texts = texts
        self._context = context
        self._options = options
        self._file_info = file_info
        self._errors: dict[str, list[str]] = {}
        for error in errors:
            self._errors.setdefault(error.field, []).append(describe_field_error(error, texts.locale, texts.catalogue))

    def summary(self) -> tuple[tuple[str, str], ...]:
        return tuple((_id(self._form, path), sentence) for path, sentences in self._errors.items() for sentence in sentences)

    def field(self, entry: Field, value: Any) -> FieldView:
        view = self._input(entry, value, entry.name, entry.name)
        if entry.kind is not FieldKind.ROWS:
            return view
        rows = [row if isinstance(row, Mapping) else {} for row in value] if isinstance(value, list) else []
        if not entry.read_only:
            most = int(entry.limits.get("maxItems", 50))
            rows += [{}] * min(SPARE_ROWS, max(0, most - len(rows)))
        return FieldView(
            **{
                **{name: getattr(view, name) for name in FieldView.__dataclass_fields__},
                "columns": tuple(self._input(column, None, column.name, column.name) for column in entry.columns),
                "rows": tuple(self._row(entry, number, row) for number, row in enumerate(rows)),
                "blank_row": self._row(entry, "__row__", {}),
            }
        )

    def _row(self, table: Field, number: int | str, row: Mapping[str, Any]) -> tuple[FieldView, ...]:
        return tuple(
            self._input(column, row.get(column.name), f"{table.name}-{number}-{column.name}", f"{table.name}.{number}.{column.name}")
            for column in table.columns
        )

    def _input(self, entry: Field, value: Any, name: str, path: str) -> FieldView:
        texts = self._texts
        chosen = value if isinstance(value, list) else [value]
        return FieldView(
            name=name,
            id=_id(self._form, path),
            kind=entry.kind.value,
            label=texts.of(entry.title),
            help=texts.of(entry.help),
            required=entry.required,
            read_only=entry.read_only,
            computed=entry.compute is not None,
            value=self._named(value) if entry.kind in FILE_LISTS else _for_input(entry, value, texts),
            text=text_of(entry, value, texts),
            errors=tuple(self._errors.get(path, ())),
            choices=tuple(ChoiceView(choice.value, texts.of(choice.title), choice.value in chosen) for choice in entry.choices),
            as_radio=entry.as_radio,
            attributes=_attributes(entry, texts),
            unit=texts.of(entry.unit),
            width=entry.width,
            show_if=_json(entry.show_if.for_browser(self._at)) if entry.show_if else "",
            compute=_json(entry.compute.for_browser(self._operand)) if entry.compute else "",
            options=self._options(entry) if entry.kind in REFERENCES else None,
            role=entry.role,
            desk=entry.desk,
        )

    def _named(self, files: Any) -> list[dict[str, Any]]:
        """The files that are there, with their names."""
        held = [file for file in files if isinstance(file, Mapping) and isinstance(file.get("id"), int)] if isinstance(files, list) else []
        facts = {file["id"]: None if file.get("name") else self._file_info(file["id"]) for file in held}
        return [{"id": file["id"], "name": file.get("name") or getattr(facts[file["id"]], "name", "")} for file in held]

    def _at(self, path: str) -> Any:
        return lookup(self._context, path)

    def _operand(self, parts: tuple[str, ...]) -> Any:
        return number_of(self._at(".".join(parts[1:])))


def _id(form: Form, path: str) -> str:
    return f"field-{form.key}-{path.replace('.', '-')}"


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


def _for_input(entry: Field, value: Any, texts: FormTexts) -> Any:
    if entry.kind is FieldKind.DATE_TIME and isinstance(value, str) and value:
        try:
            local: datetime = local_moment(value, texts.zone)
        except (ValueError, OverflowError):
            return value
        return local.strftime("%Y-%m-%dT%H:%M:%S" if local.second else "%Y-%m-%dT%H:%M")
    if value is None and entry.kind is not FieldKind.SIGNATURE and entry.kind not in REFERENCES and entry.kind is not FieldKind.YES_NO:
        return entry.empty if entry.empty is not None else ""
    return value


def _attributes(entry: Field, texts: FormTexts) -> dict[str, str]:
    """Attributes of the input that help while typing; the server checks again."""
    limits = entry.limits
    found: dict[str, str] = {}
    if entry.placeholder:
        found["placeholder"] = texts.of(entry.placeholder)
    if entry.kind in (FieldKind.TEXT, FieldKind.LONG_TEXT):
        found["maxlength"] = str(limits["maxLength"])
    if entry.kind is FieldKind.TEXT and entry.text_format == "phone":
        found |= {"inputmode": "tel", "autocomplete": "off"}
    if entry.kind is FieldKind.TEXT and entry.text_format == "email":
        found |= {"inputmode": "email", "autocomplete": "off"}
    if entry.kind in (FieldKind.NUMBER, FieldKind.MONEY):
        found["inputmode"] = "decimal"
    if entry.kind is FieldKind.INTEGER:
        found["inputmode"] = "numeric"
    return found
