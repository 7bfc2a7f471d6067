"""Printed records of a case: numbered without gaps, filled from its data, frozen where a case has several of one kind.

What a template may hold is in `record_templates`, how it is filled in `record_printing`; here is what touches the store.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import zstandard
from sqlalchemy import Row, Select, insert, select, update

from engine import definitions, history, instances, numbering, paper_numbers, permissions, steps
from engine.content import InstanceContent
from engine.errors import ConflictError, NotFoundError
from engine.forms.display import FormTexts
from engine.history import NewEvent
from engine.i18n import read_catalogue
from engine.model import Actor, JsonObject
from engine.persistence.tables import history_event, instance, record, site, user, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import reporters
from engine.record_printing import Handling, ImageAddress, RecordFacts, prints_identity, render
from engine.record_templates import RecordTemplate, load_template, title_of
from engine.runtime import Runtime
from engine.submissions import for_somebody


class RecordVoidedError(ConflictError):
    """Expected a valid record, but it was voided."""

    code = "record_voided"
    sentence = "單據 {number} 已經作廢。"


@dataclass(frozen=True, slots=True)
class Record:
    """A numbered record of an instance."""

    id: int
    instance_id: int
    #: template, e.g. `repair_slip`
    record_key: str
    number: str
    issued_at: datetime
    issued_by: int | None
    voided_at: datetime | None
    void_reason: str | None
    #: whether it keeps what was known when it was issued
    is_frozen: bool
    #: whether what was printed holds papers of identity, so that the look has to go on record
    shows_identity: bool = False


def issue(runtime: Runtime, uow: UnitOfWork, actor: Actor, instance_id: int, record_key: str, *, frozen: bool = False) -> Record:
    """Number a record of the case, as the last thing in its transaction.

    A case has one valid record of a kind, which follows it: asked again, it is the same. With `frozen` each is a record of its own and
    keeps the case's data as it is now. A case that is numbered by the record's own series (a repair by its slip) has drawn the number
    already: the record carries it.
    """
    now = runtime.clock.now()
    if not frozen:
        query = _select().where(record.c.instance_id == instance_id, record.c.record_key == record_key, record.c.voided_at.is_(None))
        found = uow.writing.execute(query.where(record.c.snapshot.is_(None))).first()
        if found is not None:
            return _record(found)
    snapshot = pack_snapshot(_data(runtime, uow, instance_id)) if frozen else None
    number = (
        _number_of_case(runtime, uow, instance_id, record_key)
        or paper_numbers.unissued(uow, instance_id, record_key)
        or numbering.draw(uow, runtime.organisation, record_key, now)
    )
    values = {
        "instance_id": instance_id,
        "record_key": record_key,
        "number": number,
        "issued_at": now,
        "issued_by": actor.user_id,
        "snapshot": snapshot,
    }
    record_id: int = uow.writing.execute(insert(record).values(**values).returning(record.c.id)).scalar_one()
    detail = {"record": record_key, "number": number}
    history.append(uow, actor, instance_id, [NewEvent("record.issued", detail=detail)], now)
    return Record(record_id, instance_id, record_key, number, now, actor.user_id, None, None, frozen)


def close(runtime: Runtime, uow: UnitOfWork, instance_id: int, record_key: str) -> None:
    """Let the case's record of a kind keep what is known now, so that the next issue draws another number. Nothing where there is none."""
    statement = update(record).where(record.c.instance_id == instance_id, record.c.record_key == record_key, record.c.voided_at.is_(None))
    uow.writing.execute(statement.where(record.c.snapshot.is_(None)).values(snapshot=pack_snapshot(_data(runtime, uow, instance_id))))


def _number_of_case(runtime: Runtime, uow: UnitOfWork, instance_id: int, record_key: str) -> str | None:
    """The case's number where it comes from the record's series and no record carries it yet; else None."""
    case = uow.writing.execute(select(instance.c.definition_id, instance.c.business_key).where(instance.c.id == instance_id)).one()
    if case.business_key is None or definitions.content(runtime, uow, case.definition_id).diagram.number != record_key:
        return None
    taken = select(record.c.id).where(record.c.record_key == record_key, record.c.number == case.business_key)
    number: str = case.business_key
    # one that a caller made up could be in the way of a number still to be drawn
    own = numbering.was_drawn(uow, runtime.organisation, record_key, number)
    return number if own and not uow.writing.execute(taken).first() else None


