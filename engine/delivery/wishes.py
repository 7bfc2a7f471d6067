"""How each person wants to be told: by which way of what, once a day or at once, and when not to be disturbed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import delete, insert, select, update

from engine.errors import FieldError, FormInvalidError
from engine.model import Actor
from engine.notifications import WORDINGS, Kind, ensure_wish
from engine.persistence.tables import notification_choice, notification_wish, role_grant, site, user
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime

#: by which a person can be told outside the pages
WAYS = ("email", "sms")
_EMAIL = re.compile(r"[^@\s<>,;\"]{1,64}@[^@\s<>,;\"]{1,120}")
_PHONE = re.compile(r"\+?[0-9][0-9 ()-]{4,30}")
_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class Wishes:
    """One person's."""

    email: str = ""
    phone: str = ""
    #: hour of the day at which one message says everything; None: each at once
    digest_hour: int | None = None
    #: minutes after midnight; both or neither, and over midnight where the first is later
    quiet_from: int | None = None
    quiet_to: int | None = None
    #: (kind, way) → whether it is wanted; every pair has one
    choices: Mapping[tuple[Kind, str], bool] = field(default_factory=dict)

    def address(self, way: str) -> str:
        """Where that way leads; empty where the person gave none."""
        return self.email if way == "email" else self.phone

    def next_moment(self, now: datetime, zone: ZoneInfo) -> datetime:
        """When something that happens now may be sent: at once, at the digest's hour, and never in the quiet hours."""
        local = now.astimezone(zone)
        if self.digest_hour is not None:
            local = _next(local, time(self.digest_hour))
        if self.quiet_from is not None and self.quiet_to is not None:
            minute = local.hour * 60 + local.minute
            start, end = self.quiet_from, self.quiet_to
            is_quiet = start <= minute < end if start < end else (minute >= start or minute < end)
            if is_quiet and start != end:
                local = _next(local, time(end // 60, end % 60))
        return local.astimezone(now.tzinfo)


def wants_by_default(kind: Kind, way: str) -> bool:
    """What holds for somebody who has chosen nothing."""
    return way == "email" and WORDINGS[kind].by_mail


def of(uow: UnitOfWork, user_id: int) -> Wishes:
    """A person's wishes, the defaults where they chose nothing."""
    return of_people(uow, [user_id]).get(user_id, Wishes())


def of_people(uow: UnitOfWork, user_ids: list[int]) -> dict[int, Wishes]:
    """Wishes of several active people, in two statements."""
    chosen: dict[int, dict[tuple[Kind, str], bool]] = {}
    for row in uow.reading.execute(select(notification_choice).where(notification_choice.c.user_id.in_(user_ids))):
        if row.kind in list(Kind):
            chosen.setdefault(row.user_id, {})[Kind(row.kind), row.way] = row.is_on
    wish = notification_wish
    query = (
        select(user.c.id, user.c.email, user.c.phone, wish.c.digest_hour, wish.c.quiet_from, wish.c.quiet_to)
        .outerjoin(wish, wish.c.user_id == user.c.id).where(user.c.id.in_(user_ids), user.c.deactivated_at.is_(None))
    )
    defaults = {(kind, way): wants_by_default(kind, way) for kind in Kind for way in WAYS}
    return {
        row.id: Wishes(row.email or "", row.phone or "", row.digest_hour, row.quiet_from, row.quiet_to,
                       {**defaults, **chosen.get(row.id, {})})
        for row in uow.reading.execute(query)
    }


def save(runtime: Runtime, uow: UnitOfWork, actor: Actor, wishes: Wishes) -> None:
    """Keep what a person wants. FormInvalidError names each field that cannot be."""
    assert actor.user_id is not None
    _check(wishes)
    me = actor.user_id
    ensure_wish(uow, me)
    connection = uow.writing
    connection.execute(update(user).where(user.c.id == me).values(email=wishes.email or None, phone=wishes.phone or None))
    connection.execute(update(notification_wish).where(notification_wish.c.user_id == me).values(
        digest_hour=wishes.digest_hour, quiet_from=wishes.quiet_from, quiet_to=wishes.quiet_to))
    connection.execute(delete(notification_choice).where(notification_choice.c.user_id == me))
    # only what differs from the default, so that a new default reaches who never chose
    rows = [{"user_id": me, "kind": kind, "way": way, "is_on": is_on} for (kind, way), is_on in wishes.choices.items()
            if is_on != wants_by_default(kind, way)]
    if rows:
        connection.execute(insert(notification_choice), rows)


def zone_of(runtime: Runtime, uow: UnitOfWork, user_id: int) -> ZoneInfo:
    """Whose midnight counts: that of the person's site where they work at one, else the company's."""
    query = (
        select(site.c.time_zone).join(role_grant, role_grant.c.site_id == site.c.id).where(role_grant.c.user_id == user_id)
        .order_by(role_grant.c.id).limit(1)
    )
    return ZoneInfo(uow.reading.execute(query).scalar() or runtime.organisation.calendar.zone)


def _check(wishes: Wishes) -> None:
    errors = []
    if wishes.email and not _EMAIL.fullmatch(wishes.email):
        errors.append(FieldError("email", "invalid_value", "這不是電郵地址，例：ming@example.com。", {}))
    if wishes.phone and not _PHONE.fullmatch(wishes.phone):
        errors.append(FieldError("phone", "invalid_value", "這不是電話號碼，例：13800138000。", {}))
    if wishes.digest_hour is not None and not 0 <= wishes.digest_hour < 24:
        errors.append(FieldError("digest_hour", "invalid_value", "請選擇 0 到 23 時。", {}))
    quiet = (wishes.quiet_from, wishes.quiet_to)
    if (quiet[0] is None) != (quiet[1] is None):
        errors.append(FieldError("quiet_to", "invalid_value", "請同時填寫開始和結束時間，或兩個都留空。", {}))
    elif any(each is not None and not 0 <= each < _DAY for each in quiet):
        errors.append(FieldError("quiet_from", "invalid_value", "時間應為 00:00 到 23:59。", {}))
    for way in WAYS:
        on = [kind for (kind, each), is_on in wishes.choices.items() if each == way and is_on and not wants_by_default(kind, way)]
        if on and not wishes.address(way):
            name = "email" if way == "email" else "phone"
            errors.append(FieldError(name, "required", "您選擇了用這個方式接收，請填寫。", {}))
    if errors:
        raise FormInvalidError(errors)


def _next(local: datetime, at: time) -> datetime:
    moment = local.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
    return moment if moment > local else moment + timedelta(days=1)
