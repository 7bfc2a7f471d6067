"""One-time links for people without an account: one link opens one work item, for a while, and completing the item uses it up.

Only a token's digest is kept. What a link may do is what `LinkGrant` lets through; this module says whether it may still do it.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, delete, func, insert, literal, select, update

from engine import history, permissions, submissions, work_items
from engine.errors import ConflictError, GuichengError, InvalidError, NotACandidateError, NotFoundError
from engine.history import NewEvent
from engine.i18n import LOCALES
from engine.model import Actor, Channel, JsonObject, LinkGrant, WorkItemState
from engine.persistence.tables import outside_link, outside_link_attempt, user, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.steps import StepResult

#: the time in which attempts are counted
ATTEMPT_WINDOW = timedelta(minutes=15)
#: attempts in the window after which a link, and an address with whatever links, has to wait; and tokens that there are not, from one
#: address. People at the front desk share one address, so that limit is wide.
ATTEMPTS_OF_LINK, ATTEMPTS_AT_ADDRESS, UNKNOWN_AT_ADDRESS = 60, 300, 20
_NAME_LENGTH = 100


class LinkState(StrEnum):
    """What a link is good for now."""

    #: it can be used
    OPEN = "open"
    #: the item was completed by it
    USED = "used"
    #: a colleague took it back
    REVOKED = "revoked"
    #: the item was completed in another way: at the desk, or by another link
    DONE = "done"
    #: the case no longer needs the item
    WITHDRAWN = "withdrawn"
    #: its time is over
    EXPIRED = "expired"
    #: the case rests; the link works again when it goes on
    RESTING = "resting"


class LinkUnknownError(NotFoundError):
    """Expected a link that there is."""

    code = "link_unknown"
    sentence = "這個連結無效。請核對網址，或請物業服務中心重新提供。"


class LinkClosedError(ConflictError):
    """Expected a link that can still be used."""

    code = "link_closed"
    sentence = "這個連結已不能再使用。"


class LinkThrottledError(GuichengError):
    """Too many attempts by a link or from an address."""

    code = "link_throttled"
    sentence = "操作過於頻繁，請於 {minutes} 分鐘後再試。"


class NotOutsideError(ConflictError):
    """Expected a work item that somebody without an account does."""

    code = "not_outside"
    sentence = "這一步不是由租戶、業主或承建商填寫，不能交給對方用連結辦理。"


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link just made; the token is known only now."""

    id: int
    token: str
    locale: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class OutsideLink:
    """A link as it stands."""

    id: int
    work_item_id: int
    instance_id: int
    state: LinkState
    #: who is to use it: `tenant`, `owner` or `contractor`
    outside: str
    locale: str
    recipient: str
    send_to: str | None
    sent_at: datetime | None
    created_at: datetime
    created_by: int | None
    created_by_name: str | None
    expires_at: datetime
    opened_at: datetime | None
    last_opened_at: datetime | None
    open_count: int
    used_at: datetime | None
    used_by: str | None
    revoked_at: datetime | None

    def actor(self, name: str = "") -> Actor:
        """The person who came by it, as services take them: no account, no role, this one item."""
        grant = LinkGrant(self.id, self.work_item_id)
        return Actor(user_id=None, name=name or self.recipient or self.outside, channel=Channel.LINK, link=grant)


# ---------------------------------------------------------------- by those who attend

def create(
    runtime: Runtime,
    uow: UnitOfWork,
    actor: Actor,
    work_item_id: int,
    *,
    locale: str = LOCALES[0],
    recipient: str = "",
    send_to: str | None = None,
    base: str = "",
) -> NewLink:
    """Make a link to an item that the actor attends. With `send_to` a job sends it, under an address that begins with `base`.

    NotOutsideError, NotACandidateError, InvalidError for a language that there is not, and what tells that the item is done.
    """
    item = _attended(uow, actor, work_item_id)
    submissions.require_live(uow, item)
    if locale not in LOCALES:
        raise InvalidError(reason="沒有這種語言。")
    now, token = runtime.clock.now(), secrets.token_urlsafe(24)
    expires_at = now + timedelta(hours=runtime.settings.outside_link_hours)
    send_to = (send_to or "").strip()[:200] or None
    values = {
        "work_item_id": work_item_id,
        "digest": _digest(token),
        "locale": locale,
        "recipient": recipient.strip()[:_NAME_LENGTH],
        "send_to": send_to,
        "created_at": now,
        "created_by": actor.user_id,
        "expires_at": expires_at,
    }
    link_id: int = uow.writing.execute(insert(outside_link).values(**values).returning(outside_link.c.id)).scalar_one()
    detail = {"link": link_id, "outside": item.outside, "expires_at": expires_at.isoformat(timespec="minutes"), "sent": send_to is not None}
    history.append(uow, actor, item.instance_id, [NewEvent("outside_link.created", item.element_id, item.token, detail)], now)
    if send_to is not None:
        runtime.outbox.enqueue(uow.writing, "send_link", f"send-link-{link_id}", {"link_id": link_id, "base": base})
        uow.after_commit(runtime.outbox.wake)
    return NewLink(link_id, token, locale, expires_at)


