"""Takes kinds of personal data out of one case that is over, wherever the case keeps them, in one transaction with the event that says so.

What a case keeps as rows is in `rows`; here is what lies in documents, and the order: find everything first, for a name in one place is
looked for in all the others, then take it out, then prove it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Row, select, update

from engine import definitions, history, records, steps
from engine.erased import mark
from engine.errors import ConflictError, StaleInstanceError
from engine.forms.model import Form
from engine.forms.privacy import marked
from engine.model import ENDED_STATES, Actor
from engine.persistence.tables import history_value, incident, instance, record
from engine.persistence.unit_of_work import UnitOfWork
from engine.retention import ledger, rows
from engine.retention.choosing import Eraser
from engine.retention.kinds import Kind
from engine.runtime import Runtime
from engine.spiff.codec import document_of, rewritten


class CaseOpenError(ConflictError):
    """Expected a case that is over."""

    code = "case_open"
    sentence = "案件 {case} 還沒有結束，不能刪除其中的個人資料。"


@dataclass(frozen=True, slots=True)
class Taken:
    """What was, or would be, taken out of a case."""

    values: int = 0
    files: int = 0
    #: what was replaced wherever it stood: for whoever still has to look elsewhere, and for nobody to keep
    words: frozenset[str] = frozenset()

    @property
    def is_nothing(self) -> bool:
        """Whether there was nothing."""
        return not (self.values or self.files)


def preview(runtime: Runtime, uow: UnitOfWork, instance_id: int, kinds: Collection[Kind], words: Collection[str] = ()) -> Taken:
    """What `erase` would take out now. Writes nothing."""
    row = steps.load(uow, instance_id)
    eraser = _eraser(runtime, uow, row, kinds, words)
    _look(uow, row, eraser, kinds)
    return Taken(eraser.found.count, len(eraser.found.files))


def erase(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, instance_id: int, kinds: Collection[Kind], *, run_id: int,
    words: Collection[str] = (),
) -> Taken:
    """Take it out and put it on record; a case that holds nothing of it is left as it is. `words` go wherever the case says them.

    CaseOpenError while it runs, StaleInstanceError when somebody else was at it.
    """
    row = steps.load(uow, instance_id)
    if row.state not in ENDED_STATES:
        raise CaseOpenError(case=row.business_key or f"#{row.id}")
    eraser = _eraser(runtime, uow, row, kinds, words)
    _look(uow, row, eraser, kinds)
    taken = Taken(eraser.found.count, len(eraser.found.files), frozenset(eraser.found.inside))
    if eraser.found.is_nothing:
        return taken
    now, day = runtime.clock.now(), mark(runtime.today())
    bodies = _bodies(uow, instance_id)
    cleaned = {seq: eraser.take_out(body, is_history=True) for seq, body in bodies.items()}
    left = {seq: body for seq, body in cleaned.items() if body != bodies[seq]}
    state = rewritten(bytes(row.data), eraser.take_out)
    before, after = document_of(bytes(row.data)), document_of(state)
    is_changed = before != after
    changed = rows.take_out(uow, row, eraser, kinds, day, now) + _documents(uow, row, eraser)
    changed += rows.unseal(uow, row.id, _changed_paths(before[4], after[4]))
    if not (left or is_changed or changed):
        return Taken()
    files = sorted(eraser.found.files)
    detail = {"run": run_id, "kinds": sorted(kinds), "files": files}
    event = history.erase(uow, actor, instance_id, left, detail, now)
    moved = uow.writing.execute(update(instance).where(instance.c.id == row.id, instance.c.version == row.version).values(
        data=state, title=eraser.text(row.title, 300), version=row.version + 1))
    if moved.rowcount != 1:
        raise StaleInstanceError(instance_id=instance_id)
    ledger.add(uow, ledger.Erasure(run_id, instance_id, taken.values, taken.files, now), event)
    return taken


def forms_of(runtime: Runtime, uow: UnitOfWork, row: Row[Any]) -> dict[str, Form]:
    """The forms that a case's data can hold, with what today's versions call personal: its own, those it calls, its parent's."""
    known: dict[str, Form] = {}
    latest = {info.key: info.id for info in definitions.list_latest(runtime, uow)}
    for each in (row, *(() if row.parent_id is None else (steps.load(uow, row.parent_id),))):
        content = definitions.instance_content(runtime, uow, each.definition_id, steps.bound(each))
        for part in (*content.called.values(), content.own):
            today = definitions.content(runtime, uow, latest[part.key]).forms if part.key in latest else {}
            known = {key: marked(form, today.get(key)) for key, form in part.forms.items()} | known
    return known


