"""Told by telephone (電話通知): whom somebody called about a case, at which number, when, and what came of it. On record in the history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import insert, select

from engine import history, permissions, steps
from engine.errors import FieldError, FormInvalidError, NotFoundError
from engine.history import NewEvent
from engine.model import Actor
from engine.persistence.tables import phone_call, user, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime

#: calls that a page shows at most
_SHOWN = 50


class Result(StrEnum):
    """What came of a call."""

    #: they know
    REACHED = "reached"
    #: nobody answered
    NOT_REACHED = "not_reached"
    #: they will call back
    CALLS_BACK = "calls_back"


@dataclass(frozen=True, slots=True)
class PhoneCall:
    """One call."""

    id: int
    work_item_id: int | None
    name: str
    number: str
    result: Result
    note: str
    called_at: datetime
    by_name: str | None


def record(
    runtime: Runtime,
    uow: UnitOfWork,
    actor: Actor,
    instance_id: int,
    *,
    name: str,
    number: str,
    result: str,
    note: str = "",
    called_at: datetime | None = None,
    work_item_id: int | None = None,
) -> int:
    """Put a call on record; its id. `called_at` None: just now. FormInvalidError names each field that cannot be."""
    row = steps.load(uow, instance_id)
    if not permissions.may(actor, "phone-call:record", row.site_id):
        raise NotFoundError(kind="案件", id=instance_id)
    now = runtime.clock.now()
    name, number, note = name.strip(), number.strip(), note.strip()
    _check(name, number, result, note, called_at, now)
    item = _item(uow, instance_id, work_item_id)
    made: int = uow.writing.execute(insert(phone_call).values(
        instance_id=instance_id, work_item_id=work_item_id, name=name, number=number, result=result, note=note, called_at=called_at or now,
        made_at=now, by_id=actor.user_id,
    ).returning(phone_call.c.id)).scalar_one()
    detail = {"call": made, "result": result, "called_at": (called_at or now).isoformat(timespec="minutes")}
    event = NewEvent("phone_call.recorded", item, None, detail, {"name": name, "number": number, "note": note})
    history.append(uow, actor, instance_id, [event], now)
    return made


def of_instance(uow: UnitOfWork, instance_id: int) -> tuple[PhoneCall, ...]:
    """A case's calls, latest first. The caller has checked that the person may see it."""
    columns = [phone_call.c[each] for each in ("id", "work_item_id", "name", "number", "result", "note", "called_at")]
    query = (
        select(*columns, user.c.display_name.label("by_name")).outerjoin(user, user.c.id == phone_call.c.by_id)
        .where(phone_call.c.instance_id == instance_id).order_by(phone_call.c.called_at.desc(), phone_call.c.id.desc()).limit(_SHOWN)
    )
    return tuple(PhoneCall(**{**row._mapping, "result": Result(row.result)}) for row in uow.reading.execute(query))


def _check(name: str, number: str, result: str, note: str, called_at: datetime | None, now: datetime) -> None:
    errors = []
    if not 0 < len(name) <= 100:
        errors.append(FieldError("name", "required", "請填寫通知了誰。", {}))
    if not 0 < len(number) <= 40 or not any(each.isdigit() for each in number):
        errors.append(FieldError("number", "invalid_value", "請填寫撥打的電話號碼。", {}))
    if result not in list(Result):
        errors.append(FieldError("result", "required", "請選擇結果。", {}))
    if len(note) > 500:
        errors.append(FieldError("note", "too_long", "備註最多 500 字。", {}))
    if called_at is not None and called_at > now:
        errors.append(FieldError("called_at", "invalid_value", "通話時間不能晚於現在。", {}))
    if errors:
        raise FormInvalidError(errors)


def _item(uow: UnitOfWork, instance_id: int, work_item_id: int | None) -> str | None:
    if work_item_id is None:
        return None
    query = select(work_item.c.element_id).where(work_item.c.id == work_item_id, work_item.c.instance_id == instance_id)
    found: str | None = uow.reading.execute(query).scalar()
    if found is None:
        raise NotFoundError(kind="待辦事項", id=work_item_id)
    return found