def revoke(runtime: Runtime, uow: UnitOfWork, actor: Actor, work_item_id: int, link_id: int) -> None:
    """Take a link of the item back. One that was used, or taken back before, stays as it is."""
    item = _attended(uow, actor, work_item_id)
    now = runtime.clock.now()
    own = outside_link.c.id == link_id, outside_link.c.work_item_id == work_item_id
    if uow.reading.execute(select(outside_link.c.id).where(*own)).scalar() is None:
        raise NotFoundError(kind="連結", id=link_id)
    open_still = outside_link.c.used_at.is_(None), outside_link.c.revoked_at.is_(None)
    values = {"revoked_at": now, "revoked_by": actor.user_id}
    if uow.writing.execute(update(outside_link).where(*own, *open_still).values(**values)).rowcount:
        event = NewEvent("outside_link.revoked", item.element_id, item.token, {"link": link_id})
        history.append(uow, actor, item.instance_id, [event], now)


def of_item(runtime: Runtime, uow: UnitOfWork, work_item_id: int) -> tuple[OutsideLink, ...]:
    """Links of an item, newest first. The caller has checked that the person may see the item."""
    statement = _select().where(outside_link.c.work_item_id == work_item_id).order_by(outside_link.c.id.desc()).limit(50)
    return tuple(_link(row, runtime.clock.now()) for row in uow.reading.execute(statement))


def may_attend(actor: Actor, item: Any) -> bool:
    """Whether the person may hand the item over: its role's people, who has it, and those who may do anybody's."""
    if item.assignee_id is not None and item.assignee_id == actor.user_id:
        return True
    return submissions.is_candidate(actor, item) or permissions.may(actor, "work-item:complete-any", item.site_id)


def takes_links(item: Any) -> bool:
    """Whether there can be links to the item. A signer's item of a chain is that signer's own: with its round the link is over."""
    return item.outside is not None


def mint(runtime: Runtime, uow: UnitOfWork, link_id: int) -> tuple[OutsideLink, str] | None:
    """A new token for a link that is about to be sent; its earlier one no longer works. None when it was sent or cannot be used."""
    row = uow.reading.execute(_select().where(outside_link.c.id == link_id)).one_or_none()
    link = None if row is None else _link(row, runtime.clock.now())
    if link is None or link.sent_at is not None or link.state is not LinkState.OPEN:
        return None
    token = secrets.token_urlsafe(24)
    uow.writing.execute(update(outside_link).where(outside_link.c.id == link_id).values(digest=_digest(token)))
    return link, token


def note_sent(runtime: Runtime, uow: UnitOfWork, link_id: int) -> None:
    """Keep when the gateway took it."""
    uow.writing.execute(update(outside_link).where(outside_link.c.id == link_id).values(sent_at=runtime.clock.now()))


# ---------------------------------------------------------------- by whoever has the link

def knock(runtime: Runtime, uow: UnitOfWork, token: str, address: str, *, opens: bool = False) -> OutsideLink | None:
    """The link of a token, with the attempt noted; None where there is none, which is noted too. `opens`: its page is shown.

    LinkThrottledError. `find` is for what comes with a page and isn't counted.
    """
    now, address = runtime.clock.now(), address[:60]
    row = uow.reading.execute(_select().where(outside_link.c.digest == _digest(token))).one_or_none()
    attempt = outside_link_attempt.c
    _refuse_if_throttled(uow, attempt.address == address, ATTEMPTS_AT_ADDRESS, now)
    if row is None:
        _refuse_if_throttled(uow, (attempt.address == address) & attempt.link_id.is_(None), UNKNOWN_AT_ADDRESS, now)
    else:
        _refuse_if_throttled(uow, attempt.link_id == row.id, ATTEMPTS_OF_LINK, now)
    connection = uow.writing
    connection.execute(delete(outside_link_attempt).where(attempt.at < now - ATTEMPT_WINDOW))
    connection.execute(insert(outside_link_attempt).values(address=address, link_id=None if row is None else row.id, at=now))
    if row is None:
        return None
    link = _link(row, now)
    if opens and link.state is LinkState.OPEN:
        seen = {"opened_at": func.coalesce(outside_link.c.opened_at, literal(now, outside_link.c.opened_at.type)), "last_opened_at": now}
        count = outside_link.c.open_count + 1
        connection.execute(update(outside_link).where(outside_link.c.id == link.id).values(**seen, open_count=count))
    return link


