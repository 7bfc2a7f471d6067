"""The monthly pack: what managers get each month of repairs, complaints, follow-up, passes, special services and the survey.

It is worked out from what lists and registers search, from the ledger and from the limits; what belongs in it says `month_pack.toml`. Of a
closed month it is kept as it was and never worked out again; its digest tells that nothing of it was changed.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import Select, and_, case, func, insert, select

from engine import definitions, limit_figures, limit_months, notifications, permissions
from engine.content import DefinitionContent
from engine.errors import ConflictError, InvalidError, NotFoundError
from engine.limit_rules import Kind
from engine.model import DROPPED_STATES, SYSTEM, Actor, InstanceState, JsonObject, RoleGrant
from engine.month_pack_rules import FILE, Count, Section, Sum, read_pack
from engine.notifications import Kind as Notice
from engine.persistence.tables import instance, instance_variable, ledger_entry, month_pack
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.ledger import DUES
from engine.queries.limits import LimitFilters
from engine.queries.months import closes_at, midnight, next_month
from engine.runtime import Runtime

PERMISSION = "month-pack:read"
#: who is told when a month's pack is there
READERS = ("manager", "general_manager")
#: months back from which packs are offered
_MOST = 36
#: sees every site
_EVERYBODY = replace(SYSTEM, grants=frozenset({RoleGrant(READERS[0], None)}))
#: kinds of entries that say what is owed
_OWED = ("charge", "opening")


class PackChangedError(ConflictError):
    """Expected the pack of a closed month as it was kept."""

    code = "month_pack_changed"
    sentence = "{month} 的月報與保存時不符，請聯絡管理員核對。"


@dataclass(frozen=True, slots=True)
class Pack:
    """One month's."""

    #: its first day
    month: date
    #: JSON object: `{"month", "sections": [{"title", "process", "blocks": [{"kind", "title", "rows"}]}]}`
    body: JsonObject
    #: None while the month is open: the figures go on
    kept_at: datetime | None
    digest: str


def months(runtime: Runtime, uow: UnitOfWork, actor: Actor) -> list[tuple[date, bool]]:
    """Those that can be looked at, latest first, and whether each is kept: from the first kept one, or the one before this, to this."""
    permissions.require(actor, PERMISSION, permissions.EVERYWHERE)
    kept = set(uow.reading.execute(select(month_pack.c.month)).scalars())
    last = runtime.today().replace(day=1)
    first = min([*kept, _before(last)])
    found = [last]
    while found[-1] > first and len(found) < _MOST:
        found.append(_before(found[-1]))
    return [(month, month in kept) for month in found]


def pack(runtime: Runtime, uow: UnitOfWork, actor: Actor, month: date) -> Pack:
    """As it is kept, or as it stands now. NotFoundError for a month to come, PackChangedError."""
    permissions.require(actor, PERMISSION, permissions.EVERYWHERE)
    row = uow.reading.execute(select(month_pack).where(month_pack.c.month == month)).one_or_none()
    if row is not None:
        if hashlib.sha256(row.body.encode()).digest() != bytes(row.digest):
            raise PackChangedError(month=f"{month:%Y-%m}")
        return Pack(month, orjson.loads(row.body), row.kept_at, bytes(row.digest).hex())
    if month > runtime.today():
        raise NotFoundError(kind="月報", id=f"{month:%Y-%m}")
    text = _written(build(runtime, uow, month))
    return Pack(month, orjson.loads(text), None, hashlib.sha256(text.encode()).hexdigest())


def close_due(runtime: Runtime) -> list[date]:
    """Close the months whose time has come, keep the pack of each and tell its readers; gives those that were closed here."""
    return limit_months.close_due(runtime, partial(keep, runtime))


def keep(runtime: Runtime, uow: UnitOfWork, month: date) -> None:
    """Keep a closed month's pack; of the latest its readers are told by the ways they chose, mail among them."""
    text = _written(build(runtime, uow, month))
    digest = hashlib.sha256(text.encode()).digest()
    uow.writing.execute(insert(month_pack).values(month=month, body=text, digest=digest, kept_at=runtime.clock.now()))
    if runtime.clock.now() < closes_at(next_month(month), ZoneInfo(runtime.organisation.calendar.zone)):
        for role in READERS:
            notifications.tell(runtime, uow, Notice.MONTH_PACK, role=role, data={"month": f"{month:%Y-%m}"})


def build(runtime: Runtime, uow: UnitOfWork, month: date) -> JsonObject:
    """Work a month's pack out, beside the month before it."""
    contents = {info.key: definitions.content(runtime, uow, info.id) for info in definitions.list_latest(runtime, uow)}
    builder = _Builder(runtime, uow, month, contents)
    return {"month": f"{month:%Y-%m}", "sections": [builder.section(each) for each in _sections(runtime) if each.process in contents]}


