"""What the monthly pack holds, as `month_pack.toml` says it: sections with cases, counts, sums and limits. Pure."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from engine.errors import InvalidError

FILE = "month_pack.toml"
_FIELD = re.compile(r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")


class PackInvalidError(InvalidError):
    """month_pack.toml cannot be used."""

    code = "month_pack_invalid"
    sentence = "month_pack.toml 有誤：{reason}"


@dataclass(frozen=True, slots=True)
class Group:
    """Some values counted as one, held against a share."""

    title: str
    values: tuple[str, ...]
    least: Decimal | None = None
    most: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """Cases told apart by a field."""

    field: str
    #: the moment by which a case counts
    at: str
    #: source language; empty: the field's own
    title: str = ""
    #: field → the only values that count
    only: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    groups: tuple[Group, ...] = ()


@dataclass(frozen=True, slots=True)
class Sum:
    """A number added up."""

    title: str
    field: str
    at: str
    is_amount: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the pack."""

    title: str
    process: str
    #: processes whose limits it shows
    limits: tuple[str, ...] = ()
    counts: tuple[Count, ...] = ()
    sums: tuple[Sum, ...] = ()
    #: item of the ledger; empty for none
    ledger: str = ""
    #: whether it counts the procedure's own cases; one that others call has none
    has_cases: bool = True


def read_pack(raw: bytes) -> tuple[Section, ...]:
    """From month_pack.toml. PackInvalidError says what is wrong."""
    try:
        document = tomllib.loads(raw.decode("utf-8"))
        return tuple(_section(entry) for entry in document.get("section", []))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError, InvalidOperation) as error:
        raise PackInvalidError(reason=str(error)) from error


def _section(entry: Mapping[str, Any]) -> Section:
    return Section(
        entry["title"], entry["process"], tuple(entry.get("limits", ())), tuple(_count(each) for each in entry.get("count", ())),
        tuple(Sum(each["title"], _path(each["field"]), _path(each["at"]), bool(each.get("is_amount"))) for each in entry.get("sum", ())),
        entry.get("ledger", ""), bool(entry.get("cases", True)),
    )  # fmt: skip


def _count(entry: Mapping[str, Any]) -> Count:
    groups = tuple(
        Group(each["title"], tuple(each["values"]), *(Decimal(each[key]) if key in each else None for key in ("least", "most")))
        for each in entry.get("groups", ())
    )
    only = {_path(name): tuple(values) for name, values in entry.get("only", {}).items()}
    return Count(_path(entry["field"]), _path(entry["at"]), entry.get("title", ""), only, groups)


def _path(text: str) -> str:
    if not _FIELD.match(text):
        raise PackInvalidError(reason=text)
    return text