def void(runtime: Runtime, uow: UnitOfWork, actor: Actor, record_id: int, reason: str) -> Record:
    """Take a spoiled record out of use. Its number stays its own; the next issue gives the case a new one."""
    found = get(uow, actor, record_id)
    site_id = uow.reading.execute(select(instance.c.site_id).where(instance.c.id == found.instance_id)).scalar()
    permissions.require(actor, "process-instance:cancel", site_id)
    now = runtime.clock.now()
    statement = update(record).where(record.c.id == record_id, record.c.voided_at.is_(None)).values(voided_at=now, void_reason=reason)
    if uow.writing.execute(statement).rowcount != 1:
        raise RecordVoidedError(number=found.number)
    detail = {"record": found.record_key, "number": found.number}
    history.append(uow, actor, found.instance_id, [NewEvent("record.voided", detail=detail, values={"reason": reason})], now)
    return get(uow, actor, record_id)


def get(uow: UnitOfWork, actor: Actor, record_id: int) -> Record:
    """One record; NotFoundError if there is none or this person may not see its case."""
    row = uow.reading.execute(
        _select().add_columns(instance.c.site_id).join(instance, instance.c.id == record.c.instance_id).where(record.c.id == record_id)
    ).one_or_none()
    if row is None or not permissions.may(actor, "process-instance:read", row.site_id):
        raise NotFoundError(kind="單據", id=record_id)
    return _record(row)


def for_instance(uow: UnitOfWork, instance_id: int) -> list[Record]:
    """All records of a case in the order of their issue, voided ones included."""
    query = _select().where(record.c.instance_id == instance_id).order_by(record.c.issued_at, record.c.id)
    return [_record(row) for row in uow.reading.execute(query)]


def printed(runtime: Runtime, uow: UnitOfWork, actor: Actor, record_id: int, *, locale: str, image: ImageAddress) -> tuple[Record, str]:
    """A record and its filled `<article>`, with what is known by now, or was when it was frozen. `image` gives pictures their address."""
    found = get(uow, actor, record_id)
    packed = uow.reading.execute(select(record.c.snapshot).where(record.c.id == record_id)).scalar_one()
    row = steps.load(uow, found.instance_id)
    content = definitions.instance_content(runtime, uow, row.definition_id, steps.bound(row))
    data = instances.inspect(runtime, uow, row.id).variables if packed is None else unpack_snapshot(bytes(packed))
    name, zone = _site(runtime, uow, row.site_id)
    forms = {key: form for each in (*content.called.values(), content.own) for key, form in each.forms.items()}
    template = _template(content, found.record_key)
    may_look = permissions.may(actor, "identity:read", row.site_id)
    facts = RecordFacts(
        data=data,
        forms=forms,
        shows_identity=may_look,
        number=found.number,
        issued_at=found.issued_at,
        site=name,
        business_key=row.business_key or "",
        title=row.title,
        reporters=_reporters(uow, row.id, zone),
        handlings=_handlings(uow, row.id),
    )
    texts = FormTexts(locale, _catalogue(content), zone)
    return replace(found, shows_identity=may_look and prints_identity(template, forms)), render(template, facts, texts, image)


@dataclass(frozen=True, slots=True)
class BlankPaper:
    """A record that can be printed empty."""

    definition_id: int
    #: process
    key: str
    process_name: str
    record_key: str
    #: heading of the paper, source language
    title: str


def blanks(runtime: Runtime, uow: UnitOfWork) -> list[BlankPaper]:
    """Every record of every procedure as it is deployed now, by procedure.

    Processes of one deployment share its records: each stands once, with the process that people start by hand.
    """
    found: dict[tuple[str, bytes], tuple[bool, BlankPaper]] = {}
    for info in definitions.list_latest(runtime, uow):
        content = definitions.content(runtime, uow, info.id)
        is_apart = content.diagram.start_by_hand is None or content.diagram.is_hidden
        for record_key, raw in content.records.items():
            before = found.get((record_key, raw))
            if before is None or (before[0] and not is_apart):
                paper = BlankPaper(info.id, info.key, info.name, record_key, title_of(raw) or record_key)
                found[record_key, raw] = (is_apart, paper)
    return sorted((paper for _, paper in found.values()), key=lambda each: (each.key, each.record_key))


