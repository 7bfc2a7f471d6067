"""What the example company's people have been told: old news is read, the latest is new, and somebody was called."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select

from engine import notifications, phone_calls
from engine.company import users
from engine.model import Actor, InstanceState
from engine.persistence.tables import instance, notification, tenancy, tenant
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime

#: news older than that was read
_READ = timedelta(hours=12)
#: open cases about which somebody was called
_CALLED = 3


def settle(runtime: Runtime, now: datetime) -> None:
    """Let everybody have read what is old, and put some telephone calls on record."""
    with UnitOfWork(runtime.database) as uow:
        old = uow.reading.execute(select(func.max(notification.c.id)).where(notification.c.made_at < now - _READ)).scalar() or 0
        people = users.list_all(uow)
        for person in people:
            notifications.mark_all_read(runtime, uow, person.actor(), old)
        uow.commit()
    desk = next((person for person in people if any(grant.role == "customer_service" for grant in person.grants)), None)
    if desk is not None:
        _call(runtime, desk.actor(), now)


def _call(runtime: Runtime, actor: Actor, now: datetime) -> None:
    with UnitOfWork(runtime.database) as uow:
        known = select(tenant.c.contact, tenant.c.phone).join(tenancy, tenancy.c.tenant_id == tenant.c.id)
        people = uow.reading.execute(known.where(tenant.c.phone.is_not(None)).order_by(tenant.c.id).limit(_CALLED)).all()
        active = select(instance.c.id).where(instance.c.state == InstanceState.ACTIVE).order_by(instance.c.id.desc()).limit(_CALLED)
        cases = list(uow.reading.execute(active).scalars())
        for case, person, result in zip(cases, people, phone_calls.Result, strict=False):
            phone_calls.record(
                runtime, uow, actor, case, name=person.contact or "租戶", number=person.phone, result=result,
                called_at=now - timedelta(minutes=25),
            )
        uow.commit()
