"""What people fill in: told answers become a form's fields. Knows kinds of fields, no form by name.

Values: `{name}` what the case is about · `{data.form.field}` what was filled in before · `@one:a|b` one of them · `@int:4-9` ·
`@now+PT2H`, `@today+P3D`, `@month+14` (days after the month's first) · `@role:x` who holds it · `@me` · `@photo:name` a picture ·
`@sum:a.b-c.d` of what was filled in · `@balance`, `@settled`, `@deposits` of the unit's account · `@turn` how often it was done, from 1
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import isodate

from engine import files
from engine.demo import pictures
from engine.demo.year.staff import Staff
from engine.forms import Form, initial
from engine.forms.model import FILE_LISTS, Field, FieldKind, is_empty
from engine.model import Actor, JsonObject
from engine.paths import lookup
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.ledger import DEPOSIT, DUES, balance
from engine.runtime import Reference, Runtime

_ALONE = re.compile(r"\{([^{}]+)\}")
_TERM = re.compile(r"([+-]?)([a-z_][\w.]*)")
#: of an answer, what says when and how rather than what
ABOUT = frozenset({"after", "spread", "working", "sometimes", "chance", "when", "if", "once"})


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that somebody does."""

    actor: Actor
    chance: random.Random
    #: what the case is about
    story: Mapping[str, Any]
    #: what was filled in before
    data: JsonObject
    #: how often it was done in this case before
    turn: int = 0
    #: who signs where the form doesn't say: the tenant for what somebody outside does
    signer: str = ""