def blank(runtime: Runtime, uow: UnitOfWork, actor: Actor, key: str, record_key: str, *, locale: str, numbers: Sequence[str] = ()) -> str:
    """The `<article>` of a record with nothing filled in, for the hours when the system is away.

    One without a number, for no case is behind it; or one for each number that was reserved for paper.
    """
    permissions.require(actor, "process-instance:start")
    info = definitions.latest(runtime, uow, key)
    content = definitions.instance_content(runtime, uow, info.id, definitions.bindings(runtime, uow, info.id))
    facts = RecordFacts(
        data={}, forms={name: form for each in (*content.called.values(), content.own) for name, form in each.forms.items()}, number="",
        issued_at=None, is_blank=True,
    )
    texts = FormTexts(locale, _catalogue(content), ZoneInfo(runtime.organisation.calendar.zone))
    template = _template(content, record_key)
    return "\n".join(render(template, replace(facts, number=number), texts, lambda _: "") for number in numbers or ("",))


def _data(runtime: Runtime, uow: UnitOfWork, instance_id: int) -> JsonObject:
    row = steps.load(uow, instance_id)
    # opened aside: the step that issues the record is not committed, so its workflow must not get into the cache
    with steps.open_run(runtime, uow, row) as run:
        return {key: value for key, value in run.data().items() if key != "_"}


def _template(content: InstanceContent, key: str) -> RecordTemplate:
    for each in (content.own, *content.called.values()):
        if key in each.records:
            return _read_template(each.records[key], key)
    raise NotFoundError(kind="單據範本", id=key)


@lru_cache(maxsize=256)
def _read_template(raw: bytes, key: str) -> RecordTemplate:
    return load_template(raw, key)


def _catalogue(content: InstanceContent) -> Mapping[str, str]:
    english: dict[str, str] = {}
    for each in (*content.called.values(), content.own):
        english |= _read_catalogue(each.files.get("locale/en.po", b""))
    return english


@lru_cache(maxsize=256)
def _read_catalogue(raw: bytes) -> dict[str, str]:
    return read_catalogue(raw)


#: history of an item that was done
_DONE = "work_item.completed"


def _handlings(uow: UnitOfWork, instance_id: int) -> dict[str, Handling]:
    told, away = history_event.alias("told"), user.alias("away")
    query = (
        select(work_item.c.element_id, work_item.c.completed_at, user.c.display_name, away.c.display_name.label("away_name"))
        .outerjoin(user, user.c.id == work_item.c.completed_by)
        .outerjoin(told, (told.c.instance_id == work_item.c.instance_id) & (told.c.token == work_item.c.token) & (told.c.type == _DONE))
        .outerjoin(away, away.c.id == told.c.on_behalf_of)
        .where(work_item.c.instance_id == instance_id, work_item.c.completed_at.is_not(None), work_item.c.state == "completed")
        .order_by(work_item.c.completed_at, work_item.c.id)
    )
    # of several rounds the last stands
    return {row.element_id: Handling(for_somebody(row.display_name or "", row.away_name), row.completed_at)
            for row in uow.reading.execute(query)}


def _reporters(uow: UnitOfWork, instance_id: int, zone: ZoneInfo) -> str:
    """Who else called, as a slip names them: name, unit, telephone number and time."""
    return "；".join(
        " ".join(part for part in (each.name, each.unit, each.phone, f"{each.reported_at.astimezone(zone):%m-%d %H:%M}") if part)
        for each in reporters.of_case(uow, instance_id)
    )


def _site(runtime: Runtime, uow: UnitOfWork, site_id: int | None) -> tuple[str, ZoneInfo]:
    row = uow.reading.execute(select(site.c.name, site.c.time_zone).where(site.c.id == site_id)).one_or_none()
    return ("", ZoneInfo(runtime.organisation.calendar.zone)) if row is None else (row.name, ZoneInfo(row.time_zone))


def pack_snapshot(data: JsonObject) -> bytes:
    """A case's data as a frozen record keeps it."""
    return zstandard.ZstdCompressor().compress(orjson.dumps(data))


def unpack_snapshot(packed: bytes) -> JsonObject:
    """What a frozen record keeps."""
    data: JsonObject = orjson.loads(zstandard.ZstdDecompressor().decompress(packed))
    return data


def _select() -> Select[Any]:
    return select(
        record.c.id,
        record.c.instance_id,
        record.c.record_key,
        record.c.number,
        record.c.issued_at,
        record.c.issued_by,
        record.c.voided_at,
        record.c.void_reason,
        record.c.snapshot.is_not(None).label("is_frozen"),
    )


def _record(row: Row[Any]) -> Record:
    frozen = bool(row.is_frozen)
    return Record(row.id, row.instance_id, row.record_key, row.number, row.issued_at, row.issued_by, row.voided_at, row.void_reason, frozen)