def month_of(text: str) -> date:
    """The first day of `2026-11`. InvalidError."""
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise InvalidError(reason="月份應寫成 2026-11 這樣。") from error


class _Builder:
    """Blocks of one month, each with the month before."""

    def __init__(self, runtime: Runtime, uow: UnitOfWork, month: date, contents: dict[str, DefinitionContent]) -> None:
        zone = ZoneInfo(runtime.organisation.calendar.zone)
        self._runtime, self._uow, self._contents = runtime, uow, contents
        self._measured: dict[str, list[limit_figures.Measured]] = {}
        self._days = {"now": (month, next_month(month)), "before": (_before(month), month)}
        self._spans = {name: (midnight(first, zone), midnight(end, zone)) for name, (first, end) in self._days.items()}

    def section(self, section: Section) -> JsonObject:
        blocks = [self._cases(section)] if section.has_cases else []
        blocks += [self._count(section, each) for each in section.counts]
        sums = [self._sum(each) for each in section.sums]
        if section.ledger:
            sums += self._ledger(section.ledger)
        if sums:
            blocks.append({"kind": "sums", "title": "合計", "rows": sums})
        limits = self._limits(section)
        if limits:
            blocks.append({"kind": "limits", "title": "時限與指標", "rows": limits})
        return {"title": section.title, "process": section.process, "blocks": blocks}

    def _cases(self, section: Section) -> JsonObject:
        rows: dict[str, dict[str, int]] = {}
        for name, (begins, ends) in self._spans.items():
            case_ = instance.c
            ended = and_(case_.ended_at >= begins, case_.ended_at < ends)
            wanted = {
                "新發起": and_(case_.started_at >= begins, case_.started_at < ends, case_.state != InstanceState.VOIDED),
                "辦結": and_(ended, case_.state == InstanceState.COMPLETED),
                "已取消": and_(ended, case_.state == InstanceState.CANCELLED),
                "月末在辦": and_(case_.started_at < ends, case_.state != InstanceState.VOIDED,
                             case_.ended_at.is_(None) | (case_.ended_at >= ends)),
            }  # fmt: skip
            sums = [func.sum(case((condition, 1), else_=0)).label(f"n{place}") for place, condition in enumerate(wanted.values())]
            found = self._uow.reading.execute(select(*sums).where(case_.definition_key == section.process)).one()
            for label, value in zip(wanted, found, strict=True):
                rows.setdefault(label, {})[name] = int(value or 0)
        return {"kind": "cases", "title": "案件數", "rows": [{"title": label, **values} for label, values in rows.items()]}

    def _count(self, section: Section, count: Count) -> JsonObject:
        field, titles = self._field(section, count.field)
        found = {name: self._values(count, *span) for name, span in self._spans.items()}
        totals = {name: sum(values.values()) for name, values in found.items()}
        rows: list[JsonObject] = []
        if count.groups:
            for group in count.groups:
                sums = {name: sum(values.get(value, 0) for value in group.values) for name, values in found.items()}
                share = sums["now"] / totals["now"] if totals["now"] else None
                is_reached = None if share is None else (
                    (group.least is None or share >= float(group.least)) and (group.most is None or share <= float(group.most)))
                rows.append({"title": group.title, **sums, "share": share, "reached": is_reached,
                             "least": _text(group.least), "most": _text(group.most)})  # fmt: skip
        else:
            known = {**dict.fromkeys(titles, 0), **dict.fromkeys(found["now"], 0), **dict.fromkeys(found["before"], 0)}
            for value in known:
                sums = {name: values.get(value, 0) for name, values in found.items()}
                if any(sums.values()):
                    share = sums["now"] / totals["now"] if totals["now"] else None
                    rows.append({"title": titles.get(value, value or "未填"), **sums, "share": share})
        return {"kind": "counts", "title": count.title or field, "rows": rows, "total": totals}

    def _values(self, count: Count, begins: datetime, ends: datetime) -> dict[str, int]:
        value, moment = instance_variable.alias("value"), instance_variable.alias("moment")
        query: Select[Any] = (
            select(value.c.text, func.count())
            .select_from(moment.join(instance, instance.c.id == moment.c.instance_id).outerjoin(
                value, and_(value.c.instance_id == moment.c.instance_id, value.c.name == count.field)))
            .where(moment.c.name == count.at, moment.c.at >= begins, moment.c.at < ends, instance.c.state.not_in(DROPPED_STATES))
            .group_by(value.c.text)
        )  # fmt: skip
        for name, values in count.only.items():
            chosen = select(instance_variable.c.instance_id).where(instance_variable.c.name == name, instance_variable.c.text.in_(values))
            query = query.where(moment.c.instance_id.in_(chosen))
        return {row[0] or "": int(row[1]) for row in self._uow.reading.execute(query)}

    def _sum(self, wanted: Sum) -> JsonObject:
        value, moment = instance_variable.alias("value"), instance_variable.alias("moment")
        found = {}
        for name, (begins, ends) in self._spans.items():
            query = (
                select(func.sum(value.c.number))
                .select_from(value.join(moment, moment.c.instance_id == value.c.instance_id)
                             .join(instance, instance.c.id == value.c.instance_id))
                .where(value.c.name == wanted.field, moment.c.name == wanted.at, moment.c.at >= begins, moment.c.at < ends,
                       instance.c.state.not_in(DROPPED_STATES))
            )  # fmt: skip
            found[name] = _number(self._uow.reading.execute(query).scalar(), is_amount=wanted.is_amount)
        return {"title": wanted.title, **found, "is_amount": wanted.is_amount}

    def _ledger(self, item: str) -> list[JsonObject]:
        """What was charged and what came in; what takes an entry back counts as that entry does."""
        original = ledger_entry.alias()
        owed = func.coalesce(original.c.kind, ledger_entry.c.kind).in_(_OWED)
        rows: dict[str, dict[str, Any]] = {"入賬": {}, "已收款": {}}
        for name, (first, end) in self._days.items():
            query = (
                select(func.sum(case((owed, ledger_entry.c.amount), else_=0)), func.sum(case((~owed, -ledger_entry.c.amount), else_=0)))
                .select_from(ledger_entry.outerjoin(original, original.c.id == ledger_entry.c.reverses_id))
                .where(ledger_entry.c.item == item, ledger_entry.c.side == DUES, ledger_entry.c.booked_on >= first,
                       ledger_entry.c.booked_on < end)
            )  # fmt: skip
            for label, value in zip(rows, self._uow.reading.execute(query).one(), strict=True):
                rows[label][name] = _number(value, is_amount=True)
        return [{"title": label, **values, "is_amount": True} for label, values in rows.items()]

    def _limits(self, section: Section) -> list[JsonObject]:
        found: dict[str, dict[str, limit_figures.Measured]] = {}
        for name, (begins, ends) in self._spans.items():
            filters = LimitFilters(since=begins, until=ends)
            for each in self._overview(name, filters):
                if each.known is not None and each.known.limit.process_key in section.limits:
                    found.setdefault(each.id, {})[name] = each
        rows = []
        for limit_id, months_ in found.items():
            measured = months_["now"]
            assert measured.known is not None
            limit, figures = measured.known.limit, measured.figures
            rows.append({
                "id": limit_id, "title": limit.name, "process": limit.process_key, "clauses": list(limit.clauses), "kind": limit.kind.value,
                "target": limit.demand, "now": _value(measured), "before": _value(months_["before"]) if "before" in months_ else None,
                "reached": measured.is_reached, "met": figures.met, "missed": figures.missed, "apart": figures.apart,
                "running": figures.running,
            })  # fmt: skip
        return rows

    def _overview(self, name: str, filters: LimitFilters) -> list[limit_figures.Measured]:
        if name not in self._measured:
            at = filters.until - timedelta(microseconds=1) if filters.until is not None else None
            self._measured[name] = limit_figures.overview(self._runtime, self._uow, _EVERYBODY, filters, at=at)
        return self._measured[name]

    def _field(self, section: Section, path: str) -> tuple[str, dict[str, str]]:
        """What a field is called, and its values; by the section's own procedure, or by whichever has the form."""
        form_key, _, name = path.partition(".")
        for content in (self._contents[section.process], *self._contents.values()):
            form = content.forms.get(form_key)
            field = form.field(name) if form is not None else None
            if field is not None:
                return field.title, {str(choice.value): choice.title for choice in field.choices}
        return path, {}


def _value(measured: limit_figures.Measured) -> float | int | None:
    """The number that is held against the target: a share, an average, a count."""
    if measured.kind is Kind.NEVER:
        return measured.figures.missed
    return measured.figures.average if measured.kind is Kind.AVERAGE else measured.figures.share


def _sections(runtime: Runtime) -> tuple[Section, ...]:
    path = runtime.settings.bpmn / FILE
    return read_pack(path.read_bytes()) if path.exists() else ()


def _written(body: JsonObject) -> str:
    return orjson.dumps(body, option=orjson.OPT_SORT_KEYS).decode()


def _number(found: Any, *, is_amount: bool) -> int | str:
    exact = Decimal(str(found or 0))
    return str(exact.quantize(Decimal("0.01"))) if is_amount else int(exact)


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def _before(month: date) -> date:
    return (month - timedelta(days=1)).replace(day=1)
