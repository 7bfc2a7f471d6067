"""One leak, three callers: whoever reports what an open case is about already joins it, and is told with the first how it ended.

The first reporter stands in the case's own form. Those who follow stand here, with what each of them said and when.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import insert, select, update

from engine import history, permissions, steps
from engine.errors import ConflictError, InstanceNotActiveError, InvalidError, NotFoundError
from engine.history import NewEvent
from engine.model import ENDED_STATES, Actor
from engine.persistence.tables import case_reporter, tenant, unit
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.reporters import case_of
from engine.queries.sites import may_see
from engine.runtime import Runtime

#: how somebody was told, as pages offer it
WAYS = {"phone": "電話告知", "in_person": "當面告知", "message": "短訊告知", "unreachable": "聯絡不上"}


class AlreadyToldError(ConflictError):
    """Expected a reporter whom nobody has told yet."""

    code = "already_told"
    sentence = "「{name}」已經有人告知過了。"


@dataclass(frozen=True, slots=True)
class Call:
    """What a further caller said."""

    name: str
    phone: str = ""
    unit_id: int | None = None
    tenant_id: int | None = None
    words: str = ""


def add(runtime: Runtime, uow: UnitOfWork, actor: Actor, instance_id: int, call: Call) -> int:
    """Let a caller join an open case; returns the reporter's id. The call's time is the actor's claimed time, else now.

    NotFoundError where the case isn't the person's to see, InstanceNotActiveError for one that is over.
    """
    row = steps.load(uow, instance_id)
    if not may_see(actor, row.site_id):
        raise NotFoundError(kind="案件", id=instance_id)
    permissions.require(actor, "process-instance:report", row.site_id)
    if row.state in ENDED_STATES:
        raise InstanceNotActiveError(instance_id=instance_id, state=row.state)
    name = call.name.strip()
    if not name or len(name) > 100 or len(call.phone) > 40 or len(call.words) > 2_000:
        raise InvalidError(reason="請填寫來電人姓名；姓名、電話和內容不能過長。")
    for table, identity, kind in ((unit, call.unit_id, "單元"), (tenant, call.tenant_id, "業戶")):
        if identity is not None and uow.reading.execute(select(table.c.id).where(table.c.id == identity)).first() is None:
            raise NotFoundError(kind=kind, id=identity)
    now = runtime.clock.now()
    values = {
        "instance_id": instance_id, "name": name, "phone": call.phone.strip(), "unit_id": call.unit_id, "tenant_id": call.tenant_id,
        "words": call.words.strip(), "reported_at": actor.claimed_at or now, "entered_at": now, "entered_by": actor.user_id,
    }
    personal = {"name": name, "phone": values["phone"], "words": values["words"]}
    # the case's row is held from here on: two who add at once come one after the other
    history.append(uow, actor, instance_id, [NewEvent("reporter.added", values=personal)], now)
    reporter_id: int = uow.writing.execute(insert(case_reporter).values(**values).returning(case_reporter.c.id)).scalar_one()
    return reporter_id


def tell(runtime: Runtime, uow: UnitOfWork, actor: Actor, reporter_id: int, how: str, note: str = "") -> None:
    """Somebody has told a reporter how the case stands or ended, or found nobody. AlreadyToldError, NotFoundError."""
    instance_id = case_of(uow, actor, reporter_id)
    if how not in WAYS:
        raise InvalidError(reason="請選擇告知的方式。")
    name = uow.reading.execute(select(case_reporter.c.name).where(case_reporter.c.id == reporter_id)).scalar_one()
    permissions.require(actor, "process-instance:report", steps.load(uow, instance_id).site_id)
    now = runtime.clock.now()
    # nobody was reached: it stays open, and on record that it was tried
    reached = how != "unreachable"
    values = {"told_how": how, "told_note": note.strip()[:300], **({"told_at": now, "told_by": actor.user_id} if reached else {})}
    waiting = update(case_reporter).where(case_reporter.c.id == reporter_id, case_reporter.c.told_at.is_(None))
    if uow.writing.execute(waiting.values(**values)).rowcount != 1:
        raise AlreadyToldError(name=name)
    said = {"name": name, "note": note.strip()}
    event = NewEvent("reporter.told" if reached else "reporter.not_reached", detail={"how": how}, values=said)
    history.append(uow, actor, instance_id, [event], now)
