"""What a form is once it is read: plain values, checked when they were made. Nothing here reads JSON or a posted page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

from engine.forms.conditions import Condition
from engine.forms.expressions import Expression


class FieldKind(StrEnum):
    """What a field asks for."""

    #: one line
    TEXT = "text"
    #: several lines
    LONG_TEXT = "long_text"
    NUMBER = "number"
    INTEGER = "integer"
    #: decimal string with two places
    MONEY = "money"
    DATE = "date"
    TIME = "time"
    #: ISO 8601 with offset
    DATE_TIME = "date_time"
    #: one of a list
    CHOICE = "choice"
    #: any of a list
    CHOICES = "choices"
    YES_NO = "yes_no"
    #: a user of the directory
    PERSON = "person"
    UNIT = "unit"
    TENANT = "tenant"
    #: image files
    PHOTOS = "photos"
    FILES = "files"
    SIGNATURE = "signature"
    #: a table of rows
    ROWS = "rows"


#: kinds that point into the directory
REFERENCES = frozenset({FieldKind.PERSON, FieldKind.UNIT, FieldKind.TENANT})
#: kinds that hold a list of file ids
FILE_LISTS = frozenset({FieldKind.PHOTOS, FieldKind.FILES})
#: kinds that hold a list
LISTS = frozenset({FieldKind.CHOICES, FieldKind.PHOTOS, FieldKind.FILES, FieldKind.ROWS})
#: kinds that hold a string, empty when there is nothing
STRINGS = frozenset(
    {FieldKind.TEXT, FieldKind.LONG_TEXT, FieldKind.MONEY, FieldKind.DATE, FieldKind.TIME, FieldKind.DATE_TIME, FieldKind.CHOICE}
)


#: what a field of a start form is to whoever takes a call, and the kinds of field that can be it
DESK_PARTS: Mapping[str, FieldKind] = {
    "caller": FieldKind.TEXT, "phone": FieldKind.TEXT, "time": FieldKind.DATE_TIME, "words": FieldKind.LONG_TEXT,
    "class": FieldKind.CHOICE, "category": FieldKind.CHOICE,
}
#: headings under which a unit's dossier gathers what the forms of its cases say
DOSSIER_TOPICS = ("contacts", "meter", "keys", "passes", "documents")


class Referenced(Protocol):
    """What the directory answers for a reference; `engine.runtime.Reference` is one."""

    @property
    def id(self) -> int:
        """Key in the directory."""

    @property
    def label(self) -> str:
        """What people call it."""


class FileFacts(Protocol):
    """What validation needs to know of an uploaded file; `engine.files.StoredFile` is one."""

    @property
    def id(self) -> int:
        """Key of the file."""

    @property
    def name(self) -> str:
        """Name under which it was uploaded."""

    @property
    def media_type(self) -> str:
        """Found by content."""

    @property
    def kind(self) -> str:
        """`attachment`, `photo` or `signature`."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the values a choice offers."""

    #: what the data holds
    value: str
    #: source wording
    title: str


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form, or one column of a table of rows."""

    name: str
    kind: FieldKind
    #: source label
    title: str
    #: must be filled whenever it is asked for
    required: bool = False
    #: source help text, empty where there is none
    help: str = ""
    choices: tuple[Choice, ...] = ()
    #: columns of a table of rows
    columns: tuple[Field, ...] = ()
    #: keywords that limit the value, by their JSON Schema name
    limits: Mapping[str, Any] = field(default_factory=dict)
    #: wording for a value that does not match the pattern
    pattern_message: str = ""
    #: `email`, `phone` or nothing, of a text
    text_format: str = ""
    #: a date and time may not lie ahead
    not_future: bool = False
    #: a yes/no that must be yes
    must_be_true: bool = False
    #: choices as a list of buttons instead of a drop-down
    as_radio: bool = False
    #: only people who hold this role
    role: str = ""
    show_if: Condition | None = None
    compute: Expression | None = None
    #: path into the data, `@now`, `@today`, `@me`; empty for none
    prefill: str = ""
    default: Any = None
    read_only: bool = False
    #: copied into the table that lists search
    indexed: bool = False
    #: `full`, `half` or `third`
    width: str = "full"
    placeholder: str = ""
    #: printed after a number, e.g. `m²`
    unit: str = ""
    #: what it is to the front desk: one of `DESK_PARTS`; empty where it is nothing to it
    desk: str = ""
    #: under which heading of the unit's dossier it stands: one of `DOSSIER_TOPICS`; empty for none
    dossier: str = ""
    #: `identity`: papers of identity, shown to roles that need them, and each look is on record
    personal: str = ""
    #: says who somebody outside is or how to reach them, beside what `text_format` and `desk` say
    is_contact: bool = False

    @property
    def empty(self) -> Any:
        """What the data holds when nothing was filled in."""
        if self.kind in STRINGS:
            return ""
        if self.kind in LISTS:
            return []
        return False if self.kind is FieldKind.YES_NO else None

    @property
    def is_submitted(self) -> bool:
        """Whether a person sends a value for it."""
        return self.compute is None and not self.read_only

    def limit(self, keyword: str) -> Decimal | None:
        """A numeric limit, exact."""
        value = self.limits.get(keyword)
        return None if value is None else Decimal(str(value))


@dataclass(frozen=True, slots=True)
class Group:
    """A heading of the page with the fields under it."""

    #: source heading; empty for none
    title: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """A value of the instance's data that stands read-only above the form."""

    path: str
    #: source label; empty to take the label of the field that holds it
    title: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """A condition across fields."""

    that: Expression
    #: field beside which the message stands
    field: str
    #: source sentence
    message: str


@dataclass(frozen=True, slots=True)
class Form:
    """One version of a form."""

    #: file name without `.json`; the key of its data in the instance
    key: str
    title: str
    #: the file as it was written
    schema: Mapping[str, Any]
    fields: tuple[Field, ...]
    layout: tuple[Group, ...]
    description: str = ""
    shown: tuple[Shown, ...] = ()
    checks: tuple[Check, ...] = ()
    #: names of the fields in an order in which each comes after those it depends on
    order: tuple[str, ...] = ()
    #: every submission is kept as a row for registers, not only the last one
    is_logged: bool = False

    def field(self, name: str) -> Field | None:
        """The field by that name, or None."""
        return next((entry for entry in self.fields if entry.name == name), None)

    def desk_field(self, part: str) -> Field | None:
        """The field that is this to the front desk, or None."""
        return next((entry for entry in self.fields if entry.desk == part), None)

    def of_kind(self, *kinds: FieldKind) -> Iterator[Field]:
        """The fields of these kinds (not columns)."""
        return (entry for entry in self.fields if entry.kind in kinds)


def is_empty(value: Any) -> bool:
    """Whether a value is what an empty field holds; no and 0 are answers, not nothing."""
    return value is None or value in ("", [])