class Writer:
    """Writes submissions."""

    def __init__(self, runtime: Runtime, staff: Staff) -> None:
        self._runtime = runtime
        self._staff = staff
        self._zone = ZoneInfo(runtime.organisation.calendar.zone)

    def write(self, uow: UnitOfWork, form: Form | None, told: Mapping[str, Any], act: Act) -> JsonObject:
        """The submission: what the form opens with, what is told over it, and yes where nothing is."""
        if form is None:
            return {}
        now = self._runtime.clock.now()
        me = Reference(act.actor.user_id or 0, act.actor.name)
        filled = initial(form, act.data, now=now, zone=self._zone, me=me)
        for each in form.fields:
            if each.name in told and each.is_submitted:
                filled[each.name] = self._value(uow, each, told[each.name], act)
            elif each.is_submitted and each.required and is_empty(filled.get(each.name)):
                filled[each.name] = self._usual(each, act)
            if each.kind is FieldKind.SIGNATURE:
                filled[each.name] = self._signed(uow, each, filled.get(each.name), act)
        return filled

    def _usual(self, each: Field, act: Act) -> Any:
        if each.kind is FieldKind.YES_NO:
            return True
        if each.kind is FieldKind.SIGNATURE:
            return {"signer": act.signer or act.actor.name}
        return each.empty

    def _signed(self, uow: UnitOfWork, each: Field, value: Any, act: Act) -> Any:
        signer = value.get("signer") if isinstance(value, dict) else value
        if not signer:
            return value
        drawn = files.store(self._runtime, uow, act.actor, pictures.signature(str(signer)), "signature.png", "signature")
        return {"file": drawn.id, "signer": str(signer)}

    def _value(self, uow: UnitOfWork, each: Field, told: Any, act: Act) -> Any:
        if each.kind is FieldKind.ROWS:
            columns = {column.name: column for column in each.columns}
            return [{name: self._value(uow, columns[name], value, act) for name, value in row.items()} for row in told]
        if isinstance(told, list):
            return [self._value(uow, each, value, act) for value in told]
        value = self.resolve(uow, told, act, each.kind)
        if each.kind in FILE_LISTS and isinstance(value, str):
            kind = "photo" if each.kind is FieldKind.PHOTOS else "attachment"
            stored = files.store(self._runtime, uow, act.actor, pictures.photo(value), value, kind)
            return {"id": stored.id, "name": stored.name}
        if each.kind in (FieldKind.INTEGER, FieldKind.NUMBER) and isinstance(value, str) and value:
            return float(value) if each.kind is FieldKind.NUMBER else int(value)
        if each.kind in (FieldKind.TEXT, FieldKind.LONG_TEXT, FieldKind.MONEY) and value is not None and not isinstance(value, str | dict):
            return str(value)
        return value

    def resolve(self, uow: UnitOfWork, told: Any, act: Act, kind: FieldKind = FieldKind.TEXT) -> Any:
        """What a told value stands for at this moment."""
        if not isinstance(told, str):
            return told
        if told.startswith("@one:"):
            told = act.chance.choice(told.removeprefix("@one:").split("|"))
        alone = _ALONE.fullmatch(told)
        told = self._named(alone[1], act) if alone else _ALONE.sub(lambda match: str(self._named(match[1], act)), told)
        if not isinstance(told, str) or not told.startswith("@"):
            return told
        return self._special(uow, told[1:], act, kind)

    def _special(self, uow: UnitOfWork, told: str, act: Act, kind: FieldKind) -> Any:
        name, _, detail = told.partition(":")
        now = self._runtime.clock.now()
        if name == "int":
            low, high = map(int, detail.split("-"))
            return act.chance.randint(low, high)
        if name == "photo":
            return detail
        if name == "role":
            return self._staff.holder(detail, act.chance, now).username
        if name == "me":
            return act.actor.user_id if kind is FieldKind.PERSON else act.actor.name
        if name == "turn":
            return act.turn + 1
        if name == "sum":
            terms = _TERM.findall(detail)
            return sum((-1 if sign == "-" else 1) * int(lookup(act.data, path) or 0) for sign, path in terms)
        if name in ("balance", "settled", "deposits"):
            side = DEPOSIT if name == "deposits" else DUES
            owed = balance(uow, unit_id=act.story["unit_id"], side=side)
            return owed <= 0 if name == "settled" else str(abs(owed).quantize(Decimal("0.01")))
        return self._time(told, now, kind)

    def _time(self, told: str, now: datetime, kind: FieldKind) -> str:
        local = now.astimezone(self._zone).replace(microsecond=0)
        if told.startswith("month"):
            return (local.date().replace(day=1) + timedelta(days=int(told.removeprefix("month+")))).isoformat()
        is_date = told.startswith("today") or kind is FieldKind.DATE
        told = told.removeprefix("today").removeprefix("now")
        length = isodate.parse_duration(told[1:]) if told else timedelta(0)
        moment = local - length if told.startswith("-") else local + length
        return moment.date().isoformat() if is_date else moment.isoformat()

    def _named(self, name: str, act: Act) -> Any:
        if name.startswith("data."):
            return lookup(act.data, name.removeprefix("data."))
        if name in act.story:
            return act.story[name]
        local = self._runtime.clock.now().astimezone(self._zone)
        if name == "month":
            return f"{local:%Y-%m}"
        if name == "half_year":
            return half_year(local.date())
        if name == "serial":
            return f"{act.chance.randrange(100_000):05}"
        if name == "dispatcher":
            return self._staff.holder("dispatcher", act.chance, self._runtime.clock.now()).display_name
        raise KeyError(name)


def half_year(day: date) -> str:
    """What a survey of that half-year is called."""
    year, half = (day.year, "上半年") if day.month <= 6 else (day.year, "下半年")
    return f"{year}年{half}"


def choose(usual: Mapping[str, Any], act: Act, marks: frozenset[str]) -> dict[str, Any]:
    """The answer of this once: the usual one, or with luck one of those that are given sometimes."""
    answer = {name: value for name, value in usual.items() if name != "sometimes"}
    luck = act.chance.random()
    for each in usual.get("sometimes", ()):
        if each.get("once") and act.turn:
            continue
        wanted = each.get("when", ())
        if wanted and marks.isdisjoint([wanted] if isinstance(wanted, str) else wanted):
            continue
        if "if" in each and lookup(act.data, each["if"]["path"]) != each["if"]["is"]:
            continue
        luck -= each["chance"]
        if luck < 0:
            return {**answer, **each}
    return answer


def length(told: Any) -> timedelta:
    """How long something takes: minutes or an ISO duration."""
    return timedelta(minutes=told) if isinstance(told, int | float) else timedelta(seconds=isodate.parse_duration(told).total_seconds())