def _eraser(runtime: Runtime, uow: UnitOfWork, row: Row[Any], kinds: Collection[Kind], words: Collection[str]) -> Eraser:
    eraser = Eraser(forms_of(runtime, uow, row), kinds, mark(runtime.today()))
    for each in words:
        eraser.found.word(each)
    return eraser


def _look(uow: UnitOfWork, row: Row[Any], eraser: Eraser, kinds: Collection[Kind]) -> None:
    """Find what the case holds. What stands in its data is what counts; elsewhere the same is only said again."""
    document = document_of(bytes(row.data))
    eraser.look(document[4])
    count = eraser.found.count
    for part in document[5:]:
        eraser.look(part)
    for body in _bodies(uow, row.id).values():
        eraser.look(body)
    for snapshot in _snapshots(uow, row.id).values():
        eraser.look(snapshot)
    for submitted in _submitted(uow, row.id).values():
        eraser.look(submitted)
    is_elsewhere = eraser.found.count > count
    eraser.found.count = count or int(is_elsewhere)
    for body in _bodies(uow, row.id).values():
        _look_at_words(eraser, body)
    rows.look(uow, row, eraser.found, kinds)


def _look_at_words(eraser: Eraser, body: Any) -> None:
    words = {name: value for name, value in body.items() if not isinstance(value, Mapping | list)}
    eraser.look(words, is_history=True)


def _changed_paths(before: Mapping[str, Any], after: Mapping[str, Any]) -> set[str]:
    """Values of the case's data that are no longer there, as signatures name them: `form.field`, or the name of what is in no form."""
    found = set()
    for key, value in before.items():
        if isinstance(value, Mapping):
            found |= {f"{key}.{name}" for name, each in value.items() if after[key][name] != each}
        elif after[key] != value:
            found.add(key)
    return found


def _documents(uow: UnitOfWork, row: Row[Any], eraser: Eraser) -> int:
    """Snapshots of records and forms that failed steps kept; how many were changed."""
    changed = 0
    for record_id, snapshot in _snapshots(uow, row.id).items():
        if (cleaned := eraser.take_out(snapshot)) != snapshot:
            values = {"snapshot": records.pack_snapshot(cleaned)}
            uow.writing.execute(update(record).where(record.c.id == record_id).values(**values))
            changed += 1
    for incident_id, submitted in _submitted(uow, row.id).items():
        if (cleaned := eraser.take_out(submitted)) != submitted:
            uow.writing.execute(update(incident).where(incident.c.id == incident_id).values(submitted=orjson.dumps(cleaned)))
            changed += 1
    return changed


def _bodies(uow: UnitOfWork, instance_id: int) -> dict[int, dict[str, Any]]:
    query = select(history_value.c.seq, history_value.c.body).where(history_value.c.instance_id == instance_id)
    return {seq: orjson.loads(body) for seq, body in uow.reading.execute(query)}


def _snapshots(uow: UnitOfWork, instance_id: int) -> dict[int, Any]:
    query = select(record.c.id, record.c.snapshot).where(record.c.instance_id == instance_id, record.c.snapshot.is_not(None))
    return {record_id: records.unpack_snapshot(bytes(packed)) for record_id, packed in uow.reading.execute(query)}


def _submitted(uow: UnitOfWork, instance_id: int) -> dict[int, Any]:
    query = select(incident.c.id, incident.c.submitted).where(incident.c.instance_id == instance_id)
    return {incident_id: orjson.loads(submitted) for incident_id, submitted in uow.reading.execute(query)}