def find(runtime: Runtime, uow: UnitOfWork, token: str) -> OutsideLink:
    """The link of a token, uncounted; LinkUnknownError."""
    row = uow.reading.execute(_select().where(outside_link.c.digest == _digest(token))).one_or_none()
    if row is None:
        raise LinkUnknownError
    return _link(row, runtime.clock.now())


def complete(
    runtime: Runtime, uow: UnitOfWork, token: str, variables: JsonObject, *, name: str = "", address: str = ""
) -> StepResult:
    """Complete the link's item with its form's fields; the link is used up with it, in the same transaction.

    The person's name is that beside their signature, else `name`; InvalidError without either. LinkClosedError when the link can't be
    used any more; what the item itself refuses (WorkItemNotOpenError names who was first) comes through.
    """
    link = find(runtime, uow, token)
    if link.state in (LinkState.USED, LinkState.REVOKED, LinkState.EXPIRED):
        raise LinkClosedError
    name = (_signer(variables) or name).strip()[:_NAME_LENGTH]
    result = work_items.complete(runtime, uow, link.actor(name), link.work_item_id, variables)
    if not name:
        # after the form's own errors, among which a missing signature is
        raise InvalidError(reason="請填寫您的姓名。")
    still = outside_link.c.used_at.is_(None), outside_link.c.revoked_at.is_(None)
    used = {"used_at": runtime.clock.now(), "used_by": name, "used_from": address[:60]}
    if uow.writing.execute(update(outside_link).where(outside_link.c.id == link.id, *still).values(**used)).rowcount != 1:
        raise LinkClosedError
    return result


def set_locale(uow: UnitOfWork, link_id: int, locale: str) -> None:
    """Keep the language that the person chose."""
    if locale not in LOCALES:
        raise InvalidError(reason="沒有這種語言。")
    uow.writing.execute(update(outside_link).where(outside_link.c.id == link_id).values(locale=locale))


# ---------------------------------------------------------------- inside

def _attended(uow: UnitOfWork, actor: Actor, work_item_id: int) -> Row[Any]:
    item = submissions.find_item(uow, work_item_id)
    if not may_attend(actor, item):
        raise NotACandidateError(work_item=item.name)
    if not takes_links(item):
        raise NotOutsideError
    return item


def _refuse_if_throttled(uow: UnitOfWork, scope: ColumnElement[bool], limit: int, now: datetime) -> None:
    at = outside_link_attempt.c.at
    statement = select(at).where(scope, at > now - ATTEMPT_WINDOW).order_by(at.desc()).offset(limit - 1).limit(1)
    oldest = uow.reading.execute(statement).scalar()
    if oldest is not None:
        wait = oldest + ATTEMPT_WINDOW - now
        raise LinkThrottledError(minutes=max(1, -(-int(wait.total_seconds()) // 60)))


def _select() -> Select[Any]:
    columns = [column for column in outside_link.c if column.name not in ("digest", "used_from", "revoked_by")]
    item = work_item.c.instance_id, work_item.c.outside, work_item.c.state.label("item_state"), work_item.c.is_live
    return select(*columns, *item, user.c.display_name.label("created_by_name")).select_from(
        outside_link.join(work_item, work_item.c.id == outside_link.c.work_item_id).outerjoin(user, user.c.id == outside_link.c.created_by)
    )


def _link(row: Row[Any], now: datetime) -> OutsideLink:
    values = dict(row._mapping)
    values.pop("item_state")
    values.pop("is_live")
    return OutsideLink(state=_state(row, now), **values)


def _state(row: Row[Any], now: datetime) -> LinkState:
    by_itself = LinkState.USED if row.used_at is not None else LinkState.REVOKED if row.revoked_at is not None else None
    if by_itself is not None:
        return by_itself
    if row.item_state == WorkItemState.COMPLETED:
        return LinkState.DONE
    if row.item_state == WorkItemState.WITHDRAWN:
        return LinkState.WITHDRAWN
    if now >= row.expires_at:
        return LinkState.EXPIRED
    return LinkState.OPEN if row.is_live else LinkState.RESTING


def _signer(variables: JsonObject) -> str:
    signers = (value.get("signer") for value in variables.values() if isinstance(value, dict))
    return next((signer for signer in signers if isinstance(signer, str) and signer.strip()), "")


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
